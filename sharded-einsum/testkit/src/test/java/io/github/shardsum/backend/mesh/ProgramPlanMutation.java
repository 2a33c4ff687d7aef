package io.github.shardsum.backend.mesh;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Layouts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** One fault in the plan of a program. */
final class ProgramPlanMutation {
  private final Random random;

  ProgramPlanMutation(long seed) {
    this.random = new Random(seed);
  }

  /** A plan with a fault; none if what was drawn does not apply. */
  Optional<SpmdPlan> of(SpmdPlan plan) {
    if (plan.steps().isEmpty()) {
      return Optional.empty();
    }
    int any = random.nextInt(plan.steps().size());
    try {
      return switch (random.nextInt(8)) {
        case 0 -> Optional.of(stored(plan, any));
        case 1 -> Optional.of(ended(plan));
        case 2 -> Optional.of(otherwise(plan, any));
        case 3 -> Optional.of(gathered(plan, any));
        default -> moved(plan);
      };
    } catch (IllegalArgumentException notAPlan) {
      return Optional.empty();
    }
  }

  /** A plan of which a statement computes something else, or reads another value. */
  Optional<SpmdPlan> ofStatement(SpmdPlan plan) {
    try {
      return Optional.of(
          random.nextInt(3) == 0
              ? misread(plan)
              : otherwise(plan, random.nextInt(plan.steps().size())));
    } catch (IllegalArgumentException notAPlan) {
      return Optional.empty();
    }
  }

