package io.github.shardsum.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Races of the rendezvous, many times over. */
class RendezvousTest {
  private static final int ROUNDS = TestDepth.cases(2_000, 2_000, 20_000);

  @Test
  void exactlyOneIsTheLastAndSeesWhatAllWrote() throws Exception {
    int devices = 4;
    List<Rendezvous> chain = new ArrayList<>(List.of(new Rendezvous(0, devices)));
    for (int round = 1; round < ROUNDS; round++) {
      chain.add(chain.getLast().next());
    }
    int[][] written = new int[ROUNDS][devices];
    AtomicInteger lasts = new AtomicInteger();
    AtomicInteger unseen = new AtomicInteger();
    CyclicBarrier start = new CyclicBarrier(devices);
    List<Thread> threads = new ArrayList<>();
    for (int d = 0; d < devices; d++) {
      int device = d;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    DeviceCall call =
                        new DeviceCall(
                            new Collective.Barrier(),
                            Tensor.zeros(DType.BOOL, 0),
                            Optional.empty(),
                            Optional.empty());
                    await(start);
                    Rendezvous rendezvous = chain.getFirst();
                    for (int round = 0; round < ROUNDS; round++) {
                      written[round][device] = 1;
                      var entry = new Rendezvous.Entry(call, Thread.currentThread(), "");
                      if (rendezvous.enter(device, entry)) {
                        lasts.incrementAndGet();
                        for (int other = 0; other < devices; other++) {
                          if (written[round][other] == 0 || rendezvous.entry(other) == null) {
                            unseen.incrementAndGet();
                          }
                        }
                      }
                      rendezvous = rendezvous.next();
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(ROUNDS, lasts.get());
    assertEquals(0, unseen.get());
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception broken) {
      throw new IllegalStateException(broken);
    }
  }

  @Test
  void theChainIsTheSameForAllWhoExtendIt() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Rendezvous first = new Rendezvous(0, 2);
      Rendezvous[] seen = new Rendezvous[2];
      Thread other = Thread.ofVirtual().start(() -> seen[1] = first.next());
      seen[0] = first.next();
      other.join();
      assertEquals(seen[0], seen[1]);
      assertEquals(1, seen[0].number());
    }
  }

  @Test
  void blockingAndStartedCollectivesRunInTheOrderInWhichTheyWereEntered() {
    int rounds = ROUNDS / 20;
    try (Collectives collectives = Collectives.open(Mesh.of("x", 16))) {
      List<Double> sums =
          collectives.spmd(
              device -> {
                Tensor value = Tensor.full(DType.F64, 1, 1);
                for (int round = 0; round < rounds; round++) {
                  var started = device.start(new Collective.AllReduce(Reduction.MAX, "x"), value);
                  Tensor sum = device.allReduce(value, Reduction.SUM, "x");
                  double all = sum.getDouble(0) / started.await().getDouble(0);
                  value = Tensor.full(DType.F64, all / 16 + round, 1);
                }
                return value.getDouble(0);
              });
      assertEquals(java.util.Collections.nCopies(16, 1.0 + rounds - 1), sums);
    }
  }

  @Test
  void aThousandDevicesMeet() {
    try (Collectives collectives = Collectives.open(Mesh.of("x", 32, "y", 64))) {
      List<Integer> sums =
          collectives.spmd(
              device -> {
                Tensor one = Tensor.full(DType.I32, 1, 2);
                Tensor inner = device.allReduce(one, Reduction.SUM, "y");
                return (int) device.allReduce(inner, Reduction.SUM, "x").getLong(1);
              });
      assertEquals(java.util.Collections.nCopies(2048, 2048), sums);
    }
  }
}
