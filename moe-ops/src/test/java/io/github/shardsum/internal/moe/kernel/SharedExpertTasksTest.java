package io.github.shardsum.internal.moe.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The tasks that threads share. */
class SharedExpertTasksTest {
  private static int[] equal(int tasks, int rows) {
    int[] all = new int[tasks];
    Arrays.fill(all, rows);
    return all;
  }

  @Test
  void aThreadHasExpertsToItselfIfLoadsAreBalanced() {
    assertEquals(0, SharedExpertTasks.count(equal(8, 2048), 2, 1.1));
    assertEquals(0, SharedExpertTasks.count(equal(64, 256), 2, 1.1));
    assertEquals(0, SharedExpertTasks.count(equal(64, 256), 64, 1.1));
    assertEquals(0, SharedExpertTasks.count(equal(16, 1), 2, 1.1));
    assertEquals(
        0,
        SharedExpertTasks.count(
            new int[] {2100, 2080, 2050, 2048, 2040, 2022, 2010, 2002}, 2, 1.1));
  }

  @Test
  void threadsShareWhatOneOfThemWouldEndLate() {
    assertEquals(1, SharedExpertTasks.count(new int[] {8192, 1, 1, 1, 1}, 2, 1.1));
    assertEquals(1, SharedExpertTasks.count(equal(3, 1000), 2, 1.1));
    assertEquals(3, SharedExpertTasks.count(equal(3, 1000), 64, 1.1));
    assertEquals(1, SharedExpertTasks.count(equal(1, 16), 2, 1.1));
  }

  @Test
  void oneThreadSharesNothing() {
    assertEquals(0, SharedExpertTasks.count(new int[] {8192, 1}, 1, 1.1));
    assertEquals(0, SharedExpertTasks.count(new int[0], 4, 1.1));
  }

  /** Rows of up to 40 tasks, the most first. */
  private static int[] random(SplittableRandom random) {
    return random
        .ints(random.nextInt(1, 40), 0, 1 << random.nextInt(1, 12))
        .map(rows -> -rows)
        .sorted()
        .map(rows -> -rows)
        .toArray();
  }

  /** The least and the most that a shared task may cost, and a cost in between. */
  private static double[] costs(SplittableRandom random) {
    return new double[] {1, random.nextDouble(1, 1.1), 1.1};
  }

  /** The time at which all threads end, by a plain loop over threads for each task. */
  private static double end(int[] rows, int shared, int threads, double cost) {
    double together = 0;
    double[] ends = new double[threads];
    for (int task = 0; task < rows.length; task++) {
      if (task < shared) {
        together += cost * rows[task] / threads;
      } else {
        int first = 0;
        for (int thread = 1; thread < threads; thread++) {
          first = ends[thread] < ends[first] ? thread : first;
        }
        ends[first] += rows[task];
      }
    }
    return together + Arrays.stream(ends).max().orElseThrow();
  }

  @Test
  void noOtherNumberOfSharedTasksEndsSooner() {
    SplittableRandom random = new SplittableRandom(36);
    for (int round = 0; round < 1000; round++) {
      int threads = random.nextInt(2, 20);
      int[] rows = random(random);
      for (double cost : costs(random)) {
        int shared = SharedExpertTasks.count(rows, threads, cost);
        double end = end(rows, shared, threads, cost);
        for (int other = 0; other <= rows.length; other++) {
          boolean isNoBetter = end(rows, other, threads, cost) >= end * (1 - 1e-9);
          String all = other + " for " + shared + " at " + cost + " of " + Arrays.toString(rows);
          assertTrue(isNoBetter, all);
        }
      }
    }
  }

  @Test
  void aTaskOfOneThreadIsAtMostItsShareAndATenth() {
    SplittableRandom random = new SplittableRandom(35);
    for (int round = 0; round < 2000; round++) {
      int threads = random.nextInt(2, 20);
      int[] rows = random(random);
      long all = Arrays.stream(rows).sum();
      for (double cost : costs(random)) {
        int shared = SharedExpertTasks.count(rows, threads, cost);
        if (shared < rows.length) {
          String said = cost + ", " + Arrays.toString(rows);
          assertTrue(rows[shared] <= Math.ceil(1.1 * all / threads), said);
        }
      }
    }
  }

  /**
   * Two tasks of nearly equal rows: all threads end 1.0244 times sooner if sharing costs nothing.
   */
  @Test
  void theCostThatIsMeasuredDecides() {
    int[] rows = {1050, 1000};
    assertEquals(2, SharedExpertTasks.count(rows, 2, 1));
    assertEquals(2, SharedExpertTasks.count(rows, 2, 1.024));
    assertEquals(0, SharedExpertTasks.count(rows, 2, 1.025));
  }
}
