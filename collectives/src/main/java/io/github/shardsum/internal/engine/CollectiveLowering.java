package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.internal.engine.check.CallDigest;
import io.github.shardsum.internal.engine.check.CallRules;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.internal.engine.check.GroupCalls;
import io.github.shardsum.internal.engine.transfer.BlockMapping;
import io.github.shardsum.internal.engine.transfer.BlockShapes;
import io.github.shardsum.internal.engine.transfer.BlockTransfer;
import io.github.shardsum.internal.engine.transfer.ExchangeBlocks;
import io.github.shardsum.internal.engine.transfer.OverlappedTasks;
import io.github.shardsum.internal.engine.transfer.Phase;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.ReductionGroup;
import io.github.shardsum.internal.engine.transfer.TransferContext;
import io.github.shardsum.internal.engine.transfer.TransferGroup;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import io.github.shardsum.internal.engine.transfer.TreeReduction;
import io.github.shardsum.internal.reduce.ReductionBlock;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns checked calls of this process's devices into phases. */
final class CollectiveLowering {
  private final TransferContext context;
  private final GroupCalls groups;
  private final TransferGroups layout;
  private final List<DeviceCall> calls;
  private final Collective collective;
  private final int workers;
  private final CollectiveOperands operands;
  private final List<Phase> phases = new ArrayList<>();

  private CollectiveLowering(TransferContext context, GroupCalls groups, int workers) {
    this.context = context;
    this.groups = groups;
    this.calls = groups.calls();
    this.collective = groups.collective();
    this.layout = groups.layout();
    this.workers = workers;
    this.operands = new CollectiveOperands(context.placement(), groups);
  }

  static LoweredCollective lower(TransferContext context, GroupCalls groups, int workers) {
    return new CollectiveLowering(context, groups, workers).lower();
  }

  private LoweredCollective lower() {
    if (collective instanceof Barrier) {
      phases.addAll(barrier());
      copyPastBarrier();
      return new LoweredCollective(
          List.copyOf(phases), calls.stream().map(call -> call.out().orElse(call.x())).toList());
    }
    operands.stage(phases);
    switch (collective) {
      case AllReduce(var _, var reduction, var order) ->
          fold(new ReductionGroup.Kind(name(), dtype(), reduction, order, false));
      case ReduceScatter(var _, var reduction, var _, var order) ->
          fold(new ReductionGroup.Kind(name(), dtype(), reduction, order, true));
      case AllGather _, AllToAll _, RaggedAllToAll _, Exchange _, Permute _, Broadcast _ -> move();
      case Barrier _ -> throw new IllegalStateException("a barrier moves nothing");
    }
    operands.unstage(phases);
    return new LoweredCollective(List.copyOf(phases), operands.results());
  }

  /**
   * Whether bytes travel without packing, as the {@link CallDigest} announced; both sides must
   * agree.
   */
  private boolean zeroCopy() {
    return calls.stream().anyMatch(DeviceCall::liesInNativeMemory);
  }

  private String name() {
    return collective.toString();
  }

  private DType dtype() {
    return calls.getFirst().x().dtype();
  }

  /** An exchange without bytes, which no process leaves before all have entered. */
  private List<Phase> barrier() {
    if (context.isAlone()) {
      return List.of();
    }
    List<Integer> peers = layout.peers();
    ExchangeBlocks send = new ExchangeBlocks(peers.size());
    ExchangeBlocks receive = new ExchangeBlocks(peers.size());
    for (int peer = 0; peer < peers.size(); peer++) {
      if (peers.get(peer) != context.placement().process()) {
        send.add(peer, 1);
        receive.add(peer, 1);
      }
    }
    send.place(context.buffers()::send);
    receive.place(context.buffers()::receive);
    return List.of(new Phase.Exchange(name(), peers, send, receive, OverlappedTasks.none()));
  }

  /** The result of a barrier is its operand. */
  private void copyPastBarrier() {
    List<DeviceCall> copied = calls.stream().filter(DeviceCall::copiesPastBarrier).toList();
    if (!copied.isEmpty()) {
      phases.add(
          new Phase.Tasks(
              name() + ": copy",
              copied.size(),
              (task, _) -> copied.get(task).out().orElseThrow().assign(copied.get(task).x())));
    }
  }

  private void fold(ReductionGroup.Kind kind) {
    TreeReduction folding = new TreeReduction(context, layout, kind, workers, zeroCopy());
    for (TransferGroup members : groups.groups()) {
      @Nullable ReductionBlock[] leaves = new ReductionBlock[members.size()];
      for (int leaf = 0; leaf < leaves.length; leaf++) {
        int device = members.leaves()[leaf];
        leaves[leaf] = context.placement().isLocal(device) ? operands.operand(device) : null;
      }
      folding.add(new ReductionGroup(members, leaves, values(members)));
    }
    phases.addAll(folding.phases());
  }

