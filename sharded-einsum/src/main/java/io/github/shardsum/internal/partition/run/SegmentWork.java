package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.run.LocalPlan;

/**
 * Work of a device between two collectives.
 *
 * @param flops arithmetic operations; a multiply-add counts as two
 * @param bytes the least number of bytes read and written
 */
record SegmentWork(double flops, double bytes) {
  static final SegmentWork NONE = new SegmentWork(0, 0);

  static SegmentWork of(LocalPlan plan) {
    return new SegmentWork(plan.flops(), plan.traffic());
  }
}
