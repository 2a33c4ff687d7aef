package io.github.shardsum.internal.local.run;

/**
 * Blocks of a thread in which chains of pointwise operations run. The blocks of each kind have
 * their own numbers from 0, so that kernels share arrays.
 *
 * @param floats blocks of f32 and bf16
 * @param doubles of f64
 * @param longs of integers and bool
 */
public record BlockCounts(int floats, int doubles, int longs) {
  /** No block. */
  public static final BlockCounts NONE = new BlockCounts(0, 0, 0);

  BlockCounts with(Register register) {
    return switch (register) {
      case FLOAT -> new BlockCounts(floats + 1, doubles, longs);
      case DOUBLE -> new BlockCounts(floats, doubles + 1, longs);
      case LONG -> new BlockCounts(floats, doubles, longs + 1);
    };
  }

  /** The blocks of a thread that runs the chains of both. */
  public BlockCounts or(BlockCounts other) {
    return new BlockCounts(
        Math.max(floats, other.floats),
        Math.max(doubles, other.doubles),
        Math.max(longs, other.longs));
  }

  /** Bytes of the arrays. */
  public long bytes() {
    return (long) FusedKernel.BLOCK
        * ((long) Float.BYTES * floats + (long) Double.BYTES * doubles + (long) Long.BYTES * longs);
  }
}
