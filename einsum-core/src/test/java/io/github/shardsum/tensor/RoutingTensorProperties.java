package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Routing tensors and their dense form. */
class RoutingTensorProperties {
  @Property(edgeCases = EdgeCasesMode.NONE)
  void theDenseFormHasEachWeightAtItsPosition(
      @ForAll @IntRange(min = 0, max = 4) int rows,
      @ForAll @IntRange(min = 0, max = 3) int slots,
      @ForAll @IntRange(min = 0, max = 3) int experts,
      @ForAll @IntRange(min = 0, max = 3) int capacity,
      @ForAll DType dtype,
      @ForAll long seed) {
    Random random = new Random(seed);
    int tail = experts * capacity;
    int[] positions = new int[rows * slots];
    long[] weights = new long[rows * slots];
    long[] dense = new long[rows * tail];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = random.nextInt(tail + 1) - 1;
      weights[i] = random.nextInt(5);
      if (positions[i] >= 0) {
        int at = i / slots * tail + positions[i];
        dense[at] =
            dtype == DType.BOOL ? Math.min(1, dense[at] + weights[i]) : dense[at] + weights[i];
      }
    }
    RoutingTensor routing =
        RoutingTensor.of(
            Shape.of(rows, experts, capacity),
            Tensor.of(positions, rows, slots),
            Tensor.of(weights, rows, slots).convert(dtype));
    assertEquals(dtype, routing.dtype());
    assertEquals(slots, routing.slots());
    assertEquals(1, routing.leadRank());
    assertEquals(routing.shape(), routing.toDense().shape());
    assertArrayEquals(dense, routing.toDense().toLongArray());
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void oneHotHasOneOneForEachIndex(
      @ForAll @IntRange(min = 0, max = 3) int rows,
      @ForAll @IntRange(min = 1, max = 4) int depth,
      @ForAll DType dtype,
      @ForAll long seed) {
    Random random = new Random(seed);
    int[] indices = random.ints(rows * 2L, -1, depth).toArray();
    RoutingTensor oneHot = RoutingTensor.oneHot(Tensor.of(indices, rows, 2), depth, dtype);
    Tensor dense = oneHot.toDense();
    assertEquals(Shape.of(rows, 2, depth), dense.shape());
    for (int i = 0; i < indices.length; i++) {
      for (int j = 0; j < depth; j++) {
        assertEquals(indices[i] == j ? 1 : 0, dense.getLong(i / 2, i % 2, j));
      }
    }
  }

  @Test
  void stridedPositionsAndWeightsAreReadThroughTheirStrides() {
    Tensor positions = Tensor.of(new int[] {0, 2, 1, -1}, 2, 2).transpose();
    Tensor weights = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).transpose();
    RoutingTensor routing = RoutingTensor.of(Shape.of(2, 3), positions, weights);
    assertArrayEquals(new float[] {1, 3, 0, 0, 0, 2}, routing.toDense().toFloatArray());
    assertSame(positions, routing.positions());
    assertSame(weights, routing.weights());
    assertEquals("f32[2, 3] routing, 2 slots a row", routing.toString());
  }

  @Test
  void otherWeightsKeepThePositions() {
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {1, 0}, 2), 2, DType.F32);
    RoutingTensor other = routing.withWeights(Tensor.of(new double[] {5, 6}, 2, 1));
    assertArrayEquals(new double[] {0, 5, 6, 0}, other.toDense().toDoubleArray());
    assertEquals(DType.F64, other.dtype());
    refuses("weights of shape [2, 1]", () -> routing.withWeights(Tensor.zeros(DType.F32, 2)));
  }

  @Test
  void aLeadWithoutAxesIsOneRow() {
    RoutingTensor routing =
        RoutingTensor.of(
            Shape.of(4), Tensor.of(new int[] {3, 3}, 2), Tensor.of(new int[] {1, 2}, 2));
    assertArrayEquals(new long[] {0, 0, 0, 3}, routing.toDense().toLongArray());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Tensor positions = Tensor.of(new int[] {0, 5}, 2, 1);
    Tensor weights = Tensor.zeros(DType.F32, 2, 1);
    refuses("below 5", () -> RoutingTensor.of(Shape.of(2, 5), positions, weights));
    refuses("leading sizes", () -> RoutingTensor.of(Shape.of(3, 6), positions, weights));
    refuses("i32", () -> RoutingTensor.of(Shape.of(2, 6), weights, weights));
    refuses("i32", () -> RoutingTensor.of(Shape.of(), positions, weights));
    refuses("i32", () -> RoutingTensor.of(Shape.of(2), Tensor.zeros(DType.I32), weights));
    refuses(
        "weights of the positions' shape",
        () -> RoutingTensor.of(Shape.of(2, 6), positions, Tensor.zeros(DType.F32, 2)));
    refuses("2^31 - 1", () -> RoutingTensor.of(Shape.of(2, 1L << 31), positions, weights));
    refuses(
        "2^62",
        () ->
            RoutingTensor.of(
                Shape.of(0, 1L << 40, 1L << 40),
                Tensor.zeros(DType.I32, 0, 1),
                Tensor.zeros(DType.F32, 0, 1)));
    refuses("5", () -> RoutingTensor.oneHot(Tensor.of(new int[] {5}, 1), 5, DType.F32));
    refuses("-1", () -> RoutingTensor.oneHot(Tensor.of(new int[] {-1}, 1), -1, DType.F32));
  }

  private static void refuses(String part, Executable use) {
    IllegalArgumentException thrown = assertThrows(IllegalArgumentException.class, use);
    assertTrue(String.valueOf(thrown.getMessage()).contains(part), thrown.toString());
  }
}
