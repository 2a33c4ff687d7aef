package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import java.util.List;

/** Evaluates operations on one element at a time. */
final class PointwiseEvaluator {
  private PointwiseEvaluator() {}

  static ReferenceArray of(Pointwise operation, ValueType type, List<ReferenceArray> in) {
    ReferenceArray out = ReferenceArray.of(type);
    int[][] at = new int[in.size()][];
    for (int i = 0; i < at.length; i++) {
      at[i] = ReferenceArray.positions(type, in.get(i).type());
    }
    for (int i = 0; i < out.count(); i++) {
      ReferenceArray x = in.getFirst();
      int xAt = at[0][i];
      switch (operation) {
        case Unary unary -> unary(unary, out, i, x, xAt);
        case Binary binary -> binary(binary, out, i, x, xAt, in.get(1), at[1][i]);
        case Compare(Comparison relation, _, _) ->
            out.set(i, holds(relation, x, xAt, in.get(1), at[1][i]) ? 1L : 0L);
        case Select _ -> {
          int chosen = x.wholes()[xAt] != 0 ? 1 : 2;
          out.copy(i, in.get(chosen), at[chosen][i]);
        }
        case Convert _ -> convert(out, i, x, xAt);
        case Pointwise.Uniform uniform ->
            out.set(
                i,
                SourceEvaluator.uniform(
                    type.dtype(),
                    new Philox(x.wholes()[xAt])
                        .bits(in.get(1).wholes()[at[1][i]], uniform.stream())));
        case Ragged ragged -> {
          long size = type.size(ragged.label());
          long inner = type.shape().rowMajorStrides()[type.axis(ragged.label())];
          if (i / inner % size < in.get(1).wholes()[at[1][i]]) {
            out.copy(i, x, xAt);
          } else {
            out.set(i, ragged.fill());
          }
        }
      }
    }
    return out;
  }

  private static void unary(Unary unary, ReferenceArray out, int i, ReferenceArray x, int at) {
    if (out.floating()) {
      out.set(i, ReferenceFunctions.unary(unary.kind(), x.reals()[at]));
    } else {
      out.set(i, ReferenceFunctions.unary(unary.kind(), x.wholes()[at]));
    }
  }

  private static void binary(
      Binary binary,
      ReferenceArray out,
      int i,
      ReferenceArray x,
      int xAt,
      ReferenceArray y,
      int yAt) {
    if (out.floating()) {
      out.set(i, ReferenceFunctions.binary(binary.kind(), x.reals()[xAt], y.reals()[yAt]));
    } else {
      long value = ReferenceFunctions.binary(binary.kind(), x.wholes()[xAt], y.wholes()[yAt]);
      out.set(i, value);
    }
  }

  private static boolean holds(
      Comparison relation, ReferenceArray x, int xAt, ReferenceArray y, int yAt) {
    if (x.floating()) {
      double a = x.reals()[xAt];
      double b = y.reals()[yAt];
      return switch (relation) {
        case EQ -> a == b;
        case NE -> a != b;
        case LT -> a < b;
        case LE -> a <= b;
        case GT -> a > b;
        case GE -> a >= b;
      };
    }
    int order = Long.compare(x.wholes()[xAt], y.wholes()[yAt]);
    return switch (relation) {
      case EQ -> order == 0;
      case NE -> order != 0;
      case LT -> order < 0;
      case LE -> order <= 0;
      case GT -> order > 0;
      case GE -> order >= 0;
    };
  }

  private static void convert(ReferenceArray out, int i, ReferenceArray x, int at) {
    DType to = out.type().dtype();
    if (out.floating()) {
      out.set(i, x.floating() ? nearest(to, x.reals()[at]) : nearest(to, x.wholes()[at]));
    } else if (!x.floating()) {
      out.set(i, x.wholes()[at]);
    } else if (to == DType.BOOL) {
      out.set(i, x.reals()[at] != 0 ? 1L : 0L);
    } else {
      out.set(i, to == DType.I32 ? (int) x.reals()[at] : (long) x.reals()[at]);
    }
  }

  /** Converts an integer in one rounding; through f64 a large i64 would be rounded twice. */
  private static double nearest(DType dtype, long value) {
    return switch (dtype) {
      case F32 -> (float) value;
      case BF16 -> Bf16.toFloat(Bf16.fromLong(value));
      case F64, I32, I64, BOOL -> (double) value;
    };
  }

  /** A conversion to f64 and then to f32 would round twice. */
  private static double nearest(DType dtype, double value) {
    return dtype == DType.BF16 ? Bf16.toFloat(Bf16.fromDouble(value)) : value;
  }
}
