package io.github.shardsum.einsum;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.contraction.ContractionProgram;
import io.github.shardsum.internal.contraction.ResultScaling;
import io.github.shardsum.internal.contraction.StepKernelChoices;
import io.github.shardsum.internal.einsum.EinsumCompiler;
import io.github.shardsum.internal.einsum.EinsumRunChecks;
import io.github.shardsum.internal.einsum.EquationPathPlanning;
import io.github.shardsum.internal.einsum.EquationPrinter;
import io.github.shardsum.internal.einsum.KernelTuner;
import io.github.shardsum.internal.einsum.KernelWarmUp;
import io.github.shardsum.internal.einsum.PlanCache;
import io.github.shardsum.internal.einsum.RoutingDiagonals;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A compiled einsum: parsed, bound to shapes and planned once, then run many times. Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * Einsum scores = Einsum.compile("bqhd,bkhd->bhqk", q, k);
 * Tensor s = scores.run(q, k);
 * }</pre>
 *
 * <p><b>Value.</b> The value is NumPy's, see {@link BoundEquation}; with infinities it may depend
 * on the order of sums. The result is in C order unless a given out has other strides. The result's
 * dtype is the promoted dtype of the operands ({@link DType#promote}), unless the options set
 * another. i32 and i64 wrap; bool is the OR of ANDs.
 *
 * <p><b>Dtypes.</b> An einsum runs on operands of the compiled dtypes and refuses others. {@link
 * #compile(String, Operand...)} takes the dtypes from the operands.
 *
 * <p><b>Accuracy.</b> f32 and bf16 are summed in f32 or better; a bf16 is rounded once. Sums, dots
 * and matrix-vector products are within 1e-6 of the sum of absolute terms for any length (see the
 * plan's kernels: reductions, dots, row sums). A matrix product sums in f32 along its contracted
 * label, as BLAS does. Its error is below the number of terms times 2^-24 of the sum of absolute
 * terms; at 1e7 terms, 1e-4 of that sum was measured. Use f64 where this error is too large. An f32
 * of f64 operands is rounded more than once, see {@link EinsumOptions#withDtype}.
 *
 * <p><b>Strides.</b> Operands may have any strides and any memory; they are not copied. The kernels
 * are chosen for the compiled strides. For an operand with other strides, each run makes a new
 * plan, which takes microseconds; to avoid this, compile for its strides ({@link
 * OperandSpec#like}).
 *
 * <p><b>Determinism.</b> For one plan the result's bits depend neither on the number of threads nor
 * on where the data is stored (heap, native, mapped). They may depend on the vector width, except
 * under {@link SumOrder#TREE}.
 *
 * <p><b>Aliasing.</b> out must share no element with an operand or with itself; this is checked
 * before any write. Operands may overlap each other.
 */
public final class Einsum {
  private final BoundEquation bound;
  private final EinsumOptions options;
  private final List<OperandSpec> specs;
  private final DType dtype;
  private final ContractionPlan plan;
  private final Optional<ContractionProgram> program;

  private Einsum(
      BoundEquation bound,
      EinsumOptions options,
      List<OperandSpec> specs,
      DType dtype,
      ContractionPlan plan,
      StepKernelChoices choices) {
    EinsumRunChecks.epilogue(dtype, options.epilogue());
    this.bound = bound;
    this.options = options;
    this.specs = specs;
    this.dtype = dtype;
    this.plan = plan;
    long[] strides = bound.outputShape().rowMajorStrides();
    this.program =
        bound.outputShape().elementCount() == 0
            ? Optional.empty()
            : Optional.of(
                EinsumCompiler.program(bound, specs, dtype, strides, plan, options, choices));
  }

  /**
   * Compiles an equation for operands like these: of their dtypes, shapes and strides.
   *
   * @param equation the equation, such as {@code "ij,jk->ik"}; see {@link Equation#parse}
   * @param operands one for each operand; their data is not read
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout
   */
  public static Einsum compile(String equation, Operand... operands) {
    return compile(equation, EinsumOptions.defaults(), operands);
  }

  /**
   * As {@link #compile(String, Operand...)}, with options.
   *
   * @param equation the equation
   * @param options the options
   * @param operands one for each operand; their data is not read
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout, or the epilogue does not fit its
   *     result
   */
  public static Einsum compile(String equation, EinsumOptions options, Operand... operands) {
    return compile(equation, options, OperandSpec.like(operands));
  }

  /**
   * Compiles an equation for operands of one dtype in C order. For others, pass {@linkplain
   * #compile(String, Operand...) the operands} or {@linkplain #compile(String, OperandSpec...)
   * their specs}.
   *
   * @param equation the equation, such as {@code "ij,jk->ik"}; see {@link Equation#parse}
   * @param dtype the dtype of all operands
   * @param shapes one shape for each operand
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout
   */
  public static Einsum compile(String equation, DType dtype, Shape... shapes) {
    return compile(equation, EinsumOptions.defaults(), dtype, shapes);
  }

  /**
   * As {@link #compile(String, DType, Shape...)}, with options.
   *
   * @param equation the equation
   * @param options the options
   * @param dtype the dtype of all operands
   * @param shapes one shape for each operand
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout, or the epilogue does not fit its
   *     result
   */
  public static Einsum compile(
      String equation, EinsumOptions options, DType dtype, Shape... shapes) {
    return compile(equation, options, OperandSpec.of(dtype, shapes));
  }

  /**
   * Compiles an equation for operands of given dtypes, shapes and strides.
   *
   * @param equation the equation
   * @param specs one for each operand
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout
   */
  public static Einsum compile(String equation, OperandSpec... specs) {
    return compile(equation, EinsumOptions.defaults(), specs);
  }

  /**
   * Compiles an equation for operands of given dtypes, shapes and strides.
   *
   * @param equation the equation
   * @param options the options
   * @param specs one for each operand, as {@link OperandSpec#like} gives them
   * @return the compiled einsum
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout, or the epilogue does not fit its
   *     result
   */
  public static Einsum compile(String equation, EinsumOptions options, OperandSpec... specs) {
    return compile(Equation.parse(equation), options, specs);
  }

  /**
   * As {@link #compile(String, EinsumOptions, OperandSpec...)}, for a parsed equation.
   *
   * @param equation the equation
   * @param options the options
   * @param specs one for each operand
   * @return the compiled einsum
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout, or the epilogue does not fit its
   *     result
   */
  public static Einsum compile(Equation equation, EinsumOptions options, OperandSpec... specs) {
    return compile(equation, options, List.of(specs));
  }

  static Einsum compile(Equation equation, EinsumOptions options, List<OperandSpec> specs) {
    if (equation.isAnnotated()) {
      throw new IllegalArgumentException(
          "einsum: expected an equation without layout, got \""
              + EquationPrinter.shortened(equation)
              + "\"; use Equation.withoutLayout(), or ShardedEinsum of shardsum-sharded");
    }
    List<Shape> shapes = new ArrayList<>();
    for (OperandSpec spec : specs) {
      shapes.add(spec.shape());
    }
    BoundEquation bound = equation.bind(shapes, options.sizes(), options.strictness());
    return planned(bound, options, specs);
  }

  private static Einsum planned(
      BoundEquation bound, EinsumOptions options, List<OperandSpec> given) {
    return new Einsum(
        bound,
        options,
        RoutingDiagonals.densified(bound, given),
        options.dtype().orElse(EquationPathPlanning.promoted(given)),
        EquationPathPlanning.plan(bound, given, options),
        StepKernelChoices.NONE);
  }

  /**
   * Computes an einsum once, on the calling thread. The compiled form is kept in a cache, whose key
   * is the equation with the operands' dtypes, shapes and strides. The cache is the only mutable
   * state of this library. It keeps at most {@value PlanCache#MOST} plans, and no operand's data.
   *
   * @param equation the equation, such as {@code "ij,jk->ik"}
   * @param operands the operands
   * @return a fresh tensor on the heap, in C order
   * @throws EquationSyntaxException if the text is not an equation
   * @throws EinsumShapeException if the shapes do not fit
   * @throws IllegalArgumentException if the equation has a layout, or for the reasons of {@link
   *     #run}
   */
  public static Tensor einsum(String equation, Operand... operands) {
    Objects.requireNonNull(operands, "operands");
    return PlanCache.get(equation, operands).run(operands);
  }

  /**
   * Runs the einsum.
   *
   * @param operands operands of the compiled shapes and dtypes
   * @return a fresh tensor on the heap, in C order
   * @throws IllegalArgumentException if the number of operands, a shape or a dtype is not the
   *     compiled one, or the result does not fit in one Java array (use {@link #runInto} with
   *     native memory)
   * @throws IllegalStateException if an operand's arena is closed, before or during the run
   * @throws WrongThreadException if an operand is in a confined arena of another thread
   */
  public Tensor run(Operand... operands) {
    Tensor out = Tensor.zeros(dtype, bound.outputShape());
    if (!runDirectly(out, operands)) {
      runChecked(1, 0, out, operands);
    }
    return out;
  }

  /**
   * Runs the einsum into a given result.
   *
   * @param out the result, of the output's shape and this einsum's dtype, any strides; overwritten
   * @param operands operands of the compiled shapes and dtypes
   * @throws IllegalArgumentException if the number of operands, a shape or a dtype is not the
   *     compiled one, out is read-only, or out shares an element with an operand or with itself;
   *     nothing is then written
   * @throws IllegalStateException if the arena of out or of an operand is closed; if the arena is
   *     closed during the run, out holds a part of the result
   * @throws WrongThreadException if out or an operand is in a confined arena of another thread
   */
  public void runInto(Tensor out, Operand... operands) {
    if (!runDirectly(out, operands)) {
      runInto(1, 0, out, operands);
    }
  }

  /**
   * As {@link #runInto(Tensor, Operand...)} with one operand. Tiny einsums of arrays, compiled for
   * their strides, run without allocating.
   *
   * @param out the result
   * @param operand the operand
   */
  public void runInto(Tensor out, Tensor operand) {
    if (!runDirectly(out, operand, operand, 1)) {
      runInto(1, 0, out, operand);
    }
  }

  /**
   * As {@link #runInto(Tensor, Operand...)} with two operands. Tiny einsums of arrays, compiled for
   * their strides, run without allocating.
   *
   * @param out the result
   * @param left the first operand
   * @param right the second operand
   */
  public void runInto(Tensor out, Tensor left, Tensor right) {
    if (!runDirectly(out, left, right, 2)) {
      runInto(1, 0, out, left, right);
    }
  }

  private boolean runDirectly(Tensor out, Operand[] operands) {
    int count = operands.length;
    return (count == 1 || count == 2)
        && operands[0] instanceof Tensor left
        && operands[count - 1] instanceof Tensor right
        && runDirectly(out, left, right, count);
  }

  /** The fast path of einsums that take nanoseconds; all other cases take the general path. */
  private boolean runDirectly(Tensor out, Tensor left, Tensor right, int count) {
    return specs.size() == count
        && program.isPresent()
        && options.epilogue().isNone()
        && specs.getFirst().matches(left)
        && specs.getLast().matches(right)
        && out.dtype() == dtype
        && out.shape().equals(bound.outputShape())
        && out.isContiguous()
        && out.array().isPresent()
        && left.array().isPresent()
        && right.array().isPresent()
        && !out.overlaps(left)
        && !out.overlaps(right)
        && program
            .get()
            .runDirectly(
                out.array().get(),
                out.arrayOffset(),
                left.array().get(),
                left.arrayOffset(),
                right.array().get(),
                right.arrayOffset());
  }

  /**
   * Computes {@code out = alpha * einsum + beta * out}, and then the epilogue.
   *
   * @param alpha factor of the einsum; an integer for integer dtypes
   * @param beta factor of out's old elements; 0 does not read them
   * @param out the result, of the output's shape and this einsum's dtype, any strides
   * @param operands operands of the compiled shapes and dtypes
   * @throws IllegalArgumentException as {@link #runInto(Tensor, Operand...)}
   */
  public void runInto(double alpha, double beta, Tensor out, Operand... operands) {
    EinsumRunChecks.result(bound, dtype, out);
    if (!dtype.isFloating()) {
      EinsumRunChecks.integral("alpha", alpha);
      EinsumRunChecks.integral("beta", beta);
    }
    for (int i = 0; i < operands.length; i++) {
      EinsumRunChecks.apart(out, EinsumRunChecks.present(operands[i], i), i);
    }
    options
        .epilogue()
        .bias()
        .ifPresent(bias -> EinsumRunChecks.apart(out, bias.tensor(), EinsumRunChecks.BIAS));
    runChecked(alpha, beta, out, operands);
  }

  private void runChecked(double alpha, double beta, Tensor out, Operand[] operands) {
    EinsumRunChecks.operands(bound, specs, operands);
    if (out.shape().elementCount() == 0) {
      return;
    }
    Operand[] ready = RoutingDiagonals.densified(bound, operands);
    Workers workers =
        EinsumRunChecks.reachable(out, ready, options.epilogue())
            ? options.workers()
            : options.workers().alone();
    boolean bool =
        dtype == DType.BOOL
            && Stream.of(operands).allMatch(operand -> operand.dtype() == DType.BOOL);
    ResultScaling finish = options.epilogue().finish(alpha, beta, bool);
    programFor(out, ready).run(out, ready, finish, workers);
  }

  private ContractionProgram programFor(Tensor out, Operand[] operands) {
    boolean same = out.isContiguous() && out.dtype() == dtype;
    for (int i = 0; i < operands.length; i++) {
      same = same && specs.get(i).matches(operands[i]);
    }
    if (same && program.isPresent()) {
      return program.get();
    }
    List<OperandSpec> now = List.of(OperandSpec.like(operands));
    return lower(now, out.strides(), planFor(now));
  }

  private ContractionProgram lower(
      List<OperandSpec> operands, long[] resultStrides, ContractionPlan of) {
    return EinsumCompiler.program(
        bound, operands, dtype, resultStrides, of, options, StepKernelChoices.NONE);
  }

  /**
   * Runs the kernels of this einsum until the JVM has compiled them, so that the first real run is
   * as fast as later ones. Where small operands use the same kernels, the runs need neither this
   * einsum's memory nor its time. No data of the caller is read or written.
   *
   * @param most the longest time; a run that has begun is still finished
   * @throws IllegalArgumentException if most is negative
   */
  public void warmUp(Duration most) {
    new KernelWarmUp(this, bound, options, specs).run(most);
  }

  /**
   * The same einsum with kernels chosen by a trial: all kernels that can compute a step are timed.
   * By default a model chooses. The new einsum is compiled for the strides, memory and threads of
   * this trial. It keeps the choice, and its {@link #explain} shows it.
   *
   * <p>All kernels are as accurate as {@link Einsum} promises, but their orders of sums may differ:
   * two trials may give einsums whose last bits differ.
   *
   * @param most the longest time; a run that has begun is still finished
   * @param operands operands for the trial; their data is read
   * @return another einsum, compiled for operands like these; with the model's kernels if there was
   *     no time for a trial. The trial takes a few seconds in a JVM that has not yet compiled the
   *     kernels
   * @throws IllegalArgumentException if most is negative, the number of operands, a shape or a
   *     dtype is not the compiled one, or the result does not fit in one Java array
   */
  public Einsum tuned(Duration most, Operand... operands) {
    EinsumRunChecks.operands(bound, specs, operands);
    List<OperandSpec> given = List.of(OperandSpec.like(operands));
    ContractionPlan of = planFor(given);
    List<OperandSpec> ready = RoutingDiagonals.densified(bound, given);
    Function<StepKernelChoices, Einsum> with =
        choices -> new Einsum(bound, options, ready, dtype, of, choices);
    if (bound.outputShape().elementCount() == 0) {
      return with.apply(StepKernelChoices.NONE);
    }
    long[] strides = bound.outputShape().rowMajorStrides();
    List<List<String>> candidates =
        EinsumCompiler.candidates(bound, ready, dtype, strides, of, options);
    return new KernelTuner(with, candidates, operands, most).run();
  }

  /**
   * The same einsum, which keeps the scale of its intermediates and of its result apart, so that a
   * long network neither overflows nor vanishes. An einsum with an epilogue is refused.
   *
   * @return the einsum, compiled for the same operands
   * @throws IllegalStateException if the result's dtype is not a floating-point dtype, or this
   *     einsum has an epilogue
   */
  public ScaledEinsum scaled() {
    if (!dtype.isFloating()) {
      throw new IllegalStateException(
          "scaled: expected a result of a floating-point dtype, got "
              + dtype
              + "; use EinsumOptions.withDtype");
    }
    if (!options.epilogue().isNone()) {
      throw new IllegalStateException(
          "scaled: expected an einsum without epilogue, got "
              + options.epilogue()
              + "; apply it to the result's value");
    }
    return new ScaledEinsum(this);
  }

  /** The type in which the sums of this einsum are computed. */
  ComputeType computeType() {
    return EquationPathPlanning.computeType(specs, dtype);
  }

  /** The operands that it was compiled for; routing tensors with a repeated label became dense. */
  List<OperandSpec> specs() {
    return specs;
  }

  /** The threads that run it. */
  Workers workers() {
    return options.workers();
  }

  /** A program for {@link ScaledEinsum}. */
  ContractionProgram scaledProgram(List<OperandSpec> operands) {
    DType computed = computeType().dtype();
    return EinsumCompiler.scaled(bound, operands, computed, planFor(operands), options);
  }

  /**
   * The gradient by one operand, which is another einsum. Its operands are the cotangent, of the
   * output's shape, and then the other operands in their order; its result has the operand's shape.
   *
   * @param operand the operand
   * @return the compiled gradient, with these options but no epilogue and no given sizes
   * @throws IndexOutOfBoundsException if there is no such operand
   * @throws IllegalStateException if this einsum has an epilogue, whose gradient is not an einsum
   */
  public Einsum vjp(int operand) {
    if (!options.epilogue().isNone()) {
      throw new IllegalStateException(
          "vjp: expected an einsum without epilogue, got "
              + options.epilogue()
              + "; differentiate the epilogue separately");
    }
    BoundEquation gradient = bound.vjp(operand);
    List<OperandSpec> operands = new ArrayList<>();
    operands.add(OperandSpec.of(dtype, bound.outputShape()));
    for (int i = 0; i < specs.size(); i++) {
      if (i != operand) {
        operands.add(specs.get(i));
      }
    }
    return planned(gradient, options.forGradient(), operands);
  }

  /**
   * The equation.
   *
   * @return the equation
   */
  public Equation equation() {
    return bound.equation();
  }

  /**
   * The equation with the shapes of its operands.
   *
   * @return the bound equation
   */
  public BoundEquation bound() {
    return bound;
  }

  /**
   * Dtype of the result.
   *
   * @return the dtype
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * Shape of the result.
   *
   * @return the shape
   */
  public Shape outputShape() {
    return bound.outputShape();
  }

  /**
   * The plan and its costs: the path, FLOPs, intermediates and the kernel of each step.
   *
   * @return the plan; its {@code toString} is a table
   */
  public EinsumPlan explain() {
    return EinsumPlan.of(bound, plan, program);
  }

  /**
   * Bytes of the arrays into which one of the workers' threads packs blocks of the operands. A
   * thread keeps the arrays in its scratch memory for the next product. Their size depends on the
   * caches and the vector width of this machine, so {@link #explain()} leaves it out and shows only
   * the bytes of intermediates.
   *
   * <p>Of several steps, the one that packs most counts. If one step packs more of its left operand
   * and another more of its right one, a thread keeps the larger array of each. Products too small
   * to be packed may copy operands that are not arrays of their type; these copies do not count.
   *
   * @return the largest number of bytes, approximately, for one step on one thread; 0 if nothing is
   *     packed
   */
  public long packedBytes() {
    int parallelism = options.workers().parallelism();
    return program.map(lowered -> lowered.packedBytes(parallelism)).orElse(0L);
  }

  /**
   * As {@link #explain()}, for operands of other strides than the compiled ones.
   *
   * @param operands operands of the compiled shapes and dtypes; their data is not read
   * @return the plan of a run with these operands
   * @throws IllegalArgumentException if the number of operands, a shape or a dtype is not the
   *     compiled one
   */
  public EinsumPlan explainFor(Operand... operands) {
    EinsumRunChecks.operands(bound, specs, operands);
    if (program.isEmpty()) {
      return explain();
    }
    List<OperandSpec> given = List.of(OperandSpec.like(operands));
    List<OperandSpec> now = RoutingDiagonals.densified(bound, given);
    ContractionPlan fitting = planFor(given);
    ContractionProgram lowered = lower(now, bound.outputShape().rowMajorStrides(), fitting);
    return EinsumPlan.of(bound, fitting, Optional.of(lowered));
  }

  /** The plan for operands: the compiled plan, unless a memory limit may need another one. */
  private ContractionPlan planFor(List<OperandSpec> given) {
    boolean fits =
        options.memoryLimit().isEmpty() || given.stream().noneMatch(OperandSpec::isRouting);
    return fits ? plan : EquationPathPlanning.plan(bound, given, options);
  }

  /** The bound equation and the dtype. */
  @Override
  public String toString() {
    return bound + " " + dtype;
  }
}