  private List<ReductionGroup.Value> values(TransferGroup members) {
    Shape shape = operands.shape(members.devices()[members.local()[0]]);
    if (!(collective instanceof ReduceScatter(var _, var _, int dim, var _))) {
      return List.of(
          new ReductionGroup.Value(
              shape.elementCount(), ReductionGroup.Window.ALL, -1, operands.outs(members)));
    }
    List<ReductionGroup.Value> values = new ArrayList<>();
    long inner = BlockShapes.product(shape, dim + 1, shape.rank());
    long n = shape.size(dim);
    Cut cut = Cut.chunks(n, layout.parts());
    for (int member = 0; member < members.size(); member++) {
      long chunk = cut.length(member);
      int device = members.devices()[member];
      values.add(
          new ReductionGroup.Value(
              BlockShapes.withSize(shape, dim, chunk).elementCount(),
              new ReductionGroup.Window(
                  cut.start(member) * inner, Math.max(1, chunk * inner), n * inner),
              context.placement().processOf(device),
              context.placement().isLocal(device) ? List.of(operands.out(device)) : List.of()));
    }
    return values;
  }

  private void move() {
    BlockTransfer movement = new BlockTransfer(context, layout, name(), workers, zeroCopy());
    boolean replicated = collective instanceof AllGather || collective instanceof Broadcast;
    for (TransferGroup members : groups.groups()) {
      int[] devices = members.devices();
      @Nullable ReductionBlock[] elements = new ReductionBlock[devices.length];
      for (int member : members.local()) {
        elements[member] = operands.operand(devices[member]);
      }
      List<BlockTransfer.Target> targets =
          replicated
              ? operands.outs(members).stream()
                  .map(out -> new BlockTransfer.Target(out, members.local()[0]))
                  .toList()
              : Arrays.stream(members.local())
                  .mapToObj(m -> new BlockTransfer.Target(operands.out(devices[m]), m))
                  .toList();
      movement.add(
          new BlockTransfer.Group(members, mapping(members), elements, targets, replicated));
    }
    if (collective instanceof Permute permute) {
      clearUnreached(permute);
    }
    phases.addAll(movement.phases());
  }

  private BlockMapping mapping(TransferGroup members) {
    int p = members.size();
    int width = dtype().byteSize();
    DeviceCall call = calls.get(context.placement().indexOf(members.devices()[members.local()[0]]));
    return switch (collective) {
      case AllGather(var _, int dim, var _) ->
          new BlockMapping.Blocks(
              CallRules.agreedShape(call, layout), -1, dim, layout.parts(), p, width);
      case AllToAll(var _, int split, int concat, var _) ->
          new BlockMapping.Blocks(
              CallRules.agreedShape(call, layout), split, concat, layout.parts(), p, width);
      case RaggedAllToAll _ -> rows(members, call);
      case Exchange exchange -> new BlockMapping.Intervals(exchange, call.x().shape(), width);
      case Broadcast(var _, int root) -> {
        int[] sources = new int[p];
        Arrays.fill(sources, root);
        yield whole(members, sources);
      }
      case Permute permute -> whole(members, permute.sources(p));
      case AllReduce _, ReduceScatter _, Barrier _ ->
          throw new IllegalStateException("not a movement: " + collective);
    };
  }

  private BlockMapping rows(TransferGroup members, DeviceCall first) {
    Shape shape = first.x().shape();
    List<RaggedCounts> counts = calls.stream().map(c -> c.counts().orElseThrow()).toList();
    ProcessDevices placement = context.placement();
    return new BlockMapping.Rows(
        BlockShapes.product(shape, 1, shape.rank()) * dtype().byteSize(),
        counts,
        member -> {
          int device = members.devices()[member];
          return placement.isLocal(device) ? placement.indexOf(device) : -1;
        });
  }

  private BlockMapping whole(TransferGroup members, int[] sources) {
    long[] from = new long[members.size()];
    long[] to = new long[members.size()];
    Arrays.fill(from, -1);
    for (int member : members.local()) {
      int device = members.devices()[member];
      from[member] = operands.shape(device).elementCount() * dtype().byteSize();
      to[member] = operands.resultShape(device).elementCount() * dtype().byteSize();
    }
    return new BlockMapping.Whole(from, to, sources);
  }

  private void clearUnreached(Permute permute) {
    List<ReductionBlock> unreached = new ArrayList<>();
    List<Long> bytes = new ArrayList<>();
    for (TransferGroup members : groups.groups()) {
      int[] sources = permute.sources(members.size());
      for (int member : members.local()) {
        int device = members.devices()[member];
        if (sources[member] < 0) {
          unreached.add(operands.out(device));
          bytes.add(operands.resultShape(device).elementCount() * dtype().byteSize());
        }
      }
    }
    phases.add(
        new Phase.Tasks(
            name() + ": zeros",
            unreached.size(),
            (task, _) -> {
              ReductionBlock out = unreached.get(task);
              out.segment().asSlice(out.at(), bytes.get(task)).fill((byte) 0);
            }));
  }
}
