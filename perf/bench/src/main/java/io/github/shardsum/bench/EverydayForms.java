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
import io.github.shardsum.ops.Softmax;
import io.github.shardsum.ops.Statistics;
import io.github.shardsum.ops.TopK;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Prints the bytes that a later call of each operation, one that writes into a given result,
 * allocates.
 */
public final class EverydayForms {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Workers ALONE = Workers.sequential();

  /** Rows and columns of operands of a megabyte. */
  private static final int N = 512;

  /**
   * Number of calls, of which the least counts: the first ones make scratch arrays and load
   * classes.
   */
  private static final int CALLS = 4;

  private final int n;
  private final Map<String, Runnable> calls = new LinkedHashMap<>();

  private EverydayForms(int n) {
    this.n = n;
  }

  /** A call that writes into the result, of two operands of its shape. */
  @FunctionalInterface
  private interface Call {
    void run(Tensor out, Tensor x, Tensor y);
  }

  /**
   * The calls by name, of square operands with n rows; a name with a blank is another form of the
   * operation before the blank.
   */
  static Map<String, Runnable> calls(int n) {
    EverydayForms forms = new EverydayForms(n);
    forms.elementwise();
    forms.logic();
    forms.reductions();
    forms.statistics();
    forms.movement();
    forms.making();
    return forms.calls;
  }

  private void add(String name, DType dtype, Call call) {
    Tensor out = Tensor.zeros(dtype, n, n);
    Tensor x = Sampler.of(1).uniform(DType.F32, n, n);
    Tensor y = Sampler.of(2).uniform(DType.F32, n, n);
    calls.put(name, () -> call.run(out, x, y));
  }

  private void elementwise() {
    add("exp", DType.F32, (out, x, _) -> Elementwise.expInto(ALONE, out, x));
    add("relu", DType.F32, (out, x, _) -> Elementwise.reluInto(ALONE, out, x));
    add("log", DType.F32, (out, x, _) -> Elementwise.logInto(ALONE, out, x));
    add("tanh", DType.F32, (out, x, _) -> Elementwise.tanhInto(ALONE, out, x));
    add("logistic", DType.F32, (out, x, _) -> Elementwise.logisticInto(ALONE, out, x));
    add("sine", DType.F32, (out, x, _) -> Elementwise.sineInto(ALONE, out, x));
    add("cosine", DType.F32, (out, x, _) -> Elementwise.cosineInto(ALONE, out, x));
    add("scale", DType.F32, (out, x, _) -> Elementwise.scaleInto(ALONE, out, 2, x));
    add("negate", DType.F32, (out, x, _) -> Elementwise.negateInto(ALONE, out, x));
    add("abs", DType.F32, (out, x, _) -> Elementwise.absInto(ALONE, out, x));
    add("sign", DType.F32, (out, x, _) -> Elementwise.signInto(ALONE, out, x));
    add("sqrt", DType.F32, (out, x, _) -> Elementwise.sqrtInto(ALONE, out, x));
    add("rsqrt", DType.F32, (out, x, _) -> Elementwise.rsqrtInto(ALONE, out, x));
    add("floor", DType.F32, (out, x, _) -> Elementwise.floorInto(ALONE, out, x));
    add("clip", DType.F32, (out, x, _) -> Elementwise.clipInto(ALONE, out, x, 0, 1));
    add("add", DType.F32, (out, x, y) -> Elementwise.addInto(ALONE, out, x, y));
    add("multiply", DType.F32, (out, x, y) -> Elementwise.multiplyInto(ALONE, out, x, y));
    add("subtract", DType.F32, (out, x, y) -> Elementwise.subtractInto(ALONE, out, x, y));
    add("divide", DType.F32, (out, x, y) -> Elementwise.divideInto(ALONE, out, x, y));
    add("remainder", DType.F32, (out, x, y) -> Elementwise.remainderInto(ALONE, out, x, y));
    add("maximum", DType.F32, (out, x, y) -> Elementwise.maximumInto(ALONE, out, x, y));
    add("minimum", DType.F32, (out, x, y) -> Elementwise.minimumInto(ALONE, out, x, y));
    add("power", DType.F32, (out, x, y) -> Elementwise.powerInto(ALONE, out, x, y));
    add("add number", DType.F32, (out, x, _) -> Elementwise.addInto(ALONE, out, x, 2));
    add("divide of", DType.F32, (out, x, _) -> Elementwise.divideInto(ALONE, out, 2, x));
    add("add row", DType.F32, (out, x, y) -> Elementwise.addInto(ALONE, out, x, y.select(0, 0)));
    add(
        "add transposed",
        DType.F32,
        (out, x, y) -> Elementwise.addInto(ALONE, out, x, y.transpose()));
  }

