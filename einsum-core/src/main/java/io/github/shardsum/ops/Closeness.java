package io.github.shardsum.ops;

import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;

/**
 * The differences between a tensor and the expected one, element by element, and the worst of them.
 * Each difference is compared with absolute + relative times the expected magnitude (NumPy's {@code
 * np.isclose}).
 *
 * <p>Elements are compared in f64. A NaN is close only to a NaN, and an infinity only to itself.
 * The worst element is the one whose difference exceeds its bound by the largest factor; among
 * equal ones it is the first.
 *
 * @param shape the common shape, as text
 * @param elements the number of elements
 * @param far the number of elements beyond their bound
 * @param worst the index of the worst element; empty for a scalar and if there is no element
 * @param actual the actual value of the worst element
 * @param expected its expected value
 * @param bound the largest allowed difference from the expected value
 */
public record Closeness(
    String shape,
    long elements,
    long far,
    long[] worst,
    double actual,
    double expected,
    double bound) {
  private static final double RELATIVE = 1e-5;
  private static final double ABSOLUTE = 1e-8;

  /**
   * With NumPy's tolerances, 1e-5 relative and 1e-8 absolute.
   *
   * @param actual the actual values
   * @param expected the expected values, of the same shape
   * @return the differences
   * @throws IllegalArgumentException if the shapes differ
   */
  public static Closeness of(Tensor actual, Tensor expected) {
    return of(actual, expected, RELATIVE, ABSOLUTE);
  }

  /**
   * With given tolerances.
   *
   * @param actual the actual values
   * @param expected the expected values, of the same shape
   * @param relative the bound as part of the expected magnitude, at least 0
   * @param absolute an absolute part of the bound, at least 0
   * @return the differences
   * @throws IllegalArgumentException if the shapes differ or a tolerance is negative
   */
  public static Closeness of(Tensor actual, Tensor expected, double relative, double absolute) {
    if (!actual.shape().equals(expected.shape())) {
      throw new IllegalArgumentException(
          "closeness: expected a shape of " + expected.shape() + ", got " + actual.shape());
    }
    if (!(relative >= 0 && absolute >= 0)) {
      throw new IllegalArgumentException(
          "closeness: tolerances must be at least 0, got " + relative + " and " + absolute);
    }
    double[] x = actual.toDoubleArray();
    double[] y = expected.toDoubleArray();
    int worst = 0;
    double excess = -1;
    long far = 0;
    for (int i = 0; i < x.length; i++) {
      double here = excess(x[i], y[i], absolute + relative * Math.abs(y[i]));
      far += here > 1 ? 1 : 0;
      if (here > excess) {
        worst = i;
        excess = here;
      }
    }
    boolean none = x.length == 0;
    double value = none ? 0 : x[worst];
    double wanted = none ? 0 : y[worst];
    return new Closeness(
        actual.shape().toString(),
        x.length,
        far,
        index(worst, none ? new long[0] : actual.shape().toArray()),
        value,
        wanted,
        absolute + relative * Math.abs(wanted));
  }

  /** The difference divided by the bound; infinite if no bound would suffice. */
  private static double excess(double actual, double expected, double bound) {
    if (actual == expected || (Double.isNaN(actual) && Double.isNaN(expected))) {
      return 0;
    }
    double difference = Math.abs(actual - expected);
    if (!(difference <= Double.MAX_VALUE && bound <= Double.MAX_VALUE)) {
      return Double.POSITIVE_INFINITY;
    }
    double factor = difference / bound;
    // A quotient that was rounded to 1 may stand for a difference above the bound.
    return difference <= bound ? factor : Math.max(factor, Math.nextUp(1.0));
  }

  private static long[] index(long place, long[] sizes) {
    long[] index = new long[sizes.length];
    long rest = place;
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = rest % sizes[axis];
      rest /= sizes[axis];
    }
    return index;
  }

  /** Copies the index. */
  public Closeness {
    Objects.requireNonNull(shape, "shape");
    worst = worst.clone();
  }

  /**
   * The index of the worst element.
   *
   * @return a fresh array
   */
  @Override
  public long[] worst() {
    return worst.clone();
  }

  /**
   * Whether every element is within its bound (NumPy's {@code np.allclose}, with NaN equal to NaN).
   *
   * @return true if so, also if there is no element
   */
  public boolean isClose() {
    return far == 0;
  }

  /**
   * Refuses tensors that are not close (NumPy's {@code np.testing.assert_allclose}).
   *
   * @throws AssertionError if an element is beyond its bound, with the worst one in the message
   */
  public void require() {
    if (!isClose()) {
      throw new AssertionError(toString());
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Closeness that
        && shape.equals(that.shape)
        && elements == that.elements
        && far == that.far
        && Arrays.equals(worst, that.worst)
        && Double.compare(actual, that.actual) == 0
        && Double.compare(expected, that.expected) == 0
        && Double.compare(bound, that.bound) == 0;
  }

  @Override
  public int hashCode() {
    return Objects.hash(shape, elements, far, Arrays.hashCode(worst), actual, expected, bound);
  }

  /**
   * The number of elements beyond their bound, and the worst element with both values and its
   * bound.
   */
  @Override
  public String toString() {
    return far
        + " of "
        + elements
        + " elements of "
        + shape
        + " are beyond their bound; the worst at "
        + Arrays.toString(worst)
        + ": expected "
        + expected
        + " within "
        + bound
        + ", got "
        + actual
        + " ("
        + Math.abs(actual - expected)
        + " away)";
  }
}
