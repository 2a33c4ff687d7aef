package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Reductions over the first axis of a matrix, whose columns are read where they lie, against the
 * definition column by column.
 */
class ColumnsTest {
  private static final int ROWS = 37;
  private static final int COLUMNS = 300;

  private final Random random = new Random(5);

  /** Integers, among them zeros, so that sums and products are exact in any order. */
  private Tensor integers(DType dtype) {
    Tensor x = Tensor.zeros(dtype, ROWS, COLUMNS);
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        // Few columns have a zero, and products stay small.
        int value =
            j % 7 == 0 ? random.nextInt(-1, 2) : i % 11 == 0 ? 2 : random.nextBoolean() ? 1 : -1;
        x.set(value, i, j);
      }
    }
    return x;
  }

  private static void check(
      String name, Tensor x, UnaryOperator<Tensor> run, ToDoubleFunction<double[]> defined) {
    Tensor actual = run.apply(x);
    assertArrayEquals(new long[] {COLUMNS}, actual.shape().toArray(), name);
    for (int j = 0; j < COLUMNS; j++) {
      double[] column = new double[ROWS];
      for (int i = 0; i < ROWS; i++) {
        column[i] = x.getDouble(i, j);
      }
      double expected = defined.applyAsDouble(column);
      double bound = actual.dtype() == DType.F32 ? Math.ulp((float) expected) : 1e-14;
      int at = j;
      assertEquals(
          expected, actual.getDouble(j), bound, () -> name + " of " + x.dtype() + ", " + at);
    }
  }

  private static double mean(double... column) {
    return Arrays.stream(column).sum() / column.length;
  }

  private static double variance(double... column) {
    double mean = mean(column);
    return Arrays.stream(column).map(v -> (v - mean) * (v - mean)).sum() / (column.length - 1);
  }

  @Test
  void eachIsThatOfItsColumn() {
    for (DType dtype : DType.values()) {
      if (dtype == DType.BOOL || dtype == DType.BF16) {
        continue;
      }
      Tensor x = integers(dtype);
      check("max", x, t -> Reductions.max(t, 0), c -> Arrays.stream(c).max().orElseThrow());
      check("min", x, t -> Reductions.min(t, 0), c -> Arrays.stream(c).min().orElseThrow());
      check(
          "prod", x, t -> Reductions.prod(t, 0), c -> Arrays.stream(c).reduce(1, (a, b) -> a * b));
      check(
          "any", x, t -> Reductions.any(t, 0), c -> Arrays.stream(c).anyMatch(v -> v != 0) ? 1 : 0);
      check(
          "all", x, t -> Reductions.all(t, 0), c -> Arrays.stream(c).allMatch(v -> v != 0) ? 1 : 0);
      check("mean", x, t -> Reductions.mean(t, 0), ColumnsTest::mean);
      check("var", x, t -> Reductions.var(t, 1, Axes.of(0)), ColumnsTest::variance);
      check("std", x, t -> Reductions.std(t, 1, Axes.of(0)), c -> Math.sqrt(variance(c)));
      check(
          "norm",
          x,
          t -> Reductions.norm(t, 0),
          c -> Math.sqrt(Arrays.stream(c).map(v -> v * v).sum()));
    }
  }

  @Test
  void aColumnWithNanIsNan() {
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      Tensor x = integers(dtype);
      x.set(Double.NaN, 20, 299);
      for (Tensor result :
          new Tensor[] {
            Reductions.max(x, 0), Reductions.min(x, 0), Reductions.mean(x, 0), Reductions.var(x, 0)
          }) {
        assertEquals(Double.NaN, result.getDouble(299));
        assertFalse(Double.isNaN(result.getDouble(298)));
      }
      assertEquals(1, Reductions.all(x.slice("20:21"), 0).getLong(299));
    }
  }

  /** Real numbers, of which few sums are exact: the order of additions shows. */
  @Test
  void theKindOfMemoryDoesNotMatter() {
    List<UnaryOperator<Tensor>> reductions =
        List.of(
            x -> Reductions.prod(x, 0),
            x -> Reductions.max(x, 0),
            x -> Reductions.min(x, 0),
            x -> Reductions.mean(x, 0),
            x -> Reductions.var(x, 0),
            x -> Reductions.std(x, 0),
            x -> Reductions.norm(x, 0));
    for (DType dtype : new DType[] {DType.F32, DType.F64}) {
      for (long[] shape : new long[][] {{ROWS, COLUMNS}, {1000, 16}, {5000, 20}, {70_000, 17}}) {
        Tensor x = Sampler.of(7).normal(dtype, shape);
        Tensor elsewhere = Tensor.allocate(Arena.ofAuto(), dtype, x.shape());
        elsewhere.assign(x);
        for (UnaryOperator<Tensor> reduction : reductions) {
          assertArrayEquals(
              reduction.apply(x).toDoubleArray(), reduction.apply(elsewhere).toDoubleArray());
        }
      }
    }
  }

  @Test
  void viewsOutsAndThreadsDoNotMatter() {
    Tensor x = Sampler.of(3).uniform(DType.F32, ROWS, COLUMNS);
    float[] expected =
        Reductions.std(Target.on(Workers.sequential()), x, 0, Axes.of(0)).toFloatArray();
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(
          expected, Reductions.std(Target.on(workers), x, 0, Axes.of(0)).toFloatArray());
    }
    Tensor wide = Tensor.zeros(DType.F32, ROWS, COLUMNS + 9);
    Tensor part = wide.slice(1, 4, COLUMNS + 4);
    part.assign(x);
    assertArrayEquals(expected, Reductions.std(part, 0).toFloatArray());
    Tensor spaced = Tensor.zeros(DType.F32, COLUMNS, 2);
    Reductions.std(Target.into(spaced.select(1, 1)), x, 0, Axes.of(0));
    assertArrayEquals(expected, spaced.select(1, 1).toFloatArray());
  }
}
