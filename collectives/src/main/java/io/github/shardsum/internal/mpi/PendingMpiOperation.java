package io.github.shardsum.internal.mpi;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** One operation of a channel, from its hand-over until it is done. */
final class PendingMpiOperation {
  /** The action that runs once the peers have a communicator, on the thread that holds MPI. */
  interface Action {
    /**
     * Starts, or advances as far as possible without waiting.
     *
     * @return whether the action is done
     */
    boolean advance(long communicator);
  }

  /**
   * The start and the limit of the wait. The record is replaced as a whole: an await may begin
   * while the thread that holds MPI reads it.
   *
   * @param begun the value of {@link System#nanoTime} when the wait began
   * @param limitNanos the longest wait from then on
   * @param nextQuestionNanos time from the beginning to the next question to the others
   */
  record Waiting(long begun, long limitNanos, long nextQuestionNanos) {
    private static Waiting from(long limitNanos) {
      return new Waiting(System.nanoTime(), limitNanos, PeerMonitor.firstQuestion(limitNanos));
    }

    long waitedNanos() {
      return System.nanoTime() - begun;
    }
  }

  private final MpiChannel channel;
  private final String what;
  private final List<Integer> peers;
  private final Action action;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();
  private final long[] numbers;

  /** Set by the awaiting thread and by the thread that holds MPI. */
  private final AtomicReference<Waiting> waiting;

  private volatile boolean isAwaited = true;
  private Optional<Long> communicator = Optional.empty();

  /**
   * An operation that has yet to begin.
   *
   * @param limitNanos the longest time that it may take
   */
  PendingMpiOperation(
      MpiChannel channel, String what, List<Integer> peers, long limitNanos, Action action) {
    this.channel = channel;
    this.what = what;
    this.peers = peers;
    this.action = action;
    numbers = new long[peers.getLast() + 1];
    waiting = new AtomicReference<>(Waiting.from(limitNanos));
  }

  /** An operation that has yet to begin; its deadline counts from {@link #await}. */
  static PendingMpiOperation inFlight(
      MpiChannel channel, String what, List<Integer> peers, Action action) {
    PendingMpiOperation operation =
        new PendingMpiOperation(channel, what, peers, Long.MAX_VALUE, action);
    operation.isAwaited = false;
    return operation;
  }

  /** Starts the operation's deadline now. */
  void await(long limit) {
    waiting.set(Waiting.from(limit));
    isAwaited = true;
  }

  /** Whether a thread waits for the operation. */
  boolean isAwaited() {
    return isAwaited;
  }

  /** The communicator of the peers, once it exists. */
  Optional<Long> communicator() {
    return communicator;
  }

  void useCommunicator(long handle) {
    communicator = Optional.of(handle);
  }

  MpiChannel channel() {
    return channel;
  }

  List<Integer> peers() {
    return peers;
  }

  Action action() {
    return action;
  }

  CompletableFuture<Boolean> done() {
    return done;
  }

  /** The number of this operation among those with a peer. */
  long number(int peer) {
    return numbers[peer];
  }

  void number(int peer, long number) {
    numbers[peer] = number;
  }

  Waiting waiting() {
    return waiting.get();
  }

  /** Sets the time of the next question to the others, unless another wait has begun since. */
  void askAgainAt(Waiting seen, long nanos) {
    waiting.compareAndSet(seen, new Waiting(seen.begun(), seen.limitNanos(), nanos));
  }

  /** The text by which processes compare the operation; it is the same on all peers. */
  @Override
  public String toString() {
    return what + " among processes " + Arrays.toString(peers.toArray());
  }
}
