package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Plan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.reshard.Permutation;
import io.github.shardsum.internal.reshard.Prices;
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
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs a plan on the devices of this process, as one plan of supersteps on an engine: local steps
 * on each distinct tile once, collectives into tensors that devices of a tile share. One run at a
 * time, whichever thread asks.
 */
public final class PlanRunner {
  private final SpmdPlan plan;
  private final List<Integer> devices;
  private final Plan program;

  /** Of each value, the tensor of the first device of each tile. */
  private final @Nullable Tensor[][] values;

  private final List<Tiles> tiles = new ArrayList<>();

  /**
   * Lays out the supersteps of a plan.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh
   * @throws IllegalArgumentException if the meshes differ
   */
  public PlanRunner(SpmdPlan plan, Collectives collectives) {
    this.plan = plan;
    this.devices = collectives.devices();
    if (!collectives.mesh().equals(plan.mesh())) {
      throw new IllegalArgumentException(
          "plan of mesh \"%s\": must run on collectives of that mesh, got \"%s\""
              .formatted(plan.mesh().notation(), collectives.mesh().notation()));
    }
    this.values = new Tensor[plan.inputs().size() + plan.steps().size()][devices.size()];
    plan.inputs().forEach(input -> tiles.add(Tiles.of(input, devices)));
    Plan.Builder builder = collectives.plan("sharded");
    for (int step = 0; step < plan.steps().size(); step++) {
      add(builder, step);
    }
    this.program = builder.build();
  }

