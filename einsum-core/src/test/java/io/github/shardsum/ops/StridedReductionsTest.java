package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.StridedArray;
import io.github.shardsum.internal.reference.StridedArray.Layout;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.RoundingBound;
import io.github.shardsum.testsupport.TestDepth;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every operation along an axis, on operands of any strides and every dtype, against plain loops.
 */
class StridedReductionsTest {
  private static final int[] LENGTHS = {1, 15, 16, 63, 64, 65, 100, 1000};
  private static final Workers ALONE = Workers.sequential();

  private final Random random = new Random(27);

  /** Rows along one axis of a strided operand, in the order of the other axis. */
  private record Case(StridedArray x, DType dtype, int axis, String what) {
    int rows() {
      return x.sizes()[1 - axis];
    }

    long[] row(int r) {
      return IntStream.range(0, x.sizes()[axis])
          .mapToLong(i -> axis == 0 ? x.at(i, r) : x.at(r, i))
          .toArray();
    }

    /** One number a row. */
    long[] eachRow(ToLongFunction<long[]> result) {
      return IntStream.range(0, rows()).mapToLong(r -> result.applyAsLong(row(r))).toArray();
    }

    /** A row of numbers a row, with the axis where it was. */
    long[] eachElement(UnaryOperator<long[]> result) {
      long[][] rows =
          IntStream.range(0, rows()).mapToObj(r -> result.apply(row(r))).toArray(long[][]::new);
      int n = rows[0].length;
      long[] all = new long[rows.length * n];
      for (int at = 0; at < all.length; at++) {
        all[at] = axis == 0 ? rows[at % rows.length][at / rows.length] : rows[at / n][at % n];
      }
      return all;
    }
  }

  private Stream<Case> cases() {
    int oneOf = TestDepth.cases(5, 1, 1);
    return IntStream.of(LENGTHS)
        .boxed()
        .flatMap(
            n ->
                Stream.of(DType.values())
                    .flatMap(
                        dtype ->
                            Stream.of(Layout.values())
                                .flatMap(
                                    layout ->
                                        IntStream.range(0, 2)
                                            .filter(axis -> random.nextInt(oneOf) == 0)
                                            .mapToObj(axis -> someCase(dtype, layout, axis, n)))));
  }

  private Case someCase(DType dtype, Layout layout, int axis, int n) {
    int[] sizes = axis == 0 ? new int[] {n, 3} : new int[] {3, n};
    boolean onHeap = random.nextBoolean();
    StridedArray x = StridedArray.of(dtype, layout, onHeap, random, sizes);
    return new Case(x, dtype, axis, dtype + " " + layout + " axis " + axis + " n=" + n);
  }

  @Test
  void sumsAndExtremes() {
    cases()
        .forEach(
            c -> {
              Tensor x = c.x.tensor();
              long[] sums = c.eachRow(row -> StridedArray.as(c.dtype, Plain.sum(row)));
              same(sums, Reductions.sum(Target.on(ALONE), x, Axes.of(c.axis)), c);
              same(c.eachRow(Plain::max), Reductions.max(Target.on(ALONE), x, Axes.of(c.axis)), c);
              same(c.eachRow(Plain::min), Reductions.min(Target.on(ALONE), x, Axes.of(c.axis)), c);
              long[] first = c.eachRow(row -> Plain.first(row, Plain.max(row)));
              same(first, Reductions.argMax(Target.on(ALONE), x, Axes.of(c.axis)), c);
            });
  }

  @Test
  void runningSums() {
    cases()
        .forEach(
            c -> {
              boolean exclusive = random.nextBoolean();
              boolean reverse = random.nextBoolean();
              Tensor out = Tensor.zeros(c.dtype, c.x.tensor().shape());
              Reductions.cumulativeSum(
                  Target.into(ALONE, out), c.x.tensor(), exclusive, reverse, c.axis);
              long[] expected = c.eachElement(row -> running(c.dtype, row, exclusive, reverse));
              same(expected, out, c);
            });
  }

  private static long[] running(DType dtype, long[] row, boolean exclusive, boolean reverse) {
    long[] sums = new long[row.length];
    long sum = 0;
    for (int i = 0; i < row.length; i++) {
      int at = reverse ? row.length - 1 - i : i;
      sums[at] = StridedArray.as(dtype, exclusive ? sum : sum + row[at]);
      sum += row[at];
    }
    return sums;
  }

