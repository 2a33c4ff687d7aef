package io.github.shardsum.partition;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The time in which a device ran a part of a plan; an immutable value.
 *
 * @param name the name of the step, for a reader
 * @param steps places of the steps in their plan: one, or those of the statements of one local
 *     program
 * @param within the loop in whose body they are: places of steps from the whole plan inwards; empty
 *     outside of loops
 * @param part the part of a composite that brings its own partition, see {@link CompositeParts};
 *     empty if the whole steps
 * @param rest whether it waits for what is left of a transfer when the local composite that runs
 *     meanwhile has ended; both are spans of one part
 * @param device the device
 * @param begin nanoseconds, as {@link System#nanoTime} has them
 * @param end nanoseconds, at least {@code begin}; of a collective when all devices of this process
 *     have it
 * @param flops arithmetic operations of the device, a multiply-add being two; 0 of a collective and
 *     of a device that another one computes for. Where numbers of rows follow from data, those of
 *     even loads
 * @param bytes least bytes that the device read and wrote, counted as {@code flops}
 */
public record StepSpan(
    String name,
    List<Integer> steps,
    List<Integer> within,
    OptionalInt part,
    boolean rest,
    int device,
    long begin,
    long end,
    double flops,
    double bytes) {
  /** Copies the lists. */
  public StepSpan {
    steps = List.copyOf(steps);
    within = List.copyOf(within);
    Objects.requireNonNull(part, "part");
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
