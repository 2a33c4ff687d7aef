package io.github.shardsum.internal.reshard;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Communication;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts what the largest or busiest device receives, computes and holds in a step. */
public final class StepCounts {
  private StepCounts() {}

  /**
   * Elements that the busiest device receives.
   *
   * @param operands its operands, at least one
   * @param after its result
   * @return the number, rounded up
   */
  public static long received(Action action, List<PlannedValue> operands, PlannedValue after) {
    PlannedValue before = operands.getFirst();
    Mesh mesh = before.layout().mesh();
    int group = mesh.size(action.groupAxes());
    return switch (action) {
      case Action.Slice _, Action.Apply _, Action.Loop _, Action.Await _ -> 0;
      case Action.Communicate communicate ->
          communicated(communicate.communication(), elements(operands), after, group);
      case Action.Windows windows ->
          windows.isScatter()
              ? scattered(after.localElements(), group)
              : gathered(
                  new Action.AllGather(windows.label(), windows.axes()),
                  operands.get(windows.operand()));
      case Action.Start(Action collective) -> received(collective, operands, after);
      case Action.Neighbour neighbour -> Halo.of(neighbour, operands, after).received();
      case Action.Partitioned partitioned ->
          PartFigures.of(partitioned, operands).stream()
              .mapToLong(PartFigures::received)
              .reduce(0, Math::addExact);
      case Action.AllGather gather -> gathered(gather, before);
      case Action.AllReduce _ -> reduced(elements(operands), group);
      case Action.ReduceScatter _ -> scattered(after.localElements(), group);
      case Action.AllToAll all -> allToAll(all, before);
      case Action.CollectivePermute _ ->
          ReshardPermutation.of(before.layout(), after.layout()).received(before.shape());
      case Action.Exchange exchange -> exchanged(exchange, before, after);
    };
  }

  private static long communicated(
      Communication communication, long before, PlannedValue after, long group) {
    return switch (communication) {
      case Communication.AllReduce _ -> reduced(before, group);
      case Communication.AllGather _ -> after.localElements() - before;
      case Communication.ReduceScatter _ -> scattered(after.localElements(), group);
      case Communication.AllToAll _ -> before - before / group;
      case Communication.Permute _ -> before;
      case Communication.OwnChunk _, Communication.AxisIndex _ -> 0;
    };
  }

  /**
   * Elements of several values that the largest device holds.
   *
   * @return the sum
   */
  public static long elements(List<PlannedValue> values) {
    return values.stream().mapToLong(PlannedValue::localElements).reduce(0, Math::addExact);
  }

  private static long gathered(Action.AllGather gather, PlannedValue before) {
    Layout layout = before.layout();
    int dim = layout.dim(gather.label());
    List<Integer> kept = sizes(layout, without(layout.axes(dim), gather.axes()));
    long lacking =
        ReshardCounts.gathered(before.shape().size(dim), kept, sizes(layout, gather.axes()));
    return Math.multiplyExact(lacking, others(before, dim));
  }

  private static long allToAll(Action.AllToAll all, PlannedValue before) {
    Layout layout = before.layout();
    int from = layout.dim(all.from());
    int to = layout.dim(all.to());
    long lacking =
        ReshardCounts.allToAll(
            before.shape().size(from),
            sizes(layout, without(layout.axes(from), all.axes())),
            sizes(layout, all.axes()),
            before.shape().size(to),
            sizes(layout, layout.axes(to)));
    return Math.multiplyExact(lacking, others(before, from, to));
  }

  private static List<String> without(List<String> axes, List<String> moved) {
    return axes.stream().filter(axis -> !moved.contains(axis)).toList();
  }

  private static List<Integer> sizes(Layout layout, List<String> axes) {
    return axes.stream().map(layout.mesh()::size).toList();
  }

  /**
   * The elements of a reduce-scatter: a chunk of the sum from every other member.
   *
   * @param chunk elements of the largest chunk
   * @param group number of members
   * @return elements that a member receives
   */
  public static long scattered(long chunk, long group) {
    return Math.multiplyExact(group - 1, chunk);
  }

  /**
   * The elements of an all-reduce: a reduce-scatter and an all-gather.
   *
   * @param elements elements of the largest operand
   * @param group number of members
   * @return elements that a member receives, rounded up
   */
  public static long reduced(long elements, long group) {
    return Math.ceilDiv(Math.multiplyExact(2 * (group - 1), elements), group);
  }

  /** Elements of the largest block, without the given dimensions. */
  private static long others(PlannedValue value, int... without) {
    Shape largest = value.layout().largestShape(value.shape());
    long product = 1;
    for (int dim = 0; dim < largest.rank(); dim++) {
      int at = dim;
      boolean counts = Arrays.stream(without).noneMatch(other -> other == at);
      product = Math.multiplyExact(product, counts ? largest.size(dim) : 1);
    }
    return product;
  }

  private static long exchanged(Action.Exchange exchange, PlannedValue before, PlannedValue after) {
    int dim = before.layout().dim(exchange.label());
    return AxisReordering.of(before.layout(), after.layout(), dim, before.shape().size(dim)).most()
        * others(before, dim);
  }

