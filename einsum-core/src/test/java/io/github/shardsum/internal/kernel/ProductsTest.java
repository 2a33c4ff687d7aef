package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The register tiles of the kernels in use, each height against sums from the definition. */
class ProductsTest {
  private static final FloatProduct PRODUCT = Kernels.best().products().floats();
  private static final int NR = PRODUCT.columns();

  private final Random random = new Random(17);

  @Test
  void tilesOfEveryHeightAddTheirSums() {
    for (int left = 1; left <= 2 * PRODUCT.rows(); left++) {
      for (int k : new int[] {1, 7, Blocking.K_MAX}) {
        int height = PRODUCT.height(left);
        float[] a = values(height * Blocking.A_STRIDE);
        float[] b = values(k * NR + 3);
        float[] c = values(height * (NR + 5) + 2);
        float[] expected = c.clone();
        for (int i = 0; i < height; i++) {
          for (int j = 0; j < NR; j++) {
            for (int p = 0; p < k; p++) {
              expected[2 + i * (NR + 5) + j] += a[i * Blocking.A_STRIDE + p] * b[3 + p * NR + j];
            }
          }
        }
        PRODUCT.tile(height, k, a, 0, b, 3, c, 2, NR + 5, true);
        assertArrayEquals(expected, c);
      }
    }
  }

  @Test
  void heightsCoverAnyNumberOfRows() {
    for (int left = 1; left < 100; left++) {
      int height = PRODUCT.height(left);
      assertTrue(height >= 1 && height <= PRODUCT.rows(), () -> "height " + height);
    }
    assertEquals(PRODUCT.rows(), PRODUCT.height(PRODUCT.rows()));
  }

  @Test
  void rowsAreDealtOutToPanels() {
    for (int n : new int[] {1, NR - 1, NR, 3 * NR + 2}) {
      int rows = 6;
      int step = rows * NR + Blocking.GAP;
      float[] x = values(rows * (n + 4) + 1);
      float[] to = new float[(n / NR + 1) * step];
      PRODUCT.deal(x, 1, n + 4, rows, n, to, 0, step);
      for (int j = 0; j < rows; j++) {
        for (int i = 0; i < n; i++) {
          assertEquals(x[1 + j * (n + 4) + i], to[i / NR * step + j * NR + i % NR]);
        }
      }
    }
  }

  @Test
  void rowsAreCopiedAndNothingElse() {
    for (int n : new int[] {1, 15, 16, 100}) {
      float[] x = values(7 * 128);
      float[] to = new float[7 * 130];
      Arrays.fill(to, -9);
      PRODUCT.copy(x, 0, 128, 7, n, to, 1, 130);
      for (int at = 0; at < to.length; at++) {
        int row = (at - 1) / 130;
        int i = at - 1 - row * 130;
        assertEquals(at >= 1 && i < n ? x[row * 128 + i] : -9, to[at]);
      }
    }
  }

  @Test
  void aLineStartsWithinALineOrIsNotKnown() {
    float[] array = new float[FloatProduct.PROBED];
    for (int attempt = 0; attempt < 100; attempt++) {
      int start = PRODUCT.lineStart(array);
      assertTrue(start >= -1 && start < 16, () -> "start " + start);
    }
  }

  private float[] values(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }
}
