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
    void run(Workers workers, Tensor out, Tensor x);
  }

  /** Writes a function of two operands into the result. */
  @FunctionalInterface
  private interface Two {
    void run(Workers workers, Tensor out, Tensor x, Tensor y);
  }

  /** Writes reductions over axes into the result. */
  @FunctionalInterface
  private interface Reduction {
    void run(Workers workers, Tensor out, Tensor x, Axes axes);
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
    calls.put(name, () -> call.run(ALONE, out, x));
  }

  private void two(String name, DType dtype, Two call) {
    Tensor out = square(dtype);
    calls.put(name, () -> call.run(ALONE, out, x, y));
  }

  /** Adds a reduction over each axis and over both. */
  private void reduced(String name, DType dtype, Reduction call) {
    Tensor row = Tensor.zeros(dtype, n);
    Tensor number = Tensor.zeros(dtype);
    calls.put(name + " [0]", () -> call.run(ALONE, row, x, Axes.of(0)));
    calls.put(name + " [1]", () -> call.run(ALONE, row, x, Axes.of(1)));
    calls.put(name + " all", () -> call.run(ALONE, number, x, Axes.all()));
  }

  private void elementwise() {
    one("exp", DType.F32, Elementwise::expInto);
    one("relu", DType.F32, Elementwise::reluInto);
    one("log", DType.F32, Elementwise::logInto);
    one("tanh", DType.F32, Elementwise::tanhInto);
    one("logistic", DType.F32, Elementwise::logisticInto);
    one("sine", DType.F32, Elementwise::sineInto);
    one("cosine", DType.F32, Elementwise::cosineInto);
    one("negate", DType.F32, Elementwise::negateInto);
    one("abs", DType.F32, Elementwise::absInto);
    one("sign", DType.F32, Elementwise::signInto);
    one("sqrt", DType.F32, Elementwise::sqrtInto);
    one("rsqrt", DType.F32, Elementwise::rsqrtInto);
    one("floor", DType.F32, Elementwise::floorInto);
    two("add", DType.F32, Elementwise::addInto);
    two("multiply", DType.F32, Elementwise::multiplyInto);
    two("subtract", DType.F32, Elementwise::subtractInto);
    two("divide", DType.F32, Elementwise::divideInto);
    two("remainder", DType.F32, Elementwise::remainderInto);
    two("maximum", DType.F32, Elementwise::maximumInto);
    two("minimum", DType.F32, Elementwise::minimumInto);
    two("power", DType.F32, Elementwise::powerInto);
    Tensor out = square(DType.F32);
    Tensor row = y.select(0, 0);
    Tensor transposed = y.transpose();
    calls.put("scale", () -> Elementwise.scaleInto(ALONE, out, 2, x));
    calls.put("clip", () -> Elementwise.clipInto(ALONE, out, x, 0, 1));
    calls.put("add number", () -> Elementwise.addInto(ALONE, out, x, 2));
    calls.put("divide of", () -> Elementwise.divideInto(ALONE, out, 2, x));
    calls.put("add row", () -> Elementwise.addInto(ALONE, out, x, row));
    calls.put("add transposed", () -> Elementwise.addInto(ALONE, out, x, transposed));
  }

  private void logic() {
    two("eq", DType.BOOL, Logic::eqInto);
    two("ne", DType.BOOL, Logic::neInto);
    two("lt", DType.BOOL, Logic::ltInto);
    two("le", DType.BOOL, Logic::leInto);
    two("gt", DType.BOOL, Logic::gtInto);
    two("ge", DType.BOOL, Logic::geInto);
    two("and", DType.BOOL, Logic::andInto);
    two("or", DType.BOOL, Logic::orInto);
    two("xor", DType.BOOL, Logic::xorInto);
    one("not", DType.BOOL, Logic::notInto);
    one("isNan", DType.BOOL, Logic::isNanInto);
    Tensor found = square(DType.BOOL);
    Tensor out = square(DType.F32);
    Tensor mask = Logic.gt(Sampler.of(3).uniform(DType.F32, n, n), 0.5);
    calls.put("gt number", () -> Logic.gtInto(ALONE, found, x, 0.5));
    calls.put("where", () -> Logic.whereInto(ALONE, out, mask, x, y));
    calls.put("where number", () -> Logic.whereInto(ALONE, out, mask, x, 0));
  }

  private void reductions() {
    reduced("sum", DType.F32, Reductions::sumInto);
    reduced("max", DType.F32, Reductions::maxInto);
    reduced("min", DType.F32, Reductions::minInto);
    reduced("prod", DType.F32, Reductions::prodInto);
    reduced("any", DType.BOOL, Reductions::anyInto);
    reduced("all", DType.BOOL, Reductions::allInto);
    reduced("argMax", DType.I64, Reductions::argMaxInto);
    reduced("argMin", DType.I64, Reductions::argMinInto);
    Tensor out = square(DType.F32);
    Tensor values = Tensor.zeros(DType.F32, n, 8);
    Tensor indices = Tensor.zeros(DType.I32, n, 8);
    calls.put("cumulativeSum", () -> Reductions.cumulativeSumInto(ALONE, out, x, 0, false, false));
    calls.put("softmax", () -> Softmax.softmaxInto(ALONE, out, x, 0));
    calls.put("topK", () -> TopK.topKInto(ALONE, values, indices, x, 1));
  }

  private void statistics() {
    reduced("mean", DType.F32, Statistics::meanInto);
    reduced("norm", DType.F32, Statistics::normInto);
    reduced("logSumExp", DType.F32, Statistics::logSumExpInto);
    reduced("median", DType.F32, Statistics::medianInto);
    reduced(
        "var",
        DType.F32,
        (workers, out, of, axes) -> Statistics.varInto(workers, out, of, 1, axes));
    reduced(
        "std",
        DType.F32,
        (workers, out, of, axes) -> Statistics.stdInto(workers, out, of, 1, axes));
    reduced(
        "quantile",
        DType.F32,
        (workers, out, of, axes) -> Statistics.quantileInto(workers, out, of, 0.25, axes));
  }

  private void movement() {
    long[] frame = {1, 1};
    Tensor out = square(DType.F32);
    Tensor framed = Tensor.zeros(DType.F32, n + 2, n + 2);
    Tensor order = Sampler.of(1).permutation(n);
    Tensor twice = Tensor.zeros(DType.F32, 2L * n, n);
    Tensor both = Tensor.zeros(DType.F32, 2, n, n);
    calls.put("transpose", () -> Movement.transposeInto(ALONE, out, x, 1, 0));
    calls.put("gather", () -> Movement.gatherInto(ALONE, out, x, order));
    calls.put("take", () -> Movement.takeInto(ALONE, out, x, order, 1));
    calls.put("concatenate", () -> Movement.concatenateInto(ALONE, twice, 0, x, y));
    calls.put("stack", () -> Movement.stackInto(ALONE, both, 0, x, y));
    calls.put("pad", () -> Movement.padInto(ALONE, framed, x, 0, frame, frame));
    calls.put("roll", () -> Movement.rollInto(ALONE, out, x, 3, 0));
    calls.put("tile", () -> Movement.tileInto(ALONE, twice, x, 2, 1));
    // The mask selects every second slice, which is half of all elements.
    Tensor mask = Logic.eq(Elementwise.remainder(Creation.arange(DType.I32, n), 2), 0);
    Tensor half = Tensor.zeros(DType.F32, n / 2, n);
    Tensor places = Tensor.zeros(DType.I64, n / 2, 1);
    calls.put("masked", () -> Movement.maskedInto(ALONE, half, x, mask));
    calls.put("compress", () -> Movement.compressInto(ALONE, half, x, mask, 0));
    calls.put("nonzero", () -> Movement.nonzeroInto(places, mask));
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
