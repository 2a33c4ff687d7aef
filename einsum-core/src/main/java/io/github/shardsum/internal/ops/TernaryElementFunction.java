package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/** A function of three elements, in each type in which it is computed. */
public record TernaryElementFunction(
    FloatPointwise.KernelRow3 floats,
    DoublePointwise.KernelRow3 doubles,
    LongPointwise.KernelRow3 longs) {
  /** Broadcasts the operands, checks the result, and computes it in the type of its dtype. */
  public void run(
      String name, Workers workers, DType dtype, Tensor out, Tensor x, Tensor y, Tensor z) {
    OperandChecks.Spread all = OperandChecks.spread(name, workers, dtype, out, x, y, z);
    Tensor first = all.get(0);
    Tensor second = all.get(1);
    Tensor third = all.get(2);
    switch (ComputeType.of(dtype)) {
      case FLOAT -> FloatPointwise.run(all.workers(), floats, out, first, second, third);
      case DOUBLE -> DoublePointwise.run(all.workers(), doubles, out, first, second, third);
      case LONG -> LongPointwise.run(all.workers(), longs, out, first, second, third);
    }
  }
}
