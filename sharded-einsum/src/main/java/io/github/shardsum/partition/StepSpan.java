package io.github.shardsum.partition;

import java.util.List;

/**
 * The time in which a device ran a part of a plan; an immutable value.
 *
 * @param name what ran, for a reader
 * @param steps places of the steps in their plan: one, or those of the statements of one local
 *     program
 * @param within the loop in whose body they are: places of steps from the whole plan inwards; empty
 *     outside of loops
 * @param device the device
 * @param begin nanoseconds, as {@link System#nanoTime} has them
 * @param end nanoseconds, at least {@code begin}; of a collective when all devices of this process
 *     have it
 */
public record StepSpan(
    String name, List<Integer> steps, List<Integer> within, int device, long begin, long end) {
  /** Copies the lists. */
  public StepSpan {
    steps = List.copyOf(steps);
    within = List.copyOf(within);
  }

  /**
   * Returns how long it took.
   *
   * @return nanoseconds
   */
  public long nanoseconds() {
    return end - begin;
  }
}
