package io.github.shardsum.grouped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups whose rows have parts, the leaves of a tree. */
class GroupPartsTest {
  private static final int K = 19;
  private static final int N = 70;

  /** The first are one pass at any width; some parts of the last take several. */
  private static final long[][] PARTS = {
    {3, 0, 0, 5, 1, 7, 0},
    {0, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 9, 0, 0},
    {300, 0, 700, 200, 1, 1100, 0},
    {0, 90, 800, 0, 0, 30, 400}
  };

  /** Chains of parts, added as a sum over their numbers is: the largest power of two first. */
  private static double sum(DType dtype, double[] x, double[] y, long[] parts, int from) {
    if (parts.length > 1) {
      int half = Integer.highestOneBit(parts.length - 1);
      long[] left = Arrays.copyOf(parts, half);
      int middle = from + (int) LongStream.of(left).sum();
      double first = sum(dtype, x, y, left, from);
      double second = sum(dtype, x, y, Arrays.copyOfRange(parts, half, parts.length), middle);
      return dtype == DType.F32 ? (float) first + (float) second : first + second;
    }
    double sum = 0;
    for (int i = from; i < from + parts[0]; i++) {
      sum =
          dtype == DType.F32
              ? Math.fma((float) x[i], (float) y[i], (float) sum)
              : Math.fma(x[i], y[i], sum);
    }
    return sum;
  }

  private static Tensor drawn(Random random, DType dtype, long rows, int columns) {
    double[] values = new double[(int) rows * columns];
    Arrays.setAll(values, _ -> Math.scalb(random.nextDouble() - 0.5, random.nextInt(30) - 15));
    return Tensor.of(values, rows, columns).convert(dtype);
  }

  private static Tensor sizes(long[][] parts) {
    long[] flat = Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
    return Tensor.of(flat, parts.length, parts[0].length);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64"})
  void partsAreTheLeavesOfATree(DType dtype) {
    Random random = new Random(3);
    long rows = Arrays.stream(PARTS).flatMapToLong(Arrays::stream).sum();
    Tensor x = drawn(random, dtype, rows, K);
    Tensor y = drawn(random, dtype, rows, N);
    double[] expected = new double[PARTS.length * K * N];
    int from = 0;
    for (int group = 0, at = 0; group < PARTS.length; group++) {
      for (int k = 0; k < K; k++) {
        double[] left = x.select(1, k).toDoubleArray();
        for (int n = 0; n < N; n++) {
          expected[at++] = sum(dtype, left, y.select(1, n).toDoubleArray(), PARTS[group], from);
        }
      }
      from += (int) LongStream.of(PARTS[group]).sum();
    }
    try (Workers four = Workers.of(4)) {
      for (Workers workers : new Workers[] {Workers.sequential(), four}) {
        Tensor out = Tensor.zeros(dtype, PARTS.length, K, N);
        GroupedProduct.weightsInto(
            workers, SumOrder.TREE, out, MatrixRows.of(x), MatrixRows.of(y), sizes(PARTS));
        assertArrayEquals(expected, out.toDoubleArray());
      }
    }
  }

  /** Without an order parts change nothing, and integers have every order's sum. */
  @Test
  void withoutAnOrderPartsAreOneSum() {
    long[][] parts = {{2, 1}, {0, 3}};
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 6, 1);
    Tensor out = Tensor.zeros(DType.F32, 2, 1, 1);
    GroupedProduct.weightsInto(
        Workers.sequential(),
        SumOrder.FASTEST,
        out,
        MatrixRows.of(x),
        MatrixRows.of(x),
        sizes(parts));
    assertArrayEquals(new float[] {14, 77}, out.toFloatArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"BF16", "I32"})
  void partsNeedADtypeToAddTo(String name) {
    DType dtype = DType.valueOf(name);
    Tensor x = Tensor.zeros(dtype, 3, 1);
    Tensor out = Tensor.zeros(dtype, 1, 1, 1);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    GroupedProduct.weightsInto(
                        Workers.sequential(),
                        SumOrder.TREE,
                        out,
                        MatrixRows.of(x),
                        MatrixRows.of(x),
                        sizes(new long[][] {{2, 1}})))
            .getMessage();
    assertEquals(
        "grouped product: expected f32 or f64 to add to, got " + out.description(), message);
  }
}
