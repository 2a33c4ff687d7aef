package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The mesh of each member of a manual region, which has one device along the region's axes.
 *
 * @param inner the mesh of one member
 */
record RegionMesh(Mesh outer, Mesh inner) {
  static RegionMesh of(Mesh outer, Nested.Manual manual) {
    Set<String> own = manual.axes().stream().map(axis -> axis.name()).collect(Collectors.toSet());
    List<MeshAxis> axes =
        outer.axes().stream()
            .map(axis -> own.contains(axis.name()) ? new MeshAxis(axis.name(), 1) : axis)
            .toList();
    return new RegionMesh(outer, Mesh.of(axes));
  }

  /** A layout of the program as the layout of a member. */
  Layout inside(Layout layout) {
    return new Layout(inner, layout.term());
  }

  /**
   * The layout outside of the region: in each label the axes of the region's term come first, then
   * the axes of the member's layout.
   */
  Layout outside(Term term, Layout inside) {
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < term.size(); dim++) {
      List<String> names = new ArrayList<>(term.axis(dim).mesh());
      names.addAll(inside.axes(dim));
      axes.add(new Axis(term.axis(dim).label(), names));
    }
    return new Layout(outer, new Term(axes, term.partial()));
  }

  /** A member's plan, rewritten for the mesh. */
  SpmdPlan lifted(SpmdPlan plan) {
    List<PlanStep> steps = plan.steps().stream().map(this::lifted).toList();
    return new SpmdPlan(outer, lifted(plan.inputs()), steps, plan.outputs(), plan.sums());
  }

  private PlanStep lifted(PlanStep step) {
    Action action =
        step.action() instanceof Action.Loop loop
            ? new Action.Loop(loop.statement(), lifted(loop.body()))
            : step.action();
    // On the mesh of one member, a value that no other axis splits is the same on all devices.
    Origin origin =
        step.origin().cause().equals(ComputeSharding.SAME)
            ? new Origin("each member's own", step.origin().runnerUp())
            : step.origin();
    return new PlanStep(action, step.operands(), lifted(step.results()), origin);
  }

  private List<PlannedValue> lifted(List<PlannedValue> values) {
    return values.stream()
        .map(value -> value.in(new Layout(outer, value.layout().term())))
        .toList();
  }
}
