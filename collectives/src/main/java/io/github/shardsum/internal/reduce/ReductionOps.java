package io.github.shardsum.internal.reduce;

/** One implementation of the reductions; stateless and thread-safe. */
public interface ReductionOps {
  /** On f32, and bf16 widened. */
  FloatReductionOp floats(BinaryOp operation);

  /** On f64. */
  DoubleReductionOp doubles(BinaryOp operation);

  /** Operations on integers; i32 is widened, a bool is 0 or 1. */
  LongReductionOp longs(BinaryOp operation);

  /** The plain loops. */
  static ReductionOps scalar() {
    return new ScalarReductionOps();
  }
}
