package io.github.shardsum.internal.vector.reduce;

import io.github.shardsum.internal.reduce.BinaryReduction;
import io.github.shardsum.internal.reduce.DoubleReductionOp;
import io.github.shardsum.internal.reduce.FloatReductionOp;
import io.github.shardsum.internal.reduce.LongReductionOp;
import io.github.shardsum.internal.reduce.ReductionOps;

/** The entry into this package. */
public final class VectorReductionOps implements ReductionOps {
  /** The reductions by vectors. */
  public VectorReductionOps() {}

  @Override
  public FloatReductionOp floats(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new VectorFloatSum();
      case PROD -> new VectorFloatProd();
      case MIN -> new VectorFloatMin();
      case MAX -> new VectorFloatMax();
    };
  }

  @Override
  public DoubleReductionOp doubles(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new VectorDoubleSum();
      case PROD -> new VectorDoubleProd();
      case MIN -> new VectorDoubleMin();
      case MAX -> new VectorDoubleMax();
    };
  }

  @Override
  public LongReductionOp longs(BinaryReduction operation) {
    return switch (operation) {
      case SUM -> new VectorLongSum();
      case PROD -> new VectorLongProd();
      case MIN -> new VectorLongMin();
      case MAX -> new VectorLongMax();
    };
  }
}
