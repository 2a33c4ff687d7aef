package io.github.shardsum.partition;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * The time in which a device ran a part of a plan; an immutable value.
 *
 * @param name the name of the step, for a reader
 * @param steps places of the steps in their plan: one step, or the statements of one local program
 * @param within the loop that contains the steps: places of steps from the whole plan inwards;
 *     empty outside of loops
 * @param part the part of a composite with its own partition, see {@link CompositeParts}; empty for
 *     whole steps
 * @param rest whether this is the rest of a transfer after the simultaneous local composite has
 *     ended; the composite and the rest are two spans of one part
 * @param device the device
 * @param begin nanoseconds by the clock of {@link System#nanoTime}
 * @param end nanoseconds, at least {@code begin}; of a collective the time when all devices of this
 *     process have its result
 * @param flops arithmetic operations of the device; a multiply-add counts as two. 0 for a
 *     collective, and for a device whose block another device computes. If numbers of rows depend
 *     on data, the operations of even loads
 * @param bytes the least number of bytes that the device read and wrote; 0 in the same cases as
 *     {@code flops}
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
   * Returns the duration.
   *
   * @return nanoseconds
   */
  public long nanoseconds() {
    return end - begin;
  }
}
