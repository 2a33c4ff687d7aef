package io.github.shardsum.measure.probe;

import io.github.shardsum.measure.vector.RegisterLoops;
import io.github.shardsum.ops.KernelInfo;
import java.util.Arrays;

/**
 * Ways to move memory, each with the share of its bytes that is written. A kernel with another
 * share is compared with a mixture of the two ways with the nearest shares.
 */
public enum MemoryTraffic {
  /** {@code s += a[i]}. */
  READ(0, 1),
  /** {@code c[i] = a[i] * b[i]}. */
  TRIAD(1.0 / 3, 3),
  /** {@code b[i] = a[i]}. */
  COPY(1.0 / 2, 2),
  /** {@code a[i] = x}. */
  FILL(1, 1);

  private final double written;
  private final int arrays;

  MemoryTraffic(double written, int arrays) {
    this.written = written;
    this.arrays = arrays;
  }

  /** Share of the bytes that is written. */
  public double written() {
    return written;
  }

  /** Number of arrays of 32-bit elements among which the footprint is divided. */
  public int arrays() {
    return arrays;
  }

  /**
   * Moves every byte once.
   *
   * @param integers the array of {@link #READ}: integer sums may be reordered, so the JIT uses
   *     several vectors; a sum of floats is one chain
   * @param floats the arrays of the others
   * @param n elements of each array
   * @return for {@link #READ} a number that depends on all elements, otherwise 0
   */
  public int sweep(int[] integers, float[][] floats, int n) {
    return switch (this) {
      case READ -> sum(integers, n);
      case TRIAD -> multiply(floats[0], floats[1], floats[2], n);
      case COPY -> {
        System.arraycopy(floats[0], 0, floats[1], 0, n);
        yield 0;
      }
      case FILL -> {
        Arrays.fill(floats[0], 0, n, 1);
        yield 0;
      }
    };
  }

  /** The shift costs nothing; without it C2 does not vectorize the sum. */
  private static int sum(int[] values, int n) {
    if (KernelInfo.current().vectorBits() > 0) {
      return RegisterLoops.read(values, n);
    }
    int sum = 0;
    for (int i = 0; i < n; i++) {
      sum += values[i] >> 1;
    }
    return sum;
  }

  private static int multiply(float[] a, float[] b, float[] c, int n) {
    for (int i = 0; i < n; i++) {
      c[i] = a[i] * b[i];
    }
    return 0;
  }
}
