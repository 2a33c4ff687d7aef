package io.github.shardsum.internal.local.run;

import java.util.List;

/**
 * A step of a plan.
 *
 * @param kernel the kernel that runs
 * @param detail its operands, for a reader
 * @param results names of the values that it writes
 * @param bases all memory that it touches
 * @param flops arithmetic operations, a multiply-add being two
 * @param bytes least bytes read and written
 * @param ownBytes bytes that it keeps outside the workspace's buffers
 * @param scratchBytes bytes of scratch arrays, which other steps use too
 * @param action the work
 */
public record LocalStep(
    String kernel,
    String detail,
    List<String> results,
    List<LocalStorage> bases,
    double flops,
    double bytes,
    long ownBytes,
    long scratchBytes,
    Action action) {
  /** Copies the lists. */
  public LocalStep {
    results = List.copyOf(results);
    bases = List.copyOf(bases);
  }

  /** The work of a step, on the memory of one run. */
  @FunctionalInterface
  public interface Action {
    void run(LocalRunContext frame);
  }
}
