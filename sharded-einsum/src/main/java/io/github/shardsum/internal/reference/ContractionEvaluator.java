package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Evaluates operations that combine elements along labels. */
final class ContractionEvaluator {
  private ContractionEvaluator() {}

  static ReferenceArray of(Contraction operation, ValueType type, List<ReferenceArray> in) {
    return switch (operation) {
      case Einsum einsum -> einsum(einsum, type, in);
      case Reduce reduce -> reduce(reduce, type, in.getFirst());
      case Softmax softmax -> softmax(softmax, type, in.getFirst());
      case CumulativeSum sum -> cumulate(sum, type, in.getFirst());
    };
  }

  /** Passes over every index of every label, and adds each product to its element of the output. */
  private static ReferenceArray einsum(Einsum einsum, ValueType type, List<ReferenceArray> in) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      sizes.put(type.names().get(axis), type.shape().size(axis));
    }
    for (int i = 0; i < in.size(); i++) {
      for (int axis = 0; axis < in.get(i).type().rank(); axis++) {
        String label = einsum.equation().operand(i).axis(axis).label();
        sizes.put(label, in.get(i).type().shape().size(axis));
      }
    }
    ValueType space =
        ValueType.of(DType.BOOL, List.copyOf(sizes.keySet()), List.copyOf(sizes.values()));
    int[] outAt = ReferenceArray.positions(space, type);
    int[][] at = new int[in.size()][];
    for (int i = 0; i < at.length; i++) {
      List<String> labels = new ArrayList<>();
      einsum.equation().operand(i).axes().forEach(axis -> labels.add(axis.label()));
      at[i] = ReferenceArray.positions(space, labels, in.get(i).type().shape().rowMajorStrides());
    }
    return type.dtype().isFloating() ? realSum(type, in, outAt, at) : wholeSum(type, in, outAt, at);
  }

  private static ReferenceArray realSum(
      ValueType type, List<ReferenceArray> in, int[] outAt, int[][] at) {
    double[] sums = new double[ReferenceArray.of(type).count()];
    for (int point = 0; point < outAt.length; point++) {
      double product = 1;
      for (int i = 0; i < at.length; i++) {
        product *= in.get(i).reals()[at[i][point]];
      }
      sums[outAt[point]] += product;
    }
    ReferenceArray out = ReferenceArray.of(type);
    IntStream.range(0, sums.length).forEach(i -> out.set(i, sums[i]));
    return out;
  }

  private static ReferenceArray wholeSum(
      ValueType type, List<ReferenceArray> in, int[] outAt, int[][] at) {
    ReferenceArray out = ReferenceArray.of(type);
    for (int point = 0; point < outAt.length; point++) {
      long product = 1;
      for (int i = 0; i < at.length; i++) {
        product *= in.get(i).wholes()[at[i][point]];
      }
      boolean bool = type.dtype() == DType.BOOL;
      long sum = out.wholes()[outAt[point]];
      out.set(outAt[point], bool ? sum | product : sum + product);
    }
    return out;
  }

  private static ReferenceArray reduce(Reduce reduce, ValueType type, ReferenceArray x) {
    ReferenceArray out = ReferenceArray.of(type);
    int[] outAt = new int[x.count()];
    long[] strides = new long[x.type().rank()];
    for (int axis = 0; axis < strides.length; axis++) {
      int kept = type.axis(x.type().names().get(axis));
      strides[axis] = kept < 0 ? 0 : type.shape().rowMajorStrides()[kept];
    }
    System.arraycopy(
        ReferenceArray.positions(x.type(), x.type().names(), strides), 0, outAt, 0, outAt.length);
    if (x.floating()) {
      realReduce(reduce.kind(), out, x, outAt);
    } else {
      wholeReduce(reduce.kind(), out, x, outAt);
    }
    return out;
  }

  private static void realReduce(
      Contraction.ReduceKind kind, ReferenceArray out, ReferenceArray x, int[] outAt) {
    double[] results = new double[out.count()];
    double start =
        switch (kind) {
          case SUM -> 0;
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
        };
    java.util.Arrays.fill(results, start);
    for (int i = 0; i < outAt.length; i++) {
      double before = results[outAt[i]];
      results[outAt[i]] =
          switch (kind) {
            case SUM -> before + x.reals()[i];
            case MAX -> Math.max(before, x.reals()[i]);
            case MIN -> Math.min(before, x.reals()[i]);
          };
    }
    IntStream.range(0, results.length).forEach(i -> out.set(i, results[i]));
  }

  private static void wholeReduce(
      Contraction.ReduceKind kind, ReferenceArray out, ReferenceArray x, int[] outAt) {
    DType dtype = out.type().dtype();
    long start =
        switch (kind) {
          case SUM -> 0;
          case MAX -> least(dtype);
          case MIN -> dtype == DType.BOOL ? 1 : ~least(dtype);
        };
    java.util.Arrays.fill(out.wholes(), start);
    for (int i = 0; i < outAt.length; i++) {
      long before = out.wholes()[outAt[i]];
      out.set(
          outAt[i],
          switch (kind) {
            case SUM -> before + x.wholes()[i];
            case MAX -> Math.max(before, x.wholes()[i]);
            case MIN -> Math.min(before, x.wholes()[i]);
          });
    }
  }

  private static long least(DType dtype) {
    return switch (dtype) {
      case I32 -> Integer.MIN_VALUE;
      case I64 -> Long.MIN_VALUE;
      case BOOL -> 0;
      case F32, F64, BF16 -> throw new IllegalArgumentException("expected an integer dtype");
    };
  }

  private static ReferenceArray softmax(Softmax softmax, ValueType type, ReferenceArray x) {
    ReferenceArray out = ReferenceArray.of(type);
    new LabelRows(type, softmax.label())
        .forEach(
            row -> {
              double largest = Double.NEGATIVE_INFINITY;
              for (int i = 0; i < row.size(); i++) {
                largest = Math.max(largest, x.reals()[row.at(i)]);
              }
              double sum = 0;
              for (int i = 0; i < row.size(); i++) {
                sum += Math.exp(x.reals()[row.at(i)] - largest);
              }
              for (int i = 0; i < row.size(); i++) {
                out.set(row.at(i), Math.exp(x.reals()[row.at(i)] - largest) / sum);
              }
            });
    return out;
  }

  private static ReferenceArray cumulate(CumulativeSum how, ValueType type, ReferenceArray x) {
    ReferenceArray out = ReferenceArray.of(type);
    new LabelRows(type, how.label())
        .forEach(
            row -> {
              double sum = 0;
              long whole = 0;
              for (int i = 0; i < row.size(); i++) {
                int at = row.at(how.reverse() ? row.size() - 1 - i : i);
                double before = sum;
                long wholeBefore = whole;
                if (x.floating()) {
                  sum += x.reals()[at];
                  out.set(at, how.exclusive() ? before : sum);
                } else {
                  whole += x.wholes()[at];
                  out.set(at, how.exclusive() ? wholeBefore : whole);
                }
              }
            });
    return out;
  }
}
