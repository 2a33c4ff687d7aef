package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The register tiles of the kernels in use, each height against sums from the definition. */
class MicrokernelsTest {
  private final Random random = new Random(17);

  static Stream<FloatMicrokernel> products() {
    return Tiles.all().map(GemmKernels::floats);
  }

  @ParameterizedTest
  @MethodSource("products")
  void tilesOfEveryHeightAddTheirSums(FloatMicrokernel product) {
    int nr = product.columns();
    int aStride = product.blocking().aStride();
    for (int left = 1; left <= 2 * product.rows(); left++) {
      for (int k : new int[] {1, 7, product.blocking().k()}) {
        int height = product.height(left);
        float[] a = values(height * aStride);
        float[] b = values(k * nr + 3);
        float[] c = values(height * (nr + 5) + 2);
        float[] expected = c.clone();
        for (int i = 0; i < height; i++) {
          for (int j = 0; j < nr; j++) {
            for (int p = 0; p < k; p++) {
              expected[2 + i * (nr + 5) + j] += a[i * aStride + p] * b[3 + p * nr + j];
            }
          }
        }
        product.tile(height, k, a, 0, b, 3, c, 2, nr + 5, true);
        assertArrayEquals(expected, c);
      }
    }
  }

  static Stream<LongMicrokernel> integerProducts() {
    return Tiles.all().map(GemmKernels::longs);
  }

