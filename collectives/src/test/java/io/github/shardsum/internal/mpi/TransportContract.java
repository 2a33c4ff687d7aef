package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.engine.Exchange;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What the MPI transport promises beneath the contract of the engines. Runs in every process of a
 * job, see {@link RankMain}; not a name that Maven runs.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class TransportContract {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  /** So low that every exchange is described by datatypes. */
  private static final long LOW_COUNT = 100;

  @Test
  void blocksOfEverySizeComeWhole() {
    try (MpiTransport transport = MpiTransport.open(DEADLINE)) {
      for (long bytes : new long[] {0, 1, 63, 4_096, 70_001, 1_048_576}) {
        exchange(transport, everyone(transport), bytes);
      }
    }
  }

  @Test
  void whatAnIntDoesNotCountComesWhole() {
    try (MpiTransport transport = MpiTransport.open(DEADLINE, LOW_COUNT)) {
      for (long bytes : new long[] {1, 99, 100, 101, 1_003, 70_001}) {
        exchange(transport, everyone(transport), bytes);
      }
    }
  }

  @Test
  void someProcessesExchangeWithoutTheOthers() {
    try (MpiTransport transport = MpiTransport.open(DEADLINE)) {
      int last = transport.processes() - 1;
      if (transport.process() == 0 || transport.process() == last) {
        exchange(transport, List.of(0, last), 5_000);
      }
      List<Integer> parity =
          everyone(transport).stream()
              .filter(process -> process % 2 == transport.process() % 2)
              .toList();
      exchange(transport, parity, 5_000);
      exchange(transport, everyone(transport), 5_000);
    }
  }

  @Test
  void transportsAreUsedAtOnceInAnyOrderFromVirtualThreads() throws Exception {
    List<MpiTransport> transports = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      transports.add(MpiTransport.open(DEADLINE));
    }
    List<Future<?>> futures = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < transports.size(); i++) {
        boolean even = transports.getFirst().process() % 2 == 0;
        MpiTransport next = transports.get(even ? i : transports.size() - 1 - i);
        futures.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < 20; round++) {
                    exchange(next, everyone(next), 300);
                  }
                }));
      }
    }
    for (Future<?> future : futures) {
      future.get();
    }
    transports.forEach(MpiTransport::close);
  }

  @Test
  void theLibrarysOwnAllReduceSumsInParts() {
    try (MpiTransport transport = MpiTransport.open(DEADLINE, LOW_COUNT);
        Arena arena = Arena.ofShared()) {
      int count = 1_000;
      MemorySegment values = arena.allocate(count * (long) Float.BYTES, 64);
      for (int i = 0; i < count; i++) {
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, transport.process() + i);
      }
      assertTrue(transport.reduces(DType.F32, Reduction.SUM));
      transport.allReduce(everyone(transport), values, DType.F32, Reduction.SUM, DEADLINE);
      int n = transport.processes();
      for (int i = 0; i < count; i++) {
        float expected = n * (n - 1) / 2f + n * i;
        assertEquals(expected, values.getAtIndex(ValueLayout.JAVA_FLOAT, i));
      }
    }
  }

  @Test
  void theSignalsOfTheJvmStillWork() {
    int caught = 0;
    for (int i = 0; i < 20_000; i++) {
      try {
        caught += nothing(i).length();
      } catch (NullPointerException e) {
        caught++;
      }
    }
    assertEquals(20_000, caught);
    assertThrows(StackOverflowError.class, () -> descend(0));
  }

  /** Compiled, the check for null is a signal. */
  @SuppressWarnings("NullAway")
  private static String nothing(int i) {
    return i % 2 == 0 ? null : "x";
  }

  private static int descend(int depth) {
    return depth < 0 ? 0 : descend(depth + 1) + 1;
  }

  @Test
  void unequalGroupsAreAMismatchOnTheirMembers() {
    MpiTransport transport = MpiTransport.open(DEADLINE);
    boolean odd = transport.process() == 0 && transport.processes() > 2;
    List<Integer> peers = odd ? List.of(0, 1) : everyone(transport);
    Exchange exchange = filled(transport, peers, 1 << 20, odd ? "first" : "second");
    if (transport.processes() > 2) {
      CollectiveException failure =
          assertThrows(CollectiveException.class, () -> transport.exchange(exchange, DEADLINE));
      assertTrue(failure.getMessage().contains("first among processes [0, 1]"), failure.toString());
    }
    transport.close();
  }

  @Test
  void whoDoesNotComeIsNamedAtTheDeadline() {
    MpiTransport transport = MpiTransport.open(DEADLINE);
    int absent = transport.processes() - 1;
    if (transport.process() != absent) {
      long begin = System.nanoTime();
      CollectiveTimeoutException late =
          assertThrows(
              CollectiveTimeoutException.class,
              () ->
                  transport.exchange(
                      filled(transport, everyone(transport), 8, "late"), Duration.ofSeconds(2)));
      assertTrue(System.nanoTime() - begin < Duration.ofSeconds(8).toNanos());
      assertTrue(late.getMessage().contains("rank " + absent + " ("), late.getMessage());
      assertTrue(late.getMessage().contains("it lives"), late.getMessage());
    }
    // The absent one comes when the others have their error, over a channel that has not failed.
    try (MpiTransport other = MpiTransport.open(DEADLINE)) {
      exchange(other, everyone(other), 8);
    }
    transport.abort("the test is over");
    transport.close();
  }

  private static List<Integer> everyone(MpiTransport transport) {
    return IntStream.range(0, transport.processes()).boxed().toList();
  }

  private static void exchange(MpiTransport transport, List<Integer> peers, long bytes) {
    Exchange exchange = filled(transport, peers, bytes, "exchange of " + bytes);
    transport.exchange(exchange, DEADLINE);
    for (int i = 0; i < peers.size(); i++) {
      for (long k = 0; k < exchange.receiveBytes()[i]; k++) {
        byte expected = content(peers.get(i), transport.process(), k);
        byte got = exchange.receive().get(ValueLayout.JAVA_BYTE, exchange.receiveAt()[i] + k);
        if (got != expected) {
          assertEquals(expected, got, "byte " + k + " from " + peers.get(i) + " of " + bytes);
        }
      }
    }
  }

  private static Exchange filled(
      MpiTransport transport, List<Integer> peers, long bytes, String what) {
    int n = peers.size();
    long[] at = new long[n];
    long[] lengths = new long[n];
    Arena arena = Arena.ofAuto();
    MemorySegment send = arena.allocate(Math.max(1, n * bytes), 64);
    for (int i = 0; i < n; i++) {
      at[i] = i * bytes;
      lengths[i] = peers.get(i) == transport.process() ? 0 : bytes;
      for (long k = 0; k < bytes; k++) {
        send.set(ValueLayout.JAVA_BYTE, at[i] + k, content(transport.process(), peers.get(i), k));
      }
    }
    MemorySegment receive = arena.allocate(Math.max(1, n * bytes), 64);
    return new Exchange(what, peers, send, at, lengths, receive, at, lengths);
  }

  private static byte content(int from, int to, long index) {
    return (byte) (from * 31 + to * 7 + index * 3);
  }
}