  /**
   * Multiply-adds of the largest device.
   *
   * @param equation the equation of the einsum
   * @return the product of the local sizes of all labels
   */
  public static double multiplyAdds(
      Equation equation, List<PlannedValue> operands, PlannedValue result) {
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      collect(equation.operand(i), operands.get(i), sizes);
    }
    collect(equation.output(), result, sizes);
    double product = 1;
    for (long size : sizes.values()) {
      product *= size;
    }
    return product;
  }

  private static void collect(Term term, PlannedValue value, Map<String, Long> sizes) {
    Shape local = value.layout().largestShape(value.shape());
    for (int dim = 0; dim < term.size(); dim++) {
      // Of several dimensions of a label the first is split, and the others are narrowed to the
      // interval of the first.
      sizes.merge(term.axis(dim).label(), local.size(dim), Math::min);
    }
  }

  /**
   * The most elements that the largest device would hold at any time if every step ran separately
   * from the others.
   *
   * @return the sum
   */
  public static long peak(SpmdPlan plan) {
    List<PlannedValue> values = plan.values();
    int steps = plan.steps().size();
    int[] storage = storage(plan, values.size());
    int[] last = lastReads(plan, values.size());
    int[] end = new int[values.size()];
    for (int value = 0; value < end.length; value++) {
      end[storage[value]] = Math.max(end[storage[value]], last[value]);
    }
    long held = 0;
    long[] freed = new long[steps + 2];
    for (int value = 0; value < plan.inputs().size(); value++) {
      held = Math.addExact(held, values.get(value).localElements());
    }
    long most = held;
    for (int step = 0; step < steps; step++) {
      held -= step == 0 ? 0 : freed[step - 1];
      for (int value = plan.number(step); value < plan.number(step + 1); value++) {
        if (storage[value] == value) {
          long elements = values.get(value).localElements();
          held = Math.addExact(held, elements);
          freed[end[value]] += elements;
        }
      }
      most = Math.max(most, Math.addExact(held, within(plan, step, values)));
    }
    return most;
  }

  /**
   * Elements of the buffers in which windows travel, on the largest device: two buffers for each
   * ring of a scatter; in a gather one for each round of a ring, at most two.
   *
   * @param action the action of the step
   * @return the number
   */
  public static long travelling(
      Action.Windows action, List<PlannedValue> operands, PlannedValue result) {
    int members = result.layout().mesh().size(action.axes());
    long chunk =
        action.isScatter()
            ? Math.ceilDiv(result.localElements(), 2L)
            : operands.get(action.operand()).localElements();
    long buffers = 0;
    for (Action.Ring ring : action.rings()) {
      buffers += action.isScatter() ? 2 : Math.min(2, ring.rounds(members));
    }
    return Math.multiplyExact(buffers, chunk);
  }

  /** Elements that a step holds in addition to its operands and results. */
  private static long within(SpmdPlan plan, int step, List<PlannedValue> values) {
    PlanStep at = plan.steps().get(step);
    return switch (at.action()) {
      case Action.Loop loop -> peak(loop.body());
      case Action.Neighbour neighbour ->
          Halo.of(neighbour, at.operands().stream().map(values::get).toList(), at.result())
              .blockElements();
      case Action.Partitioned partitioned -> buffers(partitioned, at, values);
      case Action.Windows windows ->
          travelling(windows, at.operands().stream().map(values::get).toList(), at.result());
      default -> 0;
    };
  }

  private static long buffers(
      Action.Partitioned partitioned, PlanStep step, List<PlannedValue> values) {
    PartSizes sizes =
        new PartSizes(
            step.result().layout().mesh(), step.operands().stream().map(values::get).toList());
    long elements = 0;
    for (CompositeParts.Buffer buffer : partitioned.parts().buffers()) {
      long product = 1;
      for (CompositeParts.Extent extent : buffer.extents()) {
        product = Math.multiplyExact(product, sizes.largest(extent));
      }
      elements = Math.addExact(elements, product);
    }
    return elements;
  }

  /**
   * For each value, the value in whose memory it is stored: for a slice its operand, for an awaited
   * value the result of its start, and for any other value the value itself.
   */
  private static int[] storage(SpmdPlan plan, int values) {
    int[] storage = new int[values];
    Arrays.setAll(storage, value -> value);
    for (int step = 0; step < plan.steps().size(); step++) {
      if (isView(plan, step)) {
        storage[plan.number(step)] = storage[plan.steps().get(step).operands().getFirst()];
      }
    }
    return storage;
  }

  /**
   * Whether a step's result is in the memory of its operand.
   *
   * @param step the step's place
   * @return true for a slice, and for an await that does not round
   */
  public static boolean isView(SpmdPlan plan, int step) {
    PlanStep at = plan.steps().get(step);
    return at.action() instanceof Action.Slice
        || (at.action() instanceof Action.Await
            && plan.value(at.operands().getFirst()).dtype() == at.result().dtype());
  }

  /**
   * Numbers of the values that a step reads: its operands, and for an await also the operands of
   * its start, which are read until then.
   *
   * @param step the step's place
   */
  public static List<Integer> reads(SpmdPlan plan, int step) {
    List<Integer> operands = plan.steps().get(step).operands();
    if (!(plan.steps().get(step).action() instanceof Action.Await)) {
      return operands;
    }
    List<Integer> all = new ArrayList<>(operands);
    for (int start = 0; start < step; start++) {
      if (operands.contains(plan.number(start))) {
        all.addAll(plan.steps().get(start).operands());
      }
    }
    return all;
  }

  /**
   * For each value the last step that reads it; for an output the number of steps; for a value that
   * nothing reads its own step.
   */
  private static int[] lastReads(SpmdPlan plan, int values) {
    int[] last = new int[values];
    int number = plan.inputs().size();
    for (int step = 0; step < plan.steps().size(); step++) {
      PlanStep at = plan.steps().get(step);
      for (int operand : reads(plan, step)) {
        last[operand] = step;
      }
      for (int i = 0; i < at.results().size(); i++) {
        last[number++] = step;
      }
    }
    plan.outputs().forEach(output -> last[output] = plan.steps().size());
    return last;
  }
}
