package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.DoubleProduct;
import io.github.shardsum.internal.kernel.FloatProduct;
import io.github.shardsum.internal.kernel.FloatThin;
import io.github.shardsum.internal.kernel.Kernels;
import io.github.shardsum.internal.kernel.LongProduct;
import io.github.shardsum.internal.kernel.Products;

/**
 * The register tiles for a vector width.
 *
 * @param bits the width
 * @param halfRate whether the processor computes vectors in two halves, one after the other
 */
public record VectorProducts(int bits, boolean halfRate) implements Products {
  /**
   * The tiles for vectors of the machine's width; a wider species than that runs 20 times slower.
   */
  public static Products of(int bits) {
    return new VectorProducts(bits, bits == 512 && Processor.halvesVectors());
  }

  @Override
  public FloatProduct floats() {
    return switch (bits) {
      case 512 -> halfRate ? HalfRateFloatProduct512.SHARED : FloatProduct512.SHARED;
      case 256 -> FloatProduct256.SHARED;
      default -> FloatProduct128.SHARED;
    };
  }

  @Override
  public DoubleProduct doubles() {
    return switch (bits) {
      case 512 -> halfRate ? HalfRateDoubleProduct512.SHARED : DoubleProduct512.SHARED;
      case 256 -> DoubleProduct256.SHARED;
      default -> DoubleProduct128.SHARED;
    };
  }

  @Override
  public LongProduct longs() {
    // C2 turns the integer loop into vector code by itself as well as we could.
    return Kernels.scalar().products().longs();
  }

  @Override
  public FloatThin thin() {
    return switch (bits) {
      case 512 -> FloatThin512.SHARED;
      case 256 -> FloatThin256.SHARED;
      default -> FloatThin128.SHARED;
    };
  }
}
