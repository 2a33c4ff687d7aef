package io.github.shardsum.collective;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Without the check a mismatch ends in some error or result, and ends no process: shown for every
 * kind of mismatch, and for sizes that a library moves in all its ways. Runs in every process of a
 * job; not a name that Maven runs.
 */
class UncheckedContract {
  private static final Mesh MESH = Mesh.of("x", 4, "y", 3);
  private static final CollectiveOptions PATIENT =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(100));
  private static final CollectiveOptions UNCHECKED =
      CollectiveOptions.defaults().withDeadline(Duration.ofSeconds(4)).withCheck(false);

  @Test
  void aMismatchEndsNoProcess() {
    List<FaultTest.Fork> forks =
        Stream.concat(FaultTest.forks().stream(), lengths().stream()).toList();
    try (Collectives patient = Collectives.open(MESH, PATIENT)) {
      for (FaultTest.Fork fork : forks) {
        meet(patient);
        Collectives hasty = Collectives.open(MESH, UNCHECKED);
        try {
          hasty.spmd(device -> FaultTest.goOn(fork, device, new ConcurrentHashMap<>()));
        } catch (CollectiveException said) {
          assertTrue(said.getMessage().length() > 10, fork.toString());
        }
        meet(patient);
        hasty.close();
      }
    }
  }

  private static void meet(Collectives patient) {
    Tensor nothing = Tensor.zeros(DType.BOOL, 0);
    List<Tensor> x = patient.devices().stream().map(_ -> nothing).toList();
    patient.run(new Collective.Barrier("x", "y"), x);
  }

  private static List<FaultTest.Fork> lengths() {
    return Stream.of(1_000, 40_000, 600_000)
        .flatMap(
            odd ->
                Stream.of(
                    fork(odd, "heap", length -> Tensor.zeros(DType.F32, length)),
                    fork(odd, "native", UncheckedContract::elsewhere)))
        .toList();
  }

  private static Tensor elsewhere(long length) {
    return Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(length));
  }

  private interface Source {
    Tensor of(long length);
  }

  private static FaultTest.Fork fork(long odd, String where, Source source) {
    Collective any = new Collective.AllReduce(List.of("x", "y"), Reduction.SUM, Order.ANY);
    return new FaultTest.Fork(
        odd + " in " + where,
        device -> all(device, source.of(100_000), any),
        device -> all(device, source.of(odd), any),
        "");
  }

  private static void all(Device device, Tensor x, Collective any) {
    device.allGather(x, 0, "x", "y");
    device.run(any, x);
    device.allReduce(x, Reduction.SUM, "x", "y");
  }
}
