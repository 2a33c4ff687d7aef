package io.github.shardsum.internal.exec;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The threads of the caller's executor.
 *
 * @param executor runs a region once for each helper, perhaps late, perhaps never
 */
public record ExecutorThreads(Executor executor) implements HelperThreads {
  @Override
  public void ask(ParallelRegion region, int helpers) {
    try {
      for (int helper = 0; helper < helpers; helper++) {
        executor.execute(region::help);
      }
    } catch (RejectedExecutionException busy) {
      // No helper is needed.
    }
  }

  @Override
  public void forget() {}

  @Override
  public void close() {}
}
