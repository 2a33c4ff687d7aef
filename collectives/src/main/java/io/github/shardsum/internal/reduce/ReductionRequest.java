package io.github.shardsum.internal.reduce;

import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.tensor.DType;

/**
 * Values to combine.
 *
 * @param ops the loops
 * @param tree the order
 * @param sources the memory of the nodes' terms; nodes below a node with terms are not examined
 * @param dtype the type of the terms
 * @param divisor 1, or the number of members for a mean
 * @param finish whether the result is final: divided, its NaNs canonical
 */
public record ReductionRequest(
    ReductionOps ops,
    ReductionTree tree,
    ReductionSources sources,
    DType dtype,
    Reduction reduction,
    int divisor,
    boolean finish) {
  /**
   * Elements combined at once: 32 KB of f32. The tiles of a tree of 64 leaves then stay in a
   * second-level cache, and the pieces of operands are long enough for prefetching. With pieces of
   * 4 to 8 KB, measured times were up to twice as long.
   */
  static final int TILE = 8192;

  /** The reducer for a thread. */
  public TreeReducer reducer(Scratch scratch) {
    BinaryReduction operation = BinaryReduction.of(reduction, dtype);
    return switch (dtype) {
      case F32, BF16 -> new FloatTreeReducer(this, ops.floats(operation), scratch);
      case F64 -> new DoubleTreeReducer(this, ops.doubles(operation), scratch);
      case I32, I64, BOOL -> new LongTreeReducer(this, ops.longs(operation), scratch);
    };
  }

  /** The type in which a part of a sum travels: bf16 is not rounded before the end. */
  public static DType partial(DType dtype) {
    return dtype == DType.BF16 ? DType.F32 : dtype;
  }

  float wrap(float value) {
    return value;
  }

  double wrap(double value) {
    return value;
  }

  /** A sum of i32 wraps before it is divided. */
  long wrap(long value) {
    return dtype == DType.I32 ? (int) value : value;
  }
}
