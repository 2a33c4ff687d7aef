package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.ReshardPermutation;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/** Translates a plan's steps to supersteps of an engine. */
final class SuperstepBuilder {
  private final Stages stages;
  private final SpmdPlan plan;
  private final PlanRunFrame frame;
  private final CollectivePlan.Builder builder;
  private final List<Integer> devices;

  private final Optional<StepClock> clock;

  /** The numbers of the steps whose loops surround these steps. */
  private final List<Integer> within;

  SuperstepBuilder(
      Stages stages,
      CollectivePlan.Builder builder,
      Optional<StepClock> clock,
      List<Integer> within) {
    this.stages = stages;
    this.clock = clock;
    this.within = within;
    this.plan = stages.plan();
    this.frame = stages.frame();
    this.builder = builder;
    this.devices = frame.devices();
  }

  void add() {
    for (Stage stage : stages.all()) {
      switch (stage) {
        case Stage.Local local -> local(local.segment());
        case Stage.Between between -> timed(between);
        case Stage.Rounds rounds -> loop(rounds);
      }
    }
  }

  private void timed(Stage.Between between) {
    PlanStep step = plan.steps().get(between.step());
    StepClock.Timed timed =
        new StepClock.Timed(step.action().op(), List.of(between.step()), within);
    if (between.code() instanceof PartitionRun parts) {
      // Each part is timed separately.
      parts.add(builder, clock, timed);
      return;
    }
    SegmentWork work = work(between.step(), step);
    clock.ifPresent(of -> builder.compute("clock", (i, _) -> of.begin(i)));
    add(between);
    clock.ifPresent(of -> builder.compute("clock", (i, _) -> of.end(i, timed, work)));
  }

  /** The work of devices in a step that is neither a local program nor an einsum in windows. */
  private SegmentWork work(int number, PlanStep step) {
    if (!(step.action() instanceof Action.Neighbour)) {
      return SegmentWork.NONE;
    }
    double bytes = 0;
    for (int operand : step.operands()) {
      bytes += bytes(frame.value(operand));
    }
    for (PlannedValue made : step.results()) {
      bytes += bytes(made);
    }
    return new SegmentWork(plan.flops(number), bytes);
  }

  private static double bytes(PlannedValue value) {
    return (double) value.localElements() * value.dtype().byteSize();
  }

  private void local(Segment segment) {
    String name = segment.name();
    if (clock.isEmpty()) {
      builder.compute(name, (i, _) -> segment.run(i));
      return;
    }
    StepClock of = clock.get();
    StepClock.Timed timed = new StepClock.Timed(name, segment.steps(), within);
    builder.compute(
        name,
        (i, _) -> {
          of.begin(i);
          segment.run(i);
          of.end(i, timed, segment.work(i));
        });
  }

  private void add(Stage.Between between) {
    PlanStep step = plan.steps().get(between.step());
    int result = plan.number(between.step());
    if (step.action() instanceof Action.Communicate communicate) {
      new RegionCommunication(frame, builder).add(communicate, between.step(), step, result);
      return;
    }
    int operand = step.operands().getFirst();
    Layout before = frame.value(operand).layout();
    switch (step.action()) {
      case Action.Slice slice -> {
        int dim = before.dim(slice.label());
        compute(
            step,
            result,
            i ->
                frame.set(
                    result, i, slice(slice.axes(), dim, devices.get(i), frame.get(operand, i))));
      }
      case Action.AllReduce _ when step.operands().size() > 1 ->
          packed(between.step(), collective(step.action(), step));
      case Action.AllGather _, Action.AllToAll _, Action.AllReduce _, Action.ReduceScatter _ ->
          communicate(between, result, collective(step.action(), step));
      // Each device gets its own block, but only the block of each tile's first device is read.
      case Action.CollectivePermute _ ->
          builder.communicate(
              collective(step.action(), step),
              () -> frame.all(operand),
              () -> frame.written(result));
      case Action.Start(Action started) ->
          builder.start(
              "%" + result,
              collective(started, step),
              () -> frame.all(operand),
              () -> frame.written(result));
      case Action.Await _ -> {
        builder.await("%" + operand);
        arrived(step, operand, result);
      }
      case Action.Exchange _ -> exchange(between, result);
      case Action.Neighbour _ -> neighbour(between);
      case Action.Windows _ -> ((WindowBlocks) between.code()).add(builder);
      case Action.Apply _, Action.Loop _, Action.Communicate _, Action.Partitioned _ ->
          throw new IllegalStateException(step.toString());
    }
  }

