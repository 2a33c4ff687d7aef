package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;

/** Blocks in another dtype, in one rounding. */
final class Conversions {
  private Conversions() {}

  static void toFloats(DType dtype, Object from, float[] z, int n) {
    boolean narrow = dtype == DType.BF16;
    switch (from) {
      case float[] x -> System.arraycopy(x, 0, z, 0, n);
      case double[] x -> {
        for (int i = 0; i < n; i++) {
          z[i] = narrow ? Bf16.toFloat(Bf16.fromDouble(x[i])) : (float) x[i];
        }
      }
      case long[] x -> {
        for (int i = 0; i < n; i++) {
          z[i] = narrow ? Bf16.toFloat(Bf16.fromLong(x[i])) : x[i];
        }
      }
      default -> throw new IllegalStateException("block: " + from.getClass());
    }
  }

  static void toDoubles(Object from, double[] z, int n) {
    switch (from) {
      case float[] x -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[i];
        }
      }
      case double[] x -> System.arraycopy(x, 0, z, 0, n);
      case long[] x -> {
        for (int i = 0; i < n; i++) {
          z[i] = x[i];
        }
      }
      default -> throw new IllegalStateException("block: " + from.getClass());
    }
  }

  static void toLongs(DType dtype, Object from, long[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] =
          switch (from) {
            case float[] x -> ofReal(dtype, x[i]);
            case double[] x -> ofReal(dtype, x[i]);
            case long[] x -> dtype == DType.BOOL ? (x[i] != 0 ? 1 : 0) : x[i];
            default -> throw new IllegalStateException("block: " + from.getClass());
          };
    }
  }

  private static long ofReal(DType dtype, double value) {
    return switch (dtype) {
      case BOOL -> value != 0 ? 1 : 0;
      case I32 -> (int) value;
      case I64, F32, F64, BF16 -> (long) value;
    };
  }
}
