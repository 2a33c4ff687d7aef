package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/** A function of two elements, in each type in which it is computed. */
public record BinaryElementFunction(
    FloatPointwise.Row floats, DoublePointwise.Row doubles, LongPointwise.Row longs) {
  /**
   * Stands for a function of integers where there is none; callers have checked that operands are
   * floating.
   */
  public static final LongPointwise.KernelRow NO_LONGS = (_, _, _, _, _, _, _, _) -> {};

  /** A function of the kernels that this JVM uses. */
  public static BinaryElementFunction of(
      FloatPointwise.KernelRow floats,
      DoublePointwise.KernelRow doubles,
      LongPointwise.KernelRow longs) {
    return new BinaryElementFunction(
        FloatPointwise.of(floats), DoublePointwise.of(doubles), LongPointwise.of(longs));
  }

  /** Broadcasts the operands, checks the result, and computes it in a type. */
  public void run(
      String name, Workers workers, ComputeType type, DType dtype, Tensor out, Tensor x, Tensor y) {
    OperandChecks.Spread all = OperandChecks.spread(name, workers, dtype, out, x, y);
    Tensor left = all.get(0);
    Tensor right = all.get(1);
    switch (type) {
      case FLOAT -> FloatPointwise.run(all.workers(), floats, out, left, right);
      case DOUBLE -> DoublePointwise.run(all.workers(), doubles, out, left, right);
      case LONG -> LongPointwise.run(all.workers(), longs, out, left, right);
    }
  }
}
