package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Watches an operation that waits longer than usual: it asks the other processes for their state,
 * and reports an error as soon as it is certain. Used by the thread that holds MPI.
 */
final class PeerMonitor {
  /** Healthy exchanges wait less than this for their peers, so a question delays none of them. */
  private static final long FIRST_QUESTION_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** The time for the others' answers before the deadline. */
  private static final long LAST_QUESTION_NANOS = TimeUnit.SECONDS.toNanos(2);

  /**
   * Time for messages that a process sent before it failed; they may arrive later than the report
   * of the failure.
   */
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final int QUARTER = 4;

  /** The processes of a job, this one among them. */
  interface Processes {
    /** The rank of this process. */
    int rank();

    /** The name of a process: its rank, host and process id. */
    String name(int process);

    /** Sends a message to another process, without waiting. */
    void tell(int process, ControlMessage message);
  }

  private final Processes job;

  PeerMonitor(Processes job) {
    this.job = job;
  }

  static long firstQuestion(long limitNanos) {
    return Math.min(FIRST_QUESTION_NANOS, limitNanos / QUARTER);
  }

  /** Examines an operation, and returns its failure if the operation must end. */
  Optional<CollectiveException> look(PendingMpiOperation operation) {
    Optional<CollectiveException> certain = gone(operation).or(() -> mismatch(operation));
    if (certain.isPresent()) {
      return certain;
    }
    PendingMpiOperation.Waiting waiting = operation.waiting();
    long waited = waiting.waitedNanos();
    if (waited > waiting.nextQuestionNanos()) {
      ask(operation, waiting, waited);
    }
    if (waited > Math.min(GRACE_NANOS, waiting.limitNanos() / QUARTER)) {
      Optional<CollectiveException> failed = failed(operation);
      if (failed.isPresent()) {
        return failed;
      }
    }
    return waited > waiting.limitNanos()
        ? Optional.of(late(operation, waiting.limitNanos()))
        : Optional.empty();
  }

  private Optional<CollectiveException> gone(PendingMpiOperation operation) {
    Optional<Integer> gone =
        others(operation).stream()
            .filter(peer -> operation.channel().neverComes(peer, operation))
            .findFirst();
    if (gone.isEmpty()) {
      return Optional.empty();
    }
    String ended = what(operation) + ": " + job.name(gone.get()) + " has ended before it";
    return failed(operation).or(() -> Optional.of(new DeviceFailedException(ended, List.of())));
  }

  private Optional<CollectiveException> failed(PendingMpiOperation operation) {
    return operation
        .channel()
        .failed()
        .map(
            message ->
                MpiFailureKind.of(message.joint())
                    .exception(
                        what(operation)
                            + ": "
                            + job.name(message.sender())
                            + " has failed: "
                            + message.text()));
  }

  /** The failure if a peer's operation of the same number is a different one. */
  private Optional<CollectiveException> mismatch(PendingMpiOperation operation) {
    String own = operation.toString();
    List<String> different = new ArrayList<>();
    for (int peer : others(operation)) {
      operation
          .channel()
          .place(peer)
          .filter(
              place ->
                  place.kind() != ControlMessage.Kind.ELSEWHERE
                      && place.joint() == operation.number(peer)
                      && !place.text().equals(own))
          .ifPresent(place -> different.add("\n  " + job.name(peer) + ": " + place.text()));
    }
    return different.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new CollectiveMismatchException(
                "every process must enter the same collectives in the same order, got\n  "
                    + job.name(job.rank())
                    + ": "
                    + own
                    + String.join("", different),
                List.of()));
  }

  private void ask(
      PendingMpiOperation operation, PendingMpiOperation.Waiting waiting, long waited) {
    long limit = waiting.limitNanos();
    long last = limit - Math.min(LAST_QUESTION_NANOS, limit / QUARTER);
    operation.channel().forgetPlaces();
    for (int peer : others(operation)) {
      ControlMessage question =
          operation
              .channel()
              .message(ControlMessage.Kind.QUESTION, operation.number(peer), operation.toString());
      job.tell(peer, question);
    }
    operation.askAgainAt(waiting, waited < last ? last : Long.MAX_VALUE);
  }

  private CollectiveException late(PendingMpiOperation operation, long limitNanos) {
    StringBuilder text = new StringBuilder(what(operation));
    text.append(": not done within the deadline of ").append(seconds(limitNanos));
    List<Integer> missing =
        others(operation).stream().filter(peer -> !hasCome(operation, peer)).toList();
    for (int peer : missing.isEmpty() ? others(operation) : missing) {
      text.append("\n  ").append(job.name(peer)).append(' ').append(whereabouts(operation, peer));
    }
    text.append("\nLook at the threads of a process that is missing: jstack PID.");
    return new CollectiveTimeoutException(text.toString(), List.of());
  }

  private static boolean hasCome(PendingMpiOperation operation, int peer) {
    return operation
        .channel()
        .place(peer)
        .filter(
            place ->
                place.joint() > operation.number(peer)
                    || (place.joint() == operation.number(peer)
                        && place.kind() != ControlMessage.Kind.ELSEWHERE))
        .isPresent();
  }

  private static String whereabouts(PendingMpiOperation operation, int peer) {
    return operation
        .channel()
        .place(peer)
        .map(
            place ->
                hasCome(operation, peer)
                    ? "has arrived, but its data has not"
                    : place.text().isEmpty()
                        ? "has not arrived: it lives, and its program is elsewhere"
                        : "has not arrived: it is in " + place.text())
        .orElse("has not arrived and does not answer: stopped, dead or cut off");
  }

  private List<Integer> others(PendingMpiOperation operation) {
    return operation.peers().stream().filter(peer -> peer != job.rank()).toList();
  }

  private String what(PendingMpiOperation operation) {
    return job.name(job.rank()) + ", in " + operation;
  }

  private static String seconds(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos) / 1000.0 + " s";
  }
}
