package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plans whose tensors are bound when they run, plans with repeats, and tiles of several devices.
 */
class CollectivePlanContractTest {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));
  private static final Mesh MESH = Mesh.of("x", 4, "y", 3);
  private static final Collective SUM = new Collective.AllReduce(Reduction.SUM, "x");

  private static List<InProcessCluster> clusters() {
    return InProcessCluster.all().toList();
  }

  private static List<Tensor> full(Collectives collectives, double value) {
    return collectives.devices().stream().map(_ -> Tensor.full(DType.F64, value, 3)).toList();
  }

  private static void assertAll(double expected, List<Tensor> tensors) {
    tensors.forEach(tensor -> assertEquals(expected, tensor.getDouble(2)));
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void suppliedTensorsMayDifferFromRunToRun(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          AtomicReference<List<Tensor>> x = new AtomicReference<>(full(collectives, 1));
          AtomicReference<List<Tensor>> out = new AtomicReference<>(full(collectives, 0));
          CollectivePlan plan =
              collectives.plan("bound").communicate(SUM, x::get, out::get).build();
          plan.run();
          List<Tensor> first = out.get();
          x.set(full(collectives, 5));
          out.set(full(collectives, 0));
          plan.run();
          assertAll(4, first);
          assertAll(20, out.get());
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aRepeatRunsItsStepsInOrderRoundAfterRound(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> sum = full(collectives, 0);
          List<Tensor> round = full(collectives, 0);
          int[] inner = new int[collectives.devices().size()];
          CollectivePlan plan =
              collectives
                  .plan("rounds")
                  .repeat(
                      "outer",
                      3,
                      (outer, now) ->
                          outer
                              .compute(
                                  "round",
                                  (index, _) ->
                                      round
                                          .get(index)
                                          .assign(Tensor.full(DType.F64, now.getAsInt(), 3)))
                              .communicate(SUM, round, round)
                              .repeat(
                                  "inner",
                                  2,
                                  (body, _) -> body.compute("count", (index, _) -> inner[index]++))
                              .compute(
                                  "add",
                                  (index, _) ->
                                      sum.get(index)
                                          .assign(
                                              Tensor.full(
                                                  DType.F64,
                                                  10 * sum.get(index).getDouble(0)
                                                      + round.get(index).getDouble(0),
                                                  3))))
                  .build();
          plan.run();
          // Rounds 0, 1, 2 over four devices: 0, 4, 8.
          assertAll(48, sum);
          assertEquals(
              List.of(6), Arrays.stream(inner).distinct().boxed().toList(), plan.toString());
          assertEquals(
              List.of("round", SUM.toString(), "inner", "add"),
              plan.steps().getFirst().body().stream().map(CollectivePlan.Step::name).toList());
          assertEquals(3, plan.steps().getFirst().rounds());
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void suppliersOfARepeatSeeTheRound(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> sequences =
              collectives.devices().stream()
                  .map(device -> Tensor.of(new double[] {device, 1, 2, 3}, 4, 1))
                  .toList();
          List<Tensor> sums =
              sequences.stream().map(s -> Tensor.zeros(DType.F64, s.shape())).toList();
          collectives
              .plan("sequence")
              .repeat(
                  "scan",
                  4,
                  (body, round) ->
                      body.communicate(
                          new Collective.AllReduce(Reduction.SUM, "x", "y"),
                          () -> rows(sequences, round.getAsInt()),
                          () -> rows(sums, round.getAsInt())))
              .build()
              .run();
          for (Tensor sum : sums) {
            assertEquals(66, sum.getDouble(0, 0));
            assertEquals(36, sum.getDouble(3, 0));
          }
        });
  }

  private static List<Tensor> rows(List<Tensor> tensors, int row) {
    return tensors.stream().map(tensor -> tensor.slice(0, row, row + 1)).toList();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void theBuilderOfABodyEndsWithIt(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<CollectivePlan.Builder> bodies = new ArrayList<>();
          CollectivePlan.Builder builder =
              collectives.plan("p").repeat("none", 0, (body, _) -> bodies.add(body));
          assertThrows(
              IllegalStateException.class, () -> bodies.getFirst().compute("late", (_, _) -> {}));
          assertThrows(IllegalStateException.class, () -> bodies.getFirst().build());
          assertThrows(
              IllegalArgumentException.class, () -> builder.repeat("less", -1, (_, _) -> {}));
          builder.build().run();
        });
  }

  /**
   * A value along x that every device of a row of y holds: one tensor for each process and part, as
   * operand and result of groups side by side. Of three processes the groups lie in different ways.
   */
  @ParameterizedTest
  @MethodSource("clusters")
  void devicesThatHoldATileTogetherBringOneTensor(InProcessCluster cluster) throws Exception {
    for (Mesh mesh : List.of(MESH, Mesh.of("y", 3, "x", 4), MESH.withDevices(shuffled()))) {
      cluster.run(mesh, OPTIONS, CollectivePlanContractTest::reduceTiles);
    }
  }

  private static int[] shuffled() {
    return new int[] {5, 0, 7, 11, 2, 9, 1, 10, 3, 8, 6, 4};
  }

  private static void reduceTiles(Collectives collectives) {
    DeviceGroups along = collectives.mesh().groups("x");
    List<Tensor> tiles =
        IntStream.range(0, 4).mapToObj(part -> Tensor.full(DType.F64, 1 << part, 3)).toList();
    List<Tensor> x =
        collectives.devices().stream().map(device -> tiles.get(along.memberOf(device))).toList();
    for (int run = 0; run < 2; run++) {
      // In place, the second time of the sums of the first.
      collectives.runInto(SUM, x, x);
      assertAll(run == 0 ? 15 : 60, x);
    }
    Cut chunks = Cut.chunks(5, 4);
    List<Tensor> parts =
        IntStream.range(0, 4)
            .mapToObj(part -> Tensor.full(DType.F64, part, chunks.length(part), 2))
            .toList();
    List<Tensor> wholes = parts.stream().map(_ -> Tensor.zeros(DType.F64, 5, 2)).toList();
    CollectivePlan plan =
        collectives
            .plan("tiles")
            .communicate(
                new Collective.AllGather(0, "x"),
                collectives.devices().stream().map(d -> parts.get(along.memberOf(d))).toList(),
                collectives.devices().stream().map(d -> wholes.get(along.memberOf(d))).toList())
            .build();
    plan.run();
    for (int device : collectives.devices()) {
      Tensor whole = wholes.get(along.memberOf(device));
      for (int row = 0; row < 5; row++) {
        int part = row / 2;
        assertEquals(part, whole.getDouble(row, 1));
      }
    }
  }

  /** In round r members exchange rows 2 m + r, and computations use the other rows. */
  @ParameterizedTest
  @MethodSource("clusters")
  void rowsInNoRangeOfRaggedCountsMayBeTouchedInFlight(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          DeviceGroups along = collectives.mesh().groups("x");
          List<Tensor> x =
              collectives.devices().stream()
                  .map(
                      device ->
                          Tensor.of(
                              IntStream.range(0, 8).mapToDouble(i -> 10 * device + i).toArray(),
                              8,
                              1))
                  .toList();
          List<Tensor> out = x.stream().map(each -> Tensor.zeros(DType.F64, 8, 1)).toList();
          int[] round = new int[1];
          CollectivePlan plan =
              collectives
                  .plan("rows")
                  .start(
                      "them",
                      new Collective.RaggedAllToAll("x"),
                      () -> x.stream().map(_ -> everySecond(round[0])).toList(),
                      () -> x,
                      () -> out)
                  .compute(
                      "others",
                      (i, _) -> {
                        for (int row = 0; row < 4; row++) {
                          out.get(i).set(-1.0, 4 * (1 - round[0]) + row, 0);
                        }
                      })
                  .await("them")
                  .build();
          for (round[0] = 0; round[0] < 2; round[0]++) {
            plan.run();
            for (int i = 0; i < out.size(); i++) {
              int device = collectives.devices().get(i);
              for (int row = 0; row < 4; row++) {
                int source = along.devices(along.groupOf(device))[row];
                double sent = 10.0 * source + 2 * along.memberOf(device) + round[0];
                assertEquals(sent, out.get(i).getDouble(4L * round[0] + row, 0));
                assertEquals(-1, out.get(i).getDouble(4L * (1 - round[0]) + row, 0));
              }
            }
          }
        });
  }

  /** A row for each of four members: of two the one of the round, to its half of the result. */
  private static RaggedCounts everySecond(int round) {
    long[] one = {1, 1, 1, 1};
    long[] from = {round, 2 + round, 4 + round, 6 + round};
    long[] to = {4L * round, 4L * round + 1, 4L * round + 2, 4L * round + 3};
    return RaggedCounts.of(one, from, one, to);
  }

  private static final Collective GATHER = new Collective.AllGather(0, "y");

  private static List<Tensor> counted(Collectives collectives, long... sizes) {
    return collectives.devices().stream()
        .map(
            device -> {
              int count = (int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
              return Tensor.of(
                  IntStream.range(0, count).mapToDouble(i -> 1.0 / (1 + device + 31 * i)).toArray(),
                  sizes);
            })
        .toList();
  }

  private static List<Tensor> zeros(Collectives collectives, long... sizes) {
    return collectives.devices().stream().map(_ -> Tensor.zeros(DType.F64, sizes)).toList();
  }

  private static void assertSame(List<Tensor> expected, List<Tensor> actual) {
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).toDoubleArray(), actual.get(i).toDoubleArray());
    }
  }

  /** A pause, another one on each process and in each step, so that flights meet in other ways. */
  private static CollectivePlan.DeviceTask pause(Collectives collectives, Random random) {
    long micros = random.nextInt(2_000);
    return (index, _) -> {
      if (index == 0) {
        LockSupport.parkNanos(1_000 * micros * (1 + collectives.process() % 3));
      }
    };
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void twoInFlightGiveToTheBitWhatTheyGiveOneByOne(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          Random random = new Random(7L + collectives.process());
          for (long size : new long[] {1, 40, 3_000}) {
            List<Tensor> small = counted(collectives, 5, 2);
            List<Tensor> large = counted(collectives, size, 7);
            List<Tensor> gathered = zeros(collectives, 15, 2);
            List<Tensor> summed = zeros(collectives, size, 7);
            List<Tensor> scattered = zeros(collectives, size, 7);
            List<Tensor> other = counted(collectives, size, 7);
            CollectivePlan plan =
                collectives
                    .plan("two in flight")
                    .start("gather", GATHER, small, gathered)
                    .compute("first", pause(collectives, random))
                    .start("sum", SUM, () -> large, () -> summed)
                    .compute("second", pause(collectives, random))
                    .communicate(SUM, other, scattered)
                    .compute("third", pause(collectives, random))
                    .await("gather")
                    .compute("fourth", pause(collectives, random))
                    .await("sum")
                    .build();
            for (int run = 0; run < 3; run++) {
              plan.run();
            }
            assertSame(collectives.run(GATHER, small), gathered);
            assertSame(collectives.run(SUM, large), summed);
            assertSame(collectives.run(SUM, other), scattered);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void everyKindMayBeInFlight(InProcessCluster cluster) throws Exception {
    List<Collective> kinds =
        List.of(
            GATHER,
            SUM,
            new Collective.AllReduce(Reduction.MAX, "x", "y"),
            new Collective.AllReduce(List.of("x"), Reduction.SUM, Order.ANY),
            new Collective.ReduceScatter(Reduction.SUM, 0, "x"),
            new Collective.AllToAll(0, 1, "y"),
            Collective.Permute.shift(1, 4, "x"),
            new Collective.Broadcast(1, "y"));
    for (boolean checked : new boolean[] {true, false}) {
      cluster.run(
          MESH,
          checked ? OPTIONS : OPTIONS.withCheck(false),
          collectives -> {
            for (Collective kind : kinds) {
              // Of the larger an all-reduce exchanges parts, combines them and exchanges sums.
              for (long size : new long[] {12, 120}) {
                fly(collectives, kind, size);
              }
            }
          });
    }
  }

  /** With none to three supersteps behind the start, each of which takes it one phase further. */
  private static void fly(Collectives collectives, Collective kind, long size) {
    boolean anyOrder =
        kind instanceof Collective.AllReduce(var _, var _, Order order) && order == Order.ANY;
    for (int computes = 0; computes <= 3; computes++) {
      List<Tensor> x = counted(collectives, size, size);
      List<Tensor> out =
          collectives.run(kind, x).stream().map(t -> Tensor.zeros(DType.F64, t.shape())).toList();
      CollectivePlan.Builder builder = collectives.plan("kind").start("it", kind, x, out);
      for (int compute = 0; compute < computes; compute++) {
        builder.compute("meanwhile", (_, _) -> {});
      }
      CollectivePlan plan = builder.await("it").build();
      // Twice, of other values: what the first run left in a buffer is not what the second sends.
      for (int run = 0; run < 2; run++) {
        plan.run();
        assertSame(collectives.run(anyOrder ? SUM : kind, x), out);
        for (int i = 0; i < x.size(); i++) {
          int device = collectives.devices().get(i);
          x.get(i).assign(Tensor.full(DType.F64, 1.0 / (1 + device), size, size));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aBodyStartsAndAwaitsInEachRound(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> sequences = counted(collectives, 4, 1);
          List<Tensor> sums = zeros(collectives, 4, 1);
          CollectivePlan plan =
              collectives
                  .plan("sequence")
                  .repeat(
                      "scan",
                      4,
                      (body, round) ->
                          body.start(
                                  "row",
                                  SUM,
                                  () -> rows(sequences, round.getAsInt()),
                                  () -> rows(sums, round.getAsInt()))
                              .compute("meanwhile", (_, _) -> {})
                              .await("row"))
                  .build();
          plan.run();
          assertSame(collectives.run(SUM, sequences), sums);
          assertEquals(
              List.of(
                  CollectivePlan.Kind.START,
                  CollectivePlan.Kind.COMPUTE,
                  CollectivePlan.Kind.AWAIT),
              plan.steps().getFirst().body().stream().map(CollectivePlan.Step::kind).toList());
        });
  }

  /** Two rounds of a ring, of which the second is not compared. */
  @ParameterizedTest
  @MethodSource("clusters")
  void aFurtherRoundGoesOnWithWhatTheFirstBrought(InProcessCluster cluster) throws Exception {
    Collective shift = Collective.Permute.shift(1, 4, "x");
    for (boolean checked : new boolean[] {true, false}) {
      cluster.run(
          MESH,
          OPTIONS.withCheck(checked),
          collectives -> {
            List<Tensor> x = counted(collectives, 40, 3);
            List<Tensor> first = zeros(collectives, 40, 3);
            List<Tensor> second = zeros(collectives, 40, 3);
            CollectivePlan plan =
                collectives
                    .plan("ring")
                    .start("round", shift, () -> x, () -> first)
                    .compute("meanwhile", pause(collectives, new Random(collectives.process())))
                    .await("round")
                    .startRound("round", shift, () -> first, () -> second)
                    .compute("meanwhile", pause(collectives, new Random(collectives.process())))
                    .await("round")
                    .build();
            for (int run = 0; run < 2; run++) {
              plan.run();
              assertSame(collectives.run(Collective.Permute.shift(2, 4, "x"), x), second);
            }
          });
    }
  }

  private static List<InProcessCluster> threads() {
    return List.of(new InProcessCluster.Threads(2), new InProcessCluster.Threads(3));
  }

  /** The others come to their further round when process 0 is through with its own. */
  @ParameterizedTest
  @MethodSource("threads")
  void aFurtherRoundWaitsForNoOtherProcess(InProcessCluster cluster) throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    Collective shift = Collective.Permute.shift(1, 4, "x");
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> x = counted(collectives, 4, 3);
          List<Tensor> first = zeros(collectives, 4, 3);
          List<Tensor> second = zeros(collectives, 4, 3);
          collectives
              .plan("ring")
              .start("round", shift, () -> x, () -> first)
              .await("round")
              .compute("late", (_, _) -> awaitUnlessFirst(collectives, started))
              .startRound("round", shift, () -> first, () -> second)
              .compute(
                  "started",
                  (_, _) -> {
                    if (collectives.process() == 0) {
                      started.countDown();
                    }
                  })
              .await("round")
              .build()
              .run();
          assertSame(collectives.run(Collective.Permute.shift(2, 4, "x"), x), second);
        });
  }

  private static void awaitUnlessFirst(Collectives collectives, CountDownLatch latch) {
    try {
      assertTrue(
          collectives.process() == 0 || latch.await(30, TimeUnit.SECONDS),
          "process 0 waits in a further round");
    } catch (InterruptedException stop) {
      throw new AssertionError(stop);
    }
  }

  @ParameterizedTest
  @MethodSource("ofTwo")
  void aFurtherRoundOfAnotherLengthIsAnError(InProcessCluster cluster) throws Exception {
    Collective shift = Collective.Permute.shift(2, 4, "x");
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> x = counted(collectives, 4, 3);
          List<Tensor> out = zeros(collectives, 4, 3);
          List<Tensor> longer = counted(collectives, 4, 5);
          CollectivePlan plan =
              collectives
                  .plan("ring")
                  .start("round", shift, () -> x, () -> out)
                  .await("round")
                  .startRound("round", shift, () -> longer, () -> out)
                  .await("round")
                  .build();
          assertThrows(CollectiveException.class, plan::run);
        });
  }

  private static List<InProcessCluster> ofTwo() {
    return clusters().stream()
        .filter(cluster -> cluster.equals(new InProcessCluster.Threads(2)) || !isHere(cluster))
        .toList();
  }

  private static boolean isHere(InProcessCluster cluster) {
    return InProcessCluster.here().anyMatch(cluster::equals);
  }

  /** All wait for a process that computes for longer than their deadline behind its start. */
  @ParameterizedTest
  @MethodSource("ofTwo")
  void theDeadlineCountsFromTheAwait(InProcessCluster cluster) throws Exception {
    CollectiveOptions hasty = CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(2));
    cluster.run(
        MESH,
        hasty,
        collectives -> {
          List<Tensor> x = counted(collectives, 5, 2);
          List<Tensor> gathered = zeros(collectives, 15, 2);
          collectives
              .plan("late")
              .start("gather", GATHER, x, gathered)
              .compute(
                  "long",
                  (index, _) -> {
                    if (index == 0 && collectives.process() == 0) {
                      LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
                    }
                  })
              .await("gather")
              .build()
              .run();
          double[] first = x.getFirst().toDoubleArray();
          double[] start = gathered.getFirst().slice(0, 0, 5).copy().toDoubleArray();
          if (collectives.process() == 0) {
            assertArrayEquals(first, start);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aFailureInFlightEndsTheCollectives(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> x = counted(collectives, 5, 2);
          List<Tensor> gathered = zeros(collectives, 15, 2);
          IllegalStateException thrown = new IllegalStateException("no more");
          CollectivePlan plan =
              collectives
                  .plan("failing")
                  .start("gather", GATHER, x, gathered)
                  .compute(
                      "bad",
                      (_, _) -> {
                        if (collectives.process() == 0) {
                          throw thrown;
                        }
                      })
                  .await("gather")
                  .build();
          if (collectives.process() == 0) {
            assertEquals(thrown, assertThrows(IllegalStateException.class, plan::run));
          }
          if (collectives.processes() > 1) {
            assertThrows(
                CollectiveException.class,
                () -> {
                  // The bytes of the first run may have come before the failure.
                  plan.run();
                  plan.run();
                });
          }
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void buildersRefuseWhatCannotBeInFlight(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> x = counted(collectives, 3);
          CollectivePlan.Builder builder =
              collectives.plan("p").start("a", SUM, x, zeros(collectives, 3));
          refused("names in flight must differ, got a", () -> builder.start("a", SUM, x, x));
          refused("started in the same steps, [a], got b", () -> builder.await("b"));
          refused("barrier, got [a]", () -> builder.communicate(new Collective.Barrier("x"), x, x));
          refused("got a barrier", () -> builder.start("b", new Collective.Barrier("x"), x, x));
          refused(
              "started in the same steps, where nothing is in flight, got a",
              () -> builder.repeat("r", 1, (body, _) -> body.await("a")));
          builder.start("b", SUM, x, zeros(collectives, 3));
          refused("at most 2", () -> builder.start("c", SUM, x, zeros(collectives, 3)));
          assertThrows(IllegalStateException.class, builder::build);
          builder.await("b");
          assertThrows(
              IllegalStateException.class,
              () ->
                  builder.repeat(
                      "r", 1, (body, _) -> body.start("c", SUM, x, zeros(collectives, 3))));
          builder.await("a").build().run();
        });
  }

  private static void refused(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part), message);
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void memoryInFlightIsNotWritten(InProcessCluster cluster) throws Exception {
    cluster.run(
        MESH,
        OPTIONS,
        collectives -> {
          List<Tensor> x = counted(collectives, 12);
          List<Tensor> out = zeros(collectives, 12);
          CollectivePlan reads =
              collectives
                  .plan("reads")
                  .start("a", SUM, x, out)
                  .start("b", SUM, x, zeros(collectives, 12))
                  .await("a")
                  .await("b")
                  .build();
          reads.run();
          if (collectives.processes() > 1) {
            // The first process that finds out ends the others' calls.
            return;
          }
          CollectivePlan writes =
              collectives
                  .plan("writes")
                  .start("a", SUM, x, out)
                  .communicate(SUM, () -> out, () -> zeros(collectives, 12))
                  .await("a")
                  .build();
          String message = assertThrows(IllegalArgumentException.class, writes::run).getMessage();
          assertTrue(message.contains("must not touch what a has in flight"), message);
        });
  }
}
