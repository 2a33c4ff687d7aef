package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The law of plans that keep one order of floating-point sums. Addends on devices are nodes of the
 * sum's tree. One reduction over the axes of the split label, in their order, must complete them;
 * its own tree then joins nodes to nodes. Every step that computes reads complete sums.
 */
final class OrderLaw {
  private final SpmdPlan plan;

  /** Axes of addends in the order of the sum, by the number of the value. */
  private final Map<Integer, List<String>> orders = new HashMap<>();

  /** The number of the result of the current step. */
  private int number;

  private OrderLaw(SpmdPlan plan) {
    this.plan = plan;
  }

  /**
   * Checks a plan, and the bodies of its loops, if it has an order.
   *
   * @throws PlanRefusedException if a step could add in another order
   */
  static void check(SpmdPlan plan) {
    if (plan.sums().isTree()) {
      OrderLaw law = new OrderLaw(plan);
      law.given();
      for (int step = 0; step < plan.steps().size(); step++) {
        PlanStep at = plan.steps().get(step);
        law.number = plan.number(step);
        law.step(at, at.action());
      }
    }
  }

  /** Addends that are inputs have no index; their order is that of the mesh's axes. */
  private void given() {
    for (int input = 0; input < plan.inputs().size(); input++) {
      Set<String> partial = partial(plan.value(input));
      if (partial.size() > 1) {
        orders.put(input, plan.mesh().axisNames().stream().filter(partial::contains).toList());
      }
    }
  }

  private void step(PlanStep step, Action action) {
    switch (action) {
      case Action.Start start -> step(step, start.collective());
      case Action.Loop loop -> {
        boolean isScan = loop.statement().operation() instanceof Nested.Scan;
        require(isScan, "%s: a manual region has no order of sums", step.result().name());
        boolean same = loop.body().sums().equals(plan.sums());
        require(same, "%s: its body must have sums by a %s", step.result().name(), plan.sums());
        readsComplete(step);
        check(loop.body());
      }
      case Action.Apply apply -> computes(step, Optional.of(apply.statement().operation()));
      case Action.Partitioned _ ->
          require(false, "%s: rows of several devices have no order of sums", step.result().name());
      case Action.Neighbour _ -> {
        readsComplete(step);
        step.results().forEach(result -> makesComplete(step, result));
      }
      case Action.AllReduce reduce when reduce.by() == ReduceKind.SUM ->
          step.operands().forEach(operand -> reduces(step, operand, reduce.axes()));
      case Action.ReduceScatter scatter ->
          step.operands().forEach(operand -> reduces(step, operand, scatter.axes()));
      case Action.Windows windows ->
          require(
              partial(step.result()).isEmpty() && isOfOneTerm(windows),
              "%s: windows must not add rounds where sums have a fixed order",
              step.result().name());
      case Action.Communicate _ ->
          require(false, "%s: a manual region has no order of sums", step.result().name());
      case Action.Slice _, Action.AllGather _, Action.AllToAll _ -> moves(step);
      case Action.CollectivePermute _, Action.Exchange _, Action.Await _ -> moves(step);
      case Action.AllReduce _ -> {
        // A maximum or minimum is the same in every order.
      }
    }
  }

  /** A step that moves elements uses axes without addends, so the order of the addends stays. */
  private void moves(PlanStep step) {
    List<String> order = orders.get(step.operands().getFirst());
    if (order != null && !partial(step.result()).isEmpty()) {
      orders.put(number, order);
    }
  }

  /** Whether windows only cut a label of the result, so that each sum is made in one round. */
  private static boolean isOfOneTerm(Action.Windows windows) {
    return windows.operand() >= 0
        && windows.statement().operation() instanceof Contraction.Einsum einsum
        && BlockRule.labels(einsum.equation().output()).contains(windows.label());
  }

  private static Set<String> partial(PlannedValue value) {
    Set<String> axes = new HashSet<>();
    if (value.dtype().isFloating()) {
      Layout layout = value.layout();
      layout.partial().stream().filter(axis -> layout.mesh().size(axis) > 1).forEach(axes::add);
    }
    return axes;
  }

  private void reduces(PlanStep step, int operand, List<String> axes) {
    Set<String> partial = partial(plan.value(operand));
    List<String> own = new ArrayList<>(axes);
    own.removeIf(axis -> plan.mesh().size(axis) == 1);
    boolean fits =
        partial.isEmpty()
            || (partial.size() == 1 && own.equals(List.copyOf(partial)))
            || own.equals(orders.get(operand));
    require(
        fits,
        "%s: a reduction in order must be over all axes of the sum in their order, got %s of %s",
        step.result().name(),
        axes,
        orders.getOrDefault(operand, List.copyOf(partial)));
  }

  private void readsComplete(PlanStep step) {
    for (int operand : step.operands()) {
      boolean complete = partial(plan.value(operand)).isEmpty();
      require(
          complete,
          "%s: a step in order must read complete sums, got %s",
          step.result().name(),
          plan.value(operand));
    }
  }

