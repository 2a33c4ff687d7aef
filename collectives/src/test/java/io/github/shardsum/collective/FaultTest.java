package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What participants are told when one of them does something else, fails, leaves or is stuck. */
class FaultTest {
  private static final Mesh MESH = Mesh.of("x", 4, "y", 3);
  private static final int ODD = 7;
  private static final CollectiveOptions PATIENT =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));
  private static final CollectiveOptions HASTY =
      CollectiveOptions.defaults().withDeadline(Duration.ofMillis(400));
  private static final Tensor X = Tensor.zeros(DType.F32, 12, 12);

  /** Two ways to go on; all devices take the first and one the second. */
  record Fork(String name, Way usual, Way odd, String told) {
    @Override
    public String toString() {
      return name;
    }
  }

  interface Way {
    void go(Device device);
  }

  static List<Fork> forks() {
    Way sum = device -> device.allReduce(X, Reduction.SUM, "x");
    return List.of(
        new Fork("kind", sum, device -> device.allGather(X, 0, "x"), "all-gather dim 0 over x"),
        new Fork(
            "count",
            sum,
            device -> device.allReduce(Tensor.zeros(DType.F32, 12, 11), Reduction.SUM, "x"),
            "all-reduce SUM over x of f32 [12, 11]"),
        new Fork(
            "dtype",
            sum,
            device -> device.allReduce(Tensor.zeros(DType.F64, 12, 12), Reduction.SUM, "x"),
            "all-reduce SUM over x of f64 [12, 12]"),
        new Fork(
            "operation",
            sum,
            device -> device.allReduce(X, Reduction.MAX, "x"),
            "all-reduce MAX over x of f32"),
        new Fork(
            "order",
            device -> {
              device.allReduce(X, Reduction.SUM, "x");
              device.broadcast(X, 0, "x");
            },
            device -> {
              device.broadcast(X, 0, "x");
              device.allReduce(X, Reduction.SUM, "x");
            },
            "broadcast from 0 over x of f32"),
        new Fork(
            "group", sum, device -> device.allReduce(X, Reduction.SUM, "y"), "SUM over y of f32"),
        new Fork(
            "root",
            device -> device.broadcast(X, 0, "x"),
            device -> device.broadcast(X, 1, "x"),
            "broadcast from 1 over x"),
        new Fork(
            "started",
            sum,
            device -> device.start(new Collective.Barrier("x"), X).await(),
            "barrier over x"),
        new Fork(
            "pairs",
            device -> device.permute(X, Collective.Permute.shift(1, 4, "x").pairs(), "x"),
            device -> device.permute(X, Collective.Permute.shift(2, 4, "x").pairs(), "x"),
            "collective-permute 0->2"),
        new Fork(
            "counts of rows", FaultTest::rows, FaultTest::moreRows, "ragged all-to-all over x"),
        new Fork(
            "shape sent",
            device -> device.runInto(ring(), X, Tensor.zeros(DType.F32, 12, 12)),
            device -> device.runInto(ring(), Tensor.zeros(DType.F32, 12), X.copy()),
            "of f32 [12]"));
  }

  private static Collective ring() {
    return Collective.Permute.shift(1, 4, "x");
  }

  private static void rows(Device device) {
    device.raggedAllToAll(X, RaggedCounts.of(new long[4], new long[4]), "x");
  }

  private static void moreRows(Device device) {
    long[] one = {0, 0, 0, 1};
    device.raggedAllToAll(X, RaggedCounts.of(one, new long[4]), "x");
  }

  private static Stream<Arguments> forksOnClusters() {
    return InProcessCluster.all()
        .flatMap(cluster -> forks().stream().map(fork -> Arguments.of(fork, cluster)));
  }

  @ParameterizedTest
  @MethodSource("forksOnClusters")
  void aMismatchIsAnErrorOnEveryDeviceThatNamesWhoDidWhatAndWhere(
      Fork fork, InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        PATIENT,
        collectives -> {
          Map<Integer, CollectiveException> told = new ConcurrentHashMap<>();
          assertThrows(
              CollectiveMismatchException.class,
              () -> collectives.spmd(device -> goOn(fork, device, told)));
          assertEquals(collectives.devices().size(), told.size());
          for (CollectiveException exception : told.values()) {
            assertInstanceOf(CollectiveMismatchException.class, exception);
            assertTrue(
                exception.participants().stream()
                    .anyMatch(who -> who.device() == ODD && who.request().contains(fork.told)),
                exception.getMessage());
            assertEquals(12, exception.participants().size());
            assertTrue(
                exception.participants().stream().allMatch(who -> who.site().contains("FaultTest")),
                exception.getMessage());
          }
          // Afterwards there is no way to go on as if nothing had happened.
          assertThrows(
              CollectiveMismatchException.class,
              () -> collectives.spmd(device -> device.allReduce(X, Reduction.SUM, "x")));
        });
  }

  static Object goOn(Fork fork, Device device, Map<Integer, CollectiveException> told) {
    try {
      (device.id() == ODD ? fork.odd : fork.usual).go(device);
    } catch (CollectiveException exception) {
      told.put(device.id(), exception);
    }
    return device;
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aMismatchOfCollectivesThatAreNotAwaitedIsAnError(InProcessCluster cluster) throws Exception {
    Collective sum = new Collective.AllReduce(Reduction.SUM, "x");
    Tensor odd = X.convert(DType.F64);
    cluster.run(
        MESH,
        PATIENT,
        collectives ->
            assertThrows(
                CollectiveMismatchException.class,
                () -> collectives.spmd(d -> d.start(sum, d.id() == ODD ? odd : X))));
  }

  @Test
  void theOddOneComesFirstInTheMessage() {
    try (Collectives collectives = Collectives.open(MESH)) {
      Fork fork = forks().getFirst();
      String message =
          assertThrows(
                  CollectiveMismatchException.class,
                  () -> collectives.spmd(device -> goOn(fork, device, new ConcurrentHashMap<>())))
              .getMessage();
      String[] lines = message.split("\n", -1);
      assertTrue(lines[1].contains("device 7 (process 0), call 0: all-gather dim 0"), message);
      assertTrue(lines[1].contains("at FaultTest."), message);
      assertTrue(lines[2].contains("device 0"), message);
    }
  }

  /** Under a launcher these would end the whole job, as they should. */
  private static List<InProcessCluster> clusters() {
    return InProcessCluster.here().toList();
  }

  private static boolean isWith(Collectives collectives, int device) {
    return collectives.devices().contains(device);
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aDeviceThatNeverComesIsNamedAtTheDeadline(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        HASTY,
        collectives -> {
          if (collectives.devices().equals(List.of(ODD))) {
            collectives.spmd(FaultTest::stuckIfOdd);
            return;
          }
          CollectiveException told =
              assertThrows(
                  CollectiveException.class, () -> collectives.spmd(FaultTest::stuckIfOdd));
          if (isWith(collectives, ODD)) {
            assertInstanceOf(CollectiveTimeoutException.class, told);
            Participant first = told.participants().getFirst();
            assertEquals(ODD, first.device());
            assertTrue(first.site().contains("FaultTest.stuckIfOdd"), told.getMessage());
          }
        });
  }

  private static Object stuckIfOdd(Device device) {
    // Alone on its process no other waits for it: it gives up after a while.
    long end = System.nanoTime() + 3_000_000_000L;
    while (device.id() == ODD
        && !Thread.currentThread().isInterrupted()
        && System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
    if (device.id() != ODD) {
      device.barrier("x");
    }
    return device;
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void anExceptionInOneDeviceEndsAll(InProcessCluster cluster) throws Exception {
    IllegalStateException own = new IllegalStateException("out of ideas");
    cluster.run(
        MESH,
        PATIENT,
        collectives -> {
          DeviceFailedException told =
              assertThrows(
                  DeviceFailedException.class,
                  () ->
                      collectives.spmd(
                          device -> {
                            if (device.id() == ODD) {
                              throw own;
                            }
                            return device.allReduce(X, Reduction.SUM, "y");
                          }));
          if (isWith(collectives, ODD)) {
            assertEquals(own, told.getCause());
          }
          assertTrue(told.getMessage().contains("device 7 failed"), told.getMessage());
        });
  }

  @Test
  void aDeviceThatLeavesEarlyIsNamedAtOnce() {
    try (Collectives collectives = Collectives.open(MESH)) {
      DeviceFailedException told =
          assertThrows(
              DeviceFailedException.class,
              () ->
                  collectives.spmd(
                      device -> {
                        device.barrier();
                        return device.id() == ODD ? X : device.broadcast(X, 0, "x");
                      }));
      assertTrue(
          told.getMessage().contains("device 7 (process 0) has ended, after 1 collectives"),
          told.getMessage());
    }
  }

  @Test
  void anInterruptEndsAll() throws InterruptedException {
    try (Collectives collectives = Collectives.open(MESH, PATIENT)) {
      Thread caller = Thread.currentThread();
      DeviceFailedException told =
          assertThrows(
              DeviceFailedException.class,
              () ->
                  collectives.spmd(
                      device -> {
                        if (device.id() == ODD) {
                          caller.interrupt();
                        } else {
                          device.barrier("x");
                        }
                        return stuckIfOdd(device);
                      }));
      assertTrue(told.getMessage().contains("interrupted") || told.getMessage().contains("ended"));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void anArgumentThatIsWrongWhateverTheOthersDoIsNoMismatch() {
    try (Collectives collectives = Collectives.open(MESH)) {
      DeviceFailedException told =
          assertThrows(
              DeviceFailedException.class,
              () -> collectives.spmd(device -> device.allGather(X, 2, "x")));
      assertInstanceOf(IllegalArgumentException.class, told.getCause());
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void processesThatDisagreeAreTold(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        PATIENT,
        collectives -> {
          if (collectives.processes() == 1) {
            return;
          }
          List<Tensor> x = collectives.devices().stream().map(_ -> X).toList();
          Collective mine =
              collectives.process() == 1
                  ? new Collective.ReduceScatter(Reduction.SUM, 0, "x")
                  : new Collective.AllReduce(Reduction.SUM, "x");
          CollectiveMismatchException told =
              assertThrows(
                  CollectiveMismatchException.class, () -> collectives.start(mine, x).await());
          assertTrue(told.getMessage().contains("reduce-scatter SUM dim 0"), told.getMessage());
          assertTrue(told.getMessage().contains("(process 1)"), told.getMessage());
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void withoutTheCheckResultsAreTheSame(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        PATIENT.withCheck(false),
        collectives -> {
          List<Tensor> sums =
              collectives.spmd(
                  device ->
                      device.allReduce(
                          Tensor.full(DType.F32, device.id(), 3), Reduction.SUM, "x", "y"));
          assertEquals(66.0, sums.getFirst().getDouble(2));
        });
  }

  @Test
  void whatTheCheckWouldHaveCaughtDoesNotCrashWithoutIt() {
    Duration limit = Duration.ofSeconds(20);
    for (Fork fork : forks()) {
      try (Collectives collectives = Collectives.open(MESH, HASTY.withCheck(false))) {
        org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
            limit,
            () -> {
              try {
                collectives.spmd(device -> goOn(fork, device, new ConcurrentHashMap<>()));
              } catch (CollectiveException said) {
                assertTrue(said.getMessage().length() > 10);
              }
            });
      }
    }
  }

  /** Nothing was wrong with the later call, whose message must not read as if there were. */
  @Test
  void aCallAfterAFailureTellsWhatFailedBefore() {
    try (Collectives collectives = Collectives.open(Mesh.of("x", 2))) {
      CollectiveException first =
          assertThrows(
              CollectiveException.class,
              () ->
                  collectives.spmd(
                      device -> {
                        throw new IllegalStateException("on purpose");
                      }));
      List<Tensor> ones = List.of(Tensor.full(DType.F32, 1, 4), Tensor.full(DType.F32, 1, 4));
      Collective sum = new Collective.AllReduce(Reduction.SUM, "x");
      CollectiveException later = assertThrows(first.getClass(), () -> collectives.run(sum, ones));
      assertTrue(
          later.getMessage().startsWith("collectives: failed before and are of no further use"),
          later.getMessage());
      assertTrue(later.getMessage().contains(first.summary()), later.getMessage());
      assertEquals(List.of(), later.participants());
      CollectiveException cause = assertInstanceOf(first.getClass(), later.getCause());
      assertEquals(first.summary(), cause.summary());
      assertThrows(first.getClass(), () -> collectives.plan("p"));
    }
  }

  @Test
  void countsThatLieAllocateNothing() {
    try (Collectives collectives = Collectives.open(Mesh.of("x", 2))) {
      List<Tensor> x = List.of(X, X);
      RaggedCounts lie = RaggedCounts.of(new long[2], new long[] {1L << 40, 1L << 40});
      assertThrows(
          CollectiveMismatchException.class,
          () -> collectives.run(new Collective.RaggedAllToAll(List.of("x"), List.of(lie, lie)), x));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Collective.AllGather(List.of("x"), 0, OptionalLong.of(-1)));
  }

  @Test
  void whatIsClosedSaysSo() {
    Collectives collectives = Collectives.open(Mesh.of("x", 2));
    collectives.close();
    collectives.close();
    assertThrows(
        IllegalStateException.class,
        () -> collectives.run(new Collective.Barrier("x"), List.of(X, X)));
  }

  private static Stream<Arguments> waysOnClusters() {
    return InProcessCluster.all()
        .flatMap(
            cluster ->
                Stream.<Way>of(
                        device -> device.run(ring(), X), device -> device.start(ring(), X).await())
                    .map(way -> Arguments.of(way, cluster)));
  }

  @ParameterizedTest
  @MethodSource("waysOnClusters")
  void whoClosesWhileCodeForDevicesRunsIsToldSo(Way way, InProcessCluster cluster)
      throws Exception {
    cluster.run(
        MESH,
        PATIENT,
        collectives -> {
          DeviceFailedException told =
              assertThrows(
                  DeviceFailedException.class,
                  () ->
                      collectives.spmd(
                          device -> {
                            device.barrier();
                            if (device.id() == ODD) {
                              collectives.close();
                            }
                            way.go(device);
                            return device;
                          }));
          if (isWith(collectives, ODD)) {
            assertEquals(
                "collectives: must be open while spmd runs, but were closed before"
                    + " call 1; close them when spmd has returned",
                told.summary());
          }
        });
  }

  @Test
  void aParticipantHasNumbersFromZero() {
    assertEquals(
        "participant: a device must be at least 0, got -1",
        assertThrows(IllegalArgumentException.class, () -> new Participant(-1, 0, 0, "", ""))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Participant(0, -1, 0, "", ""));
    assertThrows(IllegalArgumentException.class, () -> new Participant(0, 0, -1, "", ""));
    assertThrows(NullPointerException.class, () -> new Participant(0, 0, 0, null, ""));
  }
}
