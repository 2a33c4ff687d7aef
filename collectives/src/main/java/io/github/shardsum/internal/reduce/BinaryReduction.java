package io.github.shardsum.internal.reduce;

import io.github.shardsum.collective.Reduction;
import io.github.shardsum.tensor.DType;

/** Operations on two numbers. */
public enum BinaryReduction {
  /** Addition. */
  SUM,
  /** Multiplication. */
  PROD,
  /** The lesser of the two. */
  MIN,
  /** The greater of the two. */
  MAX;

  /** A bool is 0 or 1 here, so that OR is the maximum and AND the minimum. */
  static BinaryReduction of(Reduction reduction, DType dtype) {
    boolean bool = dtype == DType.BOOL;
    return switch (reduction) {
      case SUM, MEAN -> bool ? MAX : SUM;
      case PROD -> bool ? MIN : PROD;
      case MIN -> MIN;
      case MAX -> MAX;
    };
  }
}
