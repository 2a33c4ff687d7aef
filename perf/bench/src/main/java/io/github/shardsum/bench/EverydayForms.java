package io.github.shardsum.bench;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Creation;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Logic;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.ops.Target;
import io.github.shardsum.ops.TopK;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints the bytes that each operation allocates in a call after the first one. The call writes
 * into a given result.
 */
public final class EverydayForms {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Workers ALONE = Workers.sequential();

  /** Rows and columns of an operand, which has a megabyte. */
  private static final int N = 512;

  /**
   * Number of calls. The least allocation counts, because the first calls make scratch arrays and
   * load classes.
   */
  private static final int CALLS = 4;

  private final int n;
  private final Tensor x;
  private final Tensor y;
  private final Map<String, Runnable> calls = new LinkedHashMap<>();

  private EverydayForms(int n) {
    this.n = n;
    this.x = Sampler.of(1).uniform(DType.F32, n, n);
    this.y = Sampler.of(2).uniform(DType.F32, n, n);
  }

  /** Writes a function of one operand into the result. */
  @FunctionalInterface
  private interface One {
    Tensor run(Target target, Tensor x);
  }

  /** Writes a function of two operands into the result. */
  @FunctionalInterface
  private interface Two {
    Tensor run(Target target, Tensor x, Tensor y);
  }

  /** Writes reductions over axes into the result. */
  @FunctionalInterface
  private interface Reduction {
    Tensor run(Target target, Tensor x, Axes axes);
  }

  /**
   * The calls by name, on square operands with n rows. A name with a blank is another form of the
   * operation that is named before the blank.
   */
  public static Map<String, Runnable> calls(int n) {
    EverydayForms forms = new EverydayForms(n);
    forms.elementwise();
    forms.logic();
    forms.reductions();
    forms.statistics();
    forms.movement();
    forms.making();
    return forms.calls;
  }

  private Tensor square(DType dtype) {
    return Tensor.zeros(dtype, n, n);
  }

  private void one(String name, DType dtype, One call) {
    Tensor out = square(dtype);
    calls.put(name, () -> call.run(Target.into(ALONE, out), x));
  }

  private void two(String name, DType dtype, Two call) {
    Tensor out = square(dtype);
    calls.put(name, () -> call.run(Target.into(ALONE, out), x, y));
  }

  /** Adds a reduction over each axis and over both. */
  private void reduced(String name, DType dtype, Reduction call) {
    Tensor row = Tensor.zeros(dtype, n);
    Tensor number = Tensor.zeros(dtype);
    calls.put(name + " [0]", () -> call.run(Target.into(ALONE, row), x, Axes.of(0)));
    calls.put(name + " [1]", () -> call.run(Target.into(ALONE, row), x, Axes.of(1)));
    calls.put(name + " all", () -> call.run(Target.into(ALONE, number), x, Axes.all()));
  }

  private void elementwise() {
    one("exp", DType.F32, Elementwise::exp);
    one("relu", DType.F32, Elementwise::relu);
    one("log", DType.F32, Elementwise::log);
    one("tanh", DType.F32, Elementwise::tanh);
    one("logistic", DType.F32, Elementwise::logistic);
    one("sine", DType.F32, Elementwise::sine);
    one("cosine", DType.F32, Elementwise::cosine);
    one("negate", DType.F32, Elementwise::negate);
    one("abs", DType.F32, Elementwise::abs);
    one("sign", DType.F32, Elementwise::sign);
    one("sqrt", DType.F32, Elementwise::sqrt);
    one("rsqrt", DType.F32, Elementwise::rsqrt);
    one("floor", DType.F32, Elementwise::floor);
    two("add", DType.F32, Elementwise::add);
    two("multiply", DType.F32, Elementwise::multiply);
    two("subtract", DType.F32, Elementwise::subtract);
    two("divide", DType.F32, Elementwise::divide);
    two("remainder", DType.F32, Elementwise::remainder);
    two("maximum", DType.F32, Elementwise::maximum);
    two("minimum", DType.F32, Elementwise::minimum);
    two("power", DType.F32, Elementwise::power);
    Tensor out = square(DType.F32);
    Tensor row = y.select(0, 0);
    Tensor transposed = y.transpose();
    calls.put("multiply number", () -> Elementwise.multiply(Target.into(ALONE, out), x, 2));
    calls.put("clip", () -> Elementwise.clip(Target.into(ALONE, out), x, 0, 1));
    calls.put("add number", () -> Elementwise.add(Target.into(ALONE, out), x, 2));
    calls.put("divide of", () -> Elementwise.divide(Target.into(ALONE, out), 2, x));
    calls.put("add row", () -> Elementwise.add(Target.into(ALONE, out), x, row));
    calls.put("add transposed", () -> Elementwise.add(Target.into(ALONE, out), x, transposed));
  }

