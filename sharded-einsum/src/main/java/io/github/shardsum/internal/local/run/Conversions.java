package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;

/**
 * Converts blocks to another dtype with one rounding; a block is an array and its first element's
 * index.
 */
final class Conversions {
  private Conversions() {}

  static void toFloats(DType dtype, Object from, int at, float[] z, int zAt, int n) {
    boolean narrow = dtype == DType.BF16;
    switch (from) {
      case float[] x -> System.arraycopy(x, at, z, zAt, n);
      case double[] x -> {
        for (int i = 0; i < n; i++) {
          double value = x[at + i];
          z[zAt + i] = narrow ? Bf16.toFloat(Bf16.fromDouble(value)) : (float) value;
        }
      }
      case long[] x -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = narrow ? Bf16.toFloat(Bf16.fromLong(x[at + i])) : x[at + i];
        }
      }
      case byte[] x -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = x[at + i];
        }
      }
      default -> throw unknown(from);
    }
  }

  static void toDoubles(Object from, int at, double[] z, int zAt, int n) {
    switch (from) {
      case float[] x -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = x[at + i];
        }
      }
      case double[] x -> System.arraycopy(x, at, z, zAt, n);
      case long[] x -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = x[at + i];
        }
      }
      case byte[] x -> {
        for (int i = 0; i < n; i++) {
          z[zAt + i] = x[at + i];
        }
      }
      default -> throw unknown(from);
    }
  }

  static void toLongs(DType dtype, Object from, int at, long[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] =
          switch (from) {
            case float[] x -> ofReal(dtype, x[at + i]);
            case double[] x -> ofReal(dtype, x[at + i]);
            case long[] x -> x[at + i];
            case byte[] x -> x[at + i];
            default -> throw unknown(from);
          };
    }
  }

  static void toBytes(Object from, int at, byte[] z, int zAt, int n) {
    for (int i = 0; i < n; i++) {
      boolean is =
          switch (from) {
            case float[] x -> x[at + i] != 0;
            case double[] x -> x[at + i] != 0;
            case long[] x -> x[at + i] != 0;
            case byte[] x -> x[at + i] != 0;
            default -> throw unknown(from);
          };
      z[zAt + i] = (byte) (is ? 1 : 0);
    }
  }

  private static long ofReal(DType dtype, double value) {
    return dtype == DType.I32 ? (int) value : (long) value;
  }

  private static IllegalStateException unknown(Object block) {
    return new IllegalStateException("block: " + block.getClass());
  }
}
