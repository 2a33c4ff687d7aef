package io.github.shardsum.internal.contraction;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.memory.F64Array;
import io.github.shardsum.internal.memory.I64Array;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A contraction lowered to kernels for given strides: the steps in order, and the loops over sliced
 * labels around them. Thread-safe.
 */
public final class ContractionProgram {
  /** Temporaries of more bytes than this are not kept between runs. */
  private static final long KEPT_BYTES = 64L << 20;

  /** A value that a step reads or writes. */
  sealed interface Ref {
    /** The operand with a number. */
    record Input(int index) implements Ref {}

    /** The temporary with a number. */
    record Temporary(int index) implements Ref {}

    /** The result. */
    record Result() implements Ref {}

    /** A constant element. */
    record Constant(int value) implements Ref {}
  }

  /** The way in which a step writes its value. */
  enum Role {
    /** Overwrites a temporary. */
    INNER,
    /** Adds to a temporary that collects slices. */
    COLLECT,
    /** Writes the result with alpha and beta. */
    SUM,
    /** Writes the result with alpha, beta and the epilogue. */
    WHOLE,
    /** Applies the epilogue to the result in place. */
    EPILOGUE,
    /** Applies the epilogue's relu to the result in place, if no step does so. */
    RELU,
    /** Multiplies the result by beta. */
    BETA,
    /** Writes the result with beta and the epilogue, with a sum of 0. */
    NOTHING
  }

  /** A step. */
  sealed interface Step {
    Role role();

    /** The value that the step writes. */
    Ref out();

    /** Number of elements of that value. */
    long written();

    /** The step's operands and result in words, computed only for a plan. */
    Supplier<StepInfo> text();

    /** The number of loops over slices that contain the step. */
    int level();

    /** A step of dense operands. */
    record Dense(
        StepKernel kernel,
        Ref out,
        Ref left,
        Ref right,
        Role role,
        int level,
        long written,
        Supplier<StepInfo> text)
        implements Step {}

    /** A step with a routing operand. */
    record Routed(
        RoutedContractionKernel kernel,
        Ref out,
        int routing,
        Ref dense,
        Role role,
        int level,
        long written,
        Supplier<StepInfo> text)
        implements Step {}
  }

  /**
   * The loop over the chunks of a sliced label.
   *
   * @param count number of chunks
   * @param inputSteps distance between chunks in each dense operand
   * @param moves distance between chunks in each routing operand
   * @param outStep distance between chunks in the array that the passes write
   * @param inOut whether that array has the label; if not, chunks add up
   * @param isShort whether the last chunk is shorter than the others
   */
  record Loop(
      long count,
      long[] inputSteps,
      List<RoutedContractionRef.Move> moves,
      long outStep,
      boolean inOut,
      boolean isShort) {}

  private final ComputeType type;
  private final List<List<Step>> variants;
  private final List<Step> after;
  private final List<Loop> loops;
  private final Ref target;
  private final boolean relusApart;
  private final int[] temporarySizes;
  private final Optional<Step.Dense> direct;
  private final AtomicReference<Object[]> kept = new AtomicReference<>(new Object[0]);

  ContractionProgram(
      ComputeType type,
      List<List<Step>> variants,
      List<Step> after,
      List<Loop> loops,
      Ref target,
      List<Integer> temporarySizes) {
    this.type = type;
    this.variants = variants;
    this.after = after;
    this.direct = direct(variants, after);
    this.loops = loops;
    this.target = target;
    boolean relus = false;
    for (Step step : after) {
      relus |= step.role() == Role.RELU;
    }
    this.relusApart = relus;
    this.temporarySizes = new int[temporarySizes.size()];
    for (int i = 0; i < this.temporarySizes.length; i++) {
      this.temporarySizes[i] = temporarySizes.get(i);
    }
  }

  /** The steps of one pass and those after it, in order. */
  public List<StepInfo> steps() {
    return Stream.of(variants.getFirst(), after)
        .flatMap(List::stream)
        .map(step -> step.text().get())
        .toList();
  }

  /** Size of an element of an intermediate, in bytes. */
  public int elementBytes() {
    return type.dtype().byteSize();
  }

  /** Bytes of temporaries of one run. */
  public long temporaryBytes() {
    long bytes = 0;
    for (int size : temporarySizes) {
      bytes += (long) size * type.dtype().byteSize();
    }
    return bytes;
  }

  /**
   * Bytes of the arrays into which one thread packs blocks of operands.
   *
   * @param parallelism the number of threads for which the work is cut
   * @return the largest number of any step. A thread keeps the largest size of each array that any
   *     step needs, so all its arrays together may have more bytes
   */
  public long packedBytes(int parallelism) {
    long most = 0;
    for (List<Step> steps : variants) {
      most = Math.max(most, packedBytes(steps, parallelism));
    }
    return Math.max(most, packedBytes(after, parallelism));
  }

