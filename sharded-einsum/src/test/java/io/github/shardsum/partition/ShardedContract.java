package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random einsums and reshards on an engine that several processes may share; each process draws the
 * same. Not a name that Maven runs: {@code .ci/mpi} does, with as many processes as divide every
 * mesh. {@code -Dshardsum.sharded.cases=N} tries N einsums and N reshards a mesh, {@code
 * -Dshardsum.seed=S} begins with another seed; of a quarter there is a memory limit.
 */
class ShardedContract {
  private static final int CASES = Integer.getInteger("shardsum.sharded.cases", 200);

  /** Of one to three axes and up to twelve devices, which 2, 3, 4 and 6 processes divide. */
  static List<Mesh> meshes() {
    return List.of(
        Mesh.parse("x=12"),
        Mesh.parse("x=3 y=4"),
        Mesh.parse("x=4 y=3").withDevices(7, 2, 11, 0, 5, 9, 1, 10, 3, 8, 6, 4),
        Mesh.parse("x=2 y=3 z=2"),
        Mesh.parse("x=2 y=2 z=3").withDevices(5, 1, 8, 0, 11, 3, 10, 2, 7, 4, 9, 6));
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void shardedEinsumsAreTheUnshardedToTheBit(Mesh mesh) {
    int refused = 0;
    try (Collectives collectives = Collectives.open(mesh)) {
      for (int i = 0; i < CASES; i++) {
        RandomEinsum drawn = new RandomEinsum(mesh, RandomSharding.SEED + i);
        ShardedEinsumPlan plan;
        try {
          plan = drawn.plan(PlanOptions.defaults());
          plan = i % 4 == 0 ? drawn.within(plan).orElse(plan) : plan;
        } catch (PlanException none) {
          refused++;
          continue;
        }
        drawn.check(plan, collectives);
      }
    }
    assertTrue(refused <= CASES / 5, refused + " of " + CASES + " were refused");
  }

  @ParameterizedTest
  @MethodSource("meshes")
  void reshardedValuesAreTheSameToTheBit(Mesh mesh) {
    int done = 0;
    try (Collectives collectives = Collectives.open(mesh)) {
      for (int i = 0; i < CASES; i++) {
        long seed = RandomSharding.SEED + i;
        RandomSharding random = new RandomSharding(seed);
        done += RandomReshardsTest.reshard(random, "seed " + seed, mesh, collectives) ? 1 : 0;
      }
    }
    assertTrue(done > CASES / 2, done + " of " + CASES + " had a plan");
  }
}
