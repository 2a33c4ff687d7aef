package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/** The gradient by a bias of one expert: a sum over its rows in order, in f64. */
final class GradientSums<A> {
  private final RowMath<A> math;
  private final double[] sums;
  private final int width;

  /**
   * A sum of 0.
   *
   * @param which apart from the other sums of a task
   */
  GradientSums(RowMath<A> math, Scratch own, int which, int width) {
    this.math = math;
    this.width = width;
    this.sums = own.doubles(Chunk.SLOTS + 1 + which, width);
    Arrays.fill(sums, 0, width, 0);
  }

  /** The factor of a row of a chunk. */
  @FunctionalInterface
  interface Factor {
    double of(int row);
  }

  /** Adds rows, each with a factor. */
  void add(A rows, int count, Factor factor) {
    for (int row = 0; row < count; row++) {
      math.addTo(sums, factor.of(row), rows, row * width, width);
    }
  }

  /** Writes them. */
  void store(Tensor gradients, int expert) {
    Tensor one = gradients.select(0, expert);
    Elements.of(one).store(0, one.stride(0), width, sums, 0);
  }
}
