package io.github.shardsum.internal.partition.run;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * An operand of an einsum that has a split label twice. A device reads only the indices of the
 * later dimensions that it has of the first one: on two devices {@code i i -> i} of {@code i@x i}
 * reads two blocks on the diagonal.
 *
 * @param value the number of the operand
 * @param first for each narrowed dimension the first one of the same label
 */
record DiagonalOperand(int value, Map<Integer, Integer> first) {
  /** The operands of a step that are narrowed. */
  static List<DiagonalOperand> of(SpmdPlan plan, int step) {
    List<DiagonalOperand> all = new ArrayList<>();
    for (int operand = 0; operand < plan.steps().get(step).operands().size(); operand++) {
      of(plan, step, operand).ifPresent(all::add);
    }
    return all;
  }

  static Optional<DiagonalOperand> of(SpmdPlan plan, int number, int operand) {
    PlanStep step = plan.steps().get(number);
    if (!(step.action() instanceof Action.Apply apply
        && apply.statement().operation() instanceof Contraction.Einsum einsum)) {
      return Optional.empty();
    }
    Term term = einsum.equation().operand(operand);
    int value = step.operands().get(operand);
    Layout layout = plan.value(value).layout();
    Map<Integer, Integer> first = new TreeMap<>();
    for (int dim = 1; dim < term.size(); dim++) {
      int before = 0;
      while (!term.axis(before).label().equals(term.axis(dim).label())) {
        before++;
      }
      if (before < dim && layout.mesh().size(layout.axes(before)) > 1) {
        first.put(dim, before);
      }
    }
    return first.isEmpty() ? Optional.empty() : Optional.of(new DiagonalOperand(value, first));
  }

  /** The values of a plan that some step narrows. */
  static Set<Integer> all(SpmdPlan plan) {
    Set<Integer> values = new HashSet<>();
    for (int step = 0; step < plan.steps().size(); step++) {
      of(plan, step).forEach(each -> values.add(each.value()));
    }
    return values;
  }

  /** The shape of what a device reads. */
  Shape shape(PlannedValue planned, int device) {
    long[] sizes = planned.layout().localShape(planned.shape(), device).toArray();
    first.forEach((dim, before) -> sizes[dim] = sizes[before]);
    return Shape.of(sizes);
  }

  /** The view of a device's block that it reads. */
  Tensor of(PlannedValue planned, int device, Tensor block) {
    Layout layout = planned.layout();
    Tensor view = block;
    for (Map.Entry<Integer, Integer> each : first.entrySet()) {
      int before = each.getValue();
      Cut cut = layout.cut(before, planned.shape().size(before));
      int part = layout.part(before, device);
      view = view.slice(each.getKey(), cut.start(part), cut.end(part));
    }
    return view;
  }
}
