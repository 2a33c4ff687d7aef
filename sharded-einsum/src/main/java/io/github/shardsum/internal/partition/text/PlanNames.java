package io.github.shardsum.internal.partition.text;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Names of values in the program, and the steps of each of its statements. */
final class PlanNames {
  private final SpmdPlan plan;

  /**
   * The name of the statement to which each step belongs; empty while the statement is not known.
   */
  private final List<String> groups;

  private final Set<String> names = new HashSet<>();
  private final Map<Integer, Integer> makers = new HashMap<>();
  private final Map<Integer, Integer> readers = new HashMap<>();

  private PlanNames(SpmdPlan plan) {
    this.plan = plan;
    this.groups = new ArrayList<>(Collections.nCopies(plan.steps().size(), ""));
    for (int i = 0; i < plan.steps().size(); i++) {
      int step = i;
      plan.steps().get(i).operands().forEach(operand -> readers.putIfAbsent(operand, step));
      for (int value = plan.number(i); value < plan.number(i + 1); value++) {
        makers.put(value, i);
        names.add(of(plan.value(value)));
      }
    }
  }

  /**
   * A value's name in the program; an operand of an einsum has a number, such as {@code operand 0}.
   */
  static String of(PlannedValue value) {
    return (isNumber(value) ? "operand " : "") + value.programName();
  }

  /** Whether a value is an operand of an einsum, whose name is its number. */
  static boolean isNumber(PlannedValue value) {
    return value.programName().chars().allMatch(Character::isDigit);
  }

  /**
   * For each step of a plan, the name of the value of the program for which the step is necessary.
   */
  static List<String> groups(SpmdPlan plan) {
    PlanNames names = new PlanNames(plan);
    for (int step = plan.steps().size() - 1; step >= 0; step--) {
      names.groups.set(step, names.ofReader(step));
    }
    for (int step = 0; step < plan.steps().size(); step++) {
      if (names.groups.get(step).isEmpty()) {
        names.groups.set(step, names.ofMaker(step));
      }
    }
    return names.groups;
  }

  /**
   * The name of a step's result; for a step that moves a value, the name of the statement that
   * reads it.
   */
  private String ofReader(int number) {
    PlanStep step = plan.steps().get(number);
    if (!moves(step.action())) {
      return root(of(step.result()));
    }
    boolean sums = sums(step);
    int reader = sums ? -1 : readers.getOrDefault(plan.number(number), -1);
    return reader < 0 ? "" : groups.get(reader);
  }

  private String ofMaker(int number) {
    PlanStep step = plan.steps().get(number);
    int maker = sourceStep(step.operands().getFirst());
    return maker < 0 ? of(step.result()) : groups.get(maker);
  }

  /**
   * The step that made a value, or -1 for an input. A collective of several values belongs to one
   * statement only, so for its other results this is the step that made their addends.
   */
  private int sourceStep(int value) {
    int maker = makers.getOrDefault(value, -1);
    if (maker < 0) {
      return maker;
    }
    PlanStep step = plan.steps().get(maker);
    int result = value - plan.number(maker);
    boolean isPacked = moves(step.action()) && result > 0 && result < step.operands().size();
    return isPacked ? sourceStep(step.operands().get(result)) : maker;
  }

  private boolean sums(PlanStep step) {
    int maker = makers.getOrDefault(step.operands().getFirst(), -1);
    return switch (step.action().moved()) {
      case Action.AllReduce _, Action.ReduceScatter _ -> true;
      case Action.Await _ when maker >= 0 -> sums(plan.steps().get(maker));
      default -> false;
    };
  }

  private static boolean moves(Action action) {
    return switch (action) {
      case Action.Apply _,
          Action.Neighbour _,
          Action.Partitioned _,
          Action.Loop _,
          Action.Communicate _,
          Action.Windows _ ->
          false;
      default -> true;
    };
  }

  /**
   * The name of the statement from which a rewriting made a value: {@code p} for {@code p.most}.
   */
  private String root(String name) {
    for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      if (names.contains(name.substring(0, dot))) {
        return name.substring(0, dot);
      }
    }
    return name;
  }
}
