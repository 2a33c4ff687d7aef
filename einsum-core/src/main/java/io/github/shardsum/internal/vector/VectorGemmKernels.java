package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.DoubleMicrokernel;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatSkinnyMicrokernel;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.LongMicrokernel;

/**
 * The register tiles for a vector width.
 *
 * @param bits the width
 * @param halfRate whether the processor computes vectors in two halves, one after the other
 */
public record VectorGemmKernels(int bits, boolean halfRate) implements GemmKernels {
  /**
   * The tiles for vectors of the machine's width; a species wider than the machine runs 20 times
   * slower.
   */
  public static GemmKernels of(int bits) {
    return new VectorGemmKernels(bits, bits == 512 && VectorProcessor.halvesVectors());
  }

  @Override
  public FloatMicrokernel floats() {
    return switch (bits) {
      case 512 -> halfRate ? HalfRateFloatMicrokernel512.SHARED : FloatMicrokernel512.SHARED;
      case 256 -> FloatMicrokernel256.SHARED;
      default -> FloatMicrokernel128.SHARED;
    };
  }

  @Override
  public DoubleMicrokernel doubles() {
    return switch (bits) {
      case 512 -> halfRate ? HalfRateDoubleMicrokernel512.SHARED : DoubleMicrokernel512.SHARED;
      case 256 -> DoubleMicrokernel256.SHARED;
      default -> DoubleMicrokernel128.SHARED;
    };
  }

  @Override
  public LongMicrokernel longs() {
    return switch (bits) {
      case 512 -> LongMicrokernel512.SHARED;
      case 256 -> LongMicrokernel256.SHARED;
      default -> LongMicrokernel128.SHARED;
    };
  }

  @Override
  public FloatSkinnyMicrokernel skinny() {
    return switch (bits) {
      case 512 -> FloatSkinnyMicrokernel512.SHARED;
      case 256 -> FloatSkinnyMicrokernel256.SHARED;
      default -> FloatSkinnyMicrokernel128.SHARED;
    };
  }
}
