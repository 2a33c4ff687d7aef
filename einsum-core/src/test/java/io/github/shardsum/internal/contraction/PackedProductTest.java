package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.Tiles;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.internal.vector.VectorGemmKernels;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.RoundingBound;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Block sizes and loop orders of every processor change no bit: products of several blocks, with
 * any number of threads, against plain loops.
 */
class PackedProductTest {
  /** Sizes beyond the blocks of rows, of columns and of sums, and not multiples of them. */
  @ParameterizedTest
  @CsvSource({
    "70, 1100, 1050, 1",
    "130, 530, 1100, 2",
    "9, 2100, 520, 5",
    "33, 2500, 40, 1",
    "300, 700, 600, 3",
    "2000, 40, 70, 2",
    "60, 3000, 20, 4",
    "1, 1, 1, 1"
  })
  void blocksChangeNoBit(int m, int n, int k, int threads) {
    Random random = new Random(5);
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor a = reals(random, m * k).convert(dtype);
      Tensor b = reals(random, k * n).convert(dtype);
      double[] expected =
          product(KernelSelection.scalar().gemm(), Workers.sequential(), a, b, m, n, k);
      try (Workers workers = Workers.of(threads)) {
        Tiles.all()
            .forEach(tiles -> assertArrayEquals(expected, product(tiles, workers, a, b, m, n, k)));
      }
    }
  }

  /**
   * Three products of a batch by two threads, which work on each together; with all that follows.
   */
  @ParameterizedTest
  @CsvSource({"70, 90, 100", "9, 700, 1050", "150, 600, 530", "400, 30, 20"})
  void whatFollowsTheSumIsDoneOnceByWhomeverItFallsTo(int m, int n, int k) {
    Random random = new Random(6);
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Tensor a = reals(random, 3 * m * k).convert(dtype);
      Tensor b = reals(random, 3 * k * n).convert(dtype);
      Tensor bias = reals(random, 3 * m * n).convert(dtype);
      ResultScaling finish = new ResultScaling(1.5, 0.25, 2, Optional.of(ArrayRef.of(bias)), true);
      GemmKernels scalar = KernelSelection.scalar().gemm();
      double[] rounded = run(scalar, Workers.sequential(), finish, a, b, 3, m, n, k);
      // Operands, bias and what the result held are at most 1/2; a term is multiplied by alpha in
      // its pass, of which a processor may make as many as there are terms.
      double magnitude = 2 * (1.5 * k / 4 + 0.25 / 2) + 0.5;
      double unit = dtype == DType.F32 ? RoundingBound.F32 : RoundingBound.F64;
      double bound = 2 * RoundingBound.ofSum(unit, 2.0 * k + 4, magnitude);
      try (Workers workers = Workers.of(2)) {
        Tiles.all()
            .forEach(
                tiles -> {
                  double[] expected = run(tiles, Workers.sequential(), finish, a, b, 3, m, n, k);
                  assertArrayEquals(expected, run(tiles, workers, finish, a, b, 3, m, n, k));
                  assertArrayEquals(rounded, expected, bound);
                });
      }
    }
  }

  /** A bias along any of the labels of {@code bij,bjk->bik}, whole numbers against plain loops. */
  @ParameterizedTest
  @CsvSource({"bi", "bk", "b", "ik", "bik", "i", "k", "kib"})
  void aBiasOfABatchIsAddedWhereItBelongs(String labels) {
    int batches = 3;
    int m = 37;
    int n = 41;
    int k = 29;
    Random random = new Random(8);
    long[] steps = new long[3];
    int size = 1;
    for (int axis = labels.length() - 1; axis >= 0; axis--) {
      int label = "bik".indexOf(labels.charAt(axis));
      steps[label] = size;
      size *= new int[] {batches, m, n}[label];
    }
    float[] a = whole(random, batches * m * k);
    float[] b = whole(random, batches * k * n);
    float[] bias = whole(random, size);
    double[] expected = new double[batches * m * n];
    for (int at = 0; at < expected.length; at++) {
      int batch = at / (m * n);
      int row = at / n % m;
      int column = at % n;
      expected[at] = bias[(int) (batch * steps[0] + row * steps[1] + column * steps[2])];
      for (int p = 0; p < k; p++) {
        expected[at] += a[(batch * m + row) * k + p] * b[(batch * k + p) * n + column];
      }
    }
    long c = (long) m * n;
    Loops batch = loops(batches, c, (long) m * k, (long) k * n, steps[0]);
    Loops rows = loops(m, n, k, 0, steps[1]);
    Loops columns = loops(n, 1, 0, 1, steps[2]);
    Loops sum = loops(k, 0, 1, n, 0);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor added = Tensor.of(bias, size).convert(dtype);
      ResultScaling finish = new ResultScaling(1, 0, 1, Optional.of(ArrayRef.of(added)), false);
      Tensor left = Tensor.of(a, a.length).convert(dtype);
      Tensor right = Tensor.of(b, b.length).convert(dtype);
      try (Workers two = Workers.of(2)) {
        for (Workers workers : List.of(Workers.sequential(), two)) {
          Tensor out = Tensor.full(dtype, 7, expected.length);
          packed(KernelSelection.best().gemm(), dtype, batch, rows, columns, sum)
              .run(ArrayRef.of(out), ArrayRef.of(left), ArrayRef.of(right), finish, workers);
          assertArrayEquals(expected, out.toDoubleArray(), dtype + " bias " + labels);
        }
      }
    }
  }

  /**
   * One side of a product in three loops, of which the operand is contiguous along the second:
   * whole numbers against plain loops. Panels begin inside its loops, and end there.
   */
  @ParameterizedTest
  @CsvSource({
    "m, 3, 8, 4",
    "m, 2, 16, 16",
    "n, 3, 8, 4",
    "n, 2, 16, 16",
    "n, 3, 5, 8",
    "n, 2, 24, 12",
    "k, 3, 8, 4",
    "k, 2, 16, 16",
    "k, 3, 25, 4"
  })
  void sidesOfThreeLoopsAreReadInTheirOrder(String side, int s0, int s1, int s2) {
    int size = s0 * s1 * s2;
    int m = side.equals("m") ? size : 21;
    int n = side.equals("n") ? size : 35;
    int k = side.equals("k") ? size : 27;
    Random random = new Random(9);
    float[] a = whole(random, m * k);
    float[] b = whole(random, k * n);
    int[] places = new int[size];
    for (int at = 0; at < size; at++) {
      places[at] = at / (s1 * s2) * s1 * s2 + at % s2 * s1 + at / s2 % s1;
    }
    double[] expected = new double[m * n];
    for (int at = 0; at < expected.length; at++) {
      for (int p = 0; p < k; p++) {
        int i = at / n;
        int j = at % n;
        expected[at] +=
            switch (side) {
              case "m" -> a[p * m + places[i]] * b[p * n + j];
              case "n" -> a[i * k + p] * b[p * n + places[j]];
              default -> a[i * k + places[p]] * b[j * k + places[p]];
            };
      }
    }
    // A row of the result in which the first loop leaves something out.
    int gap = side.equals("n") ? 3 : 0;
    int width = n + s0 * gap;
    long[] sizes = {s0, s1, s2};
    long[] across = {(long) s1 * s2, 1, s1};
    long[] none = new long[3];
    Loops batch = loops(1, 0, 0, 0, 0);
    Loops rows = loops(m, n, k, 0, 0);
    Loops columns = loops(n, 1, 0, 1, 0);
    Loops sum = loops(k, 0, 1, n, 0);
    switch (side) {
      case "m" -> {
        long apart = (long) s2 * n;
        rows = Loops.of(sizes, new long[] {s1 * apart, apart, n}, across, none, none);
        sum = loops(k, 0, m, n, 0);
      }
      case "n" -> {
        columns = Loops.of(sizes, new long[] {s1 * s2 + gap, s2, 1}, none, across, none);
        rows = loops(m, width, k, 0, 0);
      }
      default -> {
        columns = loops(n, 1, 0, k, 0);
        sum = Loops.of(sizes, none, across, across, none);
      }
    }
    List<GemmKernels> all = new ArrayList<>(Tiles.all().toList());
    all.add(KernelSelection.scalar().gemm());
    if (KernelSelection.best().bits() > 128) {
      // Panels of half a line.
      all.add(new VectorGemmKernels(128, false));
    }
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor left = Tensor.of(a, a.length).convert(dtype);
      Tensor right = Tensor.of(b, b.length).convert(dtype);
      for (GemmKernels tiles : all) {
        Tensor out = Tensor.full(dtype, 7, (long) m * width);
        packed(tiles, dtype, batch, rows, columns, sum)
            .run(
                ArrayRef.of(out),
                ArrayRef.of(left),
                ArrayRef.of(right),
                ResultScaling.PLAIN,
                Workers.sequential());
        double[] stored = out.toDoubleArray();
        double[] got = new double[m * n];
        for (int at = 0; at < got.length; at++) {
          int j = at % n;
          got[at] = stored[at / n * width + j + (gap == 0 ? 0 : j / (s1 * s2) * gap)];
        }
        assertArrayEquals(expected, got, dtype + " by " + tiles);
      }
    }
  }

  /** Runs of columns that memory holds apart: a panel begins within one and ends in the next. */
  @ParameterizedTest
  @CsvSource({"3, 20", "5, 7", "2, 33", "4, 50", "7, 1"})
  void panelsGoOnFromRunToRunOfColumns(int runs, int run) {
    int m = 13;
    int k = 11;
    int n = runs * run;
    Random random = new Random(10);
    float[] a = whole(random, m * k);
    float[] b = whole(random, k * n);
    double[] expected = new double[m * n];
    for (int at = 0; at < expected.length; at++) {
      int j = at % n;
      for (int p = 0; p < k; p++) {
        expected[at] += a[at / n * k + p] * b[(j / run * k + p) * run + j % run];
      }
    }
    long[] none = new long[2];
    Loops batch = loops(1, 0, 0, 0, 0);
    Loops rows = loops(m, n, k, 0, 0);
    Loops columns =
        Loops.of(
            new long[] {runs, run},
            new long[] {run, 1},
            none,
            new long[] {(long) k * run, 1},
            none);
    Loops sum = loops(k, 0, 1, run, 0);
    isComputed(expected, a, b, batch, rows, columns, sum);
  }

  /** Between the columns of such a result nothing is written. */
  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void columnsOfTheResultMayLieApart(int step) {
    int m = 13;
    int n = 150;
    int k = 11;
    Random random = new Random(11);
    float[] a = whole(random, m * k);
    float[] b = whole(random, k * n);
    double[] expected = new double[m * n * step];
    Arrays.fill(expected, 7);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int p = 0; p < k; p++) {
          sum += a[i * k + p] * b[p * n + j];
        }
        expected[(i * n + j) * step] = sum;
      }
    }
    Loops batch = loops(1, 0, 0, 0, 0);
    Loops rows = loops(m, (long) n * step, k, 0, 0);
    Loops columns = loops(n, step, 0, 1, 0);
    Loops sum = loops(k, 0, 1, n, 0);
    isComputed(expected, a, b, batch, rows, columns, sum);
  }

  private static void isComputed(
      double[] expected, float[] a, float[] b, Loops batch, Loops rows, Loops columns, Loops sum) {
    List<GemmKernels> all = new ArrayList<>(Tiles.all().toList());
    all.add(KernelSelection.scalar().gemm());
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor left = Tensor.of(a, a.length).convert(dtype);
      Tensor right = Tensor.of(b, b.length).convert(dtype);
      for (GemmKernels tiles : all) {
        Tensor out = Tensor.full(dtype, 7, expected.length);
        packed(tiles, dtype, batch, rows, columns, sum)
            .run(
                ArrayRef.of(out),
                ArrayRef.of(left),
                ArrayRef.of(right),
                ResultScaling.PLAIN,
                Workers.sequential());
        assertArrayEquals(expected, out.toDoubleArray(), dtype + " by " + tiles);
      }
    }
  }

  private static float[] whole(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }

  private static StepKernel packed(
      GemmKernels products, DType dtype, Loops batch, Loops rows, Loops columns, Loops sum) {
    KernelSet kernels = KernelSelection.best();
    return switch (dtype) {
      case F32 ->
          new FloatPackedProduct(
              products.floats(), kernels.floats(), batch, rows, columns, sum, Leaves.ONE);
      case F64 ->
          new DoublePackedProduct(
              products.doubles(), kernels.doubles(), batch, rows, columns, sum, Leaves.ONE);
      default ->
          new LongPackedProduct(
              products.longs(), kernels.longs(), batch, rows, columns, sum, Leaves.ONE);
    };
  }

  private static double[] product(
      GemmKernels products, Workers workers, Tensor a, Tensor b, int m, int n, int k) {
    return run(products, workers, ResultScaling.PLAIN, a, b, 1, m, n, k);
  }

  private static double[] run(
      GemmKernels products,
      Workers workers,
      ResultScaling finish,
      Tensor a,
      Tensor b,
      int batches,
      int m,
      int n,
      int k) {
    Tensor out = reals(new Random(7), batches * m * n).convert(a.dtype());
    // Strides in the result, the left operand, the right one and the bias.
    long c = (long) m * n;
    Loops batch = loops(batches, c, (long) m * k, (long) k * n, c);
    Loops rows = loops(m, n, k, 0, n);
    Loops columns = loops(n, 1, 0, 1, 1);
    Loops sum = loops(k, 0, 1, n, 0);
    StepKernel kernel = packed(products, a.dtype(), batch, rows, columns, sum);
    kernel.run(ArrayRef.of(out), ArrayRef.of(a), ArrayRef.of(b), finish, workers);
    return out.toDoubleArray();
  }

  private static Loops loops(long size, long out, long left, long right, long bias) {
    return Loops.of(
        new long[] {size},
        new long[] {out},
        new long[] {left},
        new long[] {right},
        new long[] {bias});
  }

  private static Tensor reals(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(values, n);
  }
}
