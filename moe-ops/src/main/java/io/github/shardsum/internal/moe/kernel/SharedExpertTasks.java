package io.github.shardsum.internal.moe.kernel;

import java.util.Arrays;
import java.util.Collections;
import java.util.PriorityQueue;

/**
 * The number of tasks that all threads share; each other task has one thread. Threads that share a
 * product read each other's panels and wait for each other. A thread with its own products does
 * neither. So a task is shared only if one thread alone would still work on it after the others
 * have ended.
 */
final class SharedExpertTasks {
  private SharedExpertTasks() {}

  /**
   * The number of shared tasks with which all threads end earliest.
   *
   * @param rows the rows of each task, in falling order
   * @param cost the time of a shared task, divided by that of an unshared task with the same rows
   *     for each thread
   */
  static int count(int[] rows, int threads, double cost) {
    if (threads == 1) {
      return 0;
    }
    double left = Arrays.stream(rows).asLongStream().sum() / (double) threads;
    double before = 0;
    double least = Double.MAX_VALUE;
    int best = 0;
    for (int shared = 0; shared <= rows.length; shared++) {
      double rest = longest(rows, shared, threads);
      if (before + rest < least) {
        least = before + rest;
        best = shared;
      }
      double part = shared < rows.length ? rows[shared] / (double) threads : 0;
      // Any later choice costs at least before + left + (cost - 1) * part.
      if (least - before - left <= (cost - 1) * part) {
        break;
      }
      before += cost * part;
      left -= part;
    }
    return best;
  }

  /** The most rows of one thread, if each thread takes the next task when it is free. */
  private static long longest(int[] rows, int from, int threads) {
    int working = Math.min(threads, Math.max(1, rows.length - from));
    PriorityQueue<Long> loads = new PriorityQueue<>(Collections.nCopies(working, 0L));
    long most = 0;
    for (int task = from; task < rows.length; task++) {
      long load = loads.remove() + rows[task];
      loads.add(load);
      most = Math.max(most, load);
    }
    return most;
  }

  /**
   * The largest number of rows of a task that is not shared by several threads. With more rows,
   * sharing the task is faster even at the largest cost.
   */
  static long mostAlone(long rows, int threads) {
    return (long) Math.ceil(SharedExpertCost.MOST * rows / threads);
  }
}
