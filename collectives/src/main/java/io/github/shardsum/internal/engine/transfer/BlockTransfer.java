package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.internal.reduce.ReductionBlock;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Moves parts of operands into results: within the process by direct copies, between processes by
 * one exchange.
 */
public final class BlockTransfer {
  /** The least number of bytes of a part; a copy of fewer than twice as many is not cut. */
  private static final long LEAST_PART = 1 << 18;

  /** Copies for each worker, so that workers end at about the same time. */
  private static final int COPIES = 16;

  private final TransferContext context;
  private final TransferGroups layout;
  private final String what;
  private final int workers;
  private final boolean zeroCopy;
  private final List<Group> groups = new ArrayList<>();

  /**
   * One group.
   *
   * @param mapping the bytes that each member sends to each member
   * @param operands the operands by member; null on other processes
   * @param targets the results on this process, each once even if several members share it
   * @param replicated whether all members get the same bytes, which then travel once to each
   *     process
   */
  public record Group(
      TransferGroup members,
      BlockMapping mapping,
      @Nullable ReductionBlock[] operands,
      List<Target> targets,
      boolean replicated) {
    /** The targets of a member's piece. */
    List<Target> targetsOf(int member) {
      return replicated
          ? targets
          : List.of(targets.get(Arrays.binarySearch(members.local(), member)));
    }
  }

  /**
   * A result on this process.
   *
   * @param block its memory
   * @param member a member to which the result belongs
   */
  public record Target(ReductionBlock block, int member) {}

  /**
   * The copies of one task: from each source to each target, or a part of the copy between one
   * pair.
   *
   * @param sources members
   * @param targets indices in the group's list of targets
   */
  private record Copy(Group group, int[] sources, int[] targets, int part, int parts) {
    /** The part of this copy for some of its sources, or for some of its targets. */
    Copy some(int from, int to) {
      return sources.length > 1
          ? new Copy(group, Arrays.copyOfRange(sources, from, to), targets, 0, 1)
          : new Copy(group, sources, Arrays.copyOfRange(targets, from, to), 0, 1);
    }
  }

  /** A piece that travels: to all targets of its group, or to one. */
  private record Piece(Group group, int source, int target, ExchangeBlocks.Piece place) {}

  public BlockTransfer(
      TransferContext context, TransferGroups layout, String what, int workers, boolean zeroCopy) {
    this.context = context;
    this.layout = layout;
    this.what = what;
    this.workers = workers;
    this.zeroCopy = zeroCopy;
  }

  public void add(Group group) {
    groups.add(group);
  }

  /** The phases to run, in order. */
  public List<Phase> phases() {
    List<Phase> phases = new ArrayList<>();
    List<Copy> copies = copies();
    if (context.isAlone()) {
      phases.add(
          new Phase.Tasks(what + ": copy", copies.size(), (task, _) -> copy(copies.get(task))));
    } else {
      exchange(phases, new OverlappedTasks(copies.size(), task -> copy(copies.get(task))));
    }
    return phases;
  }

  private List<Copy> copies() {
    List<Copy> lines = new ArrayList<>();
    groups.forEach(group -> addLines(group, lines));
    int wanted = Math.ceilDiv(COPIES * workers, Math.max(1, lines.size()));
    List<Copy> copies = new ArrayList<>();
    for (Copy line : lines) {
      int pairs = Math.max(line.sources().length, line.targets().length);
      if (pairs == 1) {
        cutBytes(line, wanted, copies);
      } else {
        cut(line, pairs, Math.min(wanted, pairs), copies);
      }
    }
    return copies;
  }

  /**
   * Groups copies by source if the block for each target is contiguous: the operand is then read in
   * order, which the processor prefetches. Otherwise it groups them by target, so that interleaved
   * pieces of a target are written at about the same time.
   */
  private static void addLines(Group group, List<Copy> lines) {
    int[] sources = group.members().local();
    int[] targets = IntStream.range(0, group.targets().size()).toArray();
    if (sources.length == 0 || targets.length == 0) {
      return;
    }
    boolean together =
        group.mapping().direct(sources[0], group.targets().getFirst().member()).isOneRun();
    if (together && targets.length > 1) {
      for (int i : sources) {
        int[] reached = Arrays.stream(targets).filter(t -> bytes(group, i, t) > 0).toArray();
        lines.add(new Copy(group, new int[] {i}, reached, 0, 1));
      }
    } else {
      for (int t : targets) {
        int[] sending = Arrays.stream(sources).filter(i -> bytes(group, i, t) > 0).toArray();
        lines.add(new Copy(group, sending, new int[] {t}, 0, 1));
      }
    }
    lines.removeIf(line -> line.sources().length * line.targets().length == 0);
  }

  private static long bytes(Group group, int source, int target) {
    return group.mapping().bytes(source, group.targets().get(target).member());
  }

