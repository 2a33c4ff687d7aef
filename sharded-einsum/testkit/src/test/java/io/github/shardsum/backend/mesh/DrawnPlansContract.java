package io.github.shardsum.backend.mesh;

import org.junit.jupiter.api.Test;

/**
 * The plans of {@link DrawnPlans} on an engine that several processes share; each process runs the
 * same. Not a name that Maven runs: {@code .ci/mpi} does, with as many processes as divide 12.
 */
class DrawnPlansContract {
  private static final int TRIES = Integer.getInteger("shardsum.sharded.cases", 6);
  private static final long SEED = Long.getLong("shardsum.seed", 0);

  @Test
  void programsHaveTheBitsOfTheDefinitions() {
    DrawnPlans.checkAll(DrawnPlans::program, SEED, TRIES);
  }

  @Test
  void gradientsHaveTheBitsOfTheDefinitions() {
    DrawnPlans.checkAll(DrawnPlans::gradient, SEED, TRIES);
  }
}