  /** The collective of an action. */
  private Collective collective(Action action, PlanStep step) {
    Layout before = frame.value(step.operands().getFirst()).layout();
    return switch (action) {
      case Action.AllGather gather ->
          new Collective.AllGather(gather.axes(), before.dim(gather.label()), OptionalLong.empty());
      case Action.AllToAll all ->
          new Collective.AllToAll(
              all.axes(), before.dim(all.to()), before.dim(all.from()), OptionalLong.empty());
      case Action.AllReduce reduce ->
          new Collective.AllReduce(reduce.axes(), reduction(reduce.by(), step.result()), order());
      case Action.ReduceScatter scatter ->
          new Collective.ReduceScatter(
              scatter.axes(),
              reduction(ReduceKind.SUM, step.result()),
              before.dim(scatter.label()),
              order());
      case Action.CollectivePermute _ -> {
        ReshardPermutation permutation = ReshardPermutation.of(before, step.result().layout());
        yield new Collective.Permute(permutation.axes(), Prices.pairs(permutation.sources()));
      }
      default ->
          throw new IllegalArgumentException(
              "plan: a start must be of a collective of one block, got " + action.op());
    };
  }

  /** If sums have the order of a tree, members are combined in the order of their indices. */
  private Order order() {
    return plan.sums().isTree() ? Order.INDEX : Order.TREE;
  }

  /** Delivers an awaited value: a view, or a sum of bf16 that is rounded. */
  private void arrived(PlanStep step, int operand, int result) {
    boolean rounds = frame.value(operand).dtype() != step.result().dtype();
    compute(
        step,
        result,
        i -> {
          if (rounds) {
            frame.get(result, i).assign(frame.get(operand, i).convert(step.result().dtype()));
          } else {
            frame.set(result, i, frame.get(operand, i));
          }
        });
  }

  /** The sum of bools is the or. */
  private static Reduction reduction(ReduceKind by, PlannedValue value) {
    return switch (by) {
      case SUM -> value.dtype() == DType.BOOL ? Reduction.MAX : Reduction.SUM;
      case MAX -> Reduction.MAX;
      case MIN -> Reduction.MIN;
    };
  }

  /** Computes on the first device of each tile. */
  private void compute(PlanStep step, int result, IntConsumer task) {
    builder.compute(
        step.action().op(),
        (i, _) -> {
          if (frame.isFirst(result, i)) {
            task.accept(i);
          }
        });
  }

  private Tensor slice(List<String> axes, int dim, int device, Tensor x) {
    Mesh mesh = plan.mesh();
    int part = mesh.part(axes, device);
    Cut cut = Cut.chunks(x.size(dim), axes.stream().map(mesh::size).toList());
    return x.slice(dim, cut.start(part), cut.end(part));
  }

  /**
   * Adds a collective; a sum of bf16 is rounded once it is complete. If a process holds all
   * devices, the devices of a tile share a result.
   */
  private void communicate(Stage.Between between, int result, Collective collective) {
    PlanStep step = plan.steps().get(between.step());
    int operand = step.operands().getFirst();
    if (frame.value(operand).dtype() == step.result().dtype()) {
      builder.communicate(collective, () -> frame.all(operand), () -> frame.written(result));
      return;
    }
    builder.communicate(collective, () -> frame.all(operand), () -> sums(between.step(), result));
    compute(
        step,
        result,
        i ->
            frame
                .get(result, i)
                .assign(
                    frame
                        .temporary(between.step(), Purpose.SUM, 0, i)
                        .convert(step.result().dtype())));
  }

