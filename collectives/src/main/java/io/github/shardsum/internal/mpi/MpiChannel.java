package io.github.shardsum.internal.mpi;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One transport's calls between all processes: its communicators, and the last reported progress of
 * each process. Used by the thread that holds MPI.
 */
final class MpiChannel {
  private final int id;
  private final int rank;
  private final Map<List<Integer>, Long> communicators = new HashMap<>();

  /** For each process, the number of operations that began here with it. */
  private final long[] begun;

  /**
   * For each process, the number of its operations with this process, announced when it closed the
   * channel.
   */
  private final long[] last;

  /** The last position that each process reported. */
  private final Map<Integer, ControlMessage> places = new HashMap<>();

  private final Map<Integer, ControlMessage> failures = new HashMap<>();
  private Optional<PendingMpiOperation> current = Optional.empty();
  private Optional<String> failure = Optional.empty();

  MpiChannel(int id, int rank, int size) {
    this.id = id;
    this.rank = rank;
    begun = new long[size];
    last = new long[size];
    Arrays.fill(last, Long.MAX_VALUE);
  }

  int id() {
    return id;
  }

  Map<List<Integer>, Long> communicators() {
    return communicators;
  }

  Optional<PendingMpiOperation> current() {
    return current;
  }

  /** Counts an operation that begins, and numbers it for each of its peers. */
  void begin(PendingMpiOperation operation) {
    current = Optional.of(operation);
    for (int peer : operation.peers()) {
      operation.number(peer, begun[peer]++);
    }
  }

  void end() {
    current = Optional.empty();
    places.clear();
  }

  void fail(String reason) {
    failure = failure.or(() -> Optional.of(reason));
  }

  /** The reason for which this process has given up the channel, if it has. */
  Optional<String> failure() {
    return failure;
  }

  void hear(ControlMessage message) {
    switch (message.kind()) {
      case QUESTION, ANSWER, ELSEWHERE -> places.put(message.sender(), message);
      case CLOSED -> last[message.sender()] = message.joint();
      case FAILED -> failures.putIfAbsent(message.sender(), message);
      case LEAVING, JOIN, LOCK, GRANT, GO, UNLOCK -> {}
    }
  }

  /** Whether a process closed the channel before the operation that waits for it. */
  boolean neverComes(int peer, PendingMpiOperation operation) {
    return last[peer] <= operation.number(peer);
  }

  /** The last position that a process sent, in the awaited operation or elsewhere. */
  Optional<ControlMessage> place(int peer) {
    return Optional.ofNullable(places.get(peer));
  }

  void forgetPlaces() {
    places.clear();
  }

  /** Whether a process has announced that it gave up the channel. */
  boolean hasFailed(int peer) {
    return failures.containsKey(peer);
  }

  /** The failure of one of the other processes, if any. */
  Optional<ControlMessage> failed() {
    return failures.values().stream().findFirst();
  }

  /** The state of this process, as an answer to another process. */
  ControlMessage state(int asker) {
    Optional<PendingMpiOperation> together =
        current.filter(operation -> operation.peers().contains(asker));
    return together
        .map(
            operation ->
                message(ControlMessage.Kind.ANSWER, operation.number(asker), operation.toString()))
        .orElseGet(
            () ->
                message(
                    ControlMessage.Kind.ELSEWHERE,
                    begun[asker],
                    current.map(PendingMpiOperation::toString).orElse("")));
  }

  /** The last message to another process: the number of operations with that process. */
  ControlMessage closing(int peer) {
    return message(ControlMessage.Kind.CLOSED, begun[peer], "");
  }

  /**
   * Announces that this process has failed, with the reason; the message's number is the kind of
   * failure.
   */
  ControlMessage givingUp(MpiFailureKind kind, String reason) {
    return message(ControlMessage.Kind.FAILED, kind.ordinal(), reason);
  }

  ControlMessage message(ControlMessage.Kind kind, long joint, String text) {
    return new ControlMessage(kind, rank, id, joint, text);
  }
}
