package io.github.shardsum.internal.mpi;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One transport's calls between all processes: its communicators, and the last reported progress of
 * each process. For the thread that holds MPI.
 */
final class Channel {
  private final int id;
  private final int rank;
  private final Map<List<Integer>, Long> communicators = new HashMap<>();

  /** Operations that began here with each process. */
  private final long[] begun;

  /**
   * The number of operations with this process after which each process begins no more, as it
   * announced at closing.
   */
  private final long[] last;

  /** The last message of each process: its place, or the reason of its failure. */
  private final Map<Integer, ControlMessage> places = new HashMap<>();

  private final Map<Integer, ControlMessage> failures = new HashMap<>();
  private Optional<PendingOperation> current = Optional.empty();
  private Optional<String> failure = Optional.empty();

  Channel(int id, int rank, int size) {
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

  Optional<PendingOperation> current() {
    return current;
  }

  /** Counts an operation that begins and gives it its number with each of its peers. */
  void begin(PendingOperation operation) {
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

  /** Why this process has given the channel up. */
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

  /** Whether a process has said that it ends before the operation that waits for it. */
  boolean neverComes(int peer, PendingOperation operation) {
    return last[peer] <= operation.number(peer);
  }

  /** The last position that a process sent: the operation that is awaited, or another. */
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

  /** The failure of one of the others. */
  Optional<ControlMessage> failed() {
    return failures.values().stream().findFirst();
  }

  /** The state of this process, in answer to another one. */
  ControlMessage state(int asker) {
    Optional<PendingOperation> together =
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
                    current.map(PendingOperation::toString).orElse("")));
  }

  /** The last message to another process: the number of operations with it. */
  ControlMessage closing(int peer) {
    return message(ControlMessage.Kind.CLOSED, begun[peer], "");
  }

  /**
   * Announces that this process has failed, and why; the message's number is the kind of failure.
   */
  ControlMessage givingUp(FailureKind kind, String reason) {
    return message(ControlMessage.Kind.FAILED, kind.ordinal(), reason);
  }

  ControlMessage message(ControlMessage.Kind kind, long joint, String text) {
    return new ControlMessage(kind, rank, id, joint, text);
  }
}
