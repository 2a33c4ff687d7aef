package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.reduce.ReductionBlock;
import io.github.shardsum.internal.reduce.ReductionRequest;
import io.github.shardsum.internal.reduce.ReductionSink;
import io.github.shardsum.internal.reduce.ReductionSource;
import io.github.shardsum.internal.reduce.ReductionSources;
import io.github.shardsum.internal.reduce.ReductionTree;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reduces operands along the tree. A process combines the largest subtrees whose members it all
 * holds, and sends their sums. The owner of a range of the result combines these sums.
 *
 * <p>An all-reduce between processes is an exchange of ranges, a combination, and an exchange of
 * results; short values are sent to all processes as a whole, without a second exchange. A
 * reduce-scatter is one exchange.
 */
public final class TreeReduction {
  /** Bytes of a partial result up to which the second exchange costs more than it saves. */
  private static final long SHORT = 8 << 10;

  /** Ranges of processes are multiples of this many elements: a cache line of f32. */
  private static final long UNIT = 16;

  /** The least number of elements of one task: enough tiles to pay for its start. */
  private static final long LEAST = 8 << 10;

  /** Tasks for each worker, so that workers end at about the same time. */
  private static final int TASKS = 16;

  private final TransferContext context;
  private final TransferGroups layout;
  private final ReductionGroup.Kind kind;
  private final int workers;
  private final boolean zeroCopy;
  private final List<ReductionGroup> groups = new ArrayList<>();

  private record Job(
      ReductionRequest request, int root, long from, long to, List<ReductionSink> sinks) {
    void run(Scratch scratch) {
      request.reducer(scratch).run(root, from, to, sinks);
    }
  }

  /** A range of a value's elements. */
  private record Range(long from, long to) {
    long count() {
      return to - from;
    }
  }

  /**
   * A message to another process: the terms of a node. They are combined here first, unless they
   * are one contiguous range of an operand.
   */
  private record Part(
      ReductionRequest request, int node, Range range, DType width, ExchangeBlocks.Piece place) {
    Job job() {
      return new Job(request, node, range.from(), range.to(), List.of(sink(place, width, range)));
    }

    /** The copy of the message, if it is only a contiguous range of an operand. */
    Optional<Packed> packed() {
      ReductionSource source = request.sources().of(node);
      if (source == null || source.block().dtype() != width) {
        return Optional.empty();
      }
      OptionalLong at = source.together(range.from(), range.count());
      MemorySegment memory = source.block().segment();
      return at.isPresent()
          ? Optional.of(new Packed(memory, at.getAsLong(), range.count() * width.byteSize(), place))
          : Optional.empty();
    }
  }

  /** A range of an operand that is sent without a copy. */
  private record Packed(MemorySegment from, long at, long bytes, ExchangeBlocks.Piece place) {
    void run() {
      BulkCopy.copy(from, at, place.memory(), place.at(), bytes);
    }
  }

  /** A message from another process. */
  private record Come(ExchangeBlocks.Piece place, DType width) {
    ReductionSource source(Range range) {
      ReductionBlock block = ReductionBlock.in(place.memory(), place.at(), width, range.count());
      return ReductionSource.contiguous(block, range.from(), 0);
    }
  }

  /** Messages from other processes, by node. */
  private record Arrival(
      ReductionGroup group, ReductionGroup.Value value, Range range, Map<Integer, Come> nodes) {}

  public TreeReduction(
      TransferContext context,
      TransferGroups layout,
      ReductionGroup.Kind kind,
      int workers,
      boolean zeroCopy) {
    this.context = context;
    this.layout = layout;
    this.kind = kind;
    this.workers = workers;
    this.zeroCopy = zeroCopy;
  }

  public void add(ReductionGroup group) {
    groups.add(group);
  }

  /** The phases to run, in order. */
  public List<Phase> phases() {
    List<Phase> phases = new ArrayList<>();
    List<Job> whole = new ArrayList<>();
    List<ReductionGroup> spanning = new ArrayList<>();
    for (ReductionGroup group : groups) {
      if (group.members().processes().size() == 1) {
        for (ReductionGroup.Value value : group.values()) {
          finish(value, group.localSources(value), new Range(0, value.count()), whole);
        }
      } else {
        spanning.add(group);
      }
    }
    phases.add(phase("combine", whole));
    // Two processes gain nothing from another order, and the library's own reduction cannot be in
    // flight.
    if (kind.order() == Order.ANY
        && !context.isLane()
        && layout.peers().size() > 2
        && context.transport().reduces(ReductionRequest.partial(kind.dtype()), kind.sum())) {
      spanning.forEach(group -> inAnyOrder(group, phases));
    } else if (layout.peers().size() > 1) {
      alongTheTree(spanning, phases);
    }
    return phases;
  }

