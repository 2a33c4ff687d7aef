package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Plan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.Permutation;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/** Writes a plan's steps down as supersteps of an engine. */
final class Supersteps {
  private final SpmdPlan plan;
  private final Frame frame;
  private final Plan.Builder builder;
  private final CompositeCode.Finder composites;
  private final List<Integer> devices;

  Supersteps(SpmdPlan plan, Frame frame, Plan.Builder builder, CompositeCode.Finder composites) {
    this.plan = plan;
    this.frame = frame;
    this.builder = builder;
    this.composites = composites;
    this.devices = frame.devices();
  }

  void add() {
    Expansions expansions = new Expansions(plan);
    for (List<Integer> steps : Schedule.of(plan)) {
      PlanStep first = plan.steps().get(steps.getFirst());
      if (first.action() instanceof Action.Apply) {
        Segment segment = new Segment(plan, frame, steps, expansions, composites);
        if (!segment.isEmpty()) {
          builder.compute(segment.name(), (i, _) -> segment.run(i));
        }
      } else {
        add(first, plan.number(steps.getFirst()));
      }
    }
  }

  private void add(PlanStep step, int result) {
    if (step.action() instanceof Action.Loop loop) {
      loop(loop, step, result);
      return;
    }
    int operand = step.operands().getFirst();
    Layout before = frame.value(operand).layout();
    switch (step.action()) {
      case Action.Contract contract -> contract(contract, step, result);
      case Action.Slice slice -> {
        int dim = before.dim(slice.label());
        compute(step, result, i -> slice(slice.axes(), dim, devices.get(i), frame.get(operand, i)));
      }
      case Action.AllGather gather ->
          communicate(
              step,
              result,
              new Collective.AllGather(
                  gather.axes(), before.dim(gather.label()), OptionalLong.empty()));
      case Action.AllToAll all ->
          communicate(
              step,
              result,
              new Collective.AllToAll(
                  all.axes(), before.dim(all.to()), before.dim(all.from()), OptionalLong.empty()));
      case Action.AllReduce reduce ->
          communicate(
              step,
              result,
              new Collective.AllReduce(
                  reduction(reduce.by(), step.result()), names(reduce.axes())));
      case Action.ReduceScatter scatter ->
          communicate(
              step,
              result,
              new Collective.ReduceScatter(
                  reduction(ReduceKind.SUM, step.result()),
                  before.dim(scatter.label()),
                  names(scatter.axes())));
      case Action.CollectivePermute _ -> permute(step, result);
      case Action.Exchange _ -> exchange(step, result);
      case Action.Neighbour neighbour -> neighbour(neighbour, step, result);
      case Action.Apply _, Action.Loop _ -> throw new IllegalStateException(step.toString());
    }
  }

  /** The sum of bools is the or. */
  private static Reduction reduction(ReduceKind by, PlannedValue value) {
    return switch (by) {
      case SUM -> value.dtype() == DType.BOOL ? Reduction.MAX : Reduction.SUM;
      case MAX -> Reduction.MAX;
      case MIN -> Reduction.MIN;
    };
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }

  private void compute(PlanStep step, int result, Function<Integer, Tensor> task) {
    builder.compute(
        step.action().op(),
        (i, _) -> {
          if (frame.isFirst(result, i)) {
            frame.set(result, i, task.apply(i));
          }
        });
  }

  private void contract(Action.Contract contract, PlanStep step, int result) {
    List<Integer> operands = step.operands();
    LocalEinsum einsum =
        new LocalEinsum(contract, operands.stream().map(frame::value).toList(), step.result());
    compute(
        step,
        result,
        i ->
            einsum.run(
                devices.get(i), operands.stream().map(operand -> frame.get(operand, i)).toList()));
  }

  private Tensor slice(List<String> axes, int dim, int device, Tensor x) {
    Mesh mesh = plan.mesh();
    int part = 0;
    for (String axis : axes) {
      part = part * mesh.size(axis) + mesh.coordinate(device, axis);
    }
    Cut cut = Cut.chunks(x.size(dim), axes.stream().map(mesh::size).toList());
    return x.slice(dim, cut.start(part), cut.end(part));
  }

