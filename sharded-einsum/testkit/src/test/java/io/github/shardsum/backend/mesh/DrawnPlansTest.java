package io.github.shardsum.backend.mesh;

import io.github.shardsum.testsupport.TestDepth;
import org.junit.jupiter.api.Test;

/**
 * The plans of {@link DrawnPlans} in one process.
 *
 * <p>{@code -Dshardsum.programs=N} tries N programs and N gradients, {@code -Dshardsum.seed=S}
 * begins with another seed.
 */
class DrawnPlansTest {
  private static final int TRIES =
      Integer.getInteger("shardsum.programs", TestDepth.cases(15, 20, 25));
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));

  @Test
  void programsHaveTheBitsOfTheDefinitions() {
    DrawnPlans.checkAll(DrawnPlans::program, SEED, TRIES);
  }

  @Test
  void gradientsHaveTheBitsOfTheDefinitions() {
    DrawnPlans.checkAll(DrawnPlans::gradient, SEED, TRIES);
  }
}
