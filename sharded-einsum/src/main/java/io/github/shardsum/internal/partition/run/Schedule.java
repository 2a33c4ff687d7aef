package io.github.shardsum.internal.partition.run;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The order in which the steps of a plan run, and the segments of its statements. A statement is
 * delayed until a step between devices needs it. Statements can therefore share a segment even if
 * the plan has an unrelated collective between them. The schedule depends on the plan only.
 */
final class Schedule {
  /**
   * The most elements of a value that every device computes for itself instead of only one device.
   */
  private static final long SMALL = 1024;

  private final SpmdPlan plan;
  private final List<PlannedValue> values;

  /** The step that makes each value, -1 for an input. */
  private final int[] makers;

  /**
   * For each step the axes along which devices compute different values, filled at the first use.
   */
  private final Map<Integer, Set<String>> axes = new HashMap<>();

  private final List<Integer> pending = new ArrayList<>();
  private final List<List<Integer>> groups = new ArrayList<>();

  private Schedule(SpmdPlan plan) {
    this.plan = plan;
    this.values = plan.values();
    this.makers = makers(plan, values.size());
  }

  /**
   * Steps that run one after the other: each list is the statements of a segment, or one other
   * step.
   */
  static List<List<Integer>> of(SpmdPlan plan) {
    Schedule schedule = new Schedule(plan);
    for (int step = 0; step < plan.steps().size(); step++) {
      if (plan.steps().get(step).action() instanceof Action.Apply) {
        schedule.pending.add(step);
      } else {
        // A statement that is delayed until after an await could not overlap with the transfer.
        schedule.flush(
            plan.steps().get(step).action() instanceof Action.Await
                ? new HashSet<>(schedule.pending)
                : schedule.needed(step));
        schedule.groups.add(List.of(step));
      }
    }
    schedule.flush(new HashSet<>(schedule.pending));
    return schedule.groups;
  }

  static int[] makers(SpmdPlan plan, int values) {
    int[] makers = new int[values];
    Arrays.fill(makers, -1);
    int number = plan.inputs().size();
    for (int step = 0; step < plan.steps().size(); step++) {
      for (int i = 0; i < plan.steps().get(step).results().size(); i++) {
        makers[number++] = step;
      }
    }
    return makers;
  }

  /** The delayed statements that a step depends on. */
  private Set<Integer> needed(int step) {
    Set<Integer> needed = new HashSet<>();
    collect(step, new HashSet<>(pending), needed);
    return needed;
  }

  private void collect(int step, Set<Integer> among, Set<Integer> needed) {
    for (int operand : plan.steps().get(step).operands()) {
      int maker = makers[operand];
      if (among.contains(maker) && needed.add(maker)) {
        collect(maker, among, needed);
      }
    }
  }

  /**
   * Divides statements into segments. A statement comes after the statements that make its
   * operands, and shares a segment with statements that are split over the same axes, so that no
   * device repeats another device's work. A {@link DiagonalOperand} is made in an earlier segment.
   * A small statement without split operands may be in any segment.
   */
  private void flush(Set<Integer> needed) {
    List<Statements> segments = new ArrayList<>();
    Map<Integer, Integer> segmentOf = new HashMap<>();
    for (int step : List.copyOf(pending)) {
      if (needed.contains(step)) {
        int first = 0;
        List<DiagonalOperand> diagonals = DiagonalOperand.of(plan, step);
        for (int operand : plan.steps().get(step).operands()) {
          int after = diagonals.stream().anyMatch(each -> each.value() == operand) ? 1 : 0;
          Integer made = segmentOf.get(makers[operand]);
          first = made == null ? first : Math.max(first, made + after);
        }
        segmentOf.put(step, place(segments, first, step));
      }
    }
    pending.removeAll(needed);
    segments.forEach(segment -> groups.add(segment.steps));
  }

  /**
   * A segment while it is filled.
   *
   * @param steps its statements
   * @param axes the axes over which statements are split, without the small statements that may be
   *     in every segment
   */
  private record Statements(List<Integer> steps, Set<Set<String>> axes) {}

  /** Adds a statement to the first segment that it may join, and returns the segment's place. */
  private int place(List<Statements> segments, int first, int step) {
    Set<String> own = axes.computeIfAbsent(step, this::axes);
    boolean anywhere = own.isEmpty() && isSmall(step);
    int place = first;
    while (place < segments.size()
        && !anywhere
        && !Set.of(own).containsAll(segments.get(place).axes)) {
      place++;
    }
    if (place == segments.size()) {
      segments.add(new Statements(new ArrayList<>(), new HashSet<>()));
    }
    segments.get(place).steps.add(step);
    if (!anywhere) {
      segments.get(place).axes.add(own);
    }
    return place;
  }

  private boolean isSmall(int step) {
    return plan.steps().get(step).results().stream()
        .allMatch(value -> value.shape().elementCount() <= SMALL);
  }

  /** The axes along which devices compute different values. */
  private Set<String> axes(int step) {
    Set<String> axes = new TreeSet<>();
    PlanStep at = plan.steps().get(step);
    at.operands().forEach(operand -> collect(values.get(operand).layout(), axes));
    at.results().forEach(result -> collect(result.layout(), axes));
    axes.removeIf(axis -> plan.mesh().size(axis) == 1);
    return axes;
  }

  private static void collect(Layout layout, Set<String> axes) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      axes.addAll(layout.axes(dim));
    }
    axes.addAll(layout.partial());
  }
}
