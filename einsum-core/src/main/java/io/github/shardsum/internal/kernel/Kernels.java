package io.github.shardsum.internal.kernel;

import io.github.shardsum.internal.scalar.ScalarBf16Rows;
import io.github.shardsum.internal.scalar.ScalarDoubleProduct;
import io.github.shardsum.internal.scalar.ScalarDoubleRows;
import io.github.shardsum.internal.scalar.ScalarFloatProduct;
import io.github.shardsum.internal.scalar.ScalarFloatRows;
import io.github.shardsum.internal.scalar.ScalarFloatThin;
import io.github.shardsum.internal.scalar.ScalarLongProduct;
import io.github.shardsum.internal.scalar.ScalarLongRows;

/**
 * One implementation of the kernels; immutable and thread-safe.
 *
 * @param name vector-512, vector-256, vector-128 or scalar
 * @param bits width of a vector, 0 for scalar
 * @param floats operations on rows of f32
 * @param doubles operations on rows of f64
 * @param longs operations on rows of integers
 * @param bf16 conversions of rows of bf16
 * @param products register tiles of the matrix product
 */
public record Kernels(
    String name,
    int bits,
    FloatRows floats,
    DoubleRows doubles,
    LongRows longs,
    Bf16Rows bf16,
    Products products) {
  private static final Kernels SCALAR =
      new Kernels(
          "scalar",
          0,
          new ScalarFloatRows(),
          new ScalarDoubleRows(),
          new ScalarLongRows(),
          new ScalarBf16Rows(),
          new Products(
              new ScalarFloatProduct(),
              new ScalarDoubleProduct(),
              new ScalarLongProduct(),
              new ScalarFloatThin()));

  /** The fastest implementation that this JVM can run; chosen once. */
  public static Kernels best() {
    return Best.CHOICE.kernels();
  }

  /** The plain loops: the reference for the others. */
  public static Kernels scalar() {
    return SCALAR;
  }

  /** Why {@link #best()} is what it is. */
  public static Choice choice() {
    return Best.CHOICE;
  }

  /** Apart, so that asking for {@link #scalar()} neither chooses nor loads vectors. */
  private static final class Best {
    private static final Choice CHOICE = Choice.make();
  }
}
