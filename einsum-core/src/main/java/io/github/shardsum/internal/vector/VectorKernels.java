package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.Bf16Rows;
import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.LongArithmetic;
import io.github.shardsum.internal.kernel.LongRows;
import io.github.shardsum.internal.scalar.ScalarKernels;

/**
 * The entry point of this package; loading it requires the incubator module.
 *
 * <p>Each kernel is a constant in a separate class, which the JVM initialises at the first use.
 *
 * @param gemm the register tiles for the processor
 */
public record VectorKernels(GemmKernels gemm) implements KernelSet {
  /** Width of a vector in bits on this machine. */
  public static int width() {
    return Width.SHAPE.vectorBitSize();
  }

  /** The kernels in vectors of this width, which must be at least 128 bits. */
  public static KernelSet make() {
    return new VectorKernels(VectorGemmKernels.of(width()));
  }

  @Override
  public String name() {
    return "vector-" + width();
  }

  @Override
  public int bits() {
    return width();
  }

  @Override
  public FloatRows floats() {
    return VectorFloatRows.SHARED;
  }

  @Override
  public DoubleRows doubles() {
    return VectorDoubleRows.SHARED;
  }

  @Override
  public LongRows longs() {
    return VectorLongRows.SHARED;
  }

  @Override
  public FloatArithmetic floatArithmetic() {
    return VectorFloatArithmetic.SHARED;
  }

  @Override
  public DoubleArithmetic doubleArithmetic() {
    return VectorDoubleArithmetic.SHARED;
  }

  @Override
  public LongArithmetic longArithmetic() {
    return ScalarKernels.ALL.longArithmetic();
  }

  @Override
  public Bf16Rows bf16() {
    return VectorBf16Rows.SHARED;
  }

  @Override
  public BlockRows blocks() {
    return VectorBlockRows.SHARED;
  }

  @Override
  public ByteRows bytes() {
    return VectorByteRows.SHARED;
  }
}
