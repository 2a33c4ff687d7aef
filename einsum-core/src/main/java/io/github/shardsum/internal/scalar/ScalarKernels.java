package io.github.shardsum.internal.scalar;

import io.github.shardsum.internal.kernel.Bf16Rows;
import io.github.shardsum.internal.kernel.DoubleProduct;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatProduct;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.FloatThin;
import io.github.shardsum.internal.kernel.Kernels;
import io.github.shardsum.internal.kernel.LongProduct;
import io.github.shardsum.internal.kernel.LongRows;
import io.github.shardsum.internal.kernel.Products;

/** The kernels in plain loops. */
public record ScalarKernels(
    String name,
    int bits,
    FloatRows floats,
    DoubleRows doubles,
    LongRows longs,
    Bf16Rows bf16,
    Products products)
    implements Kernels {
  /** All of them. */
  public static final Kernels ALL =
      new ScalarKernels(
          "scalar",
          0,
          new ScalarFloatRows(),
          new ScalarDoubleRows(),
          new ScalarLongRows(),
          new ScalarBf16Rows(),
          new Tiles(
              new ScalarFloatProduct(),
              new ScalarDoubleProduct(),
              new ScalarLongProduct(),
              new ScalarFloatThin()));

  private record Tiles(
      FloatProduct floats, DoubleProduct doubles, LongProduct longs, FloatThin thin)
      implements Products {}
}
