package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An einsum on a mesh is the einsum without layouts, whatever the layouts are. */
final class RandomEinsumsTest {
  @Test
  void shardedEinsumsAreTheUnshardedToTheBit() {
    int refused = 0;
    int cases = RandomSharding.cases(400, 4_000);
    for (int i = 0; i < cases; i++) {
      RandomEinsum drawn = new RandomEinsum(RandomSharding.SEED + i);
      refused += drawn.isEqual(PlanOptions.defaults()) ? 0 : 1;
    }
    assertTrue(refused <= cases / 10, refused + " of " + cases + " were refused");
  }

  @Test
  void withinAMemoryLimitTheyAreTheSameOrRefused() {
    int within = 0;
    int cases = RandomSharding.cases(80, 1_000);
    for (int i = 0; i < cases; i++) {
      RandomEinsum drawn = new RandomEinsum(RandomSharding.SEED + i);
      Optional<ShardedEinsumPlan> plan = Optional.empty();
      try {
        plan = drawn.within(drawn.plan(PlanOptions.defaults()));
      } catch (PlanException refused) {
        assertTrue(refused.getMessage().contains("no plan gives the result"), drawn.what);
      }
      plan.ifPresent(drawn::check);
      within += plan.isPresent() ? 1 : 0;
    }
    assertTrue(within >= cases / 20, within + " of " + cases + " were planned within a limit");
  }
}