  private static void makesComplete(PlanStep step, PlannedValue result) {
    boolean complete = partial(result).isEmpty();
    require(complete, "%s: its sums must have a known order", step.result().name());
  }

  private void computes(PlanStep step, Optional<Operation> operation) {
    readsComplete(step);
    switch (operation.orElseThrow()) {
      case Contraction.Einsum einsum ->
          sums(
              step,
              einsum.equation().operands().stream().map(BlockRule::labels).toList(),
              BlockRule.labels(einsum.equation().output()));
      case Contraction.Reduce(ReduceKind by, var x, List<String> labels) -> {
        List<String> kept = new ArrayList<>(x.type().names());
        kept.removeAll(labels);
        if (by == ReduceKind.SUM) {
          sums(step, List.of(x.type().names()), kept);
        }
      }
      default -> step.results().forEach(result -> makesComplete(step, result));
    }
  }

  /** A sum whose addends devices hold must be split only along its outermost label. */
  private void sums(PlanStep step, List<List<String>> terms, List<String> output) {
    Set<String> partial = partial(step.result());
    String name = step.result().name();
    boolean isPair = terms.size() <= 2 || !step.result().dtype().isFloating();
    require(isPair, "%s: a sum in order must be of two operands at most, got %s", name, terms);
    if (partial.isEmpty()) {
      return;
    }
    List<String> first = terms.getFirst();
    List<Integer> summed = new ArrayList<>();
    for (int dim = 0; dim < first.size(); dim++) {
      String label = first.get(dim);
      boolean isSummed = !output.contains(label) && terms.getLast().contains(label);
      if (isSummed && plan.value(step.operands().getFirst()).shape().size(dim) > 1) {
        summed.add(dim);
      }
    }
    require(!summed.isEmpty(), "%s: a summed label must be in every operand", name);
    PlannedValue operand = plan.value(step.operands().getFirst());
    int outermost = summed.getFirst();
    List<String> axes = new ArrayList<>(operand.layout().axes(outermost));
    axes.removeIf(each -> plan.mesh().size(each) == 1);
    boolean isThere = partial.size() == axes.size() && partial.containsAll(axes);
    require(isThere, "%s: %s must split %s alone", name, partial, first.get(outermost));
    orders.put(number, axes);
    long leaf = summed.stream().distinct().count() == 1 ? plan.sums().leaf() : 1;
    long[] lengths = {operand.shape().size(outermost)};
    long parts = 1;
    for (String axis : axes) {
      lengths = cut(lengths, plan.mesh().size(axis));
      parts *= plan.mesh().size(axis);
    }
    long size = operand.shape().size(outermost);
    boolean isDense = isDense(lengths, size);
    require(isDense, "%s: parts of %s must be one after another", name, first.get(outermost));
    boolean areNodes = areNodes(size, parts, lengths[0], leaf);
    require(areNodes, "%s: parts of %s must be whole subtrees", name, first.get(outermost));
  }

  /** Lengths of chunks after each chunk is cut into a number of parts. */
  private static long[] cut(long[] lengths, int parts) {
    long[] finer = new long[lengths.length * parts];
    for (int i = 0; i < lengths.length; i++) {
      long chunk = (lengths[i] + parts - 1) / parts;
      for (int part = 0; part < parts; part++) {
        finer[i * parts + part] = Math.max(0, Math.min(chunk, lengths[i] - part * chunk));
      }
    }
    return finer;
  }

  /** Whether all chunks up to the end of the label are as long as the first. */
  private static boolean isDense(long[] lengths, long size) {
    long begin = 0;
    for (long length : lengths) {
      if (length != Math.min(lengths[0], size - begin)) {
        return false;
      }
      begin += length;
    }
    return true;
  }

  /** Whether every node of the tree over the parts is a node of the tree over the leaves. */
  private static boolean areNodes(long size, long parts, long chunk, long leaf) {
    return joins(0, parts, size, chunk, leaf);
  }

  private static boolean joins(long from, long to, long size, long chunk, long leaf) {
    long begin = Math.min(size, from * chunk);
    long end = Math.min(size, to * chunk);
    if (begin == end) {
      return true;
    }
    boolean isCutAtLeaves = begin % leaf == 0 && (end % leaf == 0 || end == size);
    long leaves = (size + leaf - 1) / leaf;
    if (!isCutAtLeaves || !isNode(begin / leaf, (end + leaf - 1) / leaf, leaves)) {
      return false;
    }
    if (to - from == 1) {
      return true;
    }
    long half = 1;
    while (2 * half < to - from) {
      half *= 2;
    }
    return joins(from, from + half, size, chunk, leaf) && joins(from + half, to, size, chunk, leaf);
  }

  /** Whether an interval of leaves is a node of the tree over a number of leaves. */
  private static boolean isNode(long begin, long end, long leaves) {
    long first = begin;
    long last = end;
    long all = leaves;
    while (last - first < all) {
      long half = 1;
      while (2 * half < all) {
        half *= 2;
      }
      if (last <= half) {
        all = half;
      } else if (first >= half) {
        first -= half;
        last -= half;
        all -= half;
      } else {
        return false;
      }
    }
    return true;
  }
}
