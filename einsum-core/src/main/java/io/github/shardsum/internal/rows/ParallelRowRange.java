package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.exec.ThreadSharing;

/**
 * Divides numbered pieces of work among threads. The pieces are independent, so no result depends
 * on the division.
 */
final class ParallelRowRange {
  private ParallelRowRange() {}

  /** Computes the pieces from begin (inclusive) to end (exclusive). */
  @FunctionalInterface
  interface Share {
    void run(long begin, long end, Scratch scratch);
  }

  /**
   * Whether several threads share work with this number of elements, provided that there are enough
   * pieces.
   */
  static boolean isShared(Workers workers, long elements) {
    return ThreadSharing.areWorth(elements, workers);
  }

  static void run(Workers workers, long units, long elements, Share share) {
    boolean alone = !isShared(workers, elements);
    // Each thread gets several tasks, so that a slow thread does not keep the others waiting.
    int tasks = alone ? 1 : (int) Math.min(units, 4L * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> share.run(units * task / tasks, units * (task + 1) / tasks, scratch));
  }
}
