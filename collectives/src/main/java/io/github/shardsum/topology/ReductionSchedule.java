package io.github.shardsum.topology;

/** How sums are made on a topology, whatever order the collective asks for. */
public enum ReductionSchedule {
  /** Partial sums travel, as on a TPU's links and in vendors' libraries. */
  RINGS,

  /**
   * Every operand travels to where its chunk is summed and the sums are shared, as this library's
   * engines do so that the order of a sum is fixed.
   */
  EXCHANGE
}
