package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Sums in a fixed order on an engine that several processes share. Not a name that Maven runs:
 * {@code .ci/mpi} does.
 */
class ReproducibleContract {
  private static final int TRIES = Integer.getInteger("shardsum.sharded.cases", 8);
  private static final long SEED = Long.getLong("shardsum.seed", 0);

  @Test
  void programsHaveTheBitsOfOneDevice() {
    int ran = ReproducibleBits.of(SEED, TRIES).onMeshes();
    assertTrue(ran > 0, "no mesh of " + TRIES + " is divided by the processes");
  }
}
