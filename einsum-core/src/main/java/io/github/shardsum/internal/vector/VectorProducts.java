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
    // C2 turns the integer loop into vector code by itself as well as we could.
    ScalarLongProduct longs = new ScalarLongProduct();
    return switch (bits) {
      case 512 ->
          new Products(new FloatProduct512(), new DoubleProduct512(), longs, new FloatThin512());
      case 256 ->
          new Products(new FloatProduct256(), new DoubleProduct256(), longs, new FloatThin256());
      default ->
          new Products(new FloatProduct128(), new DoubleProduct128(), longs, new FloatThin128());
    };
  }
}
