package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NumPy's definitions, by comparing pairs of elements. */
class SortingTest {
  private static final double[] ODD = {
    Double.NaN, -0.0, 0.0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1, 1
  };

  /** Few values, so that many are equal; of floating dtypes zeros, infinities and NaN too. */
  private static Tensor drawn(DType dtype, Random random, int... sizes) {
    int count = Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
    double[] values = new double[count];
    Arrays.setAll(
        values,
        _ ->
            dtype == DType.BOOL
                ? random.nextInt(2)
                : dtype.isFloating() && random.nextInt(3) == 0
                    ? ODD[random.nextInt(ODD.length)]
                    : random.nextInt(9) - 4);
    long[] shape = Arrays.stream(sizes).asLongStream().toArray();
    return Tensor.of(values, shape).convert(dtype);
  }

  private static int compare(double a, double b) {
    boolean behind = Double.isNaN(a);
    if (behind || Double.isNaN(b)) {
      return Boolean.compare(behind, Double.isNaN(b));
    }
    return a < b ? -1 : a > b ? 1 : 0;
  }

  private static int[] order(double[] row) {
    return IntStream.range(0, row.length)
        .boxed()
        .sorted(Comparator.comparing(i -> row[i], SortingTest::compare))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void rowsOfEveryAxisAndStrideAreInRisingOrder(DType dtype) {
    Random random = new Random(dtype.ordinal());
    try (Workers two = Workers.of(2)) {
      for (int round = 0; round < 60; round++) {
        int n = random.nextInt(round < 50 ? 9 : 200);
        Tensor whole = drawn(dtype, random, 3, n, 4);
        Tensor x = random.nextBoolean() ? whole : whole.flip(1).transpose(2, 1, 0);
        Tensor sorted = Sorting.sort(Target.on(two), x, -2);
        Tensor places = Sorting.argSort(x, 1);
        Tensor wide = Tensor.zeros(DType.I64, x.shape().toArray());
        Sorting.argSort(Target.into(two, wide), x, 1);
        for (long i = 0; i < x.size(0); i++) {
          for (long j = 0; j < x.size(2); j++) {
            double[] row = x.select(2, j).select(0, i).toDoubleArray();
            int[] order = order(row);
            assertArrayEquals(order, places.select(2, j).select(0, i).copy().toIntArray());
            assertArrayEquals(
                Arrays.stream(order).asLongStream().toArray(),
                wide.select(2, j).select(0, i).copy().toLongArray());
            double[] expected = Arrays.stream(order).mapToDouble(at -> row[at]).toArray();
            double[] got = sorted.select(2, j).select(0, i).toDoubleArray();
            for (int at = 0; at < expected.length; at++) {
              assertEquals(0, compare(expected[at], got[at]), Arrays.toString(got));
            }
          }
        }
      }
    }
  }

  @Test
  void longsAreComparedExactlyAndZerosBySign() {
    long large = 1L << 60;
    Tensor x = Tensor.of(new long[] {large + 1, large, Long.MIN_VALUE, large + 2}, 4);
    assertArrayEquals(
        new long[] {Long.MIN_VALUE, large, large + 1, large + 2}, Sorting.sort(x, 0).toLongArray());
    Tensor zeros = Sorting.sort(Tensor.of(new float[] {0f, -0f}, 2), 0);
    assertArrayEquals(new float[] {-0f, 0f}, zeros.toFloatArray());
  }

  @Test
  void aTensorMayBeSortedInPlace() {
    Tensor x = Tensor.of(new float[] {3, 1, 2, 9, 7, 8}, 2, 3);
    assertEquals(x, Sorting.sort(Target.into(x), x, 1));
    assertArrayEquals(new float[] {1, 2, 3, 7, 8, 9}, x.toFloatArray());
    assertThrows(
        IllegalArgumentException.class,
        () -> Sorting.sort(Target.into(x.slice(":, 0:2")), x.slice(":, 1:3"), 1));
    assertArrayEquals(new float[] {1, 2, 3, 7, 8, 9}, x.toFloatArray());
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void uniqueElementsHaveTheirFirstPositionTheirPlacesAndTheirNumbers(DType dtype) {
    Random random = new Random(dtype.ordinal());
    for (int round = 0; round < 60; round++) {
      Tensor x = drawn(dtype, random, random.nextInt(4), random.nextInt(9)).transpose();
      double[] all = x.copy().toDoubleArray();
      List<Integer> firsts = new ArrayList<>();
      for (int i = 0; i < all.length; i++) {
        double value = all[i];
        if (firsts.stream().noneMatch(at -> compare(all[at], value) == 0)) {
          firsts.add(i);
        }
      }
      firsts.sort(Comparator.comparing(i -> all[i], SortingTest::compare));
      Sorting.Unique unique = Sorting.unique(x);
      assertEquals(dtype, unique.values().dtype());
      assertEquals(x.shape(), unique.inverse().shape());
      long[] inverse = unique.inverse().toLongArray();
      long[] counts = new long[firsts.size()];
      for (int i = 0; i < all.length; i++) {
        counts[(int) inverse[i]]++;
        assertEquals(0, compare(all[i], all[firsts.get((int) inverse[i])]));
      }
      assertArrayEquals(
          firsts.stream().mapToLong(Integer::longValue).toArray(), unique.indices().toLongArray());
      assertArrayEquals(
          firsts.stream().mapToDouble(at -> all[at]).toArray(), unique.values().toDoubleArray());
      assertArrayEquals(counts, unique.counts().toLongArray());
    }
  }

  @Test
  void binsHoldTheElementsBetweenTheirEdges() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      int bins = 1 + random.nextInt(40);
      double low = random.nextInt(20) / 10.0 - 1;
      double high = low + (1 + random.nextInt(30)) / 10.0;
      double[] values = new double[200];
      // Many lie on an edge, where a rounded quotient may be off by one.
      Arrays.setAll(
          values,
          _ ->
              switch (random.nextInt(3)) {
                case 0 -> low + random.nextInt(bins + 1) * ((high - low) / bins);
                case 1 -> ODD[random.nextInt(ODD.length)];
                default -> low - 0.5 + random.nextDouble() * (high - low + 1);
              });
      Sorting.Histogram got = Sorting.histogram(Tensor.of(values, 20, 10), bins, low, high);
      double[] edges = got.edges().toDoubleArray();
      assertEquals(low, edges[0]);
      assertEquals(high, edges[bins]);
      Map<Integer, Long> expected = new LinkedHashMap<>();
      for (double value : values) {
        for (int bin = 0; bin < bins; bin++) {
          boolean below = bin == bins - 1 ? value <= edges[bin + 1] : value < edges[bin + 1];
          if (value >= edges[bin] && below) {
            expected.merge(bin, 1L, Long::sum);
          }
        }
      }
      long[] counts =
          IntStream.range(0, bins).mapToLong(bin -> expected.getOrDefault(bin, 0L)).toArray();
      assertArrayEquals(counts, got.counts().toLongArray(), bins + " from " + low + " to " + high);
    }
  }

  @Test
  void wrongIntervalsAreRefused() {
    Tensor x = Tensor.ones(DType.F32, 3);
    for (double[] range :
        new double[][] {{1, 1}, {2, 1}, {0, Double.NaN}, {0, Double.POSITIVE_INFINITY}}) {
      IllegalArgumentException wrong =
          assertThrows(
              IllegalArgumentException.class, () -> Sorting.histogram(x, 4, range[0], range[1]));
      assertTrue(wrong.getMessage().startsWith("histogram: must have at least 1 bin"));
    }
    assertThrows(IllegalArgumentException.class, () -> Sorting.histogram(x, 0, 0, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> Sorting.histogram(Tensor.zeros(DType.BOOL, 2), 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> Sorting.sort(x, 1));
  }
}
