package io.github.shardsum.internal.moe.route;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.Tensor;

/** Single elements without an allocation; positions are in the segment. */
public final class MoeElements {
  private MoeElements() {}

  public static double get(Tensor tensor, long at) {
    return switch (tensor.dtype()) {
      case F64 -> tensor.segment().get(JAVA_DOUBLE_UNALIGNED, at * Double.BYTES);
      case F32 -> tensor.segment().get(JAVA_FLOAT_UNALIGNED, at * Float.BYTES);
      case BF16 -> Bf16.toFloat(tensor.segment().get(JAVA_SHORT_UNALIGNED, at * Short.BYTES));
      case I32 -> tensor.segment().get(JAVA_INT_UNALIGNED, at * Integer.BYTES);
      case I64 -> tensor.segment().get(JAVA_LONG_UNALIGNED, at * Long.BYTES);
      case BOOL -> tensor.segment().get(JAVA_BYTE, at);
    };
  }

  /** Writes an element of a floating tensor. */
  public static void set(Tensor tensor, long at, double value) {
    switch (tensor.dtype()) {
      case F64 -> tensor.segment().set(JAVA_DOUBLE_UNALIGNED, at * Double.BYTES, value);
      case F32 -> tensor.segment().set(JAVA_FLOAT_UNALIGNED, at * Float.BYTES, (float) value);
      case BF16 ->
          tensor.segment().set(JAVA_SHORT_UNALIGNED, at * Short.BYTES, Bf16.fromDouble(value));
      case I32, I64, BOOL ->
          throw new IllegalStateException("expected a floating tensor, got " + tensor);
    }
  }

  /** Writes an element of i32. */
  public static void set(Tensor tensor, long at, long value) {
    tensor.segment().set(JAVA_INT_UNALIGNED, at * Integer.BYTES, (int) value);
  }
}
