package io.github.shardsum.ops;

import static io.github.shardsum.tensor.DType.BF16;
import static io.github.shardsum.tensor.DType.BOOL;
import static io.github.shardsum.tensor.DType.F32;
import static io.github.shardsum.tensor.DType.F64;
import static io.github.shardsum.tensor.DType.I32;
import static io.github.shardsum.tensor.DType.I64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Reductions over any axes against their definitions over lists of elements. */
class StatisticsProperties {
  private static final double NAN = Double.NaN;
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** A reduction and its definition, of the elements in C order. */
  private record Reduction(
      String name, BiFunction<Tensor, Axes, Tensor> run, ToDoubleFunction<double[]> defined) {}

  private static final List<Reduction> FLOATING =
      List.of(
          new Reduction("mean", Reductions::mean, StatisticsProperties::mean),
          new Reduction("var", (x, a) -> Reductions.var(x, 0, a), v -> var(v, 0)),
          new Reduction("std", (x, a) -> Reductions.std(x, 1, a), v -> Math.sqrt(var(v, 1))),
          new Reduction(
              "norm", Reductions::norm, v -> Math.sqrt(Arrays.stream(v).map(a -> a * a).sum())),
          new Reduction(
              "log-sum-exp",
              Reductions::logSumExp,
              v -> Math.log(Arrays.stream(v).map(Math::exp).sum())),
          new Reduction("median", Reductions::median, v -> quantile(v, 0.5)),
          new Reduction(
              "quantile", (x, a) -> Reductions.quantile(x, 0.3, a), v -> quantile(v, 0.3)));

  private static final List<Reduction> SAME =
      List.of(
          new Reduction("sum", Reductions::sum, v -> Arrays.stream(v).sum()),
          new Reduction(
              "prod", Reductions::prod, v -> Arrays.stream(v).reduce(1, (a, b) -> a * b)));

  private static final List<Reduction> TRUTH =
      List.of(
          new Reduction(
              "any", Reductions::any, v -> Arrays.stream(v).anyMatch(a -> a != 0) ? 1 : 0),
          new Reduction(
              "all", Reductions::all, v -> Arrays.stream(v).allMatch(a -> a != 0) ? 1 : 0));

  private static final List<Reduction> OF_SOME =
      List.of(
          new Reduction("max", Reductions::max, v -> Arrays.stream(v).max().orElseThrow()),
          new Reduction("min", Reductions::min, v -> Arrays.stream(v).min().orElseThrow()));

  private static final List<Reduction> POSITIONS =
      List.of(
          new Reduction("arg-max", Reductions::argMax, v -> first(v, Arrays.stream(v).max())),
          new Reduction("arg-min", Reductions::argMin, v -> first(v, Arrays.stream(v).min())));

  private static double first(double[] v, java.util.OptionalDouble wanted) {
    return IntStream.range(0, v.length)
        .filter(i -> v[i] == wanted.orElseThrow())
        .findFirst()
        .orElseThrow();
  }

  private static double mean(double[] v) {
    return Arrays.stream(v).sum() / v.length;
  }

  private static double var(double[] v, int ddof) {
    double mean = mean(v);
    return Arrays.stream(v).map(a -> (a - mean) * (a - mean)).sum() / Math.max(0, v.length - ddof);
  }

  private static double quantile(double[] v, double q) {
    if (v.length == 0 || Arrays.stream(v).anyMatch(Double::isNaN)) {
      return NAN;
    }
    double[] sorted = Arrays.stream(v).sorted().toArray();
    double at = q * (v.length - 1);
    int low = (int) Math.floor(at);
    int high = (int) Math.ceil(at);
    return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
  }

