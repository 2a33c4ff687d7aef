package io.github.shardsum.internal.engine;

import io.github.shardsum.internal.reduce.Elements;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves parts of operands into results: within the process by copying straight from one to the
 * other, between processes by way of one exchange.
 */
final class Movement {
  /** Bytes below which one copy is not cut into parts. */
  private static final long LEAST_PART = 1 << 18;

  /** Copies for each worker, so that they end about together. */
  private static final int COPIES = 16;

  private final Wire wire;
  private final Layout layout;
  private final String what;
  private final int workers;
  private final List<Group> groups = new ArrayList<>();

  /**
   * One group.
   *
   * @param members who is in it
   * @param geometry what goes where
   * @param operands by member; null on other processes
   * @param targets results on this process; one for all members that share it
   * @param replicated whether all members get the same, which then travels once a process
   */
  record Group(
      GroupMembers members,
      Geometry geometry,
      @Nullable Elements[] operands,
      List<Target> targets,
      boolean replicated) {
    /** Where what is sent to a member goes. */
    List<Target> targetsOf(int member) {
      return replicated
          ? targets
          : List.of(targets.get(Arrays.binarySearch(members.local(), member)));
    }
  }

  /**
   * A result on this process.
   *
   * @param elements its memory
   * @param member a member that it belongs to
   */
  record Target(Elements elements, int member) {}

  private record Copy(Group group, Target target, int[] sources, int part, int parts) {}

  /** A piece that travels: to all targets of its group, or to one. */
  private record Piece(Group group, int source, int target, long at) {}

  Movement(Wire wire, Layout layout, String what, int workers) {
    this.wire = wire;
    this.layout = layout;
    this.what = what;
    this.workers = workers;
  }

  void add(Group group) {
    groups.add(group);
  }

  /** What has to be run, in order. */
  List<Phase> phases() {
    List<Phase> phases = new ArrayList<>();
    List<Copy> copies = copies();
    if (!wire.isAlone()) {
      exchange(phases);
    }
    phases.add(new Phase(what + ": copy", copies.size(), (task, _) -> copy(copies.get(task))));
    return phases;
  }

  private List<Copy> copies() {
    int targets = groups.stream().mapToInt(group -> group.targets().size()).sum();
    int wanted = Math.ceilDiv(COPIES * workers, Math.max(1, targets));
    List<Copy> copies = new ArrayList<>();
    for (Group group : groups) {
      for (Target target : group.targets()) {
        int[] sources = sources(group, target);
        if (sources.length == 1) {
          long bytes = group.geometry().bytes(sources[0], target.member());
          int parts = Math.clamp(bytes / LEAST_PART, 1, wanted);
          for (int part = 0; part < parts; part++) {
            copies.add(new Copy(group, target, sources, part, parts));
          }
        } else if (sources.length > 1) {
          cut(group, target, sources, Math.min(wanted, sources.length), copies);
        }
      }
    }
    return copies;
  }

  private static int[] sources(Group group, Target target) {
    return Arrays.stream(group.members().local())
        .filter(i -> group.geometry().bytes(i, target.member()) > 0)
        .toArray();
  }

  private static void cut(
      Group group, Target target, int[] sources, int blocks, List<Copy> copies) {
    for (int block = 0; block < blocks; block++) {
      int from = (int) ((long) sources.length * block / blocks);
      int to = (int) ((long) sources.length * (block + 1) / blocks);
      int[] some = Arrays.copyOfRange(sources, from, to);
      copies.add(new Copy(group, target, some, 0, 1));
    }
  }

  private static void copy(Copy copy) {
    Geometry geometry = copy.group().geometry();
    Elements to = copy.target().elements();
    int j = copy.target().member();
    for (int i : copy.sources()) {
      Elements from = copy.group().operands()[i];
      if (from != null) {
        geometry
            .direct(i, j)
            .copy(
                from.segment(),
                from.at() + geometry.fromAt(i, j),
                to.segment(),
                to.at() + geometry.toAt(i, j),
                copy.part(),
                copy.parts());
      }
    }
  }

  private void exchange(List<Phase> phases) {
    List<Integer> peers = layout.peers();
    Blocks send = new Blocks(peers.size());
    Blocks receive = new Blocks(peers.size());
    List<Piece> sent = new ArrayList<>();
    List<Piece> received = new ArrayList<>();
    int own = wire.placement().process();
    for (int peer = 0; peer < peers.size(); peer++) {
      send.begin(peer);
      receive.begin(peer);
      if (peers.get(peer) != own) {
        addPieces(own, peers.get(peer), peer, send, sent);
        addPieces(peers.get(peer), own, peer, receive, received);
      }
    }
    MemorySegment from = wire.buffers().send(send.size());
    MemorySegment to = wire.buffers().receive(receive.size());
    phases.add(new Phase(what + ": pack", sent.size(), (task, _) -> pack(sent.get(task), from)));
    phases.add(
        Phase.single(
            what + ": exchange", () -> wire.exchange(what, peers, send, from, receive, to)));
    phases.add(
        new Phase(what + ": unpack", received.size(), (task, _) -> unpack(received.get(task), to)));
  }

  /** The pieces from one process to another, in an order that both find. */
  private void addPieces(int from, int to, int peer, Blocks blocks, List<Piece> pieces) {
    for (Group group : groups) {
      int[] devices = group.members().devices();
      for (int j = 0; j < devices.length; j++) {
        if (wire.placement().processOf(devices[j]) != to) {
          continue;
        }
        for (int i = 0; i < devices.length; i++) {
          if (wire.placement().processOf(devices[i]) == from) {
            long bytes = group.geometry().bytes(i, j);
            if (bytes > 0) {
              pieces.add(new Piece(group, i, j, blocks.add(peer, bytes)));
            }
          }
        }
        if (group.replicated()) {
          break;
        }
      }
    }
  }

  private static void pack(Piece piece, MemorySegment buffer) {
    Geometry geometry = piece.group().geometry();
    int i = piece.source();
    int j = piece.target();
    Elements from = piece.group().operands()[i];
    if (from != null) {
      geometry
          .pack(i, j)
          .copy(from.segment(), from.at() + geometry.fromAt(i, j), buffer, piece.at());
    }
  }

  private static void unpack(Piece piece, MemorySegment buffer) {
    Geometry geometry = piece.group().geometry();
    int i = piece.source();
    int j = piece.target();
    for (Target target : piece.group().targetsOf(j)) {
      Elements to = target.elements();
      geometry.unpack(i, j).copy(buffer, piece.at(), to.segment(), to.at() + geometry.toAt(i, j));
    }
  }
}
