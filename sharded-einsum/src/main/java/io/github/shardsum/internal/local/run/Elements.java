package io.github.shardsum.internal.local.run;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Runs of elements between tensors and Java arrays: f32 and bf16 as {@code float[]}, any floating
 * dtype as {@code double[]}, integers and bool as {@code long[]}. Positions and strides are in
 * elements of the tensor's segment. Nothing is allocated. Arrays are met directly, since access to
 * a segment allocates until it is compiled.
 */
final class Elements {
  private Elements() {}

  /** Position in the array under a tensor of a position in its segment. */
  private static int start(Tensor tensor, long at) {
    return Math.toIntExact(at + tensor.arrayOffset() - tensor.offset());
  }

  private static IllegalStateException wrong(Tensor tensor) {
    return new IllegalStateException("elements of " + tensor + " do not fit this array");
  }

  /** Reads n elements of f32 or bf16. */
  static void load(Tensor from, long at, long stride, float[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    if (from.array().isPresent()) {
      Object array = from.array().get();
      int start = start(from, at);
      int step = (int) stride;
      switch (from.dtype()) {
        case F32 -> copy((float[]) array, start, step, to, toAt, n);
        case BF16 -> {
          short[] source = (short[]) array;
          for (int i = 0; i < n; i++) {
            to[toAt + i] = Bf16.toFloat(source[start + i * step]);
          }
        }
        case F64, I32, I64, BOOL -> throw wrong(from);
      }
      return;
    }
    loadNative(from, at, stride, to, toAt, n);
  }

  private static void loadNative(Tensor from, long at, long stride, float[] to, int toAt, int n) {
    MemorySegment segment = from.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      to[toAt + i] =
          switch (from.dtype()) {
            case F32 -> segment.get(JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
            case BF16 -> Bf16.toFloat(segment.get(JAVA_SHORT_UNALIGNED, index * Short.BYTES));
            case F64, I32, I64, BOOL -> throw wrong(from);
          };
    }
  }

  private static void copy(float[] from, int start, int step, float[] to, int toAt, int n) {
    if (step == 1) {
      System.arraycopy(from, start, to, toAt, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      to[toAt + i] = from[start + i * step];
    }
  }

  /** Reads n elements of a floating dtype. */
  static void load(Tensor from, long at, long stride, double[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    if (from.array().isPresent()) {
      Object array = from.array().get();
      int start = start(from, at);
      int step = (int) stride;
      switch (from.dtype()) {
        case F64 -> copy((double[]) array, start, step, to, toAt, n);
        case F32 -> {
          float[] source = (float[]) array;
          for (int i = 0; i < n; i++) {
            to[toAt + i] = source[start + i * step];
          }
        }
        case BF16 -> {
          short[] source = (short[]) array;
          for (int i = 0; i < n; i++) {
            to[toAt + i] = Bf16.toFloat(source[start + i * step]);
          }
        }
        case I32, I64, BOOL -> throw wrong(from);
      }
      return;
    }
    loadNative(from, at, stride, to, toAt, n);
  }

  private static void loadNative(Tensor from, long at, long stride, double[] to, int toAt, int n) {
    MemorySegment segment = from.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      to[toAt + i] =
          switch (from.dtype()) {
            case F64 -> segment.get(JAVA_DOUBLE_UNALIGNED, index * Double.BYTES);
            case F32 -> segment.get(JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
            case BF16 -> Bf16.toFloat(segment.get(JAVA_SHORT_UNALIGNED, index * Short.BYTES));
            case I32, I64, BOOL -> throw wrong(from);
          };
    }
  }

  private static void copy(double[] from, int start, int step, double[] to, int toAt, int n) {
    if (step == 1) {
      System.arraycopy(from, start, to, toAt, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      to[toAt + i] = from[start + i * step];
    }
  }

  /** Reads n elements of an integer dtype or bool. */
  static void load(Tensor from, long at, long stride, long[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    if (from.array().isPresent()) {
      Object array = from.array().get();
      int start = start(from, at);
      int step = (int) stride;
      switch (from.dtype()) {
        case I32 -> {
          int[] source = (int[]) array;
          for (int i = 0; i < n; i++) {
            to[toAt + i] = source[start + i * step];
          }
        }
        case I64 -> copy((long[]) array, start, step, to, toAt, n);
        case BOOL -> {
          byte[] source = (byte[]) array;
          for (int i = 0; i < n; i++) {
            to[toAt + i] = source[start + i * step] == 0 ? 0 : 1;
          }
        }
        case F32, F64, BF16 -> throw wrong(from);
      }
      return;
    }
    loadNative(from, at, stride, to, toAt, n);
  }

  private static void loadNative(Tensor from, long at, long stride, long[] to, int toAt, int n) {
    MemorySegment segment = from.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      to[toAt + i] =
          switch (from.dtype()) {
            case I32 -> segment.get(JAVA_INT_UNALIGNED, index * Integer.BYTES);
            case I64 -> segment.get(JAVA_LONG_UNALIGNED, index * Long.BYTES);
            case BOOL -> segment.get(JAVA_BYTE, index) == 0 ? 0 : 1;
            case F32, F64, BF16 -> throw wrong(from);
          };
    }
  }

  private static void copy(long[] from, int start, int step, long[] to, int toAt, int n) {
    if (step == 1) {
      System.arraycopy(from, start, to, toAt, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      to[toAt + i] = from[start + i * step];
    }
  }

  /** Writes n elements of f32 or bf16. */
  static void store(float[] from, int fromAt, Tensor to, long at, long stride, int n) {
    if (n == 0) {
      return;
    }
    if (to.array().isPresent()) {
      Object array = to.array().get();
      int start = start(to, at);
      int step = (int) stride;
      switch (to.dtype()) {
        case F32 -> {
          float[] target = (float[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = from[fromAt + i];
          }
        }
        case BF16 -> {
          short[] target = (short[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = Bf16.fromFloat(from[fromAt + i]);
          }
        }
        case F64, I32, I64, BOOL -> throw wrong(to);
      }
      return;
    }
    storeNative(from, fromAt, to, at, stride, n);
  }

  private static void storeNative(
      float[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      float value = from[fromAt + i];
      switch (to.dtype()) {
        case F32 -> segment.set(JAVA_FLOAT_UNALIGNED, index * Float.BYTES, value);
        case BF16 -> segment.set(JAVA_SHORT_UNALIGNED, index * Short.BYTES, Bf16.fromFloat(value));
        case F64, I32, I64, BOOL -> throw wrong(to);
      }
    }
  }

  /** Writes n elements of a floating dtype, each rounded once. */
  static void store(double[] from, int fromAt, Tensor to, long at, long stride, int n) {
    if (n == 0) {
      return;
    }
    if (to.array().isPresent()) {
      Object array = to.array().get();
      int start = start(to, at);
      int step = (int) stride;
      switch (to.dtype()) {
        case F64 -> {
          double[] target = (double[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = from[fromAt + i];
          }
        }
        case F32 -> {
          float[] target = (float[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = (float) from[fromAt + i];
          }
        }
        case BF16 -> {
          short[] target = (short[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = Bf16.fromDouble(from[fromAt + i]);
          }
        }
        case I32, I64, BOOL -> throw wrong(to);
      }
      return;
    }
    storeNative(from, fromAt, to, at, stride, n);
  }

  private static void storeNative(
      double[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      double value = from[fromAt + i];
      switch (to.dtype()) {
        case F64 -> segment.set(JAVA_DOUBLE_UNALIGNED, index * Double.BYTES, value);
        case F32 -> segment.set(JAVA_FLOAT_UNALIGNED, index * Float.BYTES, (float) value);
        case BF16 -> segment.set(JAVA_SHORT_UNALIGNED, index * Short.BYTES, Bf16.fromDouble(value));
        case I32, I64, BOOL -> throw wrong(to);
      }
    }
  }

  /** Writes n elements of an integer dtype or bool, cut to it. */
  static void store(long[] from, int fromAt, Tensor to, long at, long stride, int n) {
    if (n == 0) {
      return;
    }
    if (to.array().isPresent()) {
      Object array = to.array().get();
      int start = start(to, at);
      int step = (int) stride;
      switch (to.dtype()) {
        case I32 -> {
          int[] target = (int[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = (int) from[fromAt + i];
          }
        }
        case I64 -> {
          long[] target = (long[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = from[fromAt + i];
          }
        }
        case BOOL -> {
          byte[] target = (byte[]) array;
          for (int i = 0; i < n; i++) {
            target[start + i * step] = (byte) (from[fromAt + i] == 0 ? 0 : 1);
          }
        }
        case F32, F64, BF16 -> throw wrong(to);
      }
      return;
    }
    storeNative(from, fromAt, to, at, stride, n);
  }

  private static void storeNative(long[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    for (int i = 0; i < n; i++) {
      long index = at + i * stride;
      long value = from[fromAt + i];
      switch (to.dtype()) {
        case I32 -> segment.set(JAVA_INT_UNALIGNED, index * Integer.BYTES, (int) value);
        case I64 -> segment.set(JAVA_LONG_UNALIGNED, index * Long.BYTES, value);
        case BOOL -> segment.set(JAVA_BYTE, index, (byte) (value == 0 ? 0 : 1));
        case F32, F64, BF16 -> throw wrong(to);
      }
    }
  }
}
