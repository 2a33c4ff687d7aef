package io.github.shardsum.internal.mpi;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** One operation of a channel from when it is handed over until it is done. */
final class PendingOperation {
  /** The action that runs once the peers have a communicator, on the thread that holds MPI. */
  interface Action {
    /**
     * Starts, or goes on as far as it can without waiting.
     *
     * @return whether it is done
     */
    boolean advance(long communicator);
  }

  private final Channel channel;
  private final String what;
  private final List<Integer> peers;
  private final Action action;
  private final CompletableFuture<Boolean> done = new CompletableFuture<>();
  private final long[] numbers;

  /** Written by who awaits it, read by who holds MPI. */
  private volatile long begun = System.nanoTime();

  private volatile long limitNanos;
  private volatile long nextQuestionNanos;
  private volatile boolean isAwaited = true;
  private Optional<Long> communicator = Optional.empty();

  /**
   * An operation that has yet to begin.
   *
   * @param limitNanos how long it may take
   */
  PendingOperation(
      Channel channel, String what, List<Integer> peers, long limitNanos, Action action) {
    this.channel = channel;
    this.what = what;
    this.peers = peers;
    this.limitNanos = limitNanos;
    this.action = action;
    numbers = new long[peers.getLast() + 1];
    nextQuestionNanos = PeerMonitor.firstQuestion(limitNanos);
  }

  /** An operation that has yet to begin, and for which nobody waits until {@link #await}. */
  static PendingOperation inFlight(
      Channel channel, String what, List<Integer> peers, Action action) {
    PendingOperation operation = new PendingOperation(channel, what, peers, Long.MAX_VALUE, action);
    operation.isAwaited = false;
    return operation;
  }

  /** Lets the time that it may take begin now. */
  void await(long limit) {
    nextQuestionNanos = PeerMonitor.firstQuestion(limit);
    begun = System.nanoTime();
    limitNanos = limit;
    isAwaited = true;
  }

  /** Whether somebody waits for it. */
  boolean isAwaited() {
    return isAwaited;
  }

  /** The communicator of the peers, once there is one. */
  Optional<Long> communicator() {
    return communicator;
  }

  void useCommunicator(long handle) {
    communicator = Optional.of(handle);
  }

  Channel channel() {
    return channel;
  }

  List<Integer> peers() {
    return peers;
  }

  long limitNanos() {
    return limitNanos;
  }

  Action action() {
    return action;
  }

  CompletableFuture<Boolean> done() {
    return done;
  }

  /** Among the operations with this peer, the number of this one. */
  long number(int peer) {
    return numbers[peer];
  }

  void number(int peer, long number) {
    numbers[peer] = number;
  }

  long waitedNanos() {
    return System.nanoTime() - begun;
  }

  long nextQuestionNanos() {
    return nextQuestionNanos;
  }

  void askAgainAt(long nanos) {
    nextQuestionNanos = nanos;
  }

  /** As processes compare it: the same on all peers. */
  @Override
  public String toString() {
    return what + " among processes " + Arrays.toString(peers.toArray());
  }
}
