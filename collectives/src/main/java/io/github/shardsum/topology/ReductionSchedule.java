package io.github.shardsum.topology;

/** How sums are made on a topology, for every order that a collective may ask for. */
public enum ReductionSchedule {
  /** Partial sums travel, as on a TPU's links and in vendors' libraries. */
  RINGS,

  /**
   * Operands travel to the device that sums a chunk, and the sums travel back. Shardsum's engines
   * do so, which fixes the order of a sum.
   */
  EXCHANGE
}
