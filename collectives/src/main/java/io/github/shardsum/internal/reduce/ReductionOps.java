package io.github.shardsum.internal.reduce;

/** One implementation of the reductions; stateless and thread-safe. */
public interface ReductionOps {
  /** Operations on f32; bf16 is widened. */
  FloatReductionOp floats(BinaryReduction operation);

  /** Operations on f64. */
  DoubleReductionOp doubles(BinaryReduction operation);

  /** Operations on integers; i32 is widened, a bool is 0 or 1. */
  LongReductionOp longs(BinaryReduction operation);

  /** The plain loops. */
  static ReductionOps scalar() {
    return new ScalarReductionOps();
  }
}
