package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveMismatchException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.TransportException;
import io.github.shardsum.internal.mpi.ControlMessage.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Four peers of rank 0 that answer as a test says; no MPI. */
@Timeout(30)
class PeerMonitorTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);
  private static final long SOON = TimeUnit.MILLISECONDS.toNanos(40);
  private static final String OTHER = "broadcast y";

  private final MpiChannel channel = new MpiChannel(7, 0, 5);
  private final Map<Integer, ControlMessage> answers = new HashMap<>();
  private final List<Integer> asked = new ArrayList<>();
  private Runnable meanwhile = () -> {};
  private final PeerMonitor monitor =
      new PeerMonitor(
          new PeerMonitor.Processes() {
            @Override
            public int rank() {
              return 0;
            }

            @Override
            public String name(int process) {
              return "rank " + process;
            }

            @Override
            public void tell(int process, ControlMessage message) {
              assertEquals(Kind.QUESTION, message.kind());
              asked.add(process);
              meanwhile.run();
              Optional.ofNullable(answers.get(process)).ifPresent(channel::hear);
            }
          });

  private PendingMpiOperation begun(long limitNanos) {
    List<Integer> everyone = List.of(0, 1, 2, 3, 4);
    PendingMpiOperation operation =
        new PendingMpiOperation(
            channel, "all-reduce x", everyone, limitNanos, communicator -> false);
    channel.begin(operation);
    return operation;
  }

  private CollectiveException end(PendingMpiOperation operation) {
    Optional<CollectiveException> end = monitor.look(operation);
    while (end.isEmpty()) {
      turn();
      end = monitor.look(operation);
    }
    return end.get();
  }

  /** Lets the timeout of a test end its loop. */
  private static void turn() {
    assertFalse(Thread.currentThread().isInterrupted(), "expected an end before the timeout");
    Thread.onSpinWait();
  }

  private static ControlMessage from(int peer, Kind kind, long joint, String text) {
    return new ControlMessage(kind, peer, 7, joint, text);
  }

  @Test
  void whenItIsLateThoseThatHaveNotArrivedAreNamedWithWhereTheyAre() {
    PendingMpiOperation operation = begun(SOON);
    answers.put(1, from(1, Kind.ANSWER, 0, operation.toString()));
    answers.put(2, from(2, Kind.ELSEWHERE, 0, OTHER));
    answers.put(3, from(3, Kind.ELSEWHERE, 0, ""));
    String text = assertInstanceOf(CollectiveTimeoutException.class, end(operation)).getMessage();
    assertTrue(text.contains("\n  rank 2 has not arrived: it is in " + OTHER + "\n"), text);
    assertTrue(text.contains("\n  rank 3 has not arrived: it lives, and its program"), text);
    assertTrue(text.contains("\n  rank 4 has not arrived and does not answer"), text);
    assertFalse(text.contains("rank 1 "), text);
    assertEquals(List.of(1, 2, 3, 4), asked.subList(0, 4));
  }

  @Test
  void whenAllHaveArrivedItIsTheirDataThatIsLate() {
    PendingMpiOperation operation = begun(SOON);
    for (int peer = 1; peer <= 3; peer++) {
      answers.put(peer, from(peer, Kind.ANSWER, 0, operation.toString()));
    }
    // It is past the operation, in one of later.
    answers.put(4, from(4, Kind.ELSEWHERE, 1, OTHER));
    String text = assertInstanceOf(CollectiveTimeoutException.class, end(operation)).getMessage();
    for (int peer = 1; peer <= 4; peer++) {
      assertTrue(text.contains("rank " + peer + " has arrived, but its data has not"), text);
    }
  }

  @Test
  void aPeerInAnotherOperationOfTheSameNumberIsAMismatchAtOnce() {
    PendingMpiOperation operation = begun(HOUR);
    channel.hear(from(2, Kind.QUESTION, 0, OTHER));
    CollectiveException end = monitor.look(operation).orElseThrow();
    String text = assertInstanceOf(CollectiveMismatchException.class, end).getMessage();
    assertTrue(text.contains("rank 0: " + operation), text);
    assertTrue(text.contains("rank 2: " + OTHER), text);
  }

  @Test
  void aPeerThatIsElsewhereOrInAnotherNumberIsNoMismatch() {
    PendingMpiOperation operation = begun(HOUR);
    channel.hear(from(1, Kind.ELSEWHERE, 0, OTHER));
    channel.hear(from(2, Kind.ANSWER, 1, OTHER));
    channel.hear(from(3, Kind.ANSWER, 0, operation.toString()));
    assertEquals(Optional.empty(), monitor.look(operation));
  }

  /** The deadline is an hour away: the test ends by its timeout if the failure waits for it. */
  @Test
  void aFailureIsReportedLongBeforeTheDeadlineAsItsKind() {
    PendingMpiOperation operation = begun(HOUR);
    channel.hear(from(3, Kind.FAILED, MpiFailureKind.TRANSPORT.ordinal(), "no route to host"));
    assertEquals(Optional.empty(), monitor.look(operation), "what it sent may be on its way");
    String text = assertInstanceOf(TransportException.class, end(operation)).getMessage();
    assertEquals("rank 0, in " + operation + ": rank 3 has failed: no route to host", text);
  }

  @Test
  void aPeerThatNeverComesIsReportedAtOnceWithItsFailureIfItSaidOne() {
    PendingMpiOperation operation = begun(HOUR);
    channel.hear(from(2, Kind.CLOSED, 1, ""));
    assertEquals(Optional.empty(), monitor.look(operation), "it closed after this operation");
    channel.hear(from(2, Kind.CLOSED, 0, ""));
    CollectiveException ended = monitor.look(operation).orElseThrow();
    String text = assertInstanceOf(DeviceFailedException.class, ended).getMessage();
    assertTrue(text.endsWith("rank 2 has ended before it"), text);
    channel.hear(from(2, Kind.FAILED, MpiFailureKind.MISMATCH.ordinal(), "two shapes"));
    CollectiveException failed = monitor.look(operation).orElseThrow();
    text = assertInstanceOf(CollectiveMismatchException.class, failed).getMessage();
    assertTrue(text.endsWith("rank 2 has failed: two shapes"), text);
  }

  /** What was in flight for longer than its limit, and is awaited in the middle of a look. */
  @Test
  void theLimitCountsFromAnAwaitThatComesWhileItLooks() {
    PendingMpiOperation operation =
        PendingMpiOperation.inFlight(channel, "all-reduce x", List.of(0, 1), communicator -> false);
    channel.begin(operation);
    meanwhile = () -> operation.await(SOON);
    Optional<CollectiveException> end = Optional.empty();
    while (asked.isEmpty()) {
      turn();
      end = monitor.look(operation);
    }
    assertEquals(Optional.empty(), end, "it was awaited in that look");
    meanwhile = () -> {};
    answers.put(1, from(1, Kind.ELSEWHERE, 0, OTHER));
    String text = assertInstanceOf(CollectiveTimeoutException.class, end(operation)).getMessage();
    assertTrue(text.contains("rank 1 has not arrived: it is in " + OTHER), text);
  }

  @Test
  void withoutNewsItWaitsAndAsksOnce() {
    PendingMpiOperation operation = begun(HOUR);
    while (asked.isEmpty()) {
      assertEquals(Optional.empty(), monitor.look(operation));
      turn();
    }
    for (int look = 0; look < 100; look++) {
      assertEquals(Optional.empty(), monitor.look(operation));
    }
    assertEquals(List.of(1, 2, 3, 4), asked);
  }
}
