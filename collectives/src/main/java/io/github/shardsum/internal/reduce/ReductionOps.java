package io.github.shardsum.internal.reduce;

/** One implementation of the reductions; stateless and thread-safe. */
public interface ReductionOps {
  /** On f32, and bf16 widened. */
  FloatReductionOp floats(BinaryOp operation);

  /** On f64. */
  DoubleReductionOp doubles(BinaryOp operation);

  /** On integers; i32 widened, bool as 0 and 1. */
  LongReductionOp longs(BinaryOp operation);

  /** The plain loops. */
  static ReductionOps scalar() {
    return new ScalarReductionOps();
  }
}
