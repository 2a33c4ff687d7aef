package io.github.shardsum.internal.exec;

/** Threads that help the caller with a region. One region at a time. */
public sealed interface HelperThreads extends AutoCloseable permits Team, ExecutorThreads {
  /**
   * Asks a number of helpers to take part in a region. They may come late or never: the caller does
   * what they do not.
   */
  void ask(Region region, int helpers);

  /** Lets go of the region that was asked for last; it has ended. */
  void forget();

  /** Ends what threads it has of its own, after the region that they work on. */
  @Override
  void close();
}
