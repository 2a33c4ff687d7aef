package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Source;
import io.github.shardsum.program.Source.Constant;
import io.github.shardsum.program.Source.Iota;
import io.github.shardsum.program.Source.Random;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import java.util.List;

/** Evaluates operations that compute a value from its indices. */
public final class SourceEvaluator {
  private SourceEvaluator() {}

  static ReferenceArray of(Source operation, ValueType type, List<ReferenceArray> in) {
    ReferenceArray out = ReferenceArray.of(type);
    for (int i = 0; i < out.count(); i++) {
      switch (operation) {
        case Constant constant -> out.set(i, constant.value());
        case Iota(_, String label) -> {
          long inner = type.shape().rowMajorStrides()[type.axis(label)];
          long index = i / inner % type.size(label);
          if (out.floating()) {
            out.set(i, (double) index);
          } else {
            out.set(i, index);
          }
        }
        case Random(_, long stream, _) ->
            out.set(
                i, uniform(type.dtype(), new Philox(in.getFirst().wholes()[0]).bits(i, stream)));
      }
    }
    return out;
  }

  /**
   * The uniform number that 64 random bits give.
   *
   * @param dtype a floating dtype
   * @return the upper bits as a fraction, as many as the dtype has binary digits
   */
  public static double uniform(DType dtype, long bits) {
    return switch (dtype) {
      case F64 -> (bits >>> 11) * 0x1p-53;
      case F32 -> (bits >>> 40) * 0x1p-24;
      case BF16 -> (bits >>> 56) * 0x1p-8;
      case I32, I64, BOOL -> throw new IllegalArgumentException("expected a floating dtype");
    };
  }
}
