package io.github.shardsum.internal.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Copies of transposed views at sides where squares are transposed, against element by element. */
class TransposingCopyTest {
  private static final int[][] SHAPES = {
    {8, 8}, {9, 70}, {130, 8}, {64, 64}, {3, 65, 67}, {12, 3, 40}, {2, 9, 3, 10}
  };

  private final Random random = new Random(10);

  @Test
  void everyDtypeAndMemoryIsTransposedExactly() {
    for (int[] sizes : SHAPES) {
      long[] shape = java.util.Arrays.stream(sizes).asLongStream().toArray();
      for (DType dtype : DType.values()) {
        Tensor heap = filled(Tensor.zeros(dtype, shape));
        Tensor nativeOne = Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(shape));
        nativeOne.assign(heap);
        check(heap.transpose(), heap.transpose().contiguous());
        check(heap.transpose(), nativeOne.transpose().contiguous());
        Tensor target = Tensor.allocate(Arena.ofAuto(), DType.F64, heap.transpose().shape());
        target.assign(heap.transpose());
        check(heap.transpose(), target);
      }
    }
  }

  @Test
  void gapsAndReversedAxesAreTransposedToo() {
    Tensor whole = filled(Tensor.zeros(DType.F32, 40, 60));
    Tensor view = whole.slice(0, 39, -1, -3).slice(1, 10, 50);
    check(view.transpose(), view.transpose().copy());
    float[] around = new float[45 * 20];
    Tensor target = Tensor.of(around, 45, 20).slice(0, 44, 4, -1).slice(1, 3, 17);
    target.assign(view.transpose());
    check(view.transpose(), target);
    assertEquals(0, around[2], "beside the target");
    assertEquals(0, around[4 * 20 + 5], "after the target");
  }

  private Tensor filled(Tensor tensor) {
    double[] values = random.ints(tensor.shape().elementCount(), 0, 100).asDoubleStream().toArray();
    tensor.assign(Tensor.of(values, tensor.shape().toArray()));
    return tensor;
  }

  /** Element by element, and all at once through another way of reading. */
  private static void check(Tensor expected, Tensor copy) {
    long[] index = new long[expected.rank()];
    double[] values = new double[(int) expected.shape().elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = expected.getDouble(index);
      assertEquals(values[i], copy.getDouble(index));
      for (int axis = index.length - 1; axis >= 0 && ++index[axis] == expected.size(axis); axis--) {
        index[axis] = 0;
      }
    }
    assertArrayEquals(values, copy.toDoubleArray());
  }
}
