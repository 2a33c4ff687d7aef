package io.github.shardsum.partition;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.partition.text.CertificationText;
import io.github.shardsum.internal.partition.text.PlanJson;
import io.github.shardsum.internal.partition.text.PlanPage;
import io.github.shardsum.internal.partition.text.PlanReader;
import io.github.shardsum.internal.partition.text.PlanTable;
import io.github.shardsum.internal.partition.text.StepFigures;
import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepCounts;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.internal.reshard.WindowedEinsum;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.RandomAccess;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * One program for every device of a mesh: local steps and collectives in order. An immutable value
 * that names axes and labels but no device, so its length does not depend on the number of devices.
 *
 * <p>Values are numbered: first the inputs, then the results of each step. A step reads values of
 * smaller numbers.
 *
 * @param mesh the devices
 * @param inputs the given values, with their layouts
 * @param steps the steps, in order
 * @param outputs numbers of the values that are results
 * @param sums the order in which local steps add up floating-point sums
 */
public record SpmdPlan(
    Mesh mesh,
    List<PlannedValue> inputs,
    List<PlanStep> steps,
    List<Integer> outputs,
    SumOrder sums) {
  /**
   * Copies the lists and checks the numbers.
   *
   * @throws IllegalArgumentException if a step reads a value that does not exist before it, an
   *     output does not exist, or a layout or the body of a loop has another mesh
   */
  public SpmdPlan {
    inputs = List.copyOf(inputs);
    steps = new NumberedSteps(steps, inputs.size());
    outputs = List.copyOf(outputs);
    for (PlannedValue input : inputs) {
      check(mesh, input);
    }
    int known = inputs.size();
    for (PlanStep step : steps) {
      step.results().forEach(result -> check(mesh, result));
      if (step.action() instanceof Action.Loop loop && !loop.body().mesh().equals(mesh)) {
        throw new IllegalArgumentException(
            "body of "
                + step.result().name()
                + ": must be on "
                + mesh
                + ", got "
                + loop.body().mesh());
      }
      for (int operand : step.operands()) {
        check(operand, known);
      }
      known += step.results().size();
    }
    for (int output : outputs) {
      check(output, known);
    }
  }

  /**
   * A plan whose sums are added up in the fastest order.
   *
   * @param mesh the devices
   * @param inputs the given values, with their layouts
   * @param steps the steps, in order
   * @param outputs numbers of the values that are results
   * @throws IllegalArgumentException if a step reads a value that does not exist before it, an
   *     output does not exist, or a layout has another mesh
   */
  public SpmdPlan(
      Mesh mesh, List<PlannedValue> inputs, List<PlanStep> steps, List<Integer> outputs) {
    this(mesh, inputs, steps, outputs, SumOrder.FASTEST);
  }

  /**
   * The same plan with another order of sums, in bodies of loops too.
   *
   * @param order the order
   * @return a changed copy
   */
  public SpmdPlan withSums(SumOrder order) {
    List<PlanStep> inside =
        steps.stream()
            .map(
                step ->
                    step.action() instanceof Action.Loop(Statement statement, SpmdPlan body)
                        ? new PlanStep(
                            new Action.Loop(statement, body.withSums(order)),
                            step.operands(),
                            step.results(),
                            step.origin())
                        : step)
            .toList();
    return new SpmdPlan(mesh, inputs, inside, outputs, order);
  }

  /**
   * The bound of received rows as a multiple of the rows of the largest device, if numbers of rows
   * depend on data.
   *
   * @return the largest factor of all steps, including bodies of loops; 0 if no step has a bound
   */
  public double raggedBound() {
    double most = 0;
    for (PlanStep step : steps) {
      most =
          switch (step.action()) {
            case Action.Partitioned own -> Math.max(most, own.parts().bound());
            case Action.Loop loop -> Math.max(most, loop.body().raggedBound());
            default -> most;
          };
    }
    return most;
  }

  /**
   * The same steps with memory for more or fewer received rows, in the bodies of loops too.
   *
   * @param factor the bound of received rows as a multiple of the rows of the largest device
   * @return a changed copy
   * @throws IllegalArgumentException if the factor is less than 1 or not finite
   */
  public SpmdPlan withRaggedBound(double factor) {
    List<PlanStep> changed = new ArrayList<>();
    for (PlanStep step : steps) {
      Action action =
          switch (step.action()) {
            case Action.Partitioned own -> own.withBound(factor);
            case Action.Loop(Statement statement, SpmdPlan body) ->
                new Action.Loop(statement, body.withRaggedBound(factor));
            default -> step.action();
          };
      changed.add(new PlanStep(action, step.operands(), step.results(), step.origin()));
    }
    return new SpmdPlan(mesh, inputs, changed, outputs, sums);
  }

  private static void check(Mesh mesh, PlannedValue value) {
    if (!value.layout().mesh().equals(mesh)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "plan: every layout must be of mesh \"%s\", got %s on \"%s\"",
              mesh.notation(),
              value,
              value.layout().mesh().notation()));
    }
  }

  private static void check(int value, int known) {
    if (value < 0 || value >= known) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "plan: a value must be one of the %d before its reader, got %d",
              known,
              value));
    }
  }

  /**
   * Reads a plan from the text of {@link #toJson}; only the member {@code plan} is needed. The
   * meaning of the plan is not checked; {@link #certify} does that.
   *
   * @param json the text, of at most 2^26 characters
   * @return the plan, equal to the one that was written
   * @throws IllegalArgumentException if the text is not a plan; the message names the place
   */
  public static SpmdPlan parse(String json) {
    return PlanReader.read(json);
  }

  /**
   * Follows the plan with a checker that shares no code with the planner.
   *
   * @param program the program that the plan must compute, with its annotations
   * @return the certificate
   * @throws IllegalStateException if the plan is refused; the message names the step and the
   *     layouts of its values
   */
  public String certify(Program program) {
    return certify(program, Map.of());
  }

  /**
   * Follows the plan like {@link #certify(Program)}, with requested layouts in addition to the
   * program's annotations.
   *
   * @param program the program that the plan must compute, with its annotations
   * @param layouts the layouts of values by name; a value in the body of a loop is named {@code
   *     RESULT.body.VALUE}
   * @return the certificate
   * @throws IllegalStateException if the plan is refused
   */
  public String certify(Program program, Map<String, Layout> layouts) {
    return CertificationText.of(this, program, layouts);
  }

  /**
   * Follows a plan of one einsum, or of a reshard as an einsum of one operand.
   *
   * @param equation the einsum that the plan must compute, with the layouts of operands and result
   * @param dtype the dtype of operands and result
   * @return the certificate
   * @throws IllegalStateException if the plan is refused; the message names the step and the
   *     layouts of its values
   */
  public String certify(Equation equation, DType dtype) {
    return CertificationText.of(this, equation, dtype);
  }

  /**
   * A value of the plan.
   *
   * @param number its number
   * @return the value
   * @throws IndexOutOfBoundsException if there is no such value
   */
  public PlannedValue value(int number) {
    if (number < inputs.size()) {
      return inputs.get(number);
    }
    if (number >= number(steps.size())) {
      throw new IndexOutOfBoundsException(
          String.format(
              Locale.ROOT,
              "plan: a value must be one of %d, got %d",
              number(steps.size()),
              number));
    }
    return numbered().value(number);
  }

  private NumberedSteps numbered() {
    return (NumberedSteps) steps;
  }

  /**
   * The number of a step's first result; the others follow.
   *
   * @param step the step's place in {@link #steps()}, or the number of steps for the number of all
   *     values
   * @return the number
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public int number(int step) {
    return numbered().number(step);
  }

  /**
   * All values, by their numbers.
   *
   * @return an immutable list
   */
  public List<PlannedValue> values() {
    return Stream.concat(inputs.stream(), steps.stream().flatMap(step -> step.results().stream()))
        .toList();
  }

  /**
   * Elements that the busiest device receives in a step; chunks may be uneven or empty. In an
   * all-gather, an all-to-all, a collective-permute, an exchange and a step with neighbours, the
   * device receives the elements of its new block that it did not hold. In a reduce-scatter each
   * other member of the group sends a chunk as long as the device's chunk of the result. In an
   * all-reduce of s elements by n members, the device receives {@code 2 (n-1)/n s}, as in a ring.
   *
   * @param step the step's place in {@link #steps()}
   * @return the number, rounded up; 0 for a local step; for a loop the sum over all rounds
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public long elementsReceived(int step) {
    PlanStep at = steps.get(step);
    if (at.action() instanceof Action.Loop loop) {
      return Math.multiplyExact(loop.rounds(), loop.body().elementsReceived());
    }
    return !at.action().isCollective()
        ? 0
        : StepCounts.received(
            at.action(), at.operands().stream().map(this::value).toList(), at.result());
  }

  /**
   * Bytes that the busiest device receives in a step, counted as {@link #elementsReceived(int)}. If
   * numbers of rows depend on data, even loads are assumed: every device gets the number of rows
   * that it sends.
   *
   * @param step the step's place in {@link #steps()}
   * @return the number; for a loop the sum over all rounds
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public long bytesReceived(int step) {
    return bytes(step, PartFigures::bytes);
  }

  /**
   * The most bytes that a device receives in a step: {@link #bytesReceived}, or the bytes that the
   * bound of received rows allows if numbers of rows depend on data.
   *
   * @param step the step's place in {@link #steps()}
   * @return the number; for a loop the sum over all rounds
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public long mostBytesReceived(int step) {
    return bytes(step, PartFigures::mostBytes);
  }

  private long bytes(int step, ToLongFunction<PartFigures> ofPart) {
    PlanStep at = steps.get(step);
    if (at.action() instanceof Action.Loop loop) {
      long sum = 0;
      for (int i = 0; i < loop.body().steps().size(); i++) {
        sum = Math.addExact(sum, loop.body().bytes(i, ofPart));
      }
      return Math.multiplyExact(loop.rounds(), sum);
    }
    if (at.action() instanceof Action.Partitioned own) {
      return PartFigures.of(own, at.operands().stream().map(this::value).toList()).stream()
          .mapToLong(ofPart)
          .reduce(0, Math::addExact);
    }
    return at.operands().isEmpty()
        ? 0
        : Math.multiplyExact(elementsReceived(step), travelling(at).byteSize());
  }

  /** The dtype that a step moves. */
  private DType travelling(PlanStep step) {
    List<PlannedValue> read = step.operands().stream().map(this::value).toList();
    return step.action() instanceof Action.Windows windows
        ? WindowedEinsum.travelling(windows, read, step.result())
        : read.getFirst().dtype();
  }

  /**
   * Sum of {@link #elementsReceived(int)} over the steps.
   *
   * @return the number
   */
  public long elementsReceived() {
    long sum = 0;
    for (int step = 0; step < steps.size(); step++) {
      sum = Math.addExact(sum, elementsReceived(step));
    }
    return sum;
  }

  /**
   * The collective that a step runs, as {@link io.github.shardsum.topology.CollectiveCostModel}
   * prices it. Elements that devices read from neighbours count as a permute to the next device. A
   * composite whose rows travel counts as an all-to-all over the axes along which they travel.
   *
   * @param step the step's place in {@link #steps()}
   * @return the collective; a barrier for a step that moves nothing
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public Collective collective(int step) {
    PlanStep at = steps.get(step);
    return Prices.collective(
        at.action(), () -> value(at.operands().getFirst()).layout(), () -> at.result().layout());
  }

  /**
   * Floating-point operations of the largest device in a step; a multiply-add counts as 2.
   *
   * @param step the step's place in {@link #steps()}
   * @return the number; 0 for steps other than einsums; for a loop the sum over all rounds
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public double flops(int step) {
    PlanStep at = steps.get(step);
    List<PlannedValue> operands = at.operands().stream().map(this::value).toList();
    return switch (at.action()) {
      case Action.Apply(Statement statement)
          when statement.operation() instanceof Contraction.Einsum einsum ->
          2 * StepCounts.multiplyAdds(einsum.equation(), operands, at.result());
      case Action.Windows windows ->
          2 * WindowedEinsum.of(windows, operands, at.result()).multiplyAdds();
      case Action.Loop loop -> loop.body().flops() * loop.rounds();
      default -> 0;
    };
  }

  /**
   * Sum of {@link #flops(int)} over the steps.
   *
   * @return the number
   */
  public double flops() {
    double sum = 0;
    for (int step = 0; step < steps.size(); step++) {
      sum += flops(step);
    }
    return sum;
  }

  /**
   * The most elements that the largest device would hold if every step ran separately: inputs, and
   * results that later steps read. A slice is a view, so its operand stays in memory instead. The
   * memory of a run is {@link #peakBytes()}.
   *
   * @return the number
   */
  public long peakElements() {
    return StepCounts.peak(this);
  }

  /**
   * Bytes that the largest device holds while each step runs, counted as in {@link #peakBytes()},
   * which is their maximum. Statements of one local program have the same number.
   *
   * @return a number for each step; for a loop the maximum over its rounds
   */
  public List<Long> heldBytes() {
    return DeviceMemory.of(this).steps().stream().map(DeviceMemory.Step::bytes).toList();
  }

  /**
   * The most bytes that the largest device holds at any time of a run: the inputs, the values that
   * are stored from one compiled local program to the next, the packed data of collectives, and the
   * workspace of local programs. Statements without a collective between them are one local
   * program, which need not store the values between these statements. The workspace of composites'
   * kernels is not included; {@link io.github.shardsum.backend.mesh.MeshExecutable#heldBytes}
   * includes it.
   *
   * @return the number
   */
  public long peakBytes() {
    return DeviceMemory.of(this).peakBytes();
  }

  /**
   * The time that devices wait for started collectives after their own work is done: the sum over
   * all awaits, including all rounds of loops.
   *
   * @param options the options by which steps are priced
   * @return seconds if the options name a topology; otherwise elements, into which work is
   *     converted; 0 if no collective is started
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public double exposed(PlanOptions options) {
    return StepTimeline.of(this, Prices.of(mesh, options)).exposed(this);
  }

  /**
   * The price of all steps, which is in the last line of {@link #explain(PlanOptions)}.
   *
   * @param options the options by which the plan was chosen
   * @return seconds if the options name a topology; otherwise elements received, with 1,000
   *     elements for each collective and one element for 200 multiply-adds of an einsum
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public double price(PlanOptions options) {
    return StepTimeline.of(this, Prices.of(mesh, options)).end();
  }

  /**
   * The plan as a table. Each step has its equation or axes, the local shapes, work and memory of
   * the largest device, the elements that the busiest device receives and sends, the least number
   * that it must receive, the price, and the reason. Prices are elements; {@link
   * #explain(PlanOptions)} prints seconds.
   *
   * @return lines of text
   */
  public String explain() {
    return explain(PlanOptions.defaults());
  }

  /**
   * The table of {@link #explain()}, with prices by the options: seconds, if they name a topology.
   *
   * @param options the options by which the plan was chosen
   * @return lines of text
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public String explain(PlanOptions options) {
    return PlanTable.of(this, options);
  }

  /**
   * The figures of the plan and of each of its steps.
   *
   * @param options the options by which the plan was chosen
   * @return the figures
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public PlanFigures figures(PlanOptions options) {
    return StepFigures.of(this, options);
  }

  /**
   * The plan as JSON, an object on one line: the steps with their figures for readers, and under
   * {@code plan} the plan for {@link #parse}.
   *
   * @param options the options by which the plan was chosen
   * @return the text
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public String toJson(PlanOptions options) {
    return PlanJson.of(this, options);
  }

  /**
   * The plan as one HTML page without script: the figures of {@link #explain(PlanOptions)}, with
   * pictures of memory and time.
   *
   * @param title the planned program
   * @param options the options by which the plan was chosen
   * @param notes lines after the table, such as the result of the checker
   * @return a whole document
   * @throws IllegalArgumentException if the topology has another number of devices
   */
  public String toHtml(String title, PlanOptions options, List<String> notes) {
    return PlanPage.of(title, this, options, notes);
  }

  /** The same text as {@link #explain()}. */
  @Override
  public String toString() {
    return explain();
  }

  /** An immutable list of steps that knows the number of each step's first result. */
  private static final class NumberedSteps extends AbstractList<PlanStep> implements RandomAccess {
    private final List<PlanStep> steps;

    /** The number of the first result of each step, then the number of all values. */
    private final int[] first;

    NumberedSteps(List<PlanStep> steps, int inputs) {
      this.steps = List.copyOf(steps);
      this.first = new int[steps.size() + 1];
      first[0] = inputs;
      for (int step = 0; step < this.steps.size(); step++) {
        first[step + 1] = first[step] + this.steps.get(step).results().size();
      }
    }

    @Override
    public PlanStep get(int step) {
      return steps.get(step);
    }

    @Override
    public int size() {
      return steps.size();
    }

    /**
     * The number of a step's first result; for the place after the last step, the number of all
     * values.
     */
    int number(int step) {
      return first[step];
    }

    /** The result that has a number, which must not be the number of an input. */
    PlannedValue value(int number) {
      int found = Arrays.binarySearch(first, number);
      int step = found >= 0 ? found : -found - 2;
      return steps.get(step).results().get(number - first[step]);
    }
  }
}
