package io.github.shardsum.backend;

import java.util.List;

/**
 * A step that an executable will run, as in {@link Executable#explain}.
 *
 * @param program the program whose step it is: the executable's, or a loop's body
 * @param kernel the kernel's name
 * @param detail its operands and results
 * @param results names of the values that it writes
 * @param flops arithmetic operations, a multiply-add being two
 * @param bytes least bytes read and written
 * @param liveBytes bytes of the program's memory that are in use while the step runs
 */
public record PlannedStep(
    String program,
    String kernel,
    String detail,
    List<String> results,
    double flops,
    double bytes,
    long liveBytes) {
  /** Copies the list. */
  public PlannedStep {
    results = List.copyOf(results);
  }
}
