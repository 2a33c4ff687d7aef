package io.github.shardsum.internal.vector;

import jdk.incubator.vector.VectorShape;

/** The width of the vectors that the kernels use. */
final class Width {
  /** The machine's own width, but at most 512 bits, because the order of sums has no more lanes. */
  static final VectorShape SHAPE =
      VectorShape.preferredShape().vectorBitSize() > 512
          ? VectorShape.S_512_BIT
          : VectorShape.preferredShape();

  private Width() {}
}
