package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** A choice between two elements by a flag, in each type that they have. */
public record ElementChoice(
    FloatPointwise.Choice floats, DoublePointwise.Choice doubles, LongPointwise.Choice longs) {
  /** Broadcasts the operands, checks the result, and computes it in the type of its dtype. */
  public void run(
      String name, Workers workers, DType dtype, Tensor out, Tensor condition, Tensor x, Tensor y) {
    Shape shape = OperandChecks.broadcast(name, condition, x, y);
    OperandChecks.out(name, out, dtype, shape);
    Tensor flags = condition.broadcastTo(shape);
    Tensor yes = x.broadcastTo(shape);
    Tensor no = y.broadcastTo(shape);
    OperandChecks.apartOrSame(name, out, flags);
    OperandChecks.apartOrSame(name, out, yes);
    OperandChecks.apartOrSame(name, out, no);
    Workers threads = OperandChecks.reachable(name, workers, out, condition, x, y);
    switch (ComputeType.of(dtype)) {
      case FLOAT -> FloatPointwise.choose(threads, floats, out, flags, yes, no);
      case DOUBLE -> DoublePointwise.choose(threads, doubles, out, flags, yes, no);
      case LONG -> LongPointwise.choose(threads, longs, out, flags, yes, no);
    }
  }
}