  private Phase phase(String name, List<Job> jobs) {
    List<Job> cut = new ArrayList<>();
    int wanted = Math.ceilDiv(TASKS * workers, Math.max(1, jobs.size()));
    for (Job job : jobs) {
      long step = Math.max(LEAST, Math.ceilDiv(job.to() - job.from(), wanted));
      long aligned = Math.ceilDiv(step, LEAST) * LEAST;
      for (long from = job.from(); from < job.to(); from += aligned) {
        long to = Math.min(job.to(), from + aligned);
        cut.add(new Job(job.request(), job.root(), from, to, job.sinks()));
      }
    }
    return new Phase.Tasks(
        kind.what() + ": " + name, cut.size(), (task, scratch) -> cut.get(task).run(scratch));
  }

  private ReductionRequest request(ReductionTree tree, ReductionSources sources, boolean last) {
    int divisor = last && kind.reduction() == Reduction.MEAN ? layout.size() : 1;
    return new ReductionRequest(
        ReductionKernels.best(), tree, sources, kind.dtype(), kind.reduction(), divisor, last);
  }

  private void finish(
      ReductionGroup.Value value,
      ReductionSources sources,
      Range range,
      List<Job> jobs,
      ReductionSink... others) {
    List<ReductionSink> sinks = new ArrayList<>();
    value.outs().forEach(out -> sinks.add(new ReductionSink(out, 0, 0)));
    sinks.addAll(List.of(others));
    if (!sinks.isEmpty()) {
      ReductionRequest request = request(layout.tree(), sources, true);
      jobs.add(new Job(request, layout.tree().root(), range.from(), range.to(), sinks));
    }
  }

  /** The range of a value that a process of the group combines. */
  private Range range(
      ReductionGroup group, ReductionGroup.Value value, int process, boolean whole) {
    if (whole || value.owner() >= 0) {
      return new Range(0, value.owner() >= 0 && value.owner() != process ? 0 : value.count());
    }
    List<Integer> processes = group.members().processes();
    int part = processes.indexOf(process);
    long units = Math.ceilDiv(value.count(), UNIT);
    long perPart = Math.ceilDiv(units, processes.size()) * UNIT;
    long from = Math.min(value.count(), part * perPart);
    return new Range(from, Math.min(value.count(), from + perPart));
  }

  /** Whether every process combines the whole value; all peers compute the same answer. */
  private boolean isShort(List<ReductionGroup> spanning) {
    int width = ReductionRequest.partial(kind.dtype()).byteSize();
    return layout.regular()
        && spanning.stream()
            .flatMap(group -> group.values().stream())
            .allMatch(value -> value.count() <= SHORT / width);
  }

  private void alongTheTree(List<ReductionGroup> spanning, List<Phase> phases) {
    boolean whole = !kind.scatter() && isShort(spanning);
    List<Integer> peers = layout.peers();
    ExchangeBlocks send = new ExchangeBlocks(peers.size(), zeroCopy);
    ExchangeBlocks receive = new ExchangeBlocks(peers.size(), zeroCopy);
    List<Part> parts = new ArrayList<>();
    IdentityHashMap<ReductionGroup.Value, Arrival> arrivals = new IdentityHashMap<>();
    for (int peer = 0; peer < peers.size(); peer++) {
      if (peers.get(peer) != context.placement().process()) {
        for (ReductionGroup group : spanning) {
          if (group.members().processes().contains(peers.get(peer))) {
            sendParts(group, peer, whole, send, parts);
            receiveParts(group, peer, whole, receive, arrivals);
          }
        }
      }
    }
    send.place(context.buffers()::send);
    receive.place(context.buffers()::receive);
    addOwnParts(parts, phases);
    phases.add(exchange("exchange parts", send, receive));
    combine(spanning, whole, arrivals, phases);
  }

  private void addOwnParts(List<Part> parts, List<Phase> phases) {
    List<Job> jobs = new ArrayList<>();
    List<Packed> packed = new ArrayList<>();
    for (Part part : parts) {
      if (!part.place().stays()) {
        part.packed().ifPresentOrElse(packed::add, () -> jobs.add(part.job()));
      }
    }
    phases.add(phase("combine own parts", jobs));
    phases.add(
        new Phase.Tasks(
            kind.what() + ": pack", packed.size(), (task, _) -> packed.get(task).run()));
  }