  @Test
  void largestElementsInOrder() {
    cases()
        .forEach(
            c -> {
              int k = Math.min(3, c.x.sizes()[c.axis]);
              TopK top = Reductions.topK(ALONE, c.x.tensor(), k, c.axis);
              same(c.eachElement(row -> largest(row, k)), top.indices(), c);
              same(
                  c.eachElement(
                      row -> Arrays.stream(largest(row, k)).map(i -> row[(int) i]).toArray()),
                  top.values(),
                  c);
            });
  }

  /** Positions of the k largest, of equal ones the first. */
  private static long[] largest(long[] row, int k) {
    return IntStream.range(0, row.length)
        .boxed()
        .sorted(Comparator.comparingLong((Integer i) -> row[i]).reversed())
        .limit(k)
        .mapToLong(Integer::longValue)
        .toArray();
  }

  @Test
  void softmaxes() {
    cases()
        .filter(c -> c.dtype.isFloating())
        .forEach(
            c -> {
              Tensor softmax = Reductions.softmax(Target.on(ALONE), c.x.tensor(), c.axis);
              // Whole numbers differ exactly. Two exponentials within 4 ulp, 8 units each, a sum of
              // positive terms, a reciprocal and a product; as much again for the loop in f64.
              double unit = c.dtype == DType.F64 ? RoundingBound.F64 : RoundingBound.F32;
              int n = c.x.sizes()[c.axis];
              double error = RoundingBound.ofSum(unit, 2.0 * (8 + 8 + n + 2), 1);
              double bound =
                  c.dtype == DType.BF16
                      ? RoundingBound.stored(error, RoundingBound.BF16, 1)
                      : error;
              for (int r = 0; r < c.rows(); r++) {
                long[] row = c.row(r);
                double sum = Arrays.stream(row).mapToDouble(Math::exp).sum();
                for (int i = 0; i < row.length; i++) {
                  double expected = Math.exp(row[i]) / sum;
                  double got = c.axis == 0 ? softmax.getDouble(i, r) : softmax.getDouble(r, i);
                  assertEquals(expected, got, expected * bound, c.what);
                }
              }
            });
  }

  @Test
  void elementByElement() {
    cases()
        .forEach(
            c -> {
              int[] sizes = c.x.sizes();
              Layout any = Layout.values()[random.nextInt(Layout.values().length)];
              StridedArray y = StridedArray.of(c.dtype, any, random.nextBoolean(), random, sizes);
              long[] sums = new long[sizes[0] * sizes[1]];
              long[] products = sums.clone();
              long[] moved = sums.clone();
              for (int at = 0; at < sums.length; at++) {
                long left = c.x.at(at / sizes[1], at % sizes[1]);
                long right = y.at(at / sizes[1], at % sizes[1]);
                sums[at] = StridedArray.as(c.dtype, left + right);
                products[at] = StridedArray.as(c.dtype, left * right);
                moved[at % sizes[1] * sizes[0] + at / sizes[1]] = left;
              }
              Tensor x = c.x.tensor();
              same(sums, Elementwise.add(Target.on(ALONE), x, y.tensor()), c);
              same(products, Elementwise.multiply(Target.on(ALONE), x, y.tensor()), c);
              same(moved, Movement.transpose(Target.on(ALONE), x, 1, 0), c);
            });
  }

  /** Long rows are reduced in pieces. */
  @Test
  void aLongBroadcastAxis() {
    int n = 300_001;
    for (DType dtype : DType.values()) {
      Tensor x = Tensor.full(dtype, 1).broadcastTo(Shape.of(n));
      long[] sum = {StridedArray.as(dtype, n)};
      long[] one = {1};
      assertArrayEquals(
          sum,
          StridedArray.elements(Reductions.sum(Target.on(ALONE), x, Axes.of(0))),
          dtype.toString());
      assertArrayEquals(
          one,
          StridedArray.elements(Reductions.max(Target.on(ALONE), x, Axes.of(0))),
          dtype.toString());
      assertArrayEquals(
          one,
          StridedArray.elements(Reductions.min(Target.on(ALONE), x, Axes.of(0))),
          dtype.toString());
    }
  }

  private static void same(long[] expected, Tensor got, Case c) {
    assertArrayEquals(expected, StridedArray.elements(got), c.what);
  }

  /** Reductions of a row of plain numbers. */
  private static final class Plain {
    static long sum(long[] row) {
      return Arrays.stream(row).sum();
    }

    static long max(long[] row) {
      return Arrays.stream(row).max().orElseThrow();
    }

    static long min(long[] row) {
      return Arrays.stream(row).min().orElseThrow();
    }

    static long first(long[] row, long value) {
      return IntStream.range(0, row.length).filter(i -> row[i] == value).findFirst().orElseThrow();
    }
  }
}