  private void logic() {
    add("eq", DType.BOOL, (out, x, y) -> Logic.eqInto(ALONE, out, x, y));
    add("ne", DType.BOOL, (out, x, y) -> Logic.neInto(ALONE, out, x, y));
    add("lt", DType.BOOL, (out, x, y) -> Logic.ltInto(ALONE, out, x, y));
    add("le", DType.BOOL, (out, x, y) -> Logic.leInto(ALONE, out, x, y));
    add("gt", DType.BOOL, (out, x, y) -> Logic.gtInto(ALONE, out, x, y));
    add("ge", DType.BOOL, (out, x, y) -> Logic.geInto(ALONE, out, x, y));
    add("gt number", DType.BOOL, (out, x, _) -> Logic.gtInto(ALONE, out, x, 0.5));
    add("and", DType.BOOL, (out, x, y) -> Logic.andInto(ALONE, out, x, y));
    add("or", DType.BOOL, (out, x, y) -> Logic.orInto(ALONE, out, x, y));
    add("xor", DType.BOOL, (out, x, y) -> Logic.xorInto(ALONE, out, x, y));
    add("not", DType.BOOL, (out, x, _) -> Logic.notInto(ALONE, out, x));
    add("isNan", DType.BOOL, (out, x, _) -> Logic.isNanInto(ALONE, out, x));
    Tensor mask = Logic.gt(Sampler.of(3).uniform(DType.F32, n, n), 0.5);
    add("where", DType.F32, (out, x, y) -> Logic.whereInto(ALONE, out, mask, x, y));
    add("where number", DType.F32, (out, x, _) -> Logic.whereInto(ALONE, out, mask, x, 0));
  }

  /** A reduction over each axis and over both. */
  private void reduced(String name, DType dtype, Reduction reduction) {
    Tensor x = Sampler.of(1).uniform(DType.F32, n, n);
    Tensor row = Tensor.zeros(dtype, n);
    Tensor one = Tensor.zeros(dtype);
    calls.put(name + " [0]", () -> reduction.run(row, x, Axes.of(0)));
    calls.put(name + " [1]", () -> reduction.run(row, x, Axes.of(1)));
    calls.put(name + " all", () -> reduction.run(one, x, Axes.all()));
  }

  /** A call that reduces over axes. */
  @FunctionalInterface
  private interface Reduction {
    void run(Tensor out, Tensor x, Axes axes);
  }

  private void reductions() {
    reduced("sum", DType.F32, (out, x, axes) -> Reductions.sumInto(ALONE, out, x, axes));
    reduced("max", DType.F32, (out, x, axes) -> Reductions.maxInto(ALONE, out, x, axes));
    reduced("min", DType.F32, (out, x, axes) -> Reductions.minInto(ALONE, out, x, axes));
    reduced("prod", DType.F32, (out, x, axes) -> Reductions.prodInto(ALONE, out, x, axes));
    reduced("any", DType.BOOL, (out, x, axes) -> Reductions.anyInto(ALONE, out, x, axes));
    reduced("all", DType.BOOL, (out, x, axes) -> Reductions.allInto(ALONE, out, x, axes));
    reduced("argMax", DType.I64, (out, x, axes) -> Reductions.argMaxInto(ALONE, out, x, axes));
    reduced("argMin", DType.I64, (out, x, axes) -> Reductions.argMinInto(ALONE, out, x, axes));
    add(
        "cumulativeSum",
        DType.F32,
        (out, x, _) -> Reductions.cumulativeSumInto(ALONE, out, x, 0, false, false));
    add("softmax", DType.F32, (out, x, _) -> Softmax.softmaxInto(ALONE, out, x, 0));
    Tensor values = Tensor.zeros(DType.F32, n, 8);
    Tensor indices = Tensor.zeros(DType.I32, n, 8);
    add("topK", DType.F32, (_, x, _) -> TopK.topKInto(ALONE, values, indices, x, 1));
  }

