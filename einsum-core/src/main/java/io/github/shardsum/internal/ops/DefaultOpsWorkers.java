package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;

/**
 * The threads of operations without explicit workers: one for each processor, for the whole
 * process.
 */
public final class DefaultOpsWorkers {
  private DefaultOpsWorkers() {}

  /**
   * Creates the workers at the first use; the threads themselves start with the first large
   * operand.
   */
  private static final class Holder {
    static final Workers PROCESS = Workers.ofProcessors();
  }

  public static Workers get() {
    return Holder.PROCESS;
  }
}
