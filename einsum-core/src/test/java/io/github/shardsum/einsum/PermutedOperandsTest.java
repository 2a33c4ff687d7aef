package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.kernel.Sums;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Products whose operand is contiguous along another label than the result, and sums of diagonals,
 * against plain loops.
 */
class PermutedOperandsTest {
  private final Random random = new Random(35);

  /** Small whole numbers, whose sums are exact. */
  private double[] numbers(int n) {
    return random.ints(n, -4, 5).asDoubleStream().toArray();
  }

  @Test
  void columnsThatTheOperandHasAcross() {
    // More columns than a block of B holds; 40 and 36 are no multiples of a tile's columns.
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      product(dtype, "dca,bd->abc", 7, 70, 3, 40, 300);
    }
    product(DType.F32, "dca,bd->abc", 3, 70, 3, 36, 300);
    product(DType.F32, "dca,bd->abc", 3, 33, 40, 37, 20);
  }

  @Test
  void rowsThatTheOperandHasAcross() {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      product(dtype, "bda,dc->abc", 4, 20, 9, 6, 80);
      product(dtype, "bda,dc->abc", 4, 61, 7, 23, 50);
      product(dtype, "bda,dc->abc", 4, 16, 30, 90, 20);
    }
  }

  /** A product of an operand of labels a, d and one of b and c with one of d and the other. */
  private void product(DType dtype, String equation, int seed, int a, int b, int c, int d) {
    random.setSeed(seed);
    boolean ofColumns = equation.startsWith("dca");
    int free = ofColumns ? c : b;
    int other = ofColumns ? b : c;
    double[] x = numbers(d * free * a);
    double[] w = numbers(other * d);
    Tensor left =
        ofColumns ? Tensor.of(x, d, c, a).convert(dtype) : Tensor.of(x, b, d, a).convert(dtype);
    Tensor right =
        ofColumns ? Tensor.of(w, b, d).convert(dtype) : Tensor.of(w, d, c).convert(dtype);
    double[] got = Einsum.einsum(equation, left, right).toDoubleArray();
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        for (int k = 0; k < c; k++) {
          double sum = 0;
          for (int p = 0; p < d; p++) {
            sum +=
                ofColumns
                    ? x[(p * c + k) * a + i] * w[j * d + p]
                    : x[(j * d + p) * a + i] * w[p * c + k];
          }
          assertEquals(sum, got[(i * b + j) * c + k], () -> equation + " " + dtype + " c=" + c);
        }
      }
    }
  }

  @Test
  void diagonalsOfAnyLengthAreSummedInTheOrderOfRows() {
    IntStream lengths = IntStream.concat(IntStream.range(1, 150), IntStream.of(500, 512, 513, 656));
    lengths.forEach(
        n -> {
          float[] x = new float[n * n];
          for (int i = 0; i < n; i++) {
            x[i * (n + 1)] = random.nextFloat() - 0.5f;
          }
          float sum = (float) sum(x, n);
          assertEquals(sum, Einsum.einsum("ii->", Tensor.of(x, n, n)).getDouble(), "n=" + n);
          double[] wide = IntStream.range(0, n * n).mapToDouble(i -> x[i]).toArray();
          double exact = IntStream.range(0, n).mapToDouble(i -> x[i * (n + 1)]).sum();
          double got = Einsum.einsum("ii->", Tensor.of(wide, n, n)).getDouble();
          assertEquals(exact, got, 1e-13 * n, "n=" + n);
        });
  }

  /** The order that {@link Sums} defines. */
  private static double sum(float[] x, int n) {
    int whole = n - n % 16;
    double[] lanes = new double[16];
    for (int from = 0; from < whole; from += 512) {
      float[] chains = new float[64];
      for (int i = from; i < Math.min(whole, from + 512); i++) {
        chains[i % 64] += x[i * (n + 1)];
      }
      for (int lane = 0; lane < 16; lane++) {
        lanes[lane] += (chains[lane] + chains[lane + 32]) + (chains[lane + 16] + chains[lane + 48]);
      }
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        lanes[lane] += lanes[lane + half];
      }
    }
    double sum = lanes[0];
    for (int i = whole; i < n; i++) {
      sum += x[i * (n + 1)];
    }
    return sum;
  }
}
