package io.github.shardsum.internal.local.run;

/**
 * Blocks of a thread in which chains of pointwise operations run. The blocks of each kind have
 * their own numbers from 0, so that kernels share arrays.
 *
 * @param floats blocks of f32 and bf16
 * @param doubles blocks of f64
 * @param longs blocks of integers
 * @param flags blocks of bool
 */
public record BlockCounts(int floats, int doubles, int longs, int flags) {
  /** No block. */
  public static final BlockCounts NONE = new BlockCounts(0, 0, 0, 0);

  BlockCounts with(FusedRegister register) {
    return switch (register) {
      case FLOAT -> new BlockCounts(floats + 1, doubles, longs, flags);
      case DOUBLE -> new BlockCounts(floats, doubles + 1, longs, flags);
      case LONG -> new BlockCounts(floats, doubles, longs + 1, flags);
      case BYTE -> new BlockCounts(floats, doubles, longs, flags + 1);
    };
  }

  /** The blocks of a thread that runs the chains of both counts. */
  public BlockCounts or(BlockCounts other) {
    return new BlockCounts(
        Math.max(floats, other.floats),
        Math.max(doubles, other.doubles),
        Math.max(longs, other.longs),
        Math.max(flags, other.flags));
  }

  /** Bytes of the arrays of one kind. */
  public long bytes(FusedRegister register) {
    return (long) FusedKernel.BLOCK
        * switch (register) {
          case FLOAT -> (long) Float.BYTES * floats;
          case DOUBLE -> (long) Double.BYTES * doubles;
          case LONG -> (long) Long.BYTES * longs;
          case BYTE -> flags;
        };
  }
}