  private Optional<SpmdPlan> moved(SpmdPlan plan) {
    List<Integer> moves = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      if (plan.steps().get(i).action().isCollective()
          || plan.steps().get(i).action() instanceof Action.Slice) {
        moves.add(i);
      }
    }
    if (moves.isEmpty()) {
      return Optional.empty();
    }
    int at = moves.get(random.nextInt(moves.size()));
    return Optional.of(
        switch (random.nextInt(5)) {
          case 0 -> skipped(plan, at);
          case 1 -> with(plan, at, changed(plan, at), plan.steps().get(at).operands());
          case 2 -> mislaid(plan, at);
          case 3 -> late(plan, at);
          default -> misread(plan);
        });
  }

  private static SpmdPlan with(SpmdPlan plan, int at, Action action, List<Integer> operands) {
    PlanStep old = plan.steps().get(at);
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(action, operands, old.results(), old.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  /** Lets the readers of the step's result read its operand. */
  private static SpmdPlan skipped(SpmdPlan plan, int at) {
    int operand = plan.steps().get(at).operands().getFirst();
    int result = plan.number(at);
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      List<Integer> operands =
          step.operands().stream().map(value -> value == result ? operand : value).toList();
      steps.add(new PlanStep(step.action(), operands, step.results(), step.origin()));
    }
    List<Integer> outputs =
        plan.outputs().stream().map(value -> value == result ? operand : value).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs);
  }

  private Action changed(SpmdPlan plan, int at) {
    List<String> axes = new ArrayList<>(plan.mesh().axisNames());
    Collections.shuffle(axes, random);
    List<String> some = axes.subList(0, 1 + random.nextInt(axes.size()));
    return switch (plan.steps().get(at).action()) {
      case Action.Slice slice -> new Action.Slice(slice.label(), some);
      case Action.AllGather gather -> new Action.AllGather(gather.label(), some);
      case Action.AllReduce reduce ->
          random.nextBoolean()
              ? new Action.AllReduce(some, reduce.by())
              : new Action.AllReduce(reduce.axes(), ReduceKind.MIN);
      case Action.ReduceScatter scatter ->
          random.nextBoolean()
              ? new Action.ReduceScatter(scatter.label(), some)
              : new Action.Slice(scatter.label(), scatter.axes());
      case Action.AllToAll all -> new Action.AllToAll(all.to(), all.from(), all.axes());
      case Action.CollectivePermute _ -> new Action.CollectivePermute(some);
      case Action.Exchange exchange -> new Action.Exchange(exchange.label(), some);
      case Action.Neighbour neighbour ->
          new Action.Neighbour(neighbour.statement(), some, neighbour.exchanged());
      default -> throw new IllegalArgumentException("no move");
    };
  }

  /** The step's result is said to lie otherwise. */
  private SpmdPlan mislaid(SpmdPlan plan, int at) {
    PlanStep old = plan.steps().get(at);
    PlannedValue result = old.result();
    Layout layout =
        Layouts.of(
                plan.mesh(),
                ValueType.of(
                    result.dtype(),
                    result.layout().term().axes().stream().map(axis -> axis.label()).toList(),
                    dims(result)))
            .of(random.nextLong());
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(
        at, new PlanStep(old.action(), old.operands(), List.of(result.in(layout)), old.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  private static List<Long> dims(PlannedValue value) {
    List<Long> dims = new ArrayList<>();
    for (int dim = 0; dim < value.shape().rank(); dim++) {
      dims.add(value.shape().size(dim));
    }
    return dims;
  }

  /** A statement reads another value of the same shape. */
  private SpmdPlan misread(SpmdPlan plan) {
    int at = random.nextInt(plan.steps().size());
    PlanStep step = plan.steps().get(at);
    if (step.operands().isEmpty() || plan.number(at) == 0) {
      throw new IllegalArgumentException("reads nothing");
    }
    int which = random.nextInt(step.operands().size());
    int other = random.nextInt(plan.number(at));
    if (!plan.value(other).shape().equals(plan.value(step.operands().get(which)).shape())) {
      throw new IllegalArgumentException("another shape");
    }
    List<Integer> operands = new ArrayList<>(step.operands());
    operands.set(which, other);
    return with(plan, at, step.action(), operands);
  }

  /** A value is stored in another dtype. */
  private SpmdPlan stored(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    List<PlannedValue> results = new ArrayList<>(step.results());
    int which = random.nextInt(results.size());
    PlannedValue old = results.get(which);
    DType dtype = DType.values()[random.nextInt(DType.values().length)];
    results.set(which, new PlannedValue(old.name(), dtype, old.shape(), old.layout()));
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(step.action(), step.operands(), results, step.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  /** Another value of the same shape is an output, as one that still is to be resharded. */
  private SpmdPlan ended(SpmdPlan plan) {
    List<Integer> outputs = new ArrayList<>(plan.outputs());
    int which = random.nextInt(outputs.size());
    PlannedValue old = plan.value(outputs.get(which));
    List<Integer> others = new ArrayList<>();
    for (int number = 0; number < plan.values().size(); number++) {
      PlannedValue value = plan.value(number);
      if (value.shape().equals(old.shape()) && value.dtype() == old.dtype()) {
        others.add(number);
      }
    }
    outputs.set(which, others.get(random.nextInt(others.size())));
    return new SpmdPlan(plan.mesh(), plan.inputs(), plan.steps(), outputs);
  }

  /** Of a statement's addends the sum is taken late: what reads it reads one addend a device. */
  private SpmdPlan late(SpmdPlan plan, int at) {
    PlanStep sum = plan.steps().get(at);
    if (!(sum.action() instanceof Action.AllReduce reduce)) {
      throw new IllegalArgumentException("no sum");
    }
    for (int reader = at + 1; reader < plan.steps().size(); reader++) {
      PlanStep step = plan.steps().get(reader);
      if (step.action() instanceof Action.Apply
          && step.results().size() == 1
          && step.operands().contains(plan.number(at))) {
        List<Integer> operands =
            step.operands().stream()
                .map(value -> value == plan.number(at) ? sum.operands().getFirst() : value)
                .toList();
        Layout old = step.result().layout();
        List<String> partial = new ArrayList<>(old.partial());
        partial.addAll(reduce.axes());
        Layout addends = new Layout(plan.mesh(), new Term(old.term().axes(), partial));
        List<PlanStep> steps = new ArrayList<>(plan.steps());
        steps.set(
            reader,
            new PlanStep(step.action(), operands, step.result().in(addends), step.origin()));
        SpmdPlan early = new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
        return inserted(early, reader, reduce, step.result());
      }
    }
    throw new IllegalArgumentException("no statement reads it");
  }

  /** Gathers a value that devices have the same of, or chunks of chunks as if they were whole. */
  private SpmdPlan gathered(SpmdPlan plan, int at) {
    PlannedValue value = plan.steps().get(at).result();
    if (value.shape().rank() == 0) {
      throw new IllegalArgumentException("no label");
    }
    int dim = random.nextInt(value.shape().rank());
    String axis = plan.mesh().axisNames().get(random.nextInt(plan.mesh().axisNames().size()));
    List<Axis> axes = new ArrayList<>(value.layout().term().axes());
    List<String> left = new ArrayList<>(axes.get(dim).mesh());
    left.remove(axis);
    axes.set(dim, new Axis(axes.get(dim).label(), left));
    Layout after = new Layout(plan.mesh(), new Term(axes, value.layout().partial()));
    Action gather = new Action.AllGather(value.layout().label(dim), List.of(axis));
    return inserted(plan, at, gather, value.in(after));
  }

  /** A step behind another one, whose first result it takes the place of. */
  private static SpmdPlan inserted(SpmdPlan plan, int at, Action action, PlannedValue result) {
    int made = plan.number(at);
    int next = made + plan.steps().get(at).results().size();
    List<PlanStep> steps = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      List<Integer> operands =
          step.operands().stream().map(value -> renumbered(value, made, next)).toList();
      steps.add(new PlanStep(step.action(), operands, step.results(), step.origin()));
      if (i == at) {
        steps.add(new PlanStep(action, List.of(made), List.of(result), step.origin()));
      }
    }
    List<Integer> outputs =
        plan.outputs().stream().map(value -> renumbered(value, made, next)).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs);
  }

  private static int renumbered(int value, int made, int next) {
    return value == made ? next : value >= next ? value + 1 : value;
  }

  /** A statement computes something else of the same type. */
  private SpmdPlan otherwise(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    if (!(step.action() instanceof Action.Apply(Statement statement))) {
      throw new IllegalArgumentException("no statement");
    }
    Statement other = new Statement(statement.results(), other(statement.operation()));
    return with(plan, at, new Action.Apply(other), step.operands());
  }

  private Operation other(Operation operation) {
    return switch (operation) {
      case Pointwise.Unary x -> new Pointwise.Unary(one(Pointwise.UnaryKind.values()), x.x());
      case Pointwise.Binary x ->
          random.nextBoolean()
              ? new Pointwise.Binary(x.kind(), x.y(), x.x())
              : new Pointwise.Binary(one(Pointwise.BinaryKind.values()), x.x(), x.y());
      case Pointwise.Compare x ->
          new Pointwise.Compare(one(Pointwise.Comparison.values()), x.x(), x.y());
      case Pointwise.Select x -> new Pointwise.Select(x.condition(), x.y(), x.x());
      case Pointwise.Convert x -> new Pointwise.Convert(x.x(), one(DType.values()));
      case Contraction.Reduce x ->
          new Contraction.Reduce(one(ReduceKind.values()), x.x(), x.labels());
      case Contraction.CumulativeSum x ->
          new Contraction.CumulativeSum(
              x.x(), one(x.x().type().names()), random.nextBoolean(), random.nextBoolean());
      case Contraction.Softmax x -> new Contraction.Softmax(x.x(), one(x.x().type().names()));
      case Selection.ArgMax x -> new Selection.ArgMax(x.x(), one(x.x().type().names()));
      case Movement.Shift x -> new Movement.Shift(x.x(), x.label(), x.by() + 1, x.fill());
      case Movement.Slice x ->
          new Movement.Slice(x.x(), x.label(), x.from() + 1, x.to() + 1, x.step());
      case Movement.Concatenate x -> new Movement.Concatenate(x.operands().reversed(), x.label());
      case Source.Constant x ->
          new Source.Constant(x.type(), Scalar.of(x.type().dtype(), random.nextInt(3)));
      case Source.Random x -> new Source.Random(x.seed(), x.stream() + 1, x.type());
      default -> throw new IllegalArgumentException("no other");
    };
  }

  private <T> T one(T[] values) {
    return values[random.nextInt(values.length)];
  }

  private <T> T one(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }
}
