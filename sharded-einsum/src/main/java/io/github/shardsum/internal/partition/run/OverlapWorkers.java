package io.github.shardsum.internal.partition.run;

import io.github.shardsum.exec.Workers;
import java.util.Optional;

/**
 * Workers of a plan's kernels; each kernel runs on one thread. While bytes travel between processes
 * a kernel runs in tasks of about a millisecond; the transport makes progress after each task.
 *
 * @param progress advances the collectives in flight; any thread may call it; none if nothing
 *     travels
 * @param alone the workers of kernels during which nothing travels: one object, so that all these
 *     kernels pack operands into the same arrays of a thread
 */
record OverlapWorkers(Optional<Runnable> progress, Workers alone) {
  /** Floating-point operations of a task: 0.5 to 2 milliseconds on one core. */
  private static final double TASK_FLOPS = 1 << 26;

  /** The most tasks of a kernel. Each task packs its own rows, so more tasks take more time. */
  private static final int MOST_TASKS = 64;

  OverlapWorkers(Runnable progress) {
    this(Optional.of(progress), Workers.sequential());
  }

  /**
   * Workers of kernels on one thread without transfers. They are used for runs in which nothing
   * travels, and for counting a plan's memory, which is that of one thread.
   */
  static OverlapWorkers none() {
    return new OverlapWorkers(Optional.empty(), Workers.sequential());
  }

  /** Workers for a number of floating-point operations. */
  Workers workers(double flops) {
    int parts = Math.clamp(Math.round(flops / TASK_FLOPS), 1, MOST_TASKS);
    return progress.map(of -> Workers.interleaved(parts, of)).orElse(alone);
  }
}