  private void logic() {
    two("eq", DType.BOOL, Logic::eq);
    two("ne", DType.BOOL, Logic::ne);
    two("lt", DType.BOOL, Logic::lt);
    two("le", DType.BOOL, Logic::le);
    two("gt", DType.BOOL, Logic::gt);
    two("ge", DType.BOOL, Logic::ge);
    two("and", DType.BOOL, Logic::and);
    two("or", DType.BOOL, Logic::or);
    two("xor", DType.BOOL, Logic::xor);
    one("not", DType.BOOL, Logic::not);
    one("isNan", DType.BOOL, Logic::isNan);
    Tensor found = square(DType.BOOL);
    Tensor out = square(DType.F32);
    Tensor mask = Logic.gt(Sampler.of(3).uniform(DType.F32, n, n), 0.5);
    calls.put("gt number", () -> Logic.gt(Target.into(ALONE, found), x, 0.5));
    calls.put("where", () -> Logic.where(Target.into(ALONE, out), mask, x, y));
    calls.put("where number", () -> Logic.where(Target.into(ALONE, out), mask, x, 0));
  }

  private void reductions() {
    reduced("sum", DType.F32, Reductions::sum);
    reduced("max", DType.F32, Reductions::max);
    reduced("min", DType.F32, Reductions::min);
    reduced("prod", DType.F32, Reductions::prod);
    reduced("any", DType.BOOL, Reductions::any);
    reduced("all", DType.BOOL, Reductions::all);
    reduced("argMax", DType.I64, Reductions::argMax);
    reduced("argMin", DType.I64, Reductions::argMin);
    Tensor out = square(DType.F32);
    Tensor values = Tensor.zeros(DType.F32, n, 8);
    Tensor indices = Tensor.zeros(DType.I32, n, 8);
    calls.put(
        "cumulativeSum",
        () -> Reductions.cumulativeSum(Target.into(ALONE, out), x, false, false, 0));
    calls.put("softmax", () -> Reductions.softmax(Target.into(ALONE, out), x, 0));
    calls.put("topK", () -> Reductions.topK(ALONE, new TopK(values, indices), x, 1));
  }

  private void statistics() {
    reduced("mean", DType.F32, Reductions::mean);
    reduced("norm", DType.F32, Reductions::norm);
    reduced("logSumExp", DType.F32, Reductions::logSumExp);
    reduced("median", DType.F32, Reductions::median);
    reduced("var", DType.F32, (target, of, axes) -> Reductions.var(target, of, 1, axes));
    reduced("std", DType.F32, (target, of, axes) -> Reductions.std(target, of, 1, axes));
    reduced(
        "quantile", DType.F32, (target, of, axes) -> Reductions.quantile(target, of, 0.25, axes));
  }

  private void movement() {
    long[] frame = {1, 1};
    Tensor out = square(DType.F32);
    Tensor framed = Tensor.zeros(DType.F32, n + 2, n + 2);
    Tensor order = Sampler.of(1).permutation(n);
    Tensor twice = Tensor.zeros(DType.F32, 2L * n, n);
    Tensor both = Tensor.zeros(DType.F32, 2, n, n);
    calls.put("transpose", () -> Movement.transpose(Target.into(ALONE, out), x, 1, 0));
    calls.put("take", () -> Movement.take(Target.into(ALONE, out), x, order, 0));
    calls.put("take", () -> Movement.take(Target.into(ALONE, out), x, order, 1));
    calls.put(
        "concatenate", () -> Movement.concatenate(Target.into(ALONE, twice), List.of(x, y), 0));
    calls.put("stack", () -> Movement.stack(Target.into(ALONE, both), List.of(x, y), 0));
    calls.put("pad", () -> Movement.pad(Target.into(ALONE, framed), x, 0, frame, frame));
    calls.put("roll", () -> Movement.roll(Target.into(ALONE, out), x, 3, 0));
    calls.put("tile", () -> Movement.tile(Target.into(ALONE, twice), x, 2, 1));
    // The mask selects every second slice, which is half of all elements.
    Tensor mask = Logic.eq(Elementwise.remainder(Creation.arange(DType.I32, n), 2), 0);
    Tensor half = Tensor.zeros(DType.F32, n / 2, n);
    Tensor places = Tensor.zeros(DType.I64, n / 2, 1);
    calls.put("masked", () -> Movement.masked(Target.into(ALONE, half), x, mask));
    calls.put("compress", () -> Movement.compress(Target.into(ALONE, half), x, mask, 0));
    calls.put("nonzero", () -> Movement.nonzero(Target.into(places), mask));
  }

  private void making() {
    Sampler sampler = Sampler.of(4);
    Tensor out = square(DType.F32);
    Tensor row = Tensor.zeros(DType.F32, (long) n * n);
    Tensor order = Tensor.zeros(DType.I64, (long) n * n);
    Tensor classes = sampler.integers(DType.I64, 0, n, n);
    calls.put("arange", () -> Creation.arangeInto(row, 1, 2));
    calls.put("linspace", () -> Creation.linspaceInto(row, 1, 2));
    calls.put("eye", () -> Creation.eyeInto(out, 0));
    calls.put("oneHot", () -> Creation.oneHotInto(out, classes));
    calls.put("uniform", () -> sampler.uniformInto(ALONE, row));
    calls.put("normal", () -> sampler.normalInto(ALONE, row));
    calls.put("integers", () -> sampler.integersInto(ALONE, order, 0, 9));
    calls.put("permutation", () -> sampler.permutationInto(order));
  }

  /** Prints a line for each call: its bytes and its name. */
  public static void main(String[] arguments) {
    calls(N)
        .forEach(
            (name, call) -> {
              long least = Long.MAX_VALUE;
              for (int i = 0; i < CALLS; i++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                call.run();
                least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
              }
              System.out.println(least + " bytes: " + name);
            });
  }
}
