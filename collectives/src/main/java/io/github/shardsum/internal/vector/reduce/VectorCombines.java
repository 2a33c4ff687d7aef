package io.github.shardsum.internal.vector.reduce;

import io.github.shardsum.internal.reduce.Combines;
import io.github.shardsum.internal.reduce.DoubleCombine;
import io.github.shardsum.internal.reduce.FloatCombine;
import io.github.shardsum.internal.reduce.LongCombine;
import io.github.shardsum.internal.reduce.Operation;

/** The way into this package. */
public final class VectorCombines implements Combines {
  /** The reductions by vectors. */
  public VectorCombines() {}

  @Override
  public FloatCombine floats(Operation operation) {
    return switch (operation) {
      case SUM -> new VectorFloatSum();
      case PROD -> new VectorFloatProd();
      case MIN -> new VectorFloatMin();
      case MAX -> new VectorFloatMax();
    };
  }

  @Override
  public DoubleCombine doubles(Operation operation) {
    return switch (operation) {
      case SUM -> new VectorDoubleSum();
      case PROD -> new VectorDoubleProd();
      case MIN -> new VectorDoubleMin();
      case MAX -> new VectorDoubleMax();
    };
  }

  @Override
  public LongCombine longs(Operation operation) {
    return switch (operation) {
      case SUM -> new VectorLongSum();
      case PROD -> new VectorLongProd();
      case MIN -> new VectorLongMin();
      case MAX -> new VectorLongMax();
    };
  }
}