  /**
   * A collective into new tensors; a sum of bf16 is rounded once it is complete. Where a process
   * holds every device those of a tile share a result. Elsewhere groups may have members in
   * different processes, so that the engine could not tell that they do the same: each device then
   * gets a result of its own, of which one a tile is read.
   */
  private void communicate(PlanStep step, int result, Collective collective) {
    int operand = step.operands().getFirst();
    DType dtype = frame.value(operand).dtype();
    boolean shares = devices.size() == plan.mesh().size();
    builder.communicate(
        collective,
        () -> frame.all(operand),
        () -> {
          frame.allocate(result, dtype, i -> !shares || frame.isFirst(result, i));
          return shares ? frame.all(result) : frame.own(result);
        });
    if (dtype != step.result().dtype()) {
      compute(step, result, i -> frame.get(result, i).convert(step.result().dtype()));
    }
  }

  /** Each device gets a block of its own, of which one a tile is read. */
  private void permute(PlanStep step, int result) {
    int operand = step.operands().getFirst();
    Permutation permutation = Permutation.of(frame.value(operand).layout(), step.result().layout());
    Tensor[] received = new Tensor[devices.size()];
    builder.communicate(
        new Collective.Permute(permutation.axes(), Prices.pairs(permutation.sources())),
        () -> frame.all(operand),
        () -> {
          PlannedValue value = step.result();
          Arrays.setAll(
              received,
              i ->
                  Tensor.zeros(
                      value.dtype(), value.layout().localShape(value.shape(), devices.get(i))));
          frame.put(result, Arrays.asList(received));
          return List.of(received);
        });
  }

  private void exchange(PlanStep step, int result) {
    int operand = step.operands().getFirst();
    Reordered reordered = new Reordered(step, frame.value(operand));
    List<RaggedCounts> counts = devices.stream().map(reordered::counts).toList();
    Tensor[] packed = new Tensor[devices.size()];
    Tensor[] received = new Tensor[devices.size()];
    DType dtype = step.result().dtype();
    builder.compute(
        "pack", (i, _) -> packed[i] = reordered.pack(devices.get(i), frame.get(operand, i)));
    builder.communicate(
        new Collective.RaggedAllToAll(step.action().groupAxes(), counts),
        () -> List.of(packed),
        () -> {
          Arrays.setAll(received, i -> Tensor.zeros(dtype, reordered.received(devices.get(i))));
          return List.of(received);
        });
    compute(step, result, i -> reordered.unpack(devices.get(i), received[i]));
  }

  /** An exchange for each operand of which a device lacks something, then the statement. */
  private void neighbour(Action.Neighbour action, PlanStep step, int result) {
    List<PlannedValue> operands = step.operands().stream().map(frame::value).toList();
    Halo halo = Halo.of(action, operands, step.result());
    NeighbourBlocks blocks =
        new NeighbourBlocks(action.statement(), halo, step, result, frame, composites);
    for (int operand : halo.exchanged()) {
      builder.communicate(
          halo.exchange(operand),
          () -> frame.all(step.operands().get(operand)),
          () -> blocks.allocate(operand, devices.size() == plan.mesh().size()));
    }
    builder.compute(step.action().op(), (i, _) -> blocks.run(i));
  }

  private void loop(Action.Loop loop, PlanStep step, int result) {
    Frame inner = new Frame(loop.body(), devices);
    LoopFrame rounds =
        new LoopFrame(frame, inner, (Nested.Scan) loop.statement().operation(), loop, step, result);
    builder.compute("loop begins", (i, _) -> rounds.begin(i));
    builder.repeat(
        "loop",
        Math.toIntExact(rounds.count()),
        (body, round) -> {
          body.compute("round begins", (i, _) -> rounds.before(i, round.getAsInt()));
          new Supersteps(loop.body(), inner, body, composites).add();
          body.compute("round ends", (i, _) -> rounds.after(i, round.getAsInt()));
        });
    builder.compute("loop ends", (i, _) -> rounds.end(i));
  }
}
