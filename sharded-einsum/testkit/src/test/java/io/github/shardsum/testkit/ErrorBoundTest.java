package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ErrorBoundTest {
  private static final int M = 5;
  private static final int K = 300;
  private static final int N = 4;

  private final float[] a = random(M * K, 1);
  private final float[] b = random(K * N, 2);

  private static float[] random(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.25f;
    }
    return values;
  }

  /** A product summed in f32 from the first index to the last, or from the last to the first. */
  private float[] product(boolean isReversed) {
    float[] c = new float[M * N];
    for (int i = 0; i < M; i++) {
      for (int j = 0; j < N; j++) {
        float sum = 0;
        for (int at = 0; at < K; at++) {
          int k = isReversed ? K - 1 - at : at;
          sum += a[i * K + k] * b[k * N + j];
        }
        c[i * N + j] = sum;
      }
    }
    return c;
  }

  @Test
  void sumsInAnyOrderAreWithinTheBoundsOfAnEinsum() {
    ErrorBound bound = ErrorBounds.of("ik,kj->ij", Tensor.of(a, M, K), Tensor.of(b, K, N));
    bound.holds(Tensor.of(product(false), M, N));
    bound.holds(Tensor.of(product(true), M, N));
    assertTrue(bound.share(Tensor.of(product(true), M, N)) <= 1, "within");
    // At most K roundings of sums that are below K, and K of products.
    assertTrue(bound.largest() < 2.0 * K * K * 0x1p-24, () -> "got " + bound.largest());
    assertTrue(bound.largest() > 0, "floats round");
  }

  @Test
  void aWrongElementIsNamed() {
    ErrorBound bound = ErrorBounds.of("ik,kj->ij", Tensor.of(a, M, K), Tensor.of(b, K, N));
    float[] wrong = product(false);
    wrong[7] += 1;
    Tensor given = Tensor.of(wrong, M, N);
    AssertionError error = assertThrows(AssertionError.class, () -> bound.holds(given));
    assertTrue(String.valueOf(error.getMessage()).startsWith("element 7: "), error::getMessage);
    assertTrue(bound.share(given) > 1000, "far off");
    wrong[7] = Float.NaN;
    assertThrows(AssertionError.class, () -> bound.holds(Tensor.of(wrong, M, N)));
    assertThrows(IllegalArgumentException.class, () -> bound.holds(Tensor.of(wrong, N, M)));
  }

  @Test
  void aDiagonalIsExact() {
    float[] square = random(9, 3);
    ErrorBound bound = ErrorBounds.of("ii->i", Tensor.of(square, 3, 3));
    assertEquals(square[4], bound.value().toDoubleArray()[1], 0);
    bound.holds(Tensor.of(new float[] {square[0], square[4], square[8]}, 3));
  }

  @Test
  void aProgramHasABoundForEachOutput() {
    Program program =
        Program.parse(
            """
            program two {
              input x: f32[i=5 k=300]
              input w: f32[k=300 j=4]
              h = einsum(x, w) {equation="i k, k j -> i j"}
              r = relu(h)
              output h
              output r
            }
            """);
    List<ErrorBound> bounds =
        ErrorBounds.of(program, List.of(Tensor.of(a, M, K), Tensor.of(b, K, N)));
    assertEquals(2, bounds.size());
    float[] h = product(true);
    bounds.get(0).holds(Tensor.of(h, M, N));
    float[] r = h.clone();
    for (int i = 0; i < r.length; i++) {
      r[i] = Math.max(0, r[i]);
    }
    bounds.get(1).holds(Tensor.of(r, M, N));
  }

  /** A fill of 0.1 is rounded to f32; one that f32 has, or that is infinite, is not. */
  @Test
  void fillsAreRounded() {
    Program program =
        Program.parse(
            """
            program fills {
              input x: f32[i=2]
              input n: i32[]
              padded = pad(x) {label="i", low=1, high=0, interior=0, fill=0.1}
              shifted = shift(x) {label="i", by=1, fill=0.1}
              ragged = ragged(x, n) {label="i", fill=0.1}
              exact = pad(x) {label="i", low=1, high=0, interior=0, fill=0.5}
              output padded
              output shifted
              output ragged
              output exact
            }
            """);
    List<ErrorBound> bounds =
        ErrorBounds.of(
            program, List.of(Tensor.of(new float[] {1, 2}, 2), Tensor.of(new int[] {1})));
    bounds.get(0).holds(Tensor.of(new float[] {0.1f, 1, 2}, 3));
    bounds.get(1).holds(Tensor.of(new float[] {0.1f, 1}, 2));
    bounds.get(2).holds(Tensor.of(new float[] {1, 0.1f}, 2));
    assertEquals((double) 0.1f - 0.1, bounds.get(0).largest(), 1e-12);
    assertEquals(0, bounds.get(3).largest(), 0);
  }
}
