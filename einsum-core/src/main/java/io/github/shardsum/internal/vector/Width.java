package io.github.shardsum.internal.vector;

import jdk.incubator.vector.VectorShape;

/** The width of the vectors that the kernels use. */
final class Width {
  /** The machine's own, but never more than 512 bits: the order of sums has lanes for no more. */
  static final VectorShape SHAPE =
      VectorShape.preferredShape().vectorBitSize() > 512
          ? VectorShape.S_512_BIT
          : VectorShape.preferredShape();

  private Width() {}
}
