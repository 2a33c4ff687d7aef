package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** An einsum on a mesh is the einsum without layouts, whatever the layouts are. */
final class RandomEinsumsTest {
  @Test
  void shardedEinsumsAreTheUnshardedToTheBit() {
    int refused = 0;
    int cases = RandomSharding.cases(400, 20_000);
    for (long seed = 0; seed < cases; seed++) {
      refused += new RandomEinsum(seed).isEqual(PlanOptions.defaults()) ? 0 : 1;
    }
    assertTrue(refused <= cases / 10, refused + " of " + cases + " were refused");
  }

  @Test
  void withinAMemoryLimitTheyAreTheSameOrRefused() {
    int cases = RandomSharding.cases(80, 5_000);
    for (long seed = 0; seed < cases; seed++) {
      RandomEinsum drawn = new RandomEinsum(seed);
      try {
        long peak = drawn.plan(PlanOptions.defaults()).plan().peakBytes();
        long limit = peak - peak / (3 + seed % 20);
        PlanOptions options = PlanOptions.defaults().withMemoryLimit(limit);
        assertTrue(drawn.plan(options).plan().peakBytes() <= limit, drawn.what);
        assertTrue(drawn.isEqual(options), drawn.what);
      } catch (PlanException refused) {
        assertTrue(refused.getMessage().contains("einsum"), refused.getMessage());
      }
    }
  }
}
