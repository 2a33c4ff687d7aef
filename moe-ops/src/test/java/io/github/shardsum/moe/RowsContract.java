package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MeshIntegersTest.Case;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Layers on an engine that several processes share, where rows travel between them. Not a name that
 * Maven runs: {@code .ci/mpi} does.
 */
class RowsContract {
  private static final int CASES = Integer.getInteger("shardsum.cases", 8);
  private static final long SEED = Long.getLong("shardsum.seed", 8000);

  /** Of four groups the first two go to the first expert, of the others each to its own. */
  private static ExpertRows skewed() {
    int[] chosen = new int[16];
    Arrays.fill(chosen, 12, 16, 2);
    return ExpertRows.of(
        new int[] {4, 4, 1, 4, 3, 2}, Activation.RELU, false, chosen, new Random(3));
  }

  /** Only devices of d=0 get more than the bound, and all run again with the next. */
  @Test
  void moreRowsThanTheBoundRunAgain() {
    Mesh mesh = Mesh.parse("d=2 x=2");
    ExpertRows rows = skewed();
    Program program = rows.onMesh(mesh);
    PlanOptions options =
        PlanOptions.defaults()
            .withPartitions(Partitions.ALWAYS)
            .withWindows(Windows.ALWAYS)
            .withRaggedBound(1);
    try (Collectives collectives = Collectives.open(mesh);
        MeshExecutable executable =
            MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(program)) {
      assertEquals(1, executable.plan().plan().raggedBound());
      List<Tensor> given = executable.run(rows.tensors(program));
      List<double[]> expected = rows.expected();
      for (int i = 0; i < expected.size(); i++) {
        String name = program.outputs().get(i).name();
        assertArrayEquals(expected.get(i), given.get(i).toDoubleArray(), 0, name);
      }
      assertEquals(2, executable.plan().plan().raggedBound());
    }
  }

  @Test
  void randomLayersHaveTheBitsOfOneDevice() {
    int done = 0;
    for (long seed = SEED; seed < SEED + CASES; seed++) {
      Case drawn = Case.of(seed);
      try {
        Collectives.open(drawn.mesh()).close();
      } catch (IllegalArgumentException undivided) {
        // Processes that do not divide the mesh find out before they wait for each other.
        continue;
      }
      drawn.check();
      done++;
    }
    assertTrue(done > 0, "no mesh is divided by the processes");
  }
}
