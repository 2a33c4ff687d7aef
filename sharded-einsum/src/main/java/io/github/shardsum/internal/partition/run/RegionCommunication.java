package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/** Runs communications of manual regions, in which each device has its own result. */
final class RegionCommunication {
  private final PlanRunFrame frame;
  private final CollectivePlan.Builder builder;

  RegionCommunication(PlanRunFrame frame, CollectivePlan.Builder builder) {
    this.frame = frame;
    this.builder = builder;
  }

  /** Whether addends of bf16 are summed in f32, to be rounded once. */
  static boolean isWidened(PlanStep step) {
    return step.action() instanceof Action.Communicate communicate
        && step.result().dtype() == DType.BF16
        && switch (communicate.communication()) {
          case AllReduce reduce -> reduce.by() == ReduceKind.SUM;
          case ReduceScatter _ -> true;
          case AllGather _, AllToAll _, Permute _, OwnChunk _, AxisIndex _ -> false;
        };
  }

  /** Adds a step; its result is the value of the given number. */
  void add(Action.Communicate action, int number, PlanStep step, int result) {
    Communication communication = action.communication();
    switch (communication) {
      case AxisIndex(MeshAxis axis) ->
          compute(action, result, i -> frame.get(result, i).assign(index(place(i, List.of(axis)))));
      case OwnChunk chunk ->
          compute(
              action,
              result,
              i -> frame.get(result, i).assign(own(chunk, frame.get(operand(step), i), i)));
      case AllReduce _, AllGather _, ReduceScatter _, AllToAll _, Permute _ -> {
        Collective collective = collective(communication, frame.value(operand(step)));
        if (isWidened(step)) {
          widened(action, number, step, result, collective);
        } else {
          builder.communicate(
              collective, () -> frame.all(operand(step)), () -> frame.written(result));
        }
      }
    }
  }

  private static int operand(PlanStep step) {
    return step.operands().getFirst();
  }

  private void compute(Action action, int result, IntConsumer task) {
    builder.compute(
        action.op(),
        (i, _) -> {
          if (frame.isFirst(result, i)) {
            task.accept(i);
          }
        });
  }

  private static Tensor index(long place) {
    return Tensor.of(new long[] {place}, 1).select(0, 0);
  }

  /** A device's number in its group. */
  private long place(int i, List<MeshAxis> axes) {
    List<String> names = axes.stream().map(MeshAxis::name).toList();
    return frame.mesh().part(names, frame.devices().get(i));
  }

  private Tensor own(OwnChunk chunk, Tensor x, int i) {
    int dim = chunk.x().type().axis(chunk.label());
    long size = x.size(dim) / chunk.members();
    long place = place(i, chunk.axes());
    return x.slice(dim, place * size, (place + 1) * size);
  }

  private static Collective collective(Communication communication, PlannedValue x) {
    List<String> names = communication.axes().stream().map(MeshAxis::name).toList();
    String[] axes = names.toArray(String[]::new);
    return switch (communication) {
      case AllReduce reduce -> new Collective.AllReduce(reduction(reduce.by()), axes);
      case AllGather gather ->
          new Collective.AllGather(names, x.layout().dim(gather.label()), OptionalLong.empty());
      case ReduceScatter scatter ->
          new Collective.ReduceScatter(Reduction.SUM, x.layout().dim(scatter.label()), axes);
      case AllToAll all ->
          new Collective.AllToAll(
              names, x.layout().dim(all.to()), x.layout().dim(all.from()), OptionalLong.empty());
      case Permute permute -> new Collective.Permute(names, Prices.pairs(permute));
      case OwnChunk _, AxisIndex _ -> new Collective.Barrier();
    };
  }

  private static Reduction reduction(ReduceKind by) {
    return switch (by) {
      case SUM -> Reduction.SUM;
      case MAX -> Reduction.MAX;
      case MIN -> Reduction.MIN;
    };
  }

  private void widened(
      Action action, int number, PlanStep step, int result, Collective collective) {
    IntFunction<Tensor> sent = i -> wide(number, Purpose.PACKED, operand(step), i);
    IntFunction<Tensor> received = i -> wide(number, Purpose.RECEIVED, result, i);
    builder.compute(
        "convert", (i, _) -> sent.apply(i).assign(frame.get(operand(step), i).convert(DType.F32)));
    builder.communicate(collective, () -> frame.each(sent), () -> frame.each(received));
    builder.compute(
        action.op(),
        (i, _) -> frame.written(result, i).assign(received.apply(i).convert(DType.BF16)));
  }

  private Tensor wide(int number, Purpose purpose, int like, int i) {
    return frame.temporary(number, purpose, 0, i).reshape(frame.local(like, i).toArray());
  }
}
