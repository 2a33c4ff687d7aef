package io.github.shardsum.internal.moe.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The cost of shared tasks follows the times of runs, played here. */
class SharedExpertCostTest {
  private final SharedExpertCost cost = new SharedExpertCost();

  private void run(double sharedNanos, double aloneNanos) {
    cost.add(
        new SharedExpertCost.Tasks(sharedNanos, 100), new SharedExpertCost.Tasks(aloneNanos, 200));
  }

  @Test
  void aRunCountsAQuarter() {
    assertEquals(1.1, cost.value());
    run(51e6, 100e6);
    assertEquals(1.1 - 0.08 / 4, cost.value(), 1e-12);
    run(51e6, 100e6);
    assertEquals(1.02 + 0.08 * 9 / 16, cost.value(), 1e-12);
  }

  /** With two tasks of nearly equal rows, runs without loss make threads share them. */
  @Test
  void runsDecideWhichTasksAreShared() {
    int[] rows = {1050, 1000};
    assertEquals(0, SharedExpertTasks.count(rows, 2, cost.value()));
    for (int i = 0; i < 20; i++) {
      run(50e6, 100e6);
    }
    assertEquals(2, SharedExpertTasks.count(rows, 2, cost.value()));
    for (int i = 0; i < 20; i++) {
      run(60e6, 100e6);
    }
    assertEquals(0, SharedExpertTasks.count(rows, 2, cost.value()));
  }

  @Test
  void noRunMakesItLessThanOneOrMoreThanMemoryIsPlannedFor() {
    run(500e6, 100e6);
    assertEquals(1.1, cost.value(), 1e-12);
    for (int i = 0; i < 100; i++) {
      run(10e6, 100e6);
    }
    assertTrue(cost.value() >= 1 && cost.value() < 1.001);
  }

  @Test
  void runsOfSharedTasksAloneEndByMeasuringAgain() {
    int[] rows = {1050, 1000};
    for (int i = 0; i < 20; i++) {
      run(50e6, 100e6);
    }
    double before = cost.value();
    assertEquals(2, SharedExpertTasks.count(rows, 2, before));
    SharedExpertCost.Tasks none = new SharedExpertCost.Tasks(0, 0);
    cost.add(new SharedExpertCost.Tasks(0.9e6, 100), none);
    assertEquals(before, cost.value());
    cost.add(new SharedExpertCost.Tasks(50e6, 100), none);
    assertEquals(before + (1.1 - before) / 64, cost.value(), 1e-12);
    for (int i = 0; i < 40; i++) {
      cost.add(new SharedExpertCost.Tasks(50e6, 100), none);
    }
    assertEquals(0, SharedExpertTasks.count(rows, 2, cost.value()));
    assertTrue(cost.value() < 1.1);
  }

  @Test
  void shortTimesAndTasksOfOneKindAtTheMostSayNothing() {
    run(0.9e6, 100e6);
    run(50e6, 0.9e6);
    cost.add(new SharedExpertCost.Tasks(50e6, 0), new SharedExpertCost.Tasks(100e6, 200));
    cost.add(new SharedExpertCost.Tasks(50e6, 100), new SharedExpertCost.Tasks(100e6, 0));
    assertEquals(1.1, cost.value());
  }
}
