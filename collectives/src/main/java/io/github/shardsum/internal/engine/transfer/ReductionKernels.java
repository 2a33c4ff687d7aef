package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.internal.reduce.ReductionOps;
import io.github.shardsum.internal.vector.reduce.VectorReductionOps;
import io.github.shardsum.ops.KernelInfo;

/** The reductions that match this JVM's kernels; chosen once. */
public final class ReductionKernels {
  private static final ReductionOps BEST =
      KernelInfo.current().vectorBits() > 0 ? new VectorReductionOps() : ReductionOps.scalar();

  private ReductionKernels() {}

  /** The fastest reductions that this JVM can run. */
  public static ReductionOps best() {
    return BEST;
  }
}
