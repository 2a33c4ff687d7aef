package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.Kernels;

/** The way into this package; loading it needs the incubator module. */
public final class VectorKernels {
  private VectorKernels() {}

  /** Width of a vector here. */
  public static int bits() {
    return Width.SHAPE.vectorBitSize();
  }

  /** The kernels in vectors of that width, which is at least 128 bits. */
  public static Kernels make() {
    return new Kernels(
        "vector-" + bits(),
        bits(),
        new VectorFloatRows(),
        new VectorDoubleRows(),
        new VectorLongRows(),
        new VectorBf16Rows(),
        VectorProducts.of(bits()));
  }
}