  private static void cutBytes(Copy line, int wanted, List<Copy> copies) {
    long bytes = bytes(line.group(), line.sources()[0], line.targets()[0]);
    int parts = Math.clamp(bytes / LEAST_PART, 1, wanted);
    for (int part = 0; part < parts; part++) {
      copies.add(new Copy(line.group(), line.sources(), line.targets(), part, parts));
    }
  }

  private static void cut(Copy line, int pairs, int blocks, List<Copy> copies) {
    for (int block = 0; block < blocks; block++) {
      int from = (int) ((long) pairs * block / blocks);
      copies.add(line.some(from, (int) ((long) pairs * (block + 1) / blocks)));
    }
  }

  private static void copy(Copy copy) {
    for (int i : copy.sources()) {
      ReductionBlock from = copy.group().operands()[i];
      if (from != null) {
        for (int target : copy.targets()) {
          copy(copy, i, from, copy.group().targets().get(target));
        }
      }
    }
  }

  private static void copy(Copy copy, int i, ReductionBlock from, Target target) {
    BlockMapping mapping = copy.group().mapping();
    ReductionBlock to = target.block();
    int j = target.member();
    mapping
        .direct(i, j)
        .copy(
            from.segment(),
            from.at() + mapping.fromAt(i, j),
            to.segment(),
            to.at() + mapping.toAt(i, j),
            copy.part(),
            copy.parts());
  }

  /** Copies within the process run while the other pieces travel. */
  private void exchange(List<Phase> phases, OverlappedTasks copying) {
    List<Integer> peers = layout.peers();
    ExchangeBlocks send = new ExchangeBlocks(peers.size(), zeroCopy);
    ExchangeBlocks receive = new ExchangeBlocks(peers.size(), zeroCopy);
    List<Piece> sent = new ArrayList<>();
    List<Piece> received = new ArrayList<>();
    int own = context.placement().process();
    for (int peer = 0; peer < peers.size(); peer++) {
      if (peers.get(peer) != own) {
        addPieces(own, peers.get(peer), peer, send, sent);
        addPieces(peers.get(peer), own, peer, receive, received);
      }
    }
    send.place(context.buffers()::send);
    receive.place(context.buffers()::receive);
    sent.removeIf(piece -> piece.place().stays());
    received.removeIf(piece -> piece.place().stays());
    phases.add(new Phase.Tasks(what + ": pack", sent.size(), (task, _) -> pack(sent.get(task))));
    phases.add(new Phase.Exchange(what, peers, send, receive, copying));
    phases.add(
        new Phase.Tasks(
            what + ": unpack", received.size(), (task, _) -> unpack(received.get(task))));
  }

  /** The pieces from one process to another, in an order that both derive. */
  private void addPieces(int from, int to, int peer, ExchangeBlocks blocks, List<Piece> pieces) {
    boolean leaves = from == context.placement().process();
    for (Group group : groups) {
      int[] devices = group.members().devices();
      for (int j = 0; j < devices.length; j++) {
        if (context.placement().processOf(devices[j]) != to) {
          continue;
        }
        for (int i = 0; i < devices.length; i++) {
          if (context.placement().processOf(devices[i]) != from) {
            continue;
          }
          long bytes = group.mapping().bytes(i, j);
          if (bytes > 0) {
            Optional<MemorySegment> there = leaves ? source(group, i, j) : target(group, i, j);
            pieces.add(new Piece(group, i, j, blocks.add(peer, bytes, there)));
          }
        }
        if (group.replicated()) {
          break;
        }
      }
    }
  }

  /** Memory from which a piece can be sent without packing. */
  private static Optional<MemorySegment> source(Group group, int i, int j) {
    ReductionBlock from = group.operands()[i];
    return from != null && group.mapping().pack(i, j).isOneRun()
        ? from.inNativeMemory(group.mapping().fromAt(i, j), group.mapping().bytes(i, j))
        : Optional.empty();
  }

  /** Memory into which a piece can be received. */
  private static Optional<MemorySegment> target(Group group, int i, int j) {
    List<Target> targets = group.targetsOf(j);
    return targets.size() == 1 && group.mapping().unpack(i, j).isOneRun()
        ? targets
            .getFirst()
            .block()
            .inNativeMemory(group.mapping().toAt(i, j), group.mapping().bytes(i, j))
        : Optional.empty();
  }

  private static void pack(Piece piece) {
    BlockMapping mapping = piece.group().mapping();
    ExchangeBlocks.Piece to = piece.place();
    int i = piece.source();
    int j = piece.target();
    ReductionBlock from = piece.group().operands()[i];
    if (from != null) {
      mapping
          .pack(i, j)
          .copy(from.segment(), from.at() + mapping.fromAt(i, j), to.memory(), to.at());
    }
  }

  private static void unpack(Piece piece) {
    BlockMapping mapping = piece.group().mapping();
    ExchangeBlocks.Piece from = piece.place();
    int i = piece.source();
    int j = piece.target();
    for (Target target : piece.group().targetsOf(j)) {
      ReductionBlock to = target.block();
      mapping
          .unpack(i, j)
          .copy(from.memory(), from.at(), to.segment(), to.at() + mapping.toAt(i, j));
    }
  }
}
