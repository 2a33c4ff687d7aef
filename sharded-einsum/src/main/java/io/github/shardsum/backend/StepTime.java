package io.github.shardsum.backend;

import java.util.List;

/**
 * The time that a step of an executable took in all runs so far.
 *
 * @param program the program that has the step: the executable's, or a loop's body; the time of a
 *     loop contains the time of its body
 * @param kernel the name of the kernel, as in {@link Executable#explain}
 * @param detail its operands, as in {@link Executable#explain}
 * @param results names of the values that it wrote
 * @param calls how often it ran
 * @param nanoseconds time of all calls
 */
public record StepTime(
    String program,
    String kernel,
    String detail,
    List<String> results,
    long calls,
    long nanoseconds) {
  /** Copies the list. */
  public StepTime {
    results = List.copyOf(results);
  }
}
