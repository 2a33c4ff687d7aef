package io.github.shardsum.internal.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.engine.transfer.ByteExchange;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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
  void whatIsDoneMeanwhileIsDoneOnceAndItsFailureIsTheCallers() {
    try (MpiTransport transport = MpiTransport.open(DEADLINE)) {
      for (boolean verified : new boolean[] {true, false}) {
        for (List<Integer> peers : List.of(everyone(transport), List.of(transport.process()))) {
          AtomicInteger done = new AtomicInteger();
          transport.exchange(
              nothing("meanwhile", peers, verified, done::incrementAndGet), DEADLINE);
          assertEquals(1, done.get());
          IllegalStateException own = new IllegalStateException("meanwhile");
          ByteExchange failing =
              nothing(
                  "failing",
                  peers,
                  verified,
                  () -> {
                    throw own;
                  });
          assertSame(
              own,
              assertThrows(
                  IllegalStateException.class, () -> transport.exchange(failing, DEADLINE)));
        }
      }
      // The channel is as good as before.
      exchange(transport, everyone(transport), 5_000);
    }
  }

  private static ByteExchange nothing(
      String what, List<Integer> peers, boolean verified, Runnable meanwhile) {
    MemorySegment[] none = new MemorySegment[peers.size()];
    Arrays.fill(none, MemorySegment.NULL);
    return new ByteExchange(what, peers, none, none.clone(), verified, meanwhile);
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
  void sizesThatDifferAreAnErrorAndWriteNothingBeyondTheRange() {
    for (long wanted : new long[] {100, 3_000, 64_000}) {
      for (long come : new long[] {50, 5_000, 1_000_000}) {
        differing(wanted, come);
      }
    }
  }

  /** Process 0 sends what process 1 does not expect. */
  private static void differing(long wanted, long come) {
    MpiTransport transport = MpiTransport.open(DEADLINE);
    if (transport.process() < 2) {
      long sent = transport.process() == 0 ? come : wanted;
      MemorySegment out = Arena.ofAuto().allocate(sent, 64);
      MemorySegment in = Arena.ofAuto().allocate(wanted + come, 64);
      int other = 1 - transport.process();
      MemorySegment[] send = {MemorySegment.NULL, MemorySegment.NULL};
      MemorySegment[] receive = {MemorySegment.NULL, MemorySegment.NULL};
      send[other] = out.fill((byte) 1);
      receive[other] = in.asSlice(0, wanted);
      ByteExchange exchange =
          new ByteExchange("unequal", List.of(0, 1), send, receive, false, () -> {});
      // Process 0 may have all it wants before it hears of the other's failure.
      try {
        transport.exchange(exchange, DEADLINE);
        assertEquals(0, transport.process());
      } catch (CollectiveException told) {
        assertTrue(told.getMessage().contains(wanted + " bytes from process 0"), told.toString());
        assertTrue(told.getMessage().contains("got " + come), told.toString());
      }
      MemorySegment beyond = in.asSlice(wanted);
      assertEquals(-1, beyond.mismatch(Arena.ofAuto().allocate(beyond.byteSize())));
    }
    transport.close();
  }

  @Test
  void unequalGroupsAreAMismatchOnTheirMembers() {
    MpiTransport transport = MpiTransport.open(DEADLINE);
    boolean odd = transport.process() == 0 && transport.processes() > 2;
    List<Integer> peers = odd ? List.of(0, 1) : everyone(transport);
    ByteExchange exchange = filled(transport, peers, 1 << 20, odd ? "first" : "second", true);
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
                      filled(transport, everyone(transport), 8, "late", true),
                      Duration.ofSeconds(2)));
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

  /** In both forms: left to the library at once, and message by message. */
  private static void exchange(MpiTransport transport, List<Integer> peers, long bytes) {
    for (boolean verified : new boolean[] {true, false}) {
      ByteExchange exchange = filled(transport, peers, bytes, "exchange of " + bytes, verified);
      transport.exchange(exchange, DEADLINE);
      for (int i = 0; i < peers.size(); i++) {
        MemorySegment come = exchange.receive()[i];
        for (long k = 0; k < come.byteSize(); k++) {
          byte expected = content(peers.get(i), transport.process(), k);
          byte got = come.get(ValueLayout.JAVA_BYTE, k);
          if (got != expected) {
            assertEquals(expected, got, "byte " + k + " from " + peers.get(i) + " of " + bytes);
          }
        }
      }
    }
  }

  private static ByteExchange filled(
      MpiTransport transport, List<Integer> peers, long bytes, String what, boolean verified) {
    int n = peers.size();
    Arena arena = Arena.ofAuto();
    MemorySegment out = arena.allocate(Math.max(1, n * bytes), 64);
    MemorySegment in = arena.allocate(Math.max(1, n * bytes), 64);
    MemorySegment[] send = new MemorySegment[n];
    MemorySegment[] receive = new MemorySegment[n];
    for (int i = 0; i < n; i++) {
      long length = peers.get(i) == transport.process() ? 0 : bytes;
      send[i] = out.asSlice(i * bytes, length);
      receive[i] = in.asSlice(i * bytes, length);
      for (long k = 0; k < length; k++) {
        send[i].set(ValueLayout.JAVA_BYTE, k, content(transport.process(), peers.get(i), k));
      }
    }
    return new ByteExchange(what, peers, send, receive, verified, () -> {});
  }

  private static byte content(int from, int to, long index) {
    return (byte) (from * 31 + to * 7 + index * 3);
  }
}
