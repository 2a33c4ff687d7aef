package io.github.shardsum.topology;

import java.util.Locale;

/**
 * How the devices of a measured machine compute; an immutable value.
 *
 * @param flops operations a second of a device in a product of f32, while all devices compute;
 *     plans take elements of more bytes to be as much slower as they are wider
 * @param sharesMemory whether a device reads and writes another's blocks where they lie, as the
 *     devices of one process do; an einsum in windows then transfers nothing
 */
public record Computing(double flops, boolean sharesMemory) {
  /**
   * Checks the rate.
   *
   * @throws IllegalArgumentException if it is not positive and finite
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