  private static long packedBytes(List<Step> steps, int parallelism) {
    long most = 0;
    for (Step step : steps) {
      if (step instanceof Step.Dense dense) {
        most = Math.max(most, dense.kernel().packedBytes(parallelism));
      }
    }
    return most;
  }

  /**
   * Runs a program of one step on Java arrays without allocating.
   *
   * @return false if this is not such a program; nothing was done then
   */
  public boolean runDirectly(
      Object out, long outAt, Object left, long leftAt, Object right, long rightAt) {
    if (direct.isEmpty()) {
      return false;
    }
    StepKernel kernel = direct.get().kernel();
    boolean inOrder = direct.get().left() instanceof Ref.Input(int operand) && operand == 0;
    return inOrder
        ? kernel.runDirectly(out, outAt, left, leftAt, right, rightAt)
        : kernel.runDirectly(out, outAt, right, rightAt, left, leftAt);
  }

  private static Optional<Step.Dense> direct(List<List<Step>> variants, List<Step> after) {
    boolean one = after.isEmpty() && variants.size() == 1 && variants.getFirst().size() == 1;
    return one
            && variants.getFirst().getFirst() instanceof Step.Dense step
            && step.role() == Role.WHOLE
            && step.left() instanceof Ref.Input
            && step.right() instanceof Ref.Input
        ? Optional.of(step)
        : Optional.empty();
  }

  /** Runs all steps; operands and result have the strides that the program was made for. */
  public void run(Tensor out, Operand[] operands, ResultScaling finish, Workers workers) {
    Object[] temporaries = temporaries();
    try {
      new Run(out, operands, finish, workers, temporaries, Optional.empty()).all();
    } finally {
      keep(temporaries);
    }
  }

  /**
   * Runs all steps, and takes a power of two out of each intermediate and out of the result. In
   * such a program, each pass over slices ends in an intermediate.
   *
   * @param out a fresh tensor of the type that this program computes in, on the heap
   * @param operands operands with the strides for which the program was made
   * @param exponents exponents of the operands: the value of each is its tensor times 2 to its
   *     exponent
   * @return the result's exponent
   */
  public long runScaled(Tensor out, Operand[] operands, long[] exponents, Workers workers) {
    Object[] temporaries = temporaries();
    Object array = out.array().orElseThrow();
    ContractionExponents taken =
        new ContractionExponents(type, !loops.isEmpty(), temporaries, array, exponents);
    try {
      new Run(out, operands, ResultScaling.PLAIN, workers, temporaries, Optional.of(taken)).all();
      return taken.ofResult(Math.toIntExact(out.shape().elementCount()));
    } finally {
      keep(temporaries);
    }
  }

  private void keep(Object[] temporaries) {
    if (temporaryBytes() <= KEPT_BYTES) {
      kept.set(temporaries);
    }
  }

  private Object[] temporaries() {
    Object[] free = kept.getAndSet(new Object[0]);
    if (free.length == temporarySizes.length) {
      return free;
    }
    Object[] fresh = new Object[temporarySizes.length];
    for (int i = 0; i < fresh.length; i++) {
      fresh[i] =
          switch (type) {
            case FLOAT -> new float[temporarySizes[i]];
            case DOUBLE -> new double[temporarySizes[i]];
            case LONG -> new long[temporarySizes[i]];
          };
    }
    return fresh;
  }

  /** One run, with the present locations of the values. */
  private final class Run {
    private final ArrayRef out;
    private final ArrayRef[] inputs;
    private final RoutedContractionRef[] routed;
    private final ArrayRef[] temporaries;
    private final ResultScaling finish;
    private final boolean relu;
    private final Workers workers;
    private final Optional<ContractionExponents> exponents;

    Run(
        Tensor out,
        Operand[] operands,
        ResultScaling finish,
        Workers workers,
        Object[] arrays,
        Optional<ContractionExponents> exponents) {
      this.out = ArrayRef.of(out);
      this.finish = relusApart ? finish.withoutRelu() : finish;
      this.relu = finish.relu();
      this.workers = workers;
      this.exponents = exponents;
      this.inputs = new ArrayRef[operands.length];
      this.routed = new RoutedContractionRef[operands.length];
      for (int i = 0; i < operands.length; i++) {
        switch (operands[i]) {
          case Tensor tensor -> inputs[i] = ArrayRef.of(tensor);
          case RoutingTensor tensor -> {
            routed[i] = RoutedContractionRef.of(tensor);
            inputs[i] = routed[i].weights();
          }
        }
      }
      this.temporaries = new ArrayRef[arrays.length];
      for (int i = 0; i < arrays.length; i++) {
        temporaries[i] = slot(arrays[i]);
      }
    }

    void all() {
      runPasses();
      for (Step step : after) {
        run(step, inputs, routed, out, temporaries, false);
      }
    }

