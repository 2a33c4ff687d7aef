package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Runs a plan on the devices of this process: local steps on each distinct tile once, collectives
 * on an engine. One run at a time, whichever thread asks.
 */
public final class PlanRunner {
  private final SpmdPlan plan;
  private final Collectives collectives;
  private final List<Optional<LocalEinsum>> einsums = new ArrayList<>();

  /**
   * Compiles the einsums of a plan, once for each tuple of local shapes.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh
   * @throws IllegalArgumentException if the meshes differ
   */
  public PlanRunner(SpmdPlan plan, Collectives collectives) {
    this.plan = plan;
    this.collectives = collectives;
    if (!collectives.mesh().equals(plan.mesh())) {
      throw new IllegalArgumentException(
          "plan of mesh \"%s\": must run on collectives of that mesh, got \"%s\""
              .formatted(plan.mesh().notation(), collectives.mesh().notation()));
    }
    for (PlanStep step : plan.steps()) {
      einsums.add(
          step.action() instanceof Action.Contract contract
              ? Optional.of(
                  new LocalEinsum(
                      contract,
                      step.operands().stream().map(plan::value).toList(),
                      step.result(),
                      collectives.devices()))
              : Optional.empty());
    }
  }

  /**
   * Runs the plan.
   *
   * @param inputs the inputs' shards on this process's devices, in the plan's layouts and dtypes
   * @return the outputs' shards on them
   */
  public synchronized List<ShardedTensor> run(List<ShardedTensor> inputs) {
    List<List<Tensor>> values = new ArrayList<>();
    inputs.forEach(input -> values.add(input.shards()));
    for (int i = 0; i < plan.steps().size(); i++) {
      values.add(step(i, values));
      release(i, values);
    }
    List<ShardedTensor> outputs = new ArrayList<>();
    for (int output : plan.outputs()) {
      PlannedValue value = plan.value(output);
      outputs.add(
          new ShardedTensor(
              value.shape(), value.layout(), collectives.devices(), values.get(output)));
    }
    return outputs;
  }

  /** What nobody reads any more is dropped. */
  private void release(int step, List<List<Tensor>> values) {
    for (int operand : plan.steps().get(step).operands()) {
      boolean read = plan.outputs().contains(operand);
      for (int later = step + 1; later < plan.steps().size(); later++) {
        read |= plan.steps().get(later).operands().contains(operand);
      }
      if (!read) {
        values.set(operand, List.of());
      }
    }
  }

  private List<Tensor> step(int number, List<List<Tensor>> values) {
    PlanStep step = plan.steps().get(number);
    int first = step.operands().getFirst();
    PlannedValue before = plan.value(first);
    List<Tensor> x = values.get(first);
    List<Tensor> made =
        switch (step.action()) {
          case Action.Contract _ ->
              einsums
                  .get(number)
                  .orElseThrow()
                  .run(collectives, step.operands().stream().map(values::get).toList());
          case Action.Slice slice -> slice(slice, before, x);
          case Action.AllReduce reduce ->
              collectives.run(
                  new Collective.AllReduce(sum(before), names(reduce.axes())), contiguous(x));
          case Action.ReduceScatter scatter -> scatter(scatter, before, x);
          case Action.AllGather _,
              Action.AllToAll _,
              Action.CollectivePermute _,
              Action.Exchange _ ->
              new BoxExchange(collectives, step, before).run(x);
        };
    DType dtype = step.result().dtype();
    return made.getFirst().dtype() == dtype ? made : Tiles.map(made, t -> t.convert(dtype));
  }

  private static Reduction sum(PlannedValue value) {
    return value.dtype() == DType.BOOL ? Reduction.MAX : Reduction.SUM;
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }

  private static List<Tensor> contiguous(List<Tensor> tensors) {
    return Tiles.map(tensors, Tensor::contiguous);
  }

  private List<Tensor> slice(Action.Slice slice, PlannedValue before, List<Tensor> x) {
    Layout layout = before.layout();
    int dim = layout.dim(slice.label());
    List<Integer> parts = slice.axes().stream().map(plan.mesh()::size).toList();
    Map<Tensor, Map<Integer, Tensor>> views = new IdentityHashMap<>();
    return IntStream.range(0, x.size())
        .mapToObj(
            i -> {
              int device = collectives.devices().get(i);
              int part = 0;
              for (String axis : slice.axes()) {
                part = part * plan.mesh().size(axis) + plan.mesh().coordinate(device, axis);
              }
              Tensor whole = x.get(i);
              Cut cut = Cut.chunks(whole.size(dim), parts);
              return views
                  .computeIfAbsent(whole, _ -> new HashMap<>())
                  .computeIfAbsent(part, at -> whole.slice(dim, cut.start(at), cut.end(at)));
            })
        .toList();
  }

  /** One axis after another gives chunks of chunks, whatever the sizes are. */
  private List<Tensor> scatter(Action.ReduceScatter scatter, PlannedValue before, List<Tensor> x) {
    int dim = before.layout().dim(scatter.label());
    List<Tensor> at = contiguous(x);
    for (String axis : scatter.axes()) {
      at = collectives.run(new Collective.ReduceScatter(sum(before), dim, axis), at);
    }
    return at;
  }
}
