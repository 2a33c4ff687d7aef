package io.github.shardsum.internal.mpi;

import io.github.shardsum.internal.mpi.ControlMessage.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;

/**
 * Makes communicators of some of the processes. Used by the thread that holds MPI.
 *
 * <p>MPI's only call for this waits for all members. Two processes would wait for ever if each
 * waited in such a call for a different communicator, and a missing member would hold the others
 * beyond any deadline. So members first report to the lowest of them. When all have reported, the
 * lowest requests the right to make a communicator from rank 0, which grants the right to one group
 * of the job at a time. Then all members make the call.
 */
final class Communicators {
  /** Tag of the calls that make communicators, one at a time. */
  private static final int TAG = 1;

  private static final int GUARDIAN = 0;

  /** A communicator to be made, of these ranks on this channel. */
  private record Request(int channel, List<Integer> ranks) {
    int leader() {
      return ranks.getFirst();
    }

    /** One bit for each rank, so that the ranks of 8000 processes fit into a message. */
    String text() {
      BitSet bits = new BitSet();
      ranks.forEach(bits::set);
      return HexFormat.of().formatHex(bits.toByteArray());
    }

    static Request of(ControlMessage message) {
      BitSet bits = BitSet.valueOf(HexFormat.of().parseHex(message.text()));
      return new Request(message.channel(), bits.stream().boxed().toList());
    }
  }

  private final MpiJob job;

  /** At the lowest member: the number of members that have reported. */
  private final Map<Request, Integer> joined = new HashMap<>();

  /** At rank 0: the processes that wait for the right; the first one has it. */
  private final Queue<ControlMessage> queue = new ArrayDeque<>();

  private final List<Request> due = new ArrayList<>();
  private final Map<Request, Long> made = new HashMap<>();

  Communicators(MpiJob job) {
    this.job = job;
  }

  /** Reports that this process waits for a communicator of these ranks, ascending. */
  void join(MpiChannel channel, List<Integer> ranks) {
    Request request = new Request(channel.id(), ranks);
    send(request.leader(), message(Kind.JOIN, request));
  }

  /** The awaited communicator, once it is made; it is handed out once. */
  Optional<Long> take(MpiChannel channel, List<Integer> ranks) {
    return Optional.ofNullable(made.remove(new Request(channel.id(), ranks)));
  }

  void hear(ControlMessage message) {
    Request request = Request.of(message);
    switch (message.kind()) {
      case JOIN -> {
        if (joined.merge(request, 1, Integer::sum) == request.ranks().size()) {
          joined.remove(request);
          send(GUARDIAN, message(Kind.LOCK, request));
        }
      }
      case LOCK -> {
        queue.add(message);
        if (queue.size() == 1) {
          grant(message);
        }
      }
      case GRANT -> request.ranks().forEach(rank -> send(rank, message(Kind.GO, request)));
      case GO -> due.add(request);
      case UNLOCK -> {
        queue.remove();
        Optional.ofNullable(queue.peek()).ifPresent(this::grant);
      }
      case QUESTION, ANSWER, ELSEWHERE, CLOSED, FAILED, LEAVING ->
          throw new IllegalArgumentException(message.toString());
    }
  }

  private void grant(ControlMessage asked) {
    send(asked.sender(), message(Kind.GRANT, Request.of(asked)));
  }

  /** Whether there is a communicator that all members are now about to make. */
  boolean isDue() {
    return !due.isEmpty();
  }

  /** Makes the communicator that all members are now about to make; waits for them. */
  void makeDue() {
    while (!due.isEmpty()) {
      Request request = due.removeLast();
      made.put(request, make(request.ranks()));
      if (request.leader() == job.rank()) {
        send(GUARDIAN, message(Kind.UNLOCK, request));
      }
    }
  }

  private long make(List<Integer> ranks) {
    try (Arena arena = Arena.ofConfined()) {
      int[] members = ranks.stream().mapToInt(Integer::intValue).toArray();
      MemorySegment list = arena.allocateFrom(ValueLayout.JAVA_INT, members);
      return job.mpi().create(job.world(), list, members.length, TAG);
    }
  }

  private void send(int target, ControlMessage message) {
    if (target == job.rank()) {
      hear(message);
    } else {
      job.control().tell(target, message);
    }
  }

  private ControlMessage message(Kind kind, Request request) {
    return new ControlMessage(kind, job.rank(), request.channel(), 0, request.text());
  }
}
