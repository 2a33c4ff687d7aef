package io.github.shardsum.topology;

/** The ways to compute sums on a topology, for every order that a collective may request. */
public enum ReductionSchedule {
  /** Partial sums travel, as on a TPU's links and in vendors' libraries. */
  RINGS,

  /**
   * Operands travel to the device that sums a chunk, and the sums travel back. Shardsum's engines
   * do so, which fixes the order of a sum.
   */
  EXCHANGE
}
