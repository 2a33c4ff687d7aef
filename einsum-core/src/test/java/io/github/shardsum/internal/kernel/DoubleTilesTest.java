package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The register tiles of f64: fused multiply-adds in the order of the sum, to the bit. */
class DoubleTilesTest {
  private final Random random = new Random(18);

  static Stream<DoubleMicrokernel> products() {
    return Tiles.all().map(GemmKernels::doubles);
  }

  @ParameterizedTest
  @MethodSource("products")
  void tilesOfEveryHeightAddOrSetTheirSums(DoubleMicrokernel product) {
    int nr = product.columns();
    int aStride = product.blocking().aStride();
    for (int left = 1; left <= 2 * product.rows(); left++) {
      for (int k : new int[] {1, 2, 7, product.blocking().k()}) {
        int height = product.height(left);
        double[] a = values(height * aStride + 1);
        double[] b = values(k * nr + 3);
        double[] c = values(height * (nr + 5) + 2);
        for (boolean add : new boolean[] {true, false}) {
          double[] expected = c.clone();
          for (int i = 0; i < height; i++) {
            for (int j = 0; j < nr; j++) {
              int at = 2 + i * (nr + 5) + j;
              double sum = add ? c[at] : 0;
              for (int p = 0; p < k; p++) {
                sum = Math.fma(a[1 + i * aStride + p], b[3 + p * nr + j], sum);
              }
              expected[at] = sum;
            }
          }
          double[] given = c.clone();
          product.tile(height, k, a, 1, b, 3, given, 2, nr + 5, add);
          assertArrayEquals(expected, given, height + ", " + k + ", " + add);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("products")
  void unpackedProductsOfAnySizeAreTheirSumsAndWriteNothingElse(DoubleMicrokernel product) {
    for (int m = 1; m <= 18; m++) {
      for (int n : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40}) {
        int k = 1 + (m + n) % 9;
        for (int aStep : new int[] {1, m}) {
          int aRow = aStep == 1 ? k + 2 : 1;
          int bRow = n + n % 3;
          int cRow = n + n % 2;
          double[] a = values(4 + m * (k + 2));
          double[] b = values(3 + k * bRow);
          double[] c = values(2 + m * cRow);
          double[] expected = c.clone();
          for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
              double sum = 0;
              for (int p = 0; p < k; p++) {
                sum = Math.fma(a[4 + i * aRow + p * aStep], b[3 + p * bRow + j], sum);
              }
              expected[2 + i * cRow + j] = sum;
            }
          }
          product.unpacked(m, n, k, a, 4, aRow, aStep, b, 3, bRow, c, 2, cRow);
          assertArrayEquals(expected, c, m + ", " + n + ", " + k);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("products")
  void rowsAreDealtOutToPanels(DoubleMicrokernel product) {
    int nr = product.columns();
    for (int n : new int[] {1, nr - 1, nr, nr + 1, 3 * nr + 2, 4 * nr, 7 * nr, 8 * nr}) {
      for (int gap : new int[] {0, 4}) {
        int rows = 6;
        int step = rows * nr + Blocking.GAP;
        double[] x = values(rows * (n + gap) + 1);
        double[] to = new double[(n / nr + 1) * step];
        product.packPanels(x, 1, n + gap, rows, n, to, 0, step);
        for (int j = 0; j < rows; j++) {
          for (int i = 0; i < n; i++) {
            assertEquals(x[1 + j * (n + gap) + i], to[i / nr * step + j * nr + i % nr]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("products")
  void rowsAreCopiedAndNothingElse(DoubleMicrokernel product) {
    for (int n : new int[] {1, 15, 16, 100}) {
      double[] x = values(7 * 128);
      double[] to = new double[7 * 130];
      Arrays.fill(to, -9);
      product.copy(x, 0, 128, 7, n, to, 1, 130);
      for (int at = 0; at < to.length; at++) {
        int row = (at - 1) / 130;
        int i = at - 1 - row * 130;
        assertEquals(at >= 1 && i < n ? x[row * 128 + i] : -9, to[at]);
      }
    }
  }

  private double[] values(int n) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextGaussian();
    }
    return values;
  }
}