  /**
   * Adds values that travel as one buffer; sums of bf16 are rounded when they are taken out of the
   * buffer.
   */
  private void packed(int number, Collective collective) {
    PlanStep step = plan.steps().get(number);
    IntFunction<Tensor> packed = i -> frame.temporary(number, Purpose.PACKED, 0, i);
    IntFunction<Tensor> received = i -> frame.temporary(number, Purpose.RECEIVED, 0, i);
    builder.compute(
        "pack",
        (i, _) -> {
          long at = 0;
          for (int operand : step.operands()) {
            at = part(packed.apply(i), at, frame.get(operand, i));
          }
        });
    builder.communicate(collective, () -> frame.each(packed), () -> frame.each(received));
    builder.compute("unpack", (i, _) -> unpack(number, received.apply(i), i));
  }

  private static long part(Tensor buffer, long at, Tensor value) {
    long end = at + value.shape().elementCount();
    buffer.slice(0, at, end).reshape(value.shape().toArray()).assign(value);
    return end;
  }

  private void unpack(int number, Tensor received, int i) {
    PlanStep step = plan.steps().get(number);
    long at = 0;
    for (int part = 0; part < step.results().size(); part++) {
      int result = plan.number(number) + part;
      long[] local = frame.local(result, i).toArray();
      long end = at + frame.local(result, i).elementCount();
      if (frame.isFirst(result, i)) {
        frame.get(result, i).assign(received.slice(0, at, end).reshape(local));
      }
      at = end;
    }
  }

  /** The memory of a sum before rounding, in the layout of the value. */
  private List<Tensor> sums(int step, int result) {
    return frame.each(
        i ->
            frame.temporary(
                step, Purpose.SUM, 0, frame.isStoredOnce(result) ? frame.first(result, i) : i));
  }

  private void exchange(Stage.Between between, int result) {
    PlanStep step = plan.steps().get(between.step());
    int operand = step.operands().getFirst();
    ReorderedDimension reordered = (ReorderedDimension) between.code();
    List<RaggedCounts> counts = devices.stream().map(reordered::counts).toList();
    IntFunction<Tensor> packed = i -> frame.temporary(between.step(), Purpose.PACKED, 0, i);
    IntFunction<Tensor> received = i -> frame.temporary(between.step(), Purpose.RECEIVED, 0, i);
    builder.compute(
        "pack", (i, _) -> reordered.pack(devices.get(i), frame.get(operand, i), packed.apply(i)));
    builder.communicate(
        new Collective.RaggedAllToAll(step.action().groupAxes(), counts),
        () -> frame.each(packed),
        () -> frame.each(received));
    compute(
        step,
        result,
        i -> reordered.unpack(devices.get(i), received.apply(i), frame.get(result, i)));
  }

  /** Adds an exchange for each operand with missing elements, and then the statement. */
  private void neighbour(Stage.Between between) {
    PlanStep step = plan.steps().get(between.step());
    NeighbourBlocks blocks = (NeighbourBlocks) between.code();
    Halo halo = blocks.halo();
    for (int operand : halo.exchanged()) {
      builder.communicate(
          halo.exchange(operand),
          () -> frame.all(step.operands().get(operand)),
          () -> frame.each(i -> blocks.received(operand, i)));
    }
    builder.compute(step.action().op(), (i, _) -> blocks.run(i));
  }

  private void loop(Stage.Rounds loop) {
    LoopRunFrame rounds = new LoopRunFrame(frame, plan, loop);
    List<Integer> inside = new ArrayList<>(within);
    inside.add(loop.step());
    builder.repeat(
        "loop",
        Math.toIntExact(loop.count()),
        (body, round) -> {
          body.compute("round begins", (i, _) -> rounds.before(i, round.getAsInt()));
          new SuperstepBuilder(loop.body(), body, clock, List.copyOf(inside)).add();
          body.compute("round ends", (i, _) -> rounds.after(i, round.getAsInt()));
        });
    builder.compute("loop ends", (i, _) -> rounds.end(i));
  }
}
