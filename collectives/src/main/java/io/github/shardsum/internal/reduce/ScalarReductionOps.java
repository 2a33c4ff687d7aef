package io.github.shardsum.internal.reduce;

/** The reductions by plain loops. */
final class ScalarReductionOps implements ReductionOps {
  @Override
  public FloatReductionOp floats(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new ScalarFloatSum();
      case PROD -> new ScalarFloatProd();
      case MIN -> new ScalarFloatMin();
      case MAX -> new ScalarFloatMax();
    };
  }

  @Override
  public DoubleReductionOp doubles(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new ScalarDoubleSum();
      case PROD -> new ScalarDoubleProd();
      case MIN -> new ScalarDoubleMin();
      case MAX -> new ScalarDoubleMax();
    };
  }

  @Override
  public LongReductionOp longs(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new ScalarLongSum();
      case PROD -> new ScalarLongProd();
      case MIN -> new ScalarLongMin();
      case MAX -> new ScalarLongMax();
    };
  }
}
