package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A run whose thread is interrupted. */
class InterruptTest {
  private static final Program SQUARE =
      Program.parse(
          """
          program square {
            input a: f64[m@x=96 k=96]
            b = einsum(a, a) {equation="m k, n k -> m n"}
            output b
          }
          """);

  private static void assertUnmoved(Backend backend) {
    double[] numbers = new double[96 * 96];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i % 7 - 3;
    }
    Tensor a = Tensor.of(numbers, 96, 96);
    try (Executable executable = backend.compile(SQUARE)) {
      double[] expected = executable.run(a).getFirst().toDoubleArray();
      Thread.currentThread().interrupt();
      List<Tensor> results;
      boolean still;
      try {
        results = executable.run(a);
      } finally {
        still = Thread.interrupted();
      }
      assertTrue(still, "the thread is interrupted still");
      assertArrayEquals(expected, results.getFirst().toDoubleArray());
    }
  }

  @Test
  void goesOnToItsEndOnThreads() {
    try (Workers workers = Workers.of(3)) {
      assertUnmoved(LocalBackend.of(workers));
    }
  }

  @Test
  void goesOnToItsEndOnAMesh() {
    try (Collectives collectives = Collectives.open(Mesh.parse("x=4"))) {
      assertUnmoved(MeshBackend.of(collectives, Kernels.none(), PlanOptions.defaults()));
    }
  }
}