    private void runPasses() {
      long[] index = new long[loops.size()];
      for (int changed = -1; changed < index.length; changed = next(index)) {
        pass(index, changed);
      }
    }

    /** Runs one pass. A step outside all changed loops keeps its result from the last pass. */
    private void pass(long[] index, int changed) {
      long outAt = 0;
      boolean again = false;
      int variant = 0;
      for (int s = 0; s < index.length; s++) {
        Loop loop = loops.get(s);
        outAt += index[s] * loop.outStep();
        again |= !loop.inOut() && index[s] > 0;
        variant |= loop.isShort() && index[s] == loop.count() - 1 ? 1 << s : 0;
      }
      ArrayRef[] in = inputs.clone();
      for (int i = 0; i < in.length; i++) {
        in[i] = inputs[i].plus(inputAt(i, index));
      }
      RoutedContractionRef[] routing = routed.clone();
      for (int i = 0; i < in.length; i++) {
        for (int s = 0; s < index.length && routing[i] != null; s++) {
          routing[i] = routing[i].plus(loops.get(s).moves().get(i), index[s]);
        }
      }
      ArrayRef result = out;
      ArrayRef[] temps = temporaries;
      if (target instanceof Ref.Temporary(int place)) {
        temps = temporaries.clone();
        temps[place] = temporaries[place].plus(outAt);
      } else {
        result = out.plus(outAt);
      }
      for (Step step : variants.get(variant)) {
        if (step.level() > changed) {
          run(step, in, routing, result, temps, again);
        }
      }
    }

    private long inputAt(int input, long[] index) {
      long at = 0;
      for (int s = 0; s < index.length; s++) {
        at += index[s] * loops.get(s).inputSteps()[input];
      }
      return at;
    }

    /**
     * Moves to the next pass. Returns the outermost loop that changed, or the number of loops at
     * the end.
     */
    private int next(long[] index) {
      for (int s = index.length - 1; s >= 0; s--) {
        if (++index[s] < loops.get(s).count()) {
          return s;
        }
        index[s] = 0;
      }
      return index.length;
    }

    private void run(
        Step step,
        ArrayRef[] in,
        RoutedContractionRef[] routing,
        ArrayRef result,
        ArrayRef[] temps,
        boolean again) {
      ResultScaling plain = finish(step.role(), again);
      ResultScaling how = exponents.map(each -> plain.times(each.factor(step))).orElse(plain);
      switch (step) {
        case Step.Dense dense -> {
          ArrayRef left = slot(dense.left(), in, result, temps);
          ArrayRef right = slot(dense.right(), in, result, temps);
          dense.kernel().run(slot(dense.out(), in, result, temps), left, right, how, workers);
        }
        case Step.Routed sum -> {
          ArrayRef to = slot(sum.out(), in, result, temps);
          ArrayRef other = slot(sum.dense(), in, result, temps);
          sum.kernel().run(to, routing[sum.routing()], other, how, workers);
        }
      }
      exponents.ifPresent(each -> each.written(step));
    }

    private ResultScaling finish(Role role, boolean again) {
      return switch (role) {
        case INNER -> ResultScaling.PLAIN;
        case COLLECT -> again ? ResultScaling.PLAIN.accumulating() : ResultScaling.PLAIN;
        case SUM -> again ? finish.withoutEpilogue().accumulating() : finish.withoutEpilogue();
        case WHOLE -> finish;
        case EPILOGUE -> new ResultScaling(1, 0, finish.scale(), finish.bias(), finish.relu());
        case RELU -> new ResultScaling(1, 0, 1, Optional.empty(), relu);
        case BETA -> new ResultScaling(0, finish.beta(), 1, Optional.empty(), false);
        case NOTHING ->
            new ResultScaling(0, finish.beta(), finish.scale(), finish.bias(), finish.relu());
      };
    }

    private ArrayRef slot(Ref ref, ArrayRef[] in, ArrayRef result, ArrayRef[] temps) {
      return switch (ref) {
        case Ref.Input(int index) -> in[index];
        case Ref.Temporary(int index) -> temps[index];
        case Ref.Result() -> result;
        case Ref.Constant(int value) -> constant(value);
      };
    }

    private ArrayRef constant(int value) {
      return switch (type) {
        case FLOAT -> slot(new float[] {value});
        case DOUBLE -> slot(new double[] {value});
        case LONG -> slot(new long[] {value});
      };
    }

    private static ArrayRef slot(Object array) {
      return switch (array) {
        case float[] floats -> new ArrayRef(new F32Array(floats), 0);
        case double[] doubles -> new ArrayRef(new F64Array(doubles), 0);
        case long[] longs -> new ArrayRef(new I64Array(longs), 0);
        default -> throw new IllegalStateException("temporary: " + array.getClass());
      };
    }
  }
}
