package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/** A choice between two elements by a flag, in each element type. */
public record ElementChoice(
    FloatPointwise.Choice floats, DoublePointwise.Choice doubles, LongPointwise.Choice longs) {
  /** Broadcasts the operands, checks the result, and computes it in the type of its dtype. */
  public void run(
      String name, Workers workers, DType dtype, Tensor out, Tensor condition, Tensor x, Tensor y) {
    OperandChecks.Spread all = OperandChecks.spread(name, workers, dtype, out, condition, x, y);
    Tensor flags = all.get(0);
    Tensor yes = all.get(1);
    Tensor no = all.get(2);
    switch (ComputeType.of(dtype)) {
      case FLOAT -> FloatPointwise.choose(all.workers(), floats, out, flags, yes, no);
      case DOUBLE -> DoublePointwise.choose(all.workers(), doubles, out, flags, yes, no);
      case LONG -> LongPointwise.choose(all.workers(), longs, out, flags, yes, no);
    }
  }
}
