package io.github.shardsum.internal.exec;

/** Threads that help the caller with a region. One region at a time. */
public sealed interface HelperThreads extends AutoCloseable permits ThreadTeam, ExecutorThreads {
  /**
   * Wakes a number of helpers for a region. They may come late or never; the caller does the tasks
   * that they do not take.
   */
  void ask(ParallelRegion region, int helpers);

  /** Forgets the last region, which has ended. */
  void forget();

  /** Ends these threads after their present region. */
  @Override
  void close();
}
