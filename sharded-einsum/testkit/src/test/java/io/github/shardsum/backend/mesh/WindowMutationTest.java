package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.testsupport.TestDepth;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Plans of {@link DrawnPlans} with one fault in windows or at a loop: the checker refuses them, or
 * they are right.
 *
 * <p>{@code -Dshardsum.sharded.cases=N} tries N of each kind, {@code -Dshardsum.seed=S} begins with
 * another seed.
 */
final class WindowMutationTest {
  private static final int MUTANTS =
      Integer.getInteger("shardsum.sharded.cases", TestDepth.cases(15, 30, 40));
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));
  private static final int OF_A_PLAN = 12;

  private final Map<WindowMutation, Integer> mutants = new EnumMap<>(WindowMutation.class);
  private final Map<WindowMutation, Integer> refused = new EnumMap<>(WindowMutation.class);

  private boolean isEnough(WindowMutation kind) {
    return mutants.getOrDefault(kind, 0) >= MUTANTS;
  }

  @Test
  void plansWithAFaultInWindowsAreRefused() {
    boolean isDone = false;
    for (long seed = SEED; !isDone; seed++) {
      assertTrue(seed - SEED < 100L * MUTANTS, () -> "too few apply: " + mutants);
      DrawnPlans.Drawn drawn = DrawnPlans.drawn(DrawnPlans.program(seed), seed);
      Random random = new Random(seed);
      isDone = true;
      for (WindowMutation kind : WindowMutation.values()) {
        for (int i = 0; i < OF_A_PLAN && !isEnough(kind); i++) {
          Optional<SpmdPlan> mutant = kind.of(drawn.plan().plan(), random);
          if (mutant.isPresent()) {
            mutants.merge(kind, 1, Integer::sum);
            boolean isRefused =
                ProgramPlanMutationTest.isRefused(drawn.program(), drawn.plan(), mutant.get());
            refused.merge(kind, isRefused ? 1 : 0, Integer::sum);
          }
        }
        isDone &= isEnough(kind);
      }
    }
    for (WindowMutation kind : WindowMutation.values()) {
      int all = mutants.getOrDefault(kind, 0);
      int found = refused.getOrDefault(kind, 0);
      assertTrue(found > all / 2, () -> kind + ": " + found + " of " + all + " were refused");
    }
  }
}
