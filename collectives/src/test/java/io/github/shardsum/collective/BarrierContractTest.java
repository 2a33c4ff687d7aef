package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Barriers on every engine; see {@link ContractTest} for how it runs. */
class BarrierContractTest {
  private static final CollectiveOptions OPTIONS =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(60));

  private static List<InProcessCluster> clusters() {
    return InProcessCluster.all().toList();
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aBarrierIsPassedByAllOrNone(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 4, "y", 3),
        OPTIONS,
        collectives -> {
          var before = new java.util.concurrent.atomic.AtomicInteger();
          List<Integer> seen =
              collectives.spmd(
                  device -> {
                    before.incrementAndGet();
                    device.barrier("x", "y");
                    int all = before.get();
                    device.barrier();
                    return all;
                  });
          int count = collectives.devices().size();
          assertEquals(java.util.Collections.nCopies(count, count), seen);
        });
  }

  private static List<Tensor> numbered(Collectives collectives) {
    return collectives.devices().stream()
        .map(device -> Tensor.of(new float[] {device, device + 0.5f}, 2))
        .toList();
  }

  private static List<Tensor> fresh(Collectives collectives) {
    return collectives.devices().stream().map(_ -> Tensor.zeros(DType.F32, 2)).toList();
  }

  private static void equal(List<Tensor> wanted, List<Tensor> given) {
    assertEquals(wanted.size(), given.size());
    for (int i = 0; i < wanted.size(); i++) {
      assertArrayEquals(wanted.get(i).toFloatArray(), given.get(i).toFloatArray());
    }
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void aResultThatIsGivenIsTheOperandBehindIt(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 4, "y", 3),
        OPTIONS,
        collectives -> {
          var barrier = new Collective.Barrier("x");
          List<Tensor> x = numbered(collectives);
          List<Tensor> out = fresh(collectives);
          collectives.runInto(barrier, x, out);
          equal(x, out);
          List<Tensor> later = fresh(collectives);
          assertEquals(later, collectives.startInto(barrier, x, later).await());
          equal(x, later);
          List<Tensor> planned = fresh(collectives);
          collectives.plan("p").communicate(barrier, x, planned).build().run();
          equal(x, planned);
          int first = collectives.devices().getFirst();
          List<Tensor> own = fresh(collectives);
          collectives.spmd(
              device -> {
                int index = device.id() - first;
                device.runInto(barrier, x.get(index), own.get(index));
                return 0;
              });
          equal(x, own);
        });
  }

  @ParameterizedTest
  @MethodSource("clusters")
  void memoryMattersOnlyToAResult(InProcessCluster cluster) throws Exception {
    cluster.run(
        Mesh.of("x", 12),
        OPTIONS,
        collectives -> {
          try (Arena arena = Arena.ofConfined()) {
            List<Tensor> x =
                collectives.devices().stream()
                    .map(_ -> Tensor.allocate(arena, DType.F32, Shape.of(2)))
                    .toList();
            var barrier = new Collective.Barrier("x");
            assertEquals(x, collectives.run(barrier, x));
            collectives.runInto(barrier, x, x);
            List<Tensor> out = fresh(collectives);
            assertThrows(WrongThreadException.class, () -> collectives.runInto(barrier, x, out));
          }
        });
  }
}
