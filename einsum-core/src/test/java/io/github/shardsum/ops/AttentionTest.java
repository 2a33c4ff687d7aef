package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Attention of small tensors, and operands that it refuses. */
class AttentionTest {
  private static Attention.Operands operands(Tensor at, Tensor of) {
    Tensor q = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 1, 2);
    Tensor k = Tensor.of(new float[] {1, 1, 0, 1, 5, 5}, 1, 1, 3, 2);
    Tensor v = Tensor.of(new float[] {10, 20, 40}, 1, 1, 3, 1);
    return new Attention.Operands(q, k, v, at, of);
  }

  private static Tensor at(int... positions) {
    return Tensor.of(positions, 1, 1, 2, 1);
  }

  private static Tensor of(int... positions) {
    return Tensor.of(positions, 1, 1, 3);
  }

  /** The first query sees no key, the second one two keys, with scores 7 and 4. */
  @Test
  void aQueryReadsTheKeysUpToItsPosition() {
    Tensor y = Tensor.zeros(DType.F32, 1, 1, 2, 1, 1);
    Tensor lse = Tensor.zeros(DType.F32, 1, 1, 2, 1);
    Attention causal = new Attention(1, true);
    causal.into(Workers.sequential(), operands(at(0, 5), of(1, 5, -1)), y, lse);
    double second = 1 / (1 + Math.exp(3));
    assertArrayEquals(new double[] {0, 10 * (1 - second) + 20 * second}, y.toDoubleArray(), 1e-5);
    assertEquals(Double.NEGATIVE_INFINITY, lse.getDouble(0, 0, 0, 0));
    assertEquals(Math.log(Math.exp(7) + Math.exp(4)), lse.getDouble(0, 0, 1, 0), 1e-5);
  }

  @Test
  void scratchGrowsWithKeysAlone() {
    assertEquals(
        Attention.scratchBytes(4_000, 512, 64, 64), Attention.scratchBytes(8_000, 512, 64, 64));
    assertTrue(
        Attention.scratchBytes(4_000, 512, 64, 64) < Attention.scratchBytes(4_000, 1_024, 64, 64));
    assertEquals(
        Attention.gradientScratchBytes(4_000, 512, 64, 64),
        Attention.gradientScratchBytes(8_000, 512, 64, 64));
  }

  @Test
  void otherShapesAndDtypesAreRefused() {
    IllegalArgumentException keys =
        assertThrows(
            IllegalArgumentException.class,
            () -> operands(at(0, 0), Tensor.of(new int[] {0, 1}, 1, 1, 2)));
    assertTrue(keys.getMessage().contains("of must have"), keys.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> operands(at(0, 0).convert(DType.F32), of(0, 1, 2)));
    assertThrows(IllegalArgumentException.class, () -> new Attention(Double.NaN, false));
    Tensor y = Tensor.zeros(DType.F32, 1, 1, 2, 1, 2);
    Tensor lse = Tensor.zeros(DType.F32, 1, 1, 2, 1);
    Attention attention = new Attention(1, false);
    assertThrows(
        IllegalArgumentException.class,
        () -> attention.into(Workers.sequential(), operands(at(0, 0), of(0, 1, 2)), y, lse));
  }
}