  /** Some axes of a rank, in any order, some counted from the end. */
  private static int[] some(int rank, Random random) {
    List<Integer> axes = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      if (random.nextBoolean()) {
        axes.add(random.nextInt(axes.size() + 1), random.nextBoolean() ? axis : axis - rank);
      }
    }
    return axes.stream().mapToInt(i -> i).toArray();
  }

  /** The elements that one element of the result is made of. */
  private static double[] over(Tensor x, boolean[] reduced, long[] kept) {
    List<Double> found = new ArrayList<>();
    Operands.forEachIndex(
        x.shape(),
        i -> {
          boolean here = true;
          for (int axis = 0; axis < reduced.length; axis++) {
            here &= reduced[axis] || i[axis] == kept[axis];
          }
          if (here) {
            found.add(x.getDouble(i));
          }
        });
    return found.stream().mapToDouble(v -> v).toArray();
  }

  private static void check(Reduction f, DType dtype, Tensor x, double tolerance, int... axes) {
    boolean[] reduced = new boolean[x.rank()];
    for (int axis : axes) {
      reduced[Math.floorMod(axis, x.rank())] = true;
    }
    long[] sizes = x.shape().toArray();
    for (int axis = 0; axis < sizes.length; axis++) {
      sizes[axis] = reduced[axis] ? 1 : sizes[axis];
    }
    Tensor kept = f.run.apply(x, Axes.of(axes).kept());
    Tensor bare = f.run.apply(x, Axes.of(axes));
    assertEquals(Shape.of(sizes), kept.shape(), f.name);
    assertEquals(dtype, bare.dtype(), f.name);
    assertEquals(x.rank() - axes.length, bare.rank(), f.name);
    assertArrayEquals(kept.toDoubleArray(), bare.toDoubleArray(), f.name);
    Operands.forEachIndex(
        kept.shape(),
        i -> {
          double expected = f.defined.applyAsDouble(over(x, reduced, i));
          double held = Oracles.held(dtype, expected);
          double actual = kept.getDouble(i);
          if (Double.isNaN(held) || Double.isInfinite(held)) {
            assertEquals(held, actual, () -> f.name + " " + x);
          } else {
            double most = tolerance * Math.max(1, Math.abs(held));
            assertEquals(held, actual, most, () -> f.name + Arrays.toString(axes) + " " + x);
          }
        });
  }

  private static double tolerance(DType dtype) {
    return dtype == F32 ? 1e-6 : dtype == BF16 ? 0x1p-7 : 1e-13;
  }

  @Property
  void reductionsAreThoseOfTheirElements(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = Oracles.shape(random);
    DType dtype = Oracles.dtype(random, DType.values());
    Tensor x = Operands.view(dtype, shape, random);
    int[] axes = some(shape.rank(), random);
    for (Reduction f : TRUTH) {
      check(f, BOOL, x, 0, axes);
    }
    for (Reduction f : SAME) {
      // The products of many small numbers leave f32 and 2^53: those of bool and of signs are
      // exact.
      Tensor small = f.name.equals("prod") ? Elementwise.sign(x.convert(I64)).convert(dtype) : x;
      check(f, dtype, small, tolerance(dtype), axes);
    }
    DType mean = dtype.isFloating() ? dtype : F64;
    for (Reduction f : FLOATING) {
      check(f, mean, x, tolerance(mean), axes);
    }
    if (shape.elementCount() > 0) {
      for (Reduction f : OF_SOME) {
        check(f, dtype, x, 0, axes);
      }
      for (Reduction f : POSITIONS) {
        check(f, I32, x, 0, axes);
      }
    }
  }

  @Test
  void nanAndInfinitiesSpread() {
    double[][] rows = {
      {1, NAN, 3, 2},
      {1, INFINITY, 3, 2},
      {-INFINITY, INFINITY, 0, 1},
      {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
      {INFINITY, INFINITY, INFINITY, INFINITY}
    };
    double[] logSums = {NAN, INFINITY, INFINITY, -INFINITY, INFINITY};
    double[] means = {NAN, INFINITY, NAN, -INFINITY, INFINITY};
    double[] medians = {NAN, 2.5, 0.5, -INFINITY, INFINITY};
    for (DType dtype : new DType[] {F32, F64, BF16}) {
      Tensor x = Tensor.of(rows).convert(dtype);
      assertArrayEquals(logSums, Reductions.logSumExp(x, -1).toDoubleArray());
      assertArrayEquals(means, Reductions.mean(x, 1).toDoubleArray());
      assertArrayEquals(medians, Reductions.median(x, 1).toDoubleArray());
      assertArrayEquals(new long[] {1, 1, 1, 0, 0}, Reductions.argMax(x, 1).toLongArray());
      assertArrayEquals(new long[] {1, 0, 0, 0, 0}, Reductions.argMin(x, 1).toLongArray());
      assertEquals(NAN, Reductions.prod(x.select(0, 0)).getDouble());
      assertEquals(0, Reductions.all(x).getLong());
      assertEquals(1, Reductions.any(x.slice(0, 0, 1)).getLong());
    }
  }

  @Test
  void theMiddleOfTwoIsTheirMeanThoughTheirDistanceIsInfinite() {
    double most = Double.MAX_VALUE;
    double[][] rows = {{1, 2, INFINITY, INFINITY}, {-INFINITY, -INFINITY, 1, 2}};
    for (DType dtype : new DType[] {F32, F64, BF16}) {
      Tensor x = Tensor.of(rows).convert(dtype);
      assertArrayEquals(
          new double[] {INFINITY, -INFINITY}, Reductions.median(x, 1).toDoubleArray());
    }
    assertEquals(0, Reductions.median(Tensor.of(new double[] {-most, most}, 2)).getDouble());
  }

  /** Squares of 2^100 and 2^-100 have no f32. */
  @Test
  void normsOfF32NeitherOverflowNorVanish() {
    for (double size : new double[] {0x1p100, 0x1p-100, 0}) {
      Tensor x = Elementwise.multiply(Tensor.ones(F32, 81, 49), size);
      double[] ofRows = new double[81];
      double[] ofColumns = new double[49];
      Arrays.fill(ofRows, 7 * size);
      Arrays.fill(ofColumns, 9 * size);
      for (Tensor each : List.of(x, x.transpose().contiguous().transpose())) {
        assertArrayEquals(ofRows, Reductions.norm(each, 1).toDoubleArray());
        assertArrayEquals(ofColumns, Reductions.norm(each, 0).toDoubleArray());
      }
    }
  }

  @Test
  void logSumExpDoesNotOverflow() {
    Tensor x = Tensor.of(new double[] {1000, 1000, -1000}, 3);
    assertEquals(1000 + Math.log(2), Reductions.logSumExp(x).getDouble(), 1e-10);
    assertEquals(
        -1000 + Math.log(2),
        Reductions.logSumExp(Tensor.of(new double[] {-1000, -1000}, 2)).getDouble(),
        1e-10);
  }

  @Test
  void examplesOfNumPysPages() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    assertEquals(2.5, Reductions.mean(x).getDouble());
    assertArrayEquals(new double[] {2, 3}, Reductions.mean(x, 0).toDoubleArray());
    assertEquals(1.25, Reductions.var(x).getDouble());
    assertArrayEquals(new double[] {1, 1}, Reductions.var(x, 0).toDoubleArray());
    assertArrayEquals(new double[] {0.25, 0.25}, Reductions.var(x, 1).toDoubleArray());
    assertEquals(1.118033988749895, Reductions.std(x).getDouble(), 1e-15);
    assertEquals(24, Reductions.prod(x).getDouble());
    assertArrayEquals(new double[] {2, 12}, Reductions.prod(x, 1).toDoubleArray());
    Tensor y = Tensor.of(new double[][] {{10, 7, 4}, {3, 2, 1}});
    assertEquals(3.5, Reductions.median(y).getDouble());
    assertArrayEquals(new double[] {6.5, 4.5, 2.5}, Reductions.median(y, 0).toDoubleArray());
    assertArrayEquals(new double[] {7, 2}, Reductions.median(y, 1).toDoubleArray());
    assertEquals(3.5, Reductions.quantile(y, 0.5).getDouble());
    Tensor kept = Reductions.quantile(y, 0.5, Axes.of(1).kept());
    assertEquals(Shape.of(2, 1), kept.shape());
    Tensor z = Tensor.of(new int[] {10, 11, 12, 13, 14, 15}, 2, 3);
    assertEquals(5, Reductions.argMax(z).getLong());
    assertArrayEquals(new long[] {1, 1, 1}, Reductions.argMax(z, 0).toLongArray());
    assertArrayEquals(new long[] {0, 0}, Reductions.argMin(z, 1).toLongArray());
  }

  @Test
  void outsMayKeepTheAxes() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    float[] means = new float[2];
    Reductions.mean(Target.into(Tensor.of(means, 2, 1)), x, Axes.of(-1));
    assertArrayEquals(new float[] {2, 5}, means);
    Reductions.sum(Target.into(Tensor.of(means, 2)), x, Axes.of(-1));
    assertArrayEquals(new float[] {6, 15}, means);
    Reductions.max(Target.into(Workers.sequential(), Tensor.of(means, 2, 1)), x, Axes.of(1));
    assertArrayEquals(new float[] {3, 6}, means);
    long[] where = new long[1];
    Reductions.argMin(Target.into(Tensor.of(where, 1, 1)), x, Axes.of(0, 1));
    assertArrayEquals(new long[] {0}, where);
    Reductions.var(Target.into(Workers.sequential(), Tensor.of(means, 2)), x, 1, Axes.of(1));
    assertArrayEquals(new float[] {1, 1}, means);
  }

  @Test
  void longRowsAreSelectedFromAsSortingWould() {
    Random random = new Random(3);
    double[] values = random.doubles(20_001).map(v -> Math.floor(v * 50)).toArray();
    double[] rising = IntStream.range(0, 20_001).asDoubleStream().toArray();
    for (double q : new double[] {0, 0.25, 0.5, 0.999, 1}) {
      assertEquals(
          quantile(values, q),
          Reductions.quantile(Tensor.of(values, values.length), q).getDouble());
      assertEquals(
          quantile(rising, q),
          Reductions.quantile(Tensor.of(rising, rising.length), q).getDouble(),
          1e-9);
    }
  }

  @Test
  void threadsDoNotChangeABit() {
    Random random = new Random(11);
    Tensor x = Tensor.of(random.doubles(60_000, -1, 1).toArray(), 40, 50, 30).convert(F32);
    Axes axes = Axes.of(0, 2);
    Workers alone = Workers.sequential();
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(
          Reductions.var(Target.on(alone), x, 1, axes).toFloatArray(),
          Reductions.var(Target.on(workers), x, 1, axes).toFloatArray());
      assertArrayEquals(
          Reductions.median(Target.on(alone), x, axes).toFloatArray(),
          Reductions.median(Target.on(workers), x, axes).toFloatArray());
    }
    assertArrayEquals(
        Reductions.mean(Target.on(alone), x, axes).toFloatArray(),
        Reductions.mean(x, 2, 0).toFloatArray());
  }

  @Test
  void axesPrintAsTheyAreCalled() {
    assertEquals("[-1] kept", Axes.of(-1).kept().toString());
    assertEquals("all", Axes.all().toString());
  }

  @Test
  void wrongArgumentsAreSaid() {
    Tensor x = Tensor.zeros(F32, 2, 3);
    Oracles.refused("mean: expected an axis in [-2, 2)", () -> Reductions.mean(x, 2));
    Oracles.refused("sum: expected an axis in [-2, 2)", () -> Reductions.sum(x, -3));
    Oracles.refused("prod: expected each axis once", () -> Reductions.prod(x, 1, -1));
    Oracles.refused("quantile: q must be in [0, 1]", () -> Reductions.quantile(x, 1.5));
    Oracles.refused("quantile: q must be in [0, 1]", () -> Reductions.quantile(x, NAN));
    Oracles.refused(
        "argMin: expected at least one element", () -> Reductions.argMin(Tensor.zeros(F32, 0), 0));
    Oracles.refused(
        "max: expected at least one element", () -> Reductions.max(Tensor.zeros(F32, 2, 0), -1));
    Oracles.refused(
        "mean: expected an out of f32[2]",
        () -> Reductions.mean(Target.into(Tensor.zeros(F64, 2)), x, Axes.of(1)));
    Oracles.refused(
        "any: expected an out of bool[2]",
        () -> Reductions.any(Target.into(Tensor.zeros(I32, 2)), x, Axes.of(1)));
    Oracles.refused(
        "var: expected an out that shares no element",
        () -> Reductions.var(Target.into(x.select(1, 0)), x, 0, Axes.of(1)));
    assertTrue(Double.isNaN(Reductions.mean(Tensor.zeros(I64, 0)).getDouble()));
  }
}
