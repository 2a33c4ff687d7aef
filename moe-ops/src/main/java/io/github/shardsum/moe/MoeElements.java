package io.github.shardsum.moe;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/** Single elements of f32, f64 and i32 without an allocation; positions are in the segment. */
final class MoeElements {
  private MoeElements() {}

  static double get(Tensor tensor, long at) {
    return tensor.dtype() == DType.F64
        ? tensor.segment().get(JAVA_DOUBLE_UNALIGNED, at * Double.BYTES)
        : tensor.segment().get(JAVA_FLOAT_UNALIGNED, at * Float.BYTES);
  }

  /** Writes an element of a tensor in C order. */
  static void set(Tensor tensor, long index, double value) {
    long at = tensor.offset() + index;
    if (tensor.dtype() == DType.F64) {
      tensor.segment().set(JAVA_DOUBLE_UNALIGNED, at * Double.BYTES, value);
    } else {
      tensor.segment().set(JAVA_FLOAT_UNALIGNED, at * Float.BYTES, (float) value);
    }
  }

  /** Writes an element of i32 in C order. */
  static void set(Tensor tensor, long index, long value) {
    long at = tensor.offset() + index;
    tensor.segment().set(JAVA_INT_UNALIGNED, at * Integer.BYTES, (int) value);
  }
}
