package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** A test of two elements, in each type in which it is computed. */
public record ElementTests(
    FloatPointwise.Test floats, DoublePointwise.Test doubles, LongPointwise.Test longs) {
  /** Broadcasts the operands, checks the result, which is of bool, and computes it in a type. */
  public void run(String name, Workers workers, ComputeType type, Tensor out, Tensor x, Tensor y) {
    Shape shape = OperandChecks.broadcast(name, x, y);
    OperandChecks.out(name, out, DType.BOOL, shape);
    Tensor left = x.broadcastTo(shape);
    Tensor right = x == y ? left : y.broadcastTo(shape);
    OperandChecks.apartOrSame(name, out, left);
    OperandChecks.apartOrSame(name, out, right);
    Workers threads = OperandChecks.reachable(name, workers, out, x, y);
    switch (type) {
      case FLOAT -> FloatPointwise.test(threads, floats, out, left, right);
      case DOUBLE -> DoublePointwise.test(threads, doubles, out, left, right);
      case LONG -> LongPointwise.test(threads, longs, out, left, right);
    }
  }
}
