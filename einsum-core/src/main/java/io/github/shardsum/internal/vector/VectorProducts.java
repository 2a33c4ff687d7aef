package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.Products;
import io.github.shardsum.internal.scalar.ScalarLongProduct;

/** The register tiles for a vector width. */
public final class VectorProducts {
  private VectorProducts() {}

  /**
   * The tiles for vectors of the machine's width; a wider species than that runs 20 times slower.
   */
  public static Products of(int bits) {
    return bits == 512 && Processor.halvesVectors() ? ofHalfRate() : ofFullRate(bits);
  }

  /**
   * The tiles for a processor that computes vectors of 512 bits in two halves, one after the other.
   */
  public static Products ofHalfRate() {
    return new Products(
        new HalfRateFloatProduct512(), new HalfRateDoubleProduct512(), longs(), new FloatThin512());
  }

  /** The tiles for a processor that computes vectors whole. */
  public static Products ofFullRate(int bits) {
    return switch (bits) {
      case 512 ->
          new Products(new FloatProduct512(), new DoubleProduct512(), longs(), new FloatThin512());
      case 256 ->
          new Products(new FloatProduct256(), new DoubleProduct256(), longs(), new FloatThin256());
      default ->
          new Products(new FloatProduct128(), new DoubleProduct128(), longs(), new FloatThin128());
    };
  }

  private static ScalarLongProduct longs() {
    // C2 turns the integer loop into vector code by itself as well as we could.
    return new ScalarLongProduct();
  }
}
