package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.internal.reduce.Elements;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns checked calls of this process's devices into phases. */
final class Preparation {
  private final Wire wire;
  private final Layout layout;
  private final List<Call> calls;
  private final Collective collective;
  private final int workers;
  private final Operands operands;
  private final List<Phase> phases = new ArrayList<>();

  private Preparation(Wire wire, List<Call> calls, int workers) {
    this.wire = wire;
    this.calls = calls;
    this.collective = calls.getFirst().collective();
    this.layout = wire.placement().layout(collective.axes());
    this.workers = workers;
    this.operands = new Operands(wire.placement(), layout, calls);
  }

  static Prepared prepare(Wire wire, List<Call> calls, int workers) {
    return new Preparation(wire, calls, workers).prepare();
  }

  private Prepared prepare() {
    if (collective instanceof Barrier) {
      phases.addAll(barrier());
      copyPastBarrier();
      return new Prepared(
          List.copyOf(phases), calls.stream().map(call -> call.out().orElse(call.x())).toList());
    }
    operands.stage(phases);
    switch (collective) {
      case AllReduce(var _, var reduction, var order) ->
          fold(new Fold.Kind(name(), dtype(), reduction, order, false));
      case ReduceScatter(var _, var reduction, var _) ->
          fold(new Fold.Kind(name(), dtype(), reduction, Order.TREE, true));
      case AllGather _, AllToAll _, RaggedAllToAll _, Permute _, Broadcast _ -> move();
      case Barrier _ -> throw new IllegalStateException("a barrier moves nothing");
    }
    operands.unstage(phases);
    return new Prepared(List.copyOf(phases), operands.results());
  }

  /** As the others were told by the {@link Digest}, since both sides must go the same way. */
  private boolean mayStay() {
    return calls.stream().anyMatch(Call::liesInNativeMemory);
  }

  private String name() {
    return collective.toString();
  }

  private DType dtype() {
    return calls.getFirst().x().dtype();
  }

  /** An exchange of nothing, which nobody leaves before all have come. */
  private List<Phase> barrier() {
    if (wire.isAlone()) {
      return List.of();
    }
    List<Integer> peers = layout.peers();
    Blocks send = new Blocks(peers.size());
    Blocks receive = new Blocks(peers.size());
    for (int peer = 0; peer < peers.size(); peer++) {
      if (peers.get(peer) != wire.placement().process()) {
        send.add(peer, 1);
        receive.add(peer, 1);
      }
    }
    send.place(wire.buffers()::send);
    receive.place(wire.buffers()::receive);
    return List.of(Phase.single(name(), () -> wire.exchange(name(), peers, send, receive)));
  }

  /** Behind a barrier a result is the operand. */
  private void copyPastBarrier() {
    List<Call> copied = calls.stream().filter(Call::copiesPastBarrier).toList();
    if (!copied.isEmpty()) {
      phases.add(
          new Phase(
              name() + ": copy",
              copied.size(),
              (task, _) -> copied.get(task).out().orElseThrow().assign(copied.get(task).x())));
    }
  }

  private void fold(Fold.Kind kind) {
    Folding folding = new Folding(wire, layout, kind, workers, mayStay());
    for (GroupMembers members : layout.local()) {
      @Nullable Elements[] leaves = new Elements[members.size()];
      for (int leaf = 0; leaf < leaves.length; leaf++) {
        int device = members.leaves()[leaf];
        leaves[leaf] = wire.placement().isLocal(device) ? operands.operand(device) : null;
      }
      folding.add(new Fold.Group(members, leaves, values(members)));
    }
    phases.addAll(folding.phases());
  }

  private List<Fold.Value> values(GroupMembers members) {
    Shape shape = operands.shape(members.devices()[members.local()[0]]);
    if (!(collective instanceof ReduceScatter(var _, var _, int dim))) {
      return List.of(
          new Fold.Value(shape.elementCount(), Fold.Window.ALL, -1, operands.outs(members)));
    }
    List<Fold.Value> values = new ArrayList<>();
    long inner = Rules.product(shape, dim + 1, shape.rank());
    long n = shape.size(dim);
    for (int member = 0; member < members.size(); member++) {
      long chunk = Chunks.size(n, members.size(), member);
      int device = members.devices()[member];
      values.add(
          new Fold.Value(
              Rules.withSize(shape, dim, chunk).elementCount(),
              new Fold.Window(
                  Chunks.start(n, members.size(), member) * inner,
                  Math.max(1, chunk * inner),
                  n * inner),
              wire.placement().processOf(device),
              wire.placement().isLocal(device) ? List.of(operands.out(device)) : List.of()));
    }
    return values;
  }

  private void move() {
    Movement movement = new Movement(wire, layout, name(), workers, mayStay());
    boolean replicated = collective instanceof AllGather || collective instanceof Broadcast;
    for (GroupMembers members : layout.local()) {
      int[] devices = members.devices();
      @Nullable Elements[] elements = new Elements[devices.length];
      for (int member : members.local()) {
        elements[member] = operands.operand(devices[member]);
      }
      List<Movement.Target> targets =
          replicated
              ? operands.outs(members).stream()
                  .map(out -> new Movement.Target(out, members.local()[0]))
                  .toList()
              : Arrays.stream(members.local())
                  .mapToObj(m -> new Movement.Target(operands.out(devices[m]), m))
                  .toList();
      movement.add(new Movement.Group(members, geometry(members), elements, targets, replicated));
    }
    if (collective instanceof Permute permute) {
      clearUnreached(permute);
    }
    phases.addAll(movement.phases());
  }

  private Geometry geometry(GroupMembers members) {
    int p = members.size();
    int width = dtype().byteSize();
    Call call = calls.get(wire.placement().indexOf(members.devices()[members.local()[0]]));
    return switch (collective) {
      case AllGather(var _, int dim, var _) ->
          new Geometry.Blocks(Rules.agreedShape(call, p), -1, dim, p, width);
      case AllToAll(var _, int split, int concat, var _) ->
          new Geometry.Blocks(Rules.agreedShape(call, p), split, concat, p, width);
      case RaggedAllToAll _ -> rows(members, call);
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

  private Geometry rows(GroupMembers members, Call first) {
    Shape shape = first.x().shape();
    List<RaggedCounts> counts = calls.stream().map(c -> c.counts().orElseThrow()).toList();
    Placement placement = wire.placement();
    return new Geometry.Rows(
        Rules.product(shape, 1, shape.rank()) * dtype().byteSize(),
        counts,
        member -> {
          int device = members.devices()[member];
          return placement.isLocal(device) ? placement.indexOf(device) : -1;
        });
  }

  private Geometry whole(GroupMembers members, int[] sources) {
    long[] from = new long[members.size()];
    long[] to = new long[members.size()];
    Arrays.fill(from, -1);
    for (int member : members.local()) {
      int device = members.devices()[member];
      from[member] = operands.shape(device).elementCount() * dtype().byteSize();
      to[member] = operands.resultShape(device).elementCount() * dtype().byteSize();
    }
    return new Geometry.Whole(from, to, sources);
  }

  private void clearUnreached(Permute permute) {
    List<Elements> unreached = new ArrayList<>();
    List<Long> bytes = new ArrayList<>();
    for (GroupMembers members : layout.local()) {
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
        new Phase(
            name() + ": zeros",
            unreached.size(),
            (task, _) -> {
              Elements out = unreached.get(task);
              out.segment().asSlice(out.at(), bytes.get(task)).fill((byte) 0);
            }));
  }
}
