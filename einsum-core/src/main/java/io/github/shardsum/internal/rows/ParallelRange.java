package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.exec.Sharing;

/**
 * Shares numbered units of work out over threads. The units are independent, so no result depends
 * on their division among threads.
 */
final class ParallelRange {
  private ParallelRange() {}

  /** The units from begin to end, exclusive. */
  @FunctionalInterface
  interface Share {
    void run(long begin, long end, Scratch scratch);
  }

  /** Whether several threads share the work, if it has enough units. */
  static boolean isShared(Workers workers, long elements) {
    return Sharing.areWorth(elements, workers);
  }

  static void run(Workers workers, long units, long elements, Share share) {
    boolean alone = !isShared(workers, elements);
    // Several tasks a thread, so that a slow thread does not keep the others waiting.
    int tasks = alone ? 1 : (int) Math.min(units, 4L * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> share.run(units * task / tasks, units * (task + 1) / tasks, scratch));
  }
}
