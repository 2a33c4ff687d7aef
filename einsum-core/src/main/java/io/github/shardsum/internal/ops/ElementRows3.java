package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** A function of three elements, in each type that it is computed in. */
public record ElementRows3(
    FloatPointwise.KernelRow3 floats,
    DoublePointwise.KernelRow3 doubles,
    LongPointwise.KernelRow3 longs) {
  /** Broadcasts the operands, checks the result, and computes it in the type of its dtype. */
  public void run(
      String name, Workers workers, DType dtype, Tensor out, Tensor x, Tensor y, Tensor z) {
    Shape shape = OperandChecks.broadcast(name, x, y, z);
    OperandChecks.out(name, out, dtype, shape);
    Tensor first = x.broadcastTo(shape);
    Tensor second = y.broadcastTo(shape);
    Tensor third = z.broadcastTo(shape);
    OperandChecks.apartOrSame(name, out, first);
    OperandChecks.apartOrSame(name, out, second);
    OperandChecks.apartOrSame(name, out, third);
    Workers threads = OperandChecks.reachable(name, workers, out, x, y, z);
    switch (ComputeType.of(dtype)) {
      case FLOAT -> FloatPointwise.run(threads, floats, out, first, second, third);
      case DOUBLE -> DoublePointwise.run(threads, doubles, out, first, second, third);
      case LONG -> LongPointwise.run(threads, longs, out, first, second, third);
    }
  }
}