  private Phase exchange(String name, ExchangeBlocks send, ExchangeBlocks receive) {
    String what = kind.what() + ": " + name;
    return new Phase.Exchange(what, layout.peers(), send, receive, OverlappedTasks.none());
  }

  private DType widthOf(int node) {
    return layout.tree().isLeaf(node) ? kind.dtype() : ReductionRequest.partial(kind.dtype());
  }

  private void sendParts(
      ReductionGroup group, int peer, boolean whole, ExchangeBlocks send, List<Part> parts) {
    int process = layout.peers().get(peer);
    for (ReductionGroup.Value value : group.values()) {
      Range range = range(group, value, process, whole);
      if (range.count() == 0) {
        continue;
      }
      ReductionSources local = group.localSources(value);
      for (int node : layout.nodesOf(group.members(), context.placement().process())) {
        DType width = widthOf(node);
        ReductionSource source = local.of(node);
        Optional<MemorySegment> there =
            source == null ? Optional.empty() : source.inNativeMemory(range.from(), range.count());
        ExchangeBlocks.Piece piece = send.add(peer, range.count() * width.byteSize(), there);
        parts.add(new Part(request(layout.tree(), local, false), node, range, width, piece));
      }
    }
  }

  private void receiveParts(
      ReductionGroup group,
      int peer,
      boolean whole,
      ExchangeBlocks receive,
      IdentityHashMap<ReductionGroup.Value, Arrival> arrivals) {
    int process = layout.peers().get(peer);
    for (ReductionGroup.Value value : group.values()) {
      Range range = range(group, value, context.placement().process(), whole);
      if (range.count() == 0) {
        continue;
      }
      Arrival arrival =
          arrivals.computeIfAbsent(value, v -> new Arrival(group, v, range, new HashMap<>()));
      for (int node : layout.nodesOf(group.members(), process)) {
        DType width = widthOf(node);
        ExchangeBlocks.Piece piece = receive.add(peer, range.count() * width.byteSize());
        arrival.nodes().put(node, new Come(piece, width));
      }
    }
  }

  private void combine(
      List<ReductionGroup> spanning,
      boolean whole,
      IdentityHashMap<ReductionGroup.Value, Arrival> arrivals,
      List<Phase> phases) {
    List<Job> jobs = new ArrayList<>();
    if (whole || kind.scatter()) {
      arrivals.values().forEach(arrival -> finish(arrival, jobs));
      phases.add(phase("combine", jobs));
      return;
    }
    // This phase may overwrite the send buffer for the second exchange, since the first exchange
    // has read the buffer.
    share(spanning, arrivals, jobs, phases);
  }

  private void finish(Arrival arrival, List<Job> jobs, ReductionSink... others) {
    ReductionSources local = arrival.group().localSources(arrival.value());
    Map<Integer, ReductionSource> nodes = new HashMap<>();
    arrival.nodes().forEach((node, come) -> nodes.put(node, come.source(arrival.range())));
    ReductionSources sources =
        node -> {
          ReductionSource come = nodes.get(node);
          return come != null ? come : local.of(node);
        };
    finish(arrival.value(), sources, arrival.range(), jobs, others);
  }

  /** Combines this process's ranges and sends the results to the others. */
  private void share(
      List<ReductionGroup> spanning,
      IdentityHashMap<ReductionGroup.Value, Arrival> arrivals,
      List<Job> jobs,
      List<Phase> phases) {
    List<Integer> peers = layout.peers();
    ExchangeBlocks send = new ExchangeBlocks(peers.size(), zeroCopy);
    ExchangeBlocks receive = new ExchangeBlocks(peers.size(), zeroCopy);
    IdentityHashMap<ReductionGroup.Value, List<ExchangeBlocks.Piece>> places =
        new IdentityHashMap<>();
    List<Copy> copies = new ArrayList<>();
    for (int peer = 0; peer < peers.size(); peer++) {
      int process = peers.get(peer);
      for (ReductionGroup group : spanning) {
        if (process != context.placement().process()
            && group.members().processes().contains(process)) {
          sendResult(group, peer, spanning.size() == 1, send, places);
          receiveResult(group, peer, receive, copies);
        }
      }
    }
    send.place(context.buffers()::send);
    receive.place(context.buffers()::receive);
    for (Arrival arrival : arrivals.values()) {
      ReductionSink[] sinks =
          places.getOrDefault(arrival.value(), List.of()).stream()
              .filter(place -> !place.stays())
              .map(place -> sink(place, kind.dtype(), arrival.range()))
              .toArray(ReductionSink[]::new);
      finish(arrival, jobs, sinks);
    }
    copies.removeIf(copy -> copy.place().stays());
    phases.add(phase("combine", jobs));
    phases.add(exchange("exchange results", send, receive));
    int width = kind.dtype().byteSize();
    phases.add(
        new Phase.Tasks(
            kind.what() + ": unpack", copies.size(), (task, _) -> copies.get(task).run(width)));
  }

