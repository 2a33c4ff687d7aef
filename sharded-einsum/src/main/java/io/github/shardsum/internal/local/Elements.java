package io.github.shardsum.internal.local;

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
 * Runs of elements between tensors and Java arrays: f32 and bf16 as {@code float[]}, f64 as {@code
 * double[]}, integers and bool as {@code long[]}. Positions and strides are in elements of the
 * tensor's segment. Nothing is allocated.
 */
final class Elements {
  private Elements() {}

  /** Reads n elements of f32 or bf16. */
  static void load(Tensor from, long at, long stride, float[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    MemorySegment segment = from.segment();
    switch (from.dtype()) {
      case F32 -> {
        if (from.array().isPresent()) {
          float[] array = (float[]) from.array().get();
          int start = Math.toIntExact(at + from.arrayOffset() - from.offset());
          if (stride == 1) {
            System.arraycopy(array, start, to, toAt, n);
          } else {
            int step = (int) stride;
            for (int i = 0; i < n; i++) {
              to[toAt + i] = array[start + i * step];
            }
          }
        } else {
          for (int i = 0; i < n; i++) {
            to[toAt + i] = segment.get(JAVA_FLOAT_UNALIGNED, (at + i * stride) * Float.BYTES);
          }
        }
      }
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          short bits = segment.get(JAVA_SHORT_UNALIGNED, (at + i * stride) * Short.BYTES);
          to[toAt + i] = Bf16.toFloat(bits);
        }
      }
      case F64, I32, I64, BOOL -> throw wrong(from);
    }
  }

  /** Reads n elements of f64. */
  static void load(Tensor from, long at, long stride, double[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    MemorySegment segment = from.segment();
    switch (from.dtype()) {
      case F64 -> {
        if (from.array().isPresent() && stride == 1) {
          int start = Math.toIntExact(at + from.arrayOffset() - from.offset());
          System.arraycopy((double[]) from.array().get(), start, to, toAt, n);
        } else {
          for (int i = 0; i < n; i++) {
            to[toAt + i] = segment.get(JAVA_DOUBLE_UNALIGNED, (at + i * stride) * Double.BYTES);
          }
        }
      }
      case F32 -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(JAVA_FLOAT_UNALIGNED, (at + i * stride) * Float.BYTES);
        }
      }
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          short bits = segment.get(JAVA_SHORT_UNALIGNED, (at + i * stride) * Short.BYTES);
          to[toAt + i] = Bf16.toFloat(bits);
        }
      }
      case I32, I64, BOOL -> throw wrong(from);
    }
  }

  /** Reads n elements of an integer dtype or bool. */
  static void load(Tensor from, long at, long stride, long[] to, int toAt, int n) {
    if (n == 0) {
      return;
    }
    MemorySegment segment = from.segment();
    switch (from.dtype()) {
      case I32 -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(JAVA_INT_UNALIGNED, (at + i * stride) * Integer.BYTES);
        }
      }
      case I64 -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(JAVA_LONG_UNALIGNED, (at + i * stride) * Long.BYTES);
        }
      }
      case BOOL -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(JAVA_BYTE, at + i * stride) == 0 ? 0 : 1;
        }
      }
      case F32, F64, BF16 -> throw wrong(from);
    }
  }

  /** Writes n elements of f32 or bf16. */
  static void store(float[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    switch (to.dtype()) {
      case F32 -> {
        if (to.array().isPresent() && stride == 1) {
          int start = Math.toIntExact(at + to.arrayOffset() - to.offset());
          System.arraycopy(from, fromAt, (float[]) to.array().get(), start, n);
        } else {
          for (int i = 0; i < n; i++) {
            segment.set(JAVA_FLOAT_UNALIGNED, (at + i * stride) * Float.BYTES, from[fromAt + i]);
          }
        }
      }
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          short bits = Bf16.fromFloat(from[fromAt + i]);
          segment.set(JAVA_SHORT_UNALIGNED, (at + i * stride) * Short.BYTES, bits);
        }
      }
      case F64, I32, I64, BOOL -> throw wrong(to);
    }
  }

  /** Writes n elements of a floating dtype, each rounded once. */
  static void store(double[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    switch (to.dtype()) {
      case F64 -> {
        for (int i = 0; i < n; i++) {
          segment.set(JAVA_DOUBLE_UNALIGNED, (at + i * stride) * Double.BYTES, from[fromAt + i]);
        }
      }
      case F32 -> {
        for (int i = 0; i < n; i++) {
          float value = (float) from[fromAt + i];
          segment.set(JAVA_FLOAT_UNALIGNED, (at + i * stride) * Float.BYTES, value);
        }
      }
      case BF16 -> {
        for (int i = 0; i < n; i++) {
          short bits = Bf16.fromFloat((float) from[fromAt + i]);
          segment.set(JAVA_SHORT_UNALIGNED, (at + i * stride) * Short.BYTES, bits);
        }
      }
      case I32, I64, BOOL -> throw wrong(to);
    }
  }

  /** Writes n elements of an integer dtype or bool, cut to it. */
  static void store(long[] from, int fromAt, Tensor to, long at, long stride, int n) {
    MemorySegment segment = to.segment();
    switch (to.dtype()) {
      case I32 -> {
        for (int i = 0; i < n; i++) {
          int value = (int) from[fromAt + i];
          segment.set(JAVA_INT_UNALIGNED, (at + i * stride) * Integer.BYTES, value);
        }
      }
      case I64 -> {
        for (int i = 0; i < n; i++) {
          segment.set(JAVA_LONG_UNALIGNED, (at + i * stride) * Long.BYTES, from[fromAt + i]);
        }
      }
      case BOOL -> {
        for (int i = 0; i < n; i++) {
          segment.set(JAVA_BYTE, at + i * stride, (byte) (from[fromAt + i] == 0 ? 0 : 1));
        }
      }
      case F32, F64, BF16 -> throw wrong(to);
    }
  }

  private static IllegalStateException wrong(Tensor tensor) {
    return new IllegalStateException("elements of " + tensor + " do not fit this array");
  }
}