  @ParameterizedTest
  @MethodSource("integerProducts")
  void unpackedProductsOfIntegersWrapAndWriteNothingElse(LongMicrokernel product) {
    for (int m = 1; m <= 18; m++) {
      for (int n : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40}) {
        int k = 1 + (m + n) % 9;
        for (int aStep : new int[] {1, m}) {
          int aRow = aStep == 1 ? k + 2 : 1;
          int bRow = n + n % 3;
          int cRow = n + n % 2;
          long[] a = random.longs(4 + m * (k + 2)).toArray();
          long[] b = random.longs(3 + k * bRow).toArray();
          long[] c = random.longs(2 + m * cRow).toArray();
          int[] narrowA = lowerHalves(a);
          int[] narrowB = lowerHalves(b);
          int[] narrowC = lowerHalves(c);
          long[] expected = c.clone();
          for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
              long sum = 0;
              for (int p = 0; p < k; p++) {
                sum += a[4 + i * aRow + p * aStep] * b[3 + p * bRow + j];
              }
              expected[2 + i * cRow + j] = sum;
            }
          }
          product.unpacked(m, n, k, a, 4, aRow, aStep, b, 3, bRow, c, 2, cRow);
          assertArrayEquals(expected, c, m + ", " + n + ", " + k);
          product.unpacked(m, n, k, narrowA, 4, aRow, aStep, narrowB, 3, bRow, narrowC, 2, cRow);
          assertArrayEquals(lowerHalves(expected), narrowC, m + ", " + n + ", " + k);
        }
      }
    }
  }

  /** The lower half of a sum of products is that of the sum of the lower halves' products. */
  private static int[] lowerHalves(long[] values) {
    return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
  }

  @ParameterizedTest
  @MethodSource("products")
  void unpackedProductsOfAnySizeAreTheirSumsAndWriteNothingElse(FloatMicrokernel product) {
    for (int m = 1; m <= 18; m++) {
      for (int n : new int[] {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 70}) {
        int k = 1 + (m + n) % 9;
        for (int aStep : new int[] {1, m}) {
          int aRow = aStep == 1 ? k + 2 : 1;
          int bRow = n + n % 3;
          int cRow = n + n % 2;
          float[] a = values(4 + m * (k + 2));
          float[] b = values(3 + k * bRow);
          float[] c = values(2 + m * cRow);
          float[] expected = c.clone();
          for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
              float sum = 0;
              for (int p = 0; p < k; p++) {
                sum += a[4 + i * aRow + p * aStep] * b[3 + p * bRow + j];
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
  void heightsCoverAnyNumberOfRows(FloatMicrokernel product) {
    for (int left = 1; left < 100; left++) {
      int height = product.height(left);
      assertTrue(height >= 1 && height <= product.rows(), () -> "height " + height);
    }
    assertEquals(product.rows(), product.height(product.rows()));
  }

  @ParameterizedTest
  @MethodSource("products")
  void rowsAreDealtOutToPanels(FloatMicrokernel product) {
    int nr = product.columns();
    IntStream whole = IntStream.rangeClosed(1, 14).map(panels -> panels * nr);
    for (int n : IntStream.concat(IntStream.of(1, nr - 1, 3 * nr + 2), whole).toArray()) {
      for (int gap : new int[] {0, 4}) {
        int rows = 6;
        int step = rows * nr + Blocking.GAP;
        float[] x = values(rows * (n + gap) + 1);
        float[] to = new float[(n / nr + 1) * step];
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
  void rowsAreCopiedAndNothingElse(FloatMicrokernel product) {
    for (int n : new int[] {1, 15, 16, 100}) {
      float[] x = values(7 * 128);
      float[] to = new float[7 * 130];
      Arrays.fill(to, -9);
      product.copy(x, 0, 128, 7, n, to, 1, 130);
      for (int at = 0; at < to.length; at++) {
        int row = (at - 1) / 130;
        int i = at - 1 - row * 130;
        assertEquals(at >= 1 && i < n ? x[row * 128 + i] : -9, to[at]);
      }
    }
  }

  @Test
  void thinSumsHaveTheBitsOfTheReference() {
    for (int columns = 1; columns <= FloatSkinnyMicrokernel.COLUMNS; columns++) {
      for (int k = FloatSkinnyMicrokernel.LANES;
          k <= Blocking.K_MAX;
          k += 7 * FloatSkinnyMicrokernel.LANES) {
        assertThinSumsHaveTheBitsOfTheReference(columns, k);
      }
    }
  }

  private void assertThinSumsHaveTheBitsOfTheReference(int columns, int k) {
    FloatSkinnyMicrokernel best = KernelSelection.best().gemm().skinny();
    FloatSkinnyMicrokernel scalar = KernelSelection.scalar().gemm().skinny();
    float[] a = reals(2 * k + 5);
    float[] b = reals(FloatSkinnyMicrokernel.COLUMNS * FloatSkinnyMicrokernel.B_STRIDE + 3);
    float[] lanes = reals(FloatSkinnyMicrokernel.ROOM + 9);
    float[] expectedLanes = lanes.clone();
    float[] sums = new float[FloatSkinnyMicrokernel.ROWS * FloatSkinnyMicrokernel.COLUMNS + 4];
    float[] expected = sums.clone();
    for (boolean set : new boolean[] {false, true}) {
      sumThinly(scalar, set, k, columns, a, b, expectedLanes, expected);
      sumThinly(best, set, k, columns, a, b, lanes, sums);
      for (int i = 0; i < FloatSkinnyMicrokernel.ROWS; i++) {
        int first = i * FloatSkinnyMicrokernel.COLUMNS;
        int from = 7 + first * FloatSkinnyMicrokernel.LANES;
        int to = from + columns * FloatSkinnyMicrokernel.LANES;
        assertArrayEquals(
            Arrays.copyOfRange(expectedLanes, from, to), Arrays.copyOfRange(lanes, from, to));
        assertArrayEquals(
            Arrays.copyOfRange(expected, 2 + first, 2 + first + columns),
            Arrays.copyOfRange(sums, 2 + first, 2 + first + columns));
      }
      assertArrayEquals(
          Arrays.copyOfRange(expectedLanes, 0, 7), Arrays.copyOfRange(lanes, 0, 7), "before");
      assertEquals(expected[0], sums[0]);
      assertEquals(expected[expected.length - 1], sums[sums.length - 1]);
    }
  }

  private static void sumThinly(
      FloatSkinnyMicrokernel skinny,
      boolean set,
      int k,
      int columns,
      float[] a,
      float[] b,
      float[] lanes,
      float[] sums) {
    if (set) {
      skinny.set(k, columns, a, 5, k + 4, b, 3, lanes, 7);
    } else {
      skinny.add(k, columns, a, 5, k + 4, b, 3, lanes, 7);
    }
    skinny.reduceLanes(lanes.clone(), 7, sums, 2);
  }

  @Test
  void thinSumsAreTheDefinition() {
    FloatSkinnyMicrokernel skinny = KernelSelection.best().gemm().skinny();
    int k = 3 * FloatSkinnyMicrokernel.LANES;
    float[] a = values(2 * k);
    float[] b = values(FloatSkinnyMicrokernel.COLUMNS * FloatSkinnyMicrokernel.B_STRIDE);
    float[] lanes = new float[FloatSkinnyMicrokernel.ROOM];
    float[] sums = new float[FloatSkinnyMicrokernel.ROWS * FloatSkinnyMicrokernel.COLUMNS];
    skinny.set(k, FloatSkinnyMicrokernel.COLUMNS, a, k, 0, b, 0, lanes, 0);
    skinny.reduceLanes(lanes, 0, sums, 0);
    for (int i = 0; i < FloatSkinnyMicrokernel.ROWS; i++) {
      for (int j = 0; j < FloatSkinnyMicrokernel.COLUMNS; j++) {
        float expected = 0;
        for (int p = 0; p < k; p++) {
          expected += a[(1 - i) * k + p] * b[j * FloatSkinnyMicrokernel.B_STRIDE + p];
        }
        assertEquals(expected, sums[i * FloatSkinnyMicrokernel.COLUMNS + j]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("products")
  void aRehearsalWritesNothingButATileOfC(FloatMicrokernel product) {
    FloatMicrokernel kernel = product.forOneThread(new Scratch());
    float[] a = values(kernel.rows() * kernel.blocking().aStride());
    float[] b = values(kernel.columns() * kernel.blocking().k());
    int size = kernel.rows() * kernel.columns();
    float[] c = values(size + 100);
    float[] oldA = a.clone();
    float[] oldB = b.clone();
    float[] oldRest = Arrays.copyOfRange(c, size, c.length);
    for (int left = 1; left <= kernel.rows(); left++) {
      kernel.precompile(kernel.height(left), a, b, c);
    }
    assertArrayEquals(oldA, a);
    assertArrayEquals(oldB, b);
    assertArrayEquals(oldRest, Arrays.copyOfRange(c, size, c.length));
  }

  @ParameterizedTest
  @MethodSource("products")
  void aLineStartsWithinALineOrIsNotKnown(FloatMicrokernel product) {
    float[] array = new float[FloatMicrokernel.PROBED];
    for (int attempt = 0; attempt < 100; attempt++) {
      int start = product.alignedStart(array);
      assertTrue(start >= -1 && start < 16, () -> "start " + start);
    }
  }

  private float[] reals(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private float[] values(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }
}
