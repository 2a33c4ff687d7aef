package io.github.shardsum.internal.reduce;

/** The reductions by plain loops. */
final class ScalarCombines implements Combines {
  @Override
  public FloatCombine floats(Operation operation) {
    return switch (operation) {
      case SUM -> new ScalarFloatSum();
      case PROD -> new ScalarFloatProd();
      case MIN -> new ScalarFloatMin();
      case MAX -> new ScalarFloatMax();
    };
  }

  @Override
  public DoubleCombine doubles(Operation operation) {
    return switch (operation) {
      case SUM -> new ScalarDoubleSum();
      case PROD -> new ScalarDoubleProd();
      case MIN -> new ScalarDoubleMin();
      case MAX -> new ScalarDoubleMax();
    };
  }

  @Override
  public LongCombine longs(Operation operation) {
    return switch (operation) {
      case SUM -> new ScalarLongSum();
      case PROD -> new ScalarLongProd();
      case MIN -> new ScalarLongMin();
      case MAX -> new ScalarLongMax();
    };
  }
}