  private void statistics() {
    reduced("mean", DType.F32, (out, x, axes) -> Statistics.meanInto(ALONE, out, x, axes));
    reduced("var", DType.F32, (out, x, axes) -> Statistics.varInto(ALONE, out, x, 1, axes));
    reduced("std", DType.F32, (out, x, axes) -> Statistics.stdInto(ALONE, out, x, 1, axes));
    reduced("norm", DType.F32, (out, x, axes) -> Statistics.normInto(ALONE, out, x, axes));
    reduced(
        "logSumExp", DType.F32, (out, x, axes) -> Statistics.logSumExpInto(ALONE, out, x, axes));
    reduced("median", DType.F32, (out, x, axes) -> Statistics.medianInto(ALONE, out, x, axes));
    reduced(
        "quantile",
        DType.F32,
        (out, x, axes) -> Statistics.quantileInto(ALONE, out, x, 0.25, axes));
  }

  private void movement() {
    long[] frame = {1, 1};
    Tensor framed = Tensor.zeros(DType.F32, n + 2, n + 2);
    Tensor order = Sampler.of(1).permutation(n);
    Tensor twice = Tensor.zeros(DType.F32, 2L * n, n);
    Tensor both = Tensor.zeros(DType.F32, 2, n, n);
    add("transpose", DType.F32, (out, x, _) -> Movement.transposeInto(ALONE, out, x, 1, 0));
    add("gather", DType.F32, (out, x, _) -> Movement.gatherInto(ALONE, out, x, order));
    add("take", DType.F32, (out, x, _) -> Movement.takeInto(ALONE, out, x, order, 1));
    add("concatenate", DType.F32, (_, x, y) -> Movement.concatenateInto(ALONE, twice, 0, x, y));
    add("stack", DType.F32, (_, x, y) -> Movement.stackInto(ALONE, both, 0, x, y));
    add("pad", DType.F32, (_, x, _) -> Movement.padInto(ALONE, framed, x, 0, frame, frame));
    add("roll", DType.F32, (out, x, _) -> Movement.rollInto(ALONE, out, x, 3, 0));
    add("tile", DType.F32, (_, x, _) -> Movement.tileInto(ALONE, twice, x, 2, 1));
    // Every second slice, and as many elements.
    Tensor mask = Logic.eq(Elementwise.remainder(Creation.arange(DType.I32, n), 2), 0);
    Tensor half = Tensor.zeros(DType.F32, n / 2, n);
    Tensor places = Tensor.zeros(DType.I64, n / 2, 1);
    add("masked", DType.F32, (_, x, _) -> Movement.maskedInto(ALONE, half, x, mask));
    add("compress", DType.F32, (_, x, _) -> Movement.compressInto(ALONE, half, x, mask, 0));
    add("nonzero", DType.F32, (_, _, _) -> Movement.nonzeroInto(places, mask));
  }

  private void making() {
    Sampler sampler = Sampler.of(4);
    Tensor row = Tensor.zeros(DType.F32, (long) n * n);
    Tensor order = Tensor.zeros(DType.I64, (long) n * n);
    Tensor classes = sampler.integers(DType.I64, 0, n, n);
    calls.put("arange", () -> Creation.arangeInto(row, 1, 2));
    calls.put("linspace", () -> Creation.linspaceInto(row, 1, 2));
    add("eye", DType.F32, (out, _, _) -> Creation.eyeInto(out, 0));
    add("oneHot", DType.F32, (out, _, _) -> Creation.oneHotInto(out, classes));
    calls.put("uniform", () -> sampler.uniformInto(ALONE, row));
    calls.put("normal", () -> sampler.normalInto(ALONE, row));
    calls.put("integers", () -> sampler.integersInto(ALONE, order, 0, 9));
    calls.put("permutation", () -> sampler.permutationInto(order));
  }

  /** Prints a line a call: its bytes and its name. */
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
