package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.LayoutPicture;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.Reshard;
import io.github.shardsum.partition.ReshardPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.picture.Unit;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A reshard to plan. */
record ReshardTarget(String from, String to) implements PlanTarget {
  @Override
  public boolean hasLabels() {
    return !from.isBlank();
  }

  @Override
  public PlanOutcome plan(PlanRequest request, PlanChecks checks) {
    Layout before = Layout.parse(request.mesh(), from);
    Layout after = Layout.parse(request.mesh(), to);
    Shape shape = shape(before, request.sizes());
    shape(after, request.sizes());
    ReshardPlan plan = ReshardPlan.of(before, after, shape, DType.F32, request.options());
    Optional<Boolean> equal = checks.run() ? Optional.of(isEqual(plan)) : Optional.empty();
    Optional<String> certificate =
        checks.certify() ? Optional.of(plan.certify()) : Optional.empty();
    return new PlanOutcome(
        before + " to " + after,
        plan.plan(),
        request.options(),
        plan.notes().lines().toList(),
        certificate,
        checks
            .plugin()
            .map(plugin -> PlanXlaComparison.of(identity(before, shape), plan.plan(), plugin)),
        equal);
  }

  /** The identity, whose input and output have the two layouts. */
  private static Program identity(Layout before, Shape shape) {
    ProgramBuilder p = Program.builder("reshard");
    ValueType type = new ValueType(DType.F32, before.term().withoutLayout(), shape);
    p.output(p.input("value", type));
    return p.build();
  }

  /** The layouts from the first to the last as one picture, with the steps between them. */
  String picture(PlanRequest request) {
    Layout before = Layout.parse(request.mesh(), from);
    Layout after = Layout.parse(request.mesh(), to);
    Shape shape = shape(before, request.sizes());
    SpmdPlan plan = ReshardPlan.of(before, after, shape, DType.F32, request.options()).plan();
    List<Layout> layouts = new ArrayList<>(List.of(before));
    List<String> moves = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      layouts.add(step.result().layout());
      long bytes = plan.elementsReceived(i) * step.result().dtype().byteSize();
      String received = bytes == 0 ? "nothing" : Unit.BYTES.text(bytes);
      moves.add(
          step.action().op()
              + (step.action().groupAxes().isEmpty()
                  ? ""
                  : " over " + String.join(".", step.action().groupAxes()))
              + ": a device receives "
              + received);
    }
    return LayoutPicture.svg(layouts, moves, shape);
  }

  private static Shape shape(Layout layout, Map<String, Long> sizes) {
    for (Axis axis : layout.term().axes()) {
      if (!sizes.containsKey(axis.label())) {
        throw new PlanSizesException(
            format(
                "sizes: every label must have one, got none for %s of \"%s\", where every word is"
                    + " one label",
                axis.label(), layout));
      }
    }
    for (String label : sizes.keySet()) {
      layout.dim(label);
    }
    return EinsumTarget.shape(layout.term(), sizes);
  }

  private static boolean isEqual(ReshardPlan plan) {
    PlanIntegerData data = new PlanIntegerData(plan.plan().mesh());
    Tensor expected = data.next(plan.plan().inputs().getFirst());
    try (Collectives collectives = Collectives.open(plan.plan().mesh())) {
      ShardedTensor shards = data.shards(collectives.devices()).getFirst();
      ShardedTensor result = Reshard.of(plan, collectives).run(shards);
      boolean equal = true;
      for (int i = 0; i < result.devices().size(); i++) {
        Layout layout = result.layout();
        if (layout.partial().isEmpty()) {
          Tensor part = layout.box(result.shape(), result.devices().get(i)).of(expected);
          equal &= PlanIntegerData.isEqual(part, result.shards().get(i));
        }
      }
      return equal && PlanIntegerData.isEqual(expected, Reshard.gather(result, collectives));
    }
  }
}
