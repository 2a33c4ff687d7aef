package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The operands' values: numbers in [-1, 1) with 24 bits, a hash of operand and flat index, so that
 * a peer in another process makes the same values itself. Integers are in [-8, 8): no sum of
 * products of a case exceeds 32 bits or is rounded in f64.
 */
public final class PeerInputs {
  private static final int OPERAND = 0x632BE5AB;
  private static final int FIRST = 0x9E3779B1;
  private static final int SECOND = 0x85EBCA77;
  private static final int INTEGERS = 8;

  private PeerInputs() {}

  /** The value at a flat index. */
  public static double value(int operand, long index, DType dtype) {
    double value = value(operand, index);
    return dtype.isFloating() ? value : Math.floor(value * INTEGERS);
  }

  private static double value(int operand, long index) {
    int x = ((int) index + operand * OPERAND) * FIRST;
    x ^= x >>> 15;
    x *= SECOND;
    x ^= x >>> 13;
    return (x >>> 8) * 0x1p-23 - 1;
  }

  /** An operand on the heap. */
  public static Tensor heap(int operand, Shape shape, DType dtype) {
    int count = Math.toIntExact(shape.elementCount());
    if (dtype == DType.F32) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) value(operand, i);
      }
      return Tensor.of(values, shape.toArray());
    }
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = value(operand, i, dtype);
    }
    return Tensor.of(values, shape.toArray()).convert(dtype);
  }

  /** The same values in native memory, of f32 or f64. */
  static void fill(MemorySegment segment, int operand, long count, DType dtype) {
    for (long i = 0; i < count; i++) {
      if (dtype == DType.F32) {
        segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value(operand, i));
      } else {
        segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value(operand, i));
      }
    }
  }
}
