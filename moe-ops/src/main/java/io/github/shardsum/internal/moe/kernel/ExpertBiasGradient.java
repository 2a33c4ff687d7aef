package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/** The gradient of a bias of one expert: a sum over the expert's rows in order, in f64. */
final class ExpertBiasGradient<A> {
  private final ExpertRowMath<A> math;
  private final double[] sums;
  private final Tensor gradient;
  private final int width;

  /**
   * Begins with sums of 0.
   *
   * @param sums the memory of the sums, which is overwritten
   * @param gradient the destination of {@link #store}, {@code [width]}
   */
  ExpertBiasGradient(ExpertRowMath<A> math, double[] sums, Tensor gradient) {
    this.math = math;
    this.sums = sums;
    this.gradient = gradient;
    this.width = (int) gradient.size(0);
    Arrays.fill(sums, 0, width, 0);
  }

  /** Adds rows. */
  void add(A rows, int count) {
    for (int row = 0; row < count; row++) {
      add(rows, row * width, 1);
    }
  }

  /** Adds a row, times a factor. */
  void add(A row, int at, double factor) {
    math.addTo(sums, factor, row, at, width);
  }

  /** Writes the sums into the gradient. */
  void store() {
    Elements.of(gradient).store(0, gradient.stride(0), width, sums, 0);
  }
}
