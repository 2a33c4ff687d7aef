package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.TransportException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Polls the running operations and the control messages. Used by the thread that holds MPI, see
 * {@link MpiThread}.
 *
 * <p>A poll does not wait for another process: an operation is started and then tested. So
 * operations of several channels advance together, deadlines hold, and questions of other processes
 * are answered. Only {@link #waitForOthers} waits.
 */
final class ProgressEngine {
  /**
   * While operations run, control messages are received once in this many polls, since a look for
   * them costs as much as a test of a message. An operation that takes long looks for them itself.
   */
  private static final int HEAR_EVERY = 256;

  private final MpiJob job;
  private final PeerMonitor monitor;
  private final List<PendingMpiOperation> running = new ArrayList<>();
  private int polls;
  private boolean finished;
  private boolean left;
  private boolean cutOff;

  ProgressEngine(MpiJob job) {
    this.job = job;
    monitor = new PeerMonitor(job);
  }

  MpiJob job() {
    return job;
  }

  boolean isIdle() {
    return running.isEmpty();
  }

  /** Whether a thread waits for one of the operations that run. */
  boolean isAwaited() {
    return running.stream().anyMatch(PendingMpiOperation::isAwaited);
  }

  boolean isFinished() {
    return finished;
  }

  /** Ends the engine after this poll. */
  void finish() {
    finished = true;
  }

  /** Announces that this process makes no further call; running operations may still end. */
  void leave() {
    left = true;
    cutOff = !running.isEmpty();
    job.leave();
  }

  /** Whether the program called collectives when or after its JVM received the signal to end. */
  boolean isCutOff() {
    return cutOff;
  }

  /** Begins an operation, and numbers it among the operations begun with each of its peers. */
  void begin(PendingMpiOperation operation) {
    MpiChannel channel = operation.channel();
    if (left) {
      cutOff = true;
      String message = job.name(job.rank()) + ", in " + operation + ": this JVM is ending";
      operation.done().completeExceptionally(new TransportException(message, List.of()));
      return;
    }
    if (channel.failure().isPresent()) {
      TransportException failed =
          new TransportException("MPI: failed before: " + channel.failure().get(), List.of());
      operation.done().completeExceptionally(failed);
      return;
    }
    channel.begin(operation);
    Optional.ofNullable(channel.communicators().get(operation.peers()))
        .ifPresentOrElse(
            operation::useCommunicator, () -> job.communicators().join(channel, operation.peers()));
    running.add(operation);
  }

  /** Polls all operations and messages once; true if an operation has ended. */
  boolean poll(PollingBackoff backoff) {
    if (finished) {
      return true;
    }
    boolean ended = false;
    boolean hear = polls++ % HEAR_EVERY == 0;
    for (Iterator<PendingMpiOperation> all = running.iterator(); all.hasNext(); ) {
      PendingMpiOperation operation = all.next();
      if (hasEnded(operation, backoff)) {
        all.remove();
        operation.channel().end();
        ended = true;
      } else {
        hear |= operation.communicator().isEmpty();
      }
    }
    if (hear || (running.isEmpty() && !ended)) {
      job.control().progress();
    }
    return ended;
  }

  /** Whether there is work in which MPI waits for others. */
  boolean mustWait() {
    return job.communicators().isDue();
  }

  /** Does the work in which MPI waits for others. */
  void waitForOthers() {
    job.communicators().makeDue();
  }

  private boolean hasEnded(PendingMpiOperation operation, PollingBackoff backoff) {
    try {
      Optional<Long> communicator = communicator(operation);
      if (communicator.isPresent() && operation.action().advance(communicator.get())) {
        operation.done().complete(true);
        return true;
      }
      return backoff.isLong() && mustEnd(operation);
    } catch (CollectiveException e) {
      fail(operation, e);
      return true;
    } catch (MpiException e) {
      String message = job.name(job.rank()) + ", in " + operation + ": " + e.getMessage();
      fail(operation, new TransportException(message, List.of(), e));
      return true;
    }
  }

  /**
   * Looks for the communicator at each poll until it exists: that costs as much as a test of a
   * message.
   */
  private Optional<Long> communicator(PendingMpiOperation operation) {
    if (operation.communicator().isEmpty()) {
      job.communicators()
          .take(operation.channel(), operation.peers())
          .ifPresent(
              made -> {
                operation.channel().communicators().put(operation.peers(), made);
                operation.useCommunicator(made);
              });
    }
    return operation.communicator();
  }

  private boolean mustEnd(PendingMpiOperation operation) {
    job.control().progress();
    Optional<CollectiveException> failure = monitor.look(operation);
    failure.ifPresent(thrown -> fail(operation, thrown));
    return failure.isPresent();
  }

  private void fail(PendingMpiOperation operation, CollectiveException failure) {
    giveUp(operation.channel(), MpiFailureKind.of(failure), String.valueOf(failure.getMessage()));
    job.abandon(operation);
    operation.done().completeExceptionally(failure);
  }

  /**
   * Announces that this process no longer uses a channel, and frees its communicators unless it
   * failed.
   */
  void close(MpiChannel channel) {
    job.closeChannel(channel);
    if (channel.failure().isEmpty()) {
      channel.communicators().values().stream()
          .filter(communicator -> communicator != job.world())
          .forEach(job.mpi()::freeCommunicator);
    }
    channel.communicators().clear();
  }

  /** Gives up a channel and its operations in flight. */
  void abort(MpiChannel channel, String reason) {
    giveUp(channel, MpiFailureKind.DEVICE, reason);
    for (Iterator<PendingMpiOperation> all = running.iterator(); all.hasNext(); ) {
      PendingMpiOperation operation = all.next();
      if (operation.channel() == channel) {
        all.remove();
        job.abandon(operation);
        operation.done().completeExceptionally(new TransportException(reason, List.of()));
        channel.end();
      }
    }
  }

  /** Marks a channel as failed and announces the failure. */
  void giveUp(MpiChannel channel, MpiFailureKind kind, String reason) {
    if (channel.failure().isEmpty()) {
      channel.fail(reason);
      job.control().announce(channel.givingUp(kind, reason));
    }
  }
}