  /**
   * If there is only one group, and one range of memory has the result for all peers, the result is
   * sent from there.
   */
  private void sendResult(
      ReductionGroup group,
      int peer,
      boolean only,
      ExchangeBlocks send,
      IdentityHashMap<ReductionGroup.Value, List<ExchangeBlocks.Piece>> places) {
    ReductionGroup.Value value = group.values().getFirst();
    Range mine = range(group, value, context.placement().process(), false);
    if (mine.count() == 0) {
      return;
    }
    List<ExchangeBlocks.Piece> sent = places.computeIfAbsent(value, _ -> new ArrayList<>());
    if (only && !sent.isEmpty()) {
      send.share(peer, sent.getFirst());
    } else {
      sent.add(
          send.add(
              peer,
              bytes(mine),
              value.outs().isEmpty() ? Optional.empty() : there(value.outs().getFirst(), mine)));
    }
  }

  private void receiveResult(
      ReductionGroup group, int peer, ExchangeBlocks receive, List<Copy> copies) {
    ReductionGroup.Value value = group.values().getFirst();
    Range theirs = range(group, value, layout.peers().get(peer), false);
    if (theirs.count() > 0) {
      List<ReductionBlock> outs = value.outs();
      Optional<MemorySegment> there =
          outs.size() == 1 ? there(outs.getFirst(), theirs) : Optional.empty();
      ExchangeBlocks.Piece piece = receive.add(peer, bytes(theirs), there);
      outs.forEach(out -> copies.add(new Copy(piece, theirs, out)));
    }
  }

  private long bytes(Range range) {
    return range.count() * kind.dtype().byteSize();
  }

  private Optional<MemorySegment> there(ReductionBlock out, Range range) {
    return out.inNativeMemory(range.from() * kind.dtype().byteSize(), bytes(range));
  }

  private static ReductionSink sink(ExchangeBlocks.Piece place, DType width, Range range) {
    ReductionBlock block = ReductionBlock.in(place.memory(), place.at(), width, range.count());
    return new ReductionSink(block, range.from(), 0);
  }

  /** Copies a range of a result from the receive buffer to its destination. */
  private record Copy(ExchangeBlocks.Piece place, Range range, ReductionBlock out) {
    void run(int width) {
      BulkCopy.copy(
          place.memory(),
          place.at(),
          out.segment(),
          out.at() + range.from() * width,
          range.count() * width);
    }
  }

  private void inAnyOrder(ReductionGroup group, List<Phase> phases) {
    ReductionGroup.Value value = group.values().getFirst();
    DType width = ReductionRequest.partial(kind.dtype());
    long bytes = value.count() * width.byteSize();
    MemorySegment sum = context.buffers().send(bytes);
    List<ReductionSource> own = new ArrayList<>();
    for (ReductionBlock block : group.leaves()) {
      if (block != null) {
        own.add(value.window().source(block));
      }
    }
    ReductionTree flat = ReductionTree.of(List.of(own.size()));
    ReductionRequest first = request(flat, node -> node < own.size() ? own.get(node) : null, false);
    ReductionSink into = new ReductionSink(ReductionBlock.in(sum, 0, width, value.count()), 0, 0);
    phases.add(
        phase(
            "combine own", List.of(new Job(first, flat.root(), 0, value.count(), List.of(into)))));
    phases.add(
        Phase.Tasks.single(
            kind.what() + ": reduce",
            () -> {
              context.agree(kind + " of " + value.count(), group.members().processes());
              context
                  .transport()
                  .allReduce(
                      group.members().processes(),
                      sum.asSlice(0, bytes),
                      width,
                      kind.sum(),
                      context.deadline());
            }));
    ReductionSource all =
        ReductionSource.contiguous(ReductionBlock.in(sum, 0, width, value.count()), 0, 0);
    List<ReductionSink> sinks =
        value.outs().stream().map(out -> new ReductionSink(out, 0, 0)).toList();
    ReductionRequest last = request(ReductionTree.of(List.of()), _ -> all, true);
    phases.add(phase("finish", List.of(new Job(last, 0, 0, value.count(), sinks))));
  }
}
