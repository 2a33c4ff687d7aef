package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.run.LocalPlan;

/**
 * Work of a device between two collectives.
 *
 * @param flops arithmetic operations; a multiply-add counts as two
 * @param bytes the least number of bytes read and written
 */
record LocalWork(double flops, double bytes) {
  static final LocalWork NONE = new LocalWork(0, 0);

  static LocalWork of(LocalPlan plan) {
    return new LocalWork(plan.flops(), plan.traffic());
  }
}
