package io.github.shardsum.backend.mesh;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;

/** A plan of a program with one fault in its windows, or in what is in flight at a loop. */
enum WindowMutation {
  /** A ring is dropped, goes the other's way, has its share or goes two steps at once. */
  RINGS {
    @Override
    SpmdPlan apply(SpmdPlan plan, Random random) {
      return windows(
          plan,
          random,
          old ->
              new Action.Windows(
                  old.statement(), old.operand(), old.label(), old.axes(), rings(old, random)));
    }
  },
  /** Another label, another operand, or axes in another order or less of them. */
  CUT {
    @Override
    SpmdPlan apply(SpmdPlan plan, Random random) {
      return windows(
          plan,
          random,
          old -> {
            List<String> axes = new ArrayList<>(old.axes());
            Collections.shuffle(axes, random);
            List<String> names = plan.mesh().axisNames();
            return switch (random.nextInt(4)) {
              case 0 ->
                  new Action.Windows(
                      old.statement(), old.operand(), label(old, random), old.axes(), old.rings());
              case 1 ->
                  new Action.Windows(
                      old.statement(),
                      old.isScatter() ? random.nextInt(2) : 1 - old.operand(),
                      old.label(),
                      old.axes(),
                      old.rings());
              case 2 ->
                  new Action.Windows(
                      old.statement(), old.operand(), old.label(), axes, old.rings());
              default ->
                  new Action.Windows(
                      old.statement(),
                      old.operand(),
                      old.label(),
                      List.of(one(names, random)),
                      old.rings());
            };
          });
    }
  },
  /** A scatter for a gather or the other way, a sum that is said to be addends, another dtype. */
  RESULT {
    @Override
    SpmdPlan apply(SpmdPlan plan, Random random) {
      if (random.nextInt(3) == 0) {
        return windows(
            plan,
            random,
            old ->
                new Action.Windows(
                    old.statement(),
                    old.isScatter() ? random.nextInt(2) : -1,
                    old.label(),
                    old.axes(),
                    old.isScatter() ? List.of(new Ring(1, Share.ALL)) : HALVES));
      }
      int at = one(places(plan, Action.Windows.class::isInstance), random);
      PlanStep step = plan.steps().get(at);
      PlannedValue old = step.result();
      Action.Windows action = (Action.Windows) step.action();
      PlannedValue result =
          random.nextBoolean()
              ? new PlannedValue(
                  old.name(), one(List.of(DType.values()), random), old.shape(), old.layout())
              : old.in(addends(old.layout(), action.axes()));
      return with(plan, at, new PlanStep(step.action(), step.operands(), result, step.origin()));
    }
  },
  /** Something is started before a loop or region, and awaited behind it or in its body. */
  IN_FLIGHT_AT_A_LOOP {
    @Override
    SpmdPlan apply(SpmdPlan plan, Random random) {
      int loop = one(places(plan, Action.Loop.class::isInstance), random);
      List<Integer> moves =
          places(plan, WindowMutation::moves).stream()
              .filter(at -> at < loop)
              .filter(at -> firstReader(plan, plan.number(at)) >= loop)
              .toList();
      int at = one(moves, random);
      PlanStep move = plan.steps().get(at);
      Action start = new Action.Start(move.action());
      SpmdPlan started =
          with(plan, at, new PlanStep(start, move.operands(), move.results(), move.origin()));
      boolean isRead = plan.steps().get(loop).operands().contains(plan.number(at));
      return isRead && random.nextBoolean()
          ? awaitedInside(started, loop, plan.number(at))
          : awaitedBehind(started, loop, plan.number(at));
    }
  };

  private static final List<Ring> HALVES = List.of(new Ring(1, Share.ALL), new Ring(-1, Share.ALL));

  abstract SpmdPlan apply(SpmdPlan plan, Random random);

  /** A mutant of a plan; none if the fault does not apply or changes nothing. */
  Optional<SpmdPlan> of(SpmdPlan plan, Random random) {
    try {
      SpmdPlan mutant = apply(plan, random);
      return mutant.equals(plan) ? Optional.empty() : Optional.of(mutant);
    } catch (IllegalArgumentException notAPlan) {
      return Optional.empty();
    }
  }

  private interface Change {
    Action.Windows of(Action.Windows old);
  }

  private static SpmdPlan windows(SpmdPlan plan, Random random, Change change) {
    int at = one(places(plan, Action.Windows.class::isInstance), random);
    PlanStep step = plan.steps().get(at);
    Action.Windows action = change.of((Action.Windows) step.action());
    return with(plan, at, new PlanStep(action, step.operands(), step.results(), step.origin()));
  }