  /**
   * Runs the plan.
   *
   * @param inputs the inputs' shards on this process's devices, in the plan's layouts and dtypes
   * @return the outputs' shards on them
   */
  public synchronized List<ShardedTensor> run(List<ShardedTensor> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      inputs.get(i).shards().toArray(values[i]);
    }
    try {
      program.run();
      List<ShardedTensor> outputs = new ArrayList<>();
      for (int output : plan.outputs()) {
        PlannedValue value = plan.value(output);
        outputs.add(new ShardedTensor(value.shape(), value.layout(), devices, tensors(output)));
      }
      return outputs;
    } finally {
      for (Tensor[] value : values) {
        Arrays.fill(value, null);
      }
    }
  }

  private Tensor tensor(int value, int index) {
    return Objects.requireNonNull(
        values[value][tiles.get(value).first(index)], "a value that was made before it is read");
  }

  private List<Tensor> tensors(int value) {
    return IntStream.range(0, devices.size()).mapToObj(i -> tensor(value, i)).toList();
  }

  private void add(Plan.Builder builder, int number) {
    PlanStep step = plan.steps().get(number);
    int operand = step.operands().getFirst();
    int result = plan.inputs().size() + number;
    PlannedValue before = plan.value(operand);
    tiles.add(Tiles.of(step.result(), devices));
    switch (step.action()) {
      case Action.Contract contract -> contract(builder, contract, step, result);
      case Action.Slice slice -> {
        int dim = before.layout().dim(slice.label());
        compute(
            builder,
            step,
            result,
            i -> slice(slice.axes(), dim, devices.get(i), tensor(operand, i)));
      }
      case Action.AllGather gather ->
          communicate(
              builder,
              step,
              operand,
              new Collective.AllGather(
                  gather.axes(), before.layout().dim(gather.label()), OptionalLong.empty()));
      case Action.AllToAll all ->
          communicate(
              builder,
              step,
              operand,
              new Collective.AllToAll(
                  all.axes(),
                  before.layout().dim(all.to()),
                  before.layout().dim(all.from()),
                  OptionalLong.empty()));
      case Action.AllReduce reduce ->
          communicate(
              builder, step, operand, new Collective.AllReduce(sum(before), names(reduce.axes())));
      case Action.ReduceScatter scatter ->
          communicate(
              builder,
              step,
              operand,
              new Collective.ReduceScatter(
                  sum(before), before.layout().dim(scatter.label()), names(scatter.axes())));
      case Action.CollectivePermute _ -> permute(builder, step, operand, before.layout());
      case Action.Exchange _ -> exchange(builder, step, operand);
    }
  }

  private static Reduction sum(PlannedValue value) {
    return value.dtype() == DType.BOOL ? Reduction.MAX : Reduction.SUM;
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }

  private void compute(
      Plan.Builder builder, PlanStep step, int result, Function<Integer, Tensor> task) {
    builder.compute(
        step.action().op(),
        (i, _) -> {
          if (tiles.get(result).isFirst(i)) {
            values[result][i] = task.apply(i);
          }
        });
  }

  private void contract(Plan.Builder builder, Action.Contract contract, PlanStep step, int result) {
    List<Integer> operands = step.operands();
    LocalEinsum einsum =
        new LocalEinsum(contract, operands.stream().map(plan::value).toList(), step.result());
    compute(
        builder,
        step,
        result,
        i ->
            einsum.run(
                devices.get(i), operands.stream().map(operand -> tensor(operand, i)).toList()));
  }

  private Tensor slice(List<String> axes, int dim, int device, Tensor x) {
    int part = 0;
    for (String axis : axes) {
      part = part * plan.mesh().size(axis) + plan.mesh().coordinate(device, axis);
    }
    Cut cut = Cut.chunks(x.size(dim), axes.stream().map(plan.mesh()::size).toList());
    return x.slice(dim, cut.start(part), cut.end(part));
  }

  /** A collective into new tensors; a sum of bf16 is rounded once it is complete. */
  private void communicate(
      Plan.Builder builder, PlanStep step, int operand, Collective collective) {
    int result = tiles.size() - 1;
    DType dtype = plan.value(operand).dtype();
    builder.communicate(
        collective,
        () -> tensors(operand),
        () -> {
          allocate(result, dtype, tiles.get(result)::isFirst);
          return tensors(result);
        });
    if (dtype != step.result().dtype()) {
      compute(builder, step, result, i -> tensor(result, i).convert(step.result().dtype()));
    }
  }

  private void allocate(int result, DType dtype, IntPredicate which) {
    PlannedValue value = plan.value(result);
    for (int i = 0; i < devices.size(); i++) {
      if (which.test(i)) {
        values[result][i] =
            Tensor.zeros(dtype, value.layout().localShape(value.shape(), devices.get(i)));
      }
    }
  }

  /** Each device gets a block of its own, of which one a tile is read. */
  private void permute(Plan.Builder builder, PlanStep step, int operand, Layout before) {
    int result = tiles.size() - 1;
    Permutation permutation = Permutation.of(before, step.result().layout());
    builder.communicate(
        new Collective.Permute(permutation.axes(), Prices.pairs(permutation.sources())),
        () -> tensors(operand),
        () -> {
          allocate(result, step.result().dtype(), _ -> true);
          return Arrays.stream(values[result]).map(Objects::requireNonNull).toList();
        });
  }

  private void exchange(Plan.Builder builder, PlanStep step, int operand) {
    int result = tiles.size() - 1;
    Reordered reordered = new Reordered(step, plan.value(operand));
    List<RaggedCounts> counts = devices.stream().map(reordered::counts).toList();
    Tensor[] packed = new Tensor[devices.size()];
    Tensor[] received = new Tensor[devices.size()];
    DType dtype = step.result().dtype();
    builder.compute(
        "pack", (i, _) -> packed[i] = reordered.pack(devices.get(i), tensor(operand, i)));
    builder.communicate(
        new Collective.RaggedAllToAll(step.action().groupAxes(), counts),
        () -> List.of(packed),
        () -> {
          Arrays.setAll(received, i -> Tensor.zeros(dtype, reordered.received(devices.get(i))));
          return List.of(received);
        });
    compute(builder, step, result, i -> reordered.unpack(devices.get(i), received[i]));
  }
}
