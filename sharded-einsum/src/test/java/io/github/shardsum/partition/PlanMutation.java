package io.github.shardsum.partition;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** One fault in a plan. */
final class PlanMutation {
  private final Random random;

  PlanMutation(long seed) {
    this.random = new Random(seed);
  }

  /** A plan with a fault; none if what was drawn does not apply or changes nothing. */
  Optional<SpmdPlan> of(SpmdPlan plan) {
    if (plan.steps().isEmpty()) {
      return Optional.empty();
    }
    int at = random.nextInt(plan.steps().size());
    try {
      SpmdPlan mutant =
          switch (random.nextInt(8)) {
            case 0 -> dropped(plan, at, false);
            case 1 -> dropped(plan, at, true);
            case 2 -> swapped(plan, at);
            case 3 -> misread(plan, at);
            case 4 -> withAction(plan, at, changed(plan, plan.steps().get(at)));
            case 5 -> stored(plan, at);
            case 6 -> ended(plan);
            default -> mislaid(plan, at);
          };
      return mutant.equals(plan) ? Optional.empty() : Optional.of(mutant);
    } catch (IllegalArgumentException | IndexOutOfBoundsException notAPlan) {
      return Optional.empty();
    }
  }

  private static SpmdPlan with(SpmdPlan plan, List<PlanStep> steps) {
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  private static SpmdPlan withAction(SpmdPlan plan, int at, Action action) {
    PlanStep old = plan.steps().get(at);
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(action, old.operands(), old.result(), old.origin()));
    return with(plan, steps);
  }

