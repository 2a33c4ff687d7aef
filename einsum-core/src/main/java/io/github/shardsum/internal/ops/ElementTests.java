package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/** A test of two elements, in each type in which it is computed. */
public record ElementTests(
    FloatPointwise.Test floats, DoublePointwise.Test doubles, LongPointwise.Test longs) {
  /** Broadcasts the operands, checks the result, which is of bool, and computes it in a type. */
  public void run(String name, Workers workers, ComputeType type, Tensor out, Tensor x, Tensor y) {
    OperandChecks.Spread all = OperandChecks.spread(name, workers, DType.BOOL, out, x, y);
    Tensor left = all.get(0);
    Tensor right = all.get(1);
    switch (type) {
      case FLOAT -> FloatPointwise.test(all.workers(), floats, out, left, right);
      case DOUBLE -> DoublePointwise.test(all.workers(), doubles, out, left, right);
      case LONG -> LongPointwise.test(all.workers(), longs, out, left, right);
    }
  }
}
