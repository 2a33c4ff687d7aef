package io.github.shardsum.internal.engine.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class OverlappedTasksTest {
  private static final int TASKS = 1_000;
  private static final int HELPERS = 3;

  @Test
  void eachTaskIsDoneOnceAnOpeningHoweverManyHelp() {
    AtomicIntegerArray done = new AtomicIntegerArray(TASKS);
    OverlappedTasks meanwhile = new OverlappedTasks(TASKS, done::incrementAndGet);
    for (int time = 1; time <= 50; time++) {
      // Helpers may come before it is opened, and then may find nothing to do.
      try (ExecutorService threads = Executors.newFixedThreadPool(HELPERS)) {
        for (int helper = 0; helper < HELPERS; helper++) {
          threads.execute(meanwhile::help);
        }
        meanwhile.open();
        meanwhile.help();
      }
      for (int task = 0; task < TASKS; task++) {
        assertEquals(time, done.get(task), "task " + task);
      }
    }
  }

  @Test
  void nothingIsDoneBeforeItIsOpened() {
    AtomicIntegerArray done = new AtomicIntegerArray(TASKS);
    new OverlappedTasks(TASKS, done::incrementAndGet).help();
    assertEquals(0, done.get(0));
  }
}