  /** A step is left out, and its readers read its operand; which may say that it was made. */
  private static SpmdPlan dropped(SpmdPlan plan, int at, boolean lying) {
    int inputs = plan.inputs().size();
    PlanStep gone = plan.steps().get(at);
    if (gone.operands().isEmpty()) {
      throw new IllegalArgumentException("it reads nothing");
    }
    int operand = gone.operands().getFirst();
    List<PlanStep> steps = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      boolean lies = lying && i == operand - inputs;
      PlannedValue result = lies ? step.result().in(gone.result().layout()) : step.result();
      if (i != at) {
        List<Integer> operands =
            step.operands().stream().map(x -> renumbered(x, at + inputs, operand)).toList();
        steps.add(new PlanStep(step.action(), operands, result, step.origin()));
      }
    }
    List<Integer> outputs =
        plan.outputs().stream().map(x -> renumbered(x, at + inputs, operand)).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs);
  }

  private static int renumbered(int value, int gone, int operand) {
    return value == gone ? operand : value > gone ? value - 1 : value;
  }

  /** Two steps one after another change places, actions only. */
  private static SpmdPlan swapped(SpmdPlan plan, int at) {
    Action first = plan.steps().get(at).action();
    Action second = plan.steps().get(at + 1).action();
    return withAction(withAction(plan, at, second), at + 1, first);
  }

  /**
   * A step reads another value of the same shape: one before a reduction, or one laid otherwise.
   */
  private SpmdPlan misread(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    int which = random.nextInt(step.operands().size());
    int other = random.nextInt(plan.inputs().size() + at);
    if (!plan.value(other).shape().equals(plan.value(step.operands().get(which)).shape())) {
      throw new IllegalArgumentException("another shape");
    }
    List<Integer> operands = new ArrayList<>(step.operands());
    operands.set(which, other);
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(step.action(), operands, step.result(), step.origin()));
    return with(plan, steps);
  }

  /** A result is stored in another dtype. */
  private SpmdPlan stored(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    PlannedValue old = step.result();
    DType other = DType.values()[random.nextInt(DType.values().length)];
    PlannedValue result = new PlannedValue(old.name(), other, old.shape(), old.layout());
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(step.action(), step.operands(), result, step.origin()));
    return with(plan, steps);
  }

  /** Another value of the same shape is the result, as one that still is to be resharded. */
  private SpmdPlan ended(SpmdPlan plan) {
    int old = plan.outputs().getFirst();
    int other = random.nextInt(plan.values().size());
    if (!plan.value(other).shape().equals(plan.value(old).shape())) {
      throw new IllegalArgumentException("another shape");
    }
    return new SpmdPlan(plan.mesh(), plan.inputs(), plan.steps(), List.of(other));
  }

  /** A result is said to lie otherwise. */
  private SpmdPlan mislaid(SpmdPlan plan, int at) {
    PlanStep step = plan.steps().get(at);
    Layout old = step.result().layout();
    List<String> names = new ArrayList<>(plan.mesh().axisNames());
    Collections.shuffle(names, random);
    List<List<String>> on = new ArrayList<>();
    for (int dim = 0; dim < old.rank(); dim++) {
      on.add(new ArrayList<>());
    }
    List<String> partial = new ArrayList<>();
    for (String name : names) {
      int choice = random.nextInt(old.rank() + 2);
      if (choice < old.rank()) {
        on.get(choice).add(name);
      } else if (choice == old.rank()) {
        partial.add(name);
      }
    }
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < old.rank(); dim++) {
      axes.add(new Axis(old.label(dim), on.get(dim)));
    }
    Layout layout = new Layout(plan.mesh(), new Term(axes, partial));
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(
        at, new PlanStep(step.action(), step.operands(), step.result().in(layout), step.origin()));
    return with(plan, steps);
  }

  private Action changed(SpmdPlan plan, PlanStep step) {
    Layout layout = step.result().layout();
    Mesh mesh = plan.mesh();
    return switch (step.action()) {
      case Action.Slice slice ->
          random.nextBoolean()
              ? new Action.Slice(label(layout), slice.axes())
              : new Action.Slice(slice.label(), axes(mesh, slice.axes()));
      case Action.AllGather gather ->
          switch (random.nextInt(3)) {
            case 0 -> new Action.AllGather(label(layout), gather.axes());
            case 1 -> new Action.AllReduce(gather.axes());
            default -> new Action.AllGather(gather.label(), axes(mesh, gather.axes()));
          };
      case Action.AllReduce reduce ->
          random.nextBoolean()
              ? new Action.AllReduce(axes(mesh, reduce.axes()))
              : new Action.ReduceScatter(label(layout), reduce.axes());
      case Action.ReduceScatter scatter ->
          switch (random.nextInt(4)) {
            case 0 -> new Action.ReduceScatter(label(layout), scatter.axes());
            case 1 -> new Action.AllReduce(scatter.axes());
            case 2 -> new Action.Slice(scatter.label(), scatter.axes());
            default -> new Action.ReduceScatter(scatter.label(), axes(mesh, scatter.axes()));
          };
      case Action.AllToAll all ->
          switch (random.nextInt(4)) {
            case 0 -> new Action.AllToAll(all.to(), all.from(), all.axes());
            case 1 -> new Action.AllToAll(label(layout), all.to(), all.axes());
            case 2 -> new Action.AllGather(all.from(), all.axes());
            default -> new Action.AllToAll(all.from(), all.to(), axes(mesh, all.axes()));
          };
      case Action.CollectivePermute permute ->
          new Action.CollectivePermute(axes(mesh, permute.axes()));
      case Action.Exchange exchange ->
          new Action.Exchange(exchange.label(), axes(mesh, exchange.axes()));
      case Action.Apply(Statement statement)
          when statement.operation() instanceof Contraction.Einsum einsum ->
          new Action.Apply(turned(statement, einsum));
      case Action.Apply _, Action.Neighbour _, Action.Loop _, Action.Communicate _ -> step.action();
      case Action.Start _, Action.Await _, Action.Windows _, Action.Partitioned _ -> step.action();
    };
  }

  private String label(Layout layout) {
    return layout.label(random.nextInt(layout.rank()));
  }

  /** Other axes, or the same in another order. */
  private List<String> axes(Mesh mesh, List<String> old) {
    List<String> all = new ArrayList<>(random.nextBoolean() ? old : mesh.axisNames());
    Collections.shuffle(all, random);
    return all.subList(0, Math.min(all.size(), 1 + random.nextInt(all.size())));
  }

  /** The result's labels in another order. */
  private Statement turned(Statement statement, Contraction.Einsum einsum) {
    List<Axis> axes = new ArrayList<>(einsum.equation().output().axes());
    Collections.shuffle(axes, random);
    Equation equation = new Equation(einsum.equation().operands(), new Term(axes, List.of()));
    ValueType old = statement.result().type();
    List<String> names = axes.stream().map(Axis::label).toList();
    ValueType type = ValueType.of(old.dtype(), names, names.stream().map(old::size).toList());
    return new Statement(
        List.of(new Value(statement.result().name(), type)),
        new Contraction.Einsum(equation, einsum.operands(), einsum.dtype(), einsum.sizes()));
  }
}
