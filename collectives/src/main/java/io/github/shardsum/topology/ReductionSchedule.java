package io.github.shardsum.topology;

/**
 * The ways to compute sums on a topology. Either may be priced for any collective, whatever order
 * of sums the collective requests.
 */
public enum ReductionSchedule {
  /** Partial sums travel, as on a TPU's links and in vendors' libraries. */
  RINGS,

  /**
   * Operands travel to the device that sums a chunk, and the sums travel back. Shardsum's engines
   * do so, which fixes the order of a sum.
   */
  EXCHANGE
}
