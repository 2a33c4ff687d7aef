package io.github.shardsum.internal.moe.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The tasks that threads share. */
class SharedTasksTest {
  private static int[] equal(int tasks, int rows) {
    int[] all = new int[tasks];
    Arrays.fill(all, rows);
    return all;
  }

  @Test
  void aThreadHasExpertsToItselfIfLoadsAreBalanced() {
    assertEquals(0, SharedTasks.count(equal(8, 2048), 2));
    assertEquals(0, SharedTasks.count(equal(64, 256), 2));
    assertEquals(0, SharedTasks.count(equal(64, 256), 64));
    assertEquals(0, SharedTasks.count(equal(16, 1), 2));
    assertEquals(
        0, SharedTasks.count(new int[] {2100, 2080, 2050, 2048, 2040, 2022, 2010, 2002}, 2));
  }

  @Test
  void threadsShareWhatOneOfThemWouldEndLate() {
    assertEquals(1, SharedTasks.count(new int[] {8192, 1, 1, 1, 1}, 2));
    assertEquals(1, SharedTasks.count(equal(3, 1000), 2));
    assertEquals(3, SharedTasks.count(equal(3, 1000), 64));
    assertEquals(1, SharedTasks.count(equal(1, 16), 2));
  }

  @Test
  void oneThreadSharesNothing() {
    assertEquals(0, SharedTasks.count(new int[] {8192, 1}, 1));
    assertEquals(0, SharedTasks.count(new int[0], 4));
  }

  @Test
  void aTaskOfOneThreadIsAtMostItsShareAndATenth() {
    SplittableRandom random = new SplittableRandom(35);
    for (int round = 0; round < 2000; round++) {
      int threads = random.nextInt(2, 20);
      int[] rows = random.ints(random.nextInt(1, 40), 0, 1 << random.nextInt(1, 12)).toArray();
      Arrays.sort(rows);
      for (int i = 0; i < rows.length / 2; i++) {
        int low = rows[i];
        rows[i] = rows[rows.length - 1 - i];
        rows[rows.length - 1 - i] = low;
      }
      int shared = SharedTasks.count(rows, threads);
      long all = Arrays.stream(rows).sum();
      if (shared < rows.length) {
        assertTrue(rows[shared] <= Math.ceil(1.1 * all / threads), Arrays.toString(rows));
      }
    }
  }
}