  private static List<Ring> rings(Action.Windows old, Random random) {
    List<Ring> rings = old.rings();
    Ring first = rings.getFirst();
    Ring last = rings.getLast();
    return switch (random.nextInt(4)) {
      case 0 -> rings.subList(0, rings.size() - 1);
      case 1 -> List.of(new Ring(1, Share.LARGER_HALF), new Ring(-1, Share.LARGER_HALF));
      case 2 ->
          List.of(
              new Ring(first.step(), Share.LARGER_HALF),
              new Ring(first.step(), Share.SMALLER_HALF));
      default ->
          rings.size() == 1
              ? List.of(new Ring(2 * first.step(), first.share()))
              : List.of(new Ring(2 * first.step(), first.share()), last);
    };
  }

  /** A label of the statement. */
  private static String label(Action.Windows old, Random random) {
    List<String> labels = new ArrayList<>();
    old.statement()
        .operation()
        .operands()
        .forEach(operand -> labels.addAll(operand.type().names()));
    labels.addAll(old.statement().result().type().names());
    return one(labels, random);
  }

  /** The layout without some axes on its labels and with them behind its bar. */
  private static Layout addends(Layout layout, List<String> axes) {
    List<Axis> dims = new ArrayList<>();
    for (Axis dim : layout.term().axes()) {
      List<String> left = dim.mesh().stream().filter(axis -> !axes.contains(axis)).toList();
      dims.add(new Axis(dim.label(), left));
    }
    List<String> partial = new ArrayList<>(layout.partial());
    axes.stream().filter(axis -> !partial.contains(axis)).forEach(partial::add);
    return new Layout(layout.mesh(), new Term(dims, partial));
  }

  private static boolean moves(Action action) {
    return action instanceof Action.AllGather
        || action instanceof Action.AllToAll
        || action instanceof Action.AllReduce
        || action instanceof Action.ReduceScatter
        || action instanceof Action.CollectivePermute;
  }

  private static List<Integer> places(SpmdPlan plan, Predicate<Action> which) {
    List<Integer> places = new ArrayList<>();
    for (int at = 0; at < plan.steps().size(); at++) {
      if (which.test(plan.steps().get(at).action())) {
        places.add(at);
      }
    }
    return places;
  }

  private static int firstReader(SpmdPlan plan, int value) {
    for (int at = 0; at < plan.steps().size(); at++) {
      if (plan.steps().get(at).operands().contains(value)) {
        return at;
      }
    }
    return plan.steps().size();
  }

  private static SpmdPlan with(SpmdPlan plan, int at, PlanStep step) {
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, step);
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  /** An await directly behind a loop, which all later readers read. */
  private static SpmdPlan awaitedBehind(SpmdPlan plan, int loop, int value) {
    int next = plan.number(loop) + plan.steps().get(loop).results().size();
    PlannedValue awaited = plan.value(value);
    List<PlanStep> steps = new ArrayList<>(plan.steps().subList(0, loop + 1));
    steps.add(
        new PlanStep(new Action.Await(), List.of(value), awaited, plan.steps().get(loop).origin()));
    for (PlanStep step : plan.steps().subList(loop + 1, plan.steps().size())) {
      List<Integer> operands =
          step.operands().stream().map(operand -> renumbered(operand, value, next)).toList();
      steps.add(new PlanStep(step.action(), operands, step.results(), step.origin()));
    }
    List<Integer> outputs =
        plan.outputs().stream().map(output -> renumbered(output, value, next)).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs);
  }

  private static int renumbered(int operand, int value, int next) {
    return operand == value ? next : operand >= next ? operand + 1 : operand;
  }

  /** An await as the first step of a loop's body. */
  private static SpmdPlan awaitedInside(SpmdPlan plan, int loop, int value) {
    PlanStep step = plan.steps().get(loop);
    Action.Loop old = (Action.Loop) step.action();
    SpmdPlan body = old.body();
    int input = step.operands().indexOf(value);
    int first = body.inputs().size();
    List<PlanStep> steps = new ArrayList<>();
    steps.add(
        new PlanStep(new Action.Await(), List.of(input), body.inputs().get(input), step.origin()));
    for (PlanStep inner : body.steps()) {
      List<Integer> operands =
          inner.operands().stream().map(operand -> renumbered(operand, input, first)).toList();
      steps.add(new PlanStep(inner.action(), operands, inner.results(), inner.origin()));
    }
    List<Integer> outputs =
        body.outputs().stream().map(output -> renumbered(output, input, first)).toList();
    SpmdPlan round = new SpmdPlan(body.mesh(), body.inputs(), steps, outputs);
    Action action = new Action.Loop(old.statement(), round);
    return with(plan, loop, new PlanStep(action, step.operands(), step.results(), step.origin()));
  }

  private static <T> T one(List<T> values, Random random) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("nothing to choose from");
    }
    return values.get(random.nextInt(values.size()));
  }
}
