package io.github.shardsum.internal.scalar;

import io.github.shardsum.internal.kernel.Bf16Rows;
import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.DoubleMicrokernel;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.FloatSkinnyMicrokernel;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.LongArithmetic;
import io.github.shardsum.internal.kernel.LongMicrokernel;
import io.github.shardsum.internal.kernel.LongRows;

/** The kernels in plain loops. */
public record ScalarKernels(
    String name,
    int bits,
    FloatRows floats,
    DoubleRows doubles,
    LongRows longs,
    FloatArithmetic floatArithmetic,
    DoubleArithmetic doubleArithmetic,
    LongArithmetic longArithmetic,
    Bf16Rows bf16,
    BlockRows blocks,
    ByteRows bytes,
    GemmKernels gemm)
    implements KernelSet {
  /** All of them. */
  public static final KernelSet ALL =
      new ScalarKernels(
          "scalar",
          0,
          new ScalarFloatRows(),
          new ScalarDoubleRows(),
          new ScalarLongRows(),
          new ScalarFloatArithmetic(),
          new ScalarDoubleArithmetic(),
          new ScalarLongArithmetic(),
          new ScalarBf16Rows(),
          new ScalarBlockRows(),
          new ScalarByteRows(),
          new Tiles(
              new ScalarFloatMicrokernel(),
              new ScalarDoubleMicrokernel(),
              new ScalarLongMicrokernel(),
              new ScalarFloatSkinnyMicrokernel()));

  private record Tiles(
      FloatMicrokernel floats,
      DoubleMicrokernel doubles,
      LongMicrokernel longs,
      FloatSkinnyMicrokernel skinny)
      implements GemmKernels {}
}
