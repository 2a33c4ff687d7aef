package io.github.shardsum.topology;

import java.util.Locale;

/**
 * The computing rate of a measured machine's devices; an immutable value.
 *
 * @param flops operations a second of a device in a product of f32, while all devices compute;
 *     plans assume that operations on wider elements are slower in proportion to their bytes
 * @param sharesMemory whether a device reads and writes another's blocks in place, as the devices
 *     of one process do; an einsum in windows then transfers nothing
 */
public record Computing(double flops, boolean sharesMemory) {
  /**
   * Checks the rate.
   *
   * @throws IllegalArgumentException if the rate is not positive and finite
   */
  public Computing {
    if (!(flops > 0 && flops < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "computing: operations a second must be positive and finite, got " + flops);
    }
  }

  /** As in {@code 150.0 Gflop/s, shared memory}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%.4g Gflop/s%s", flops / 1e9, sharesMemory ? ", shared memory" : "");
  }
}
