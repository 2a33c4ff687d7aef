package io.github.shardsum.testkit;

import io.github.shardsum.tensor.Tensor;
import java.util.Locale;
import java.util.Objects;

/**
 * The values that a result in f32 may have, see {@link ErrorBounds}; an immutable value.
 *
 * @param value the result in f64; for a choice (a relation, an index) the chosen value
 * @param bound the largest distance of each element from the value, at least 0, in f64 of the same
 *     shape; infinite if f32 has no bound; for a choice, more than 0 if another choice is possible
 */
public record ErrorBound(Tensor value, Tensor bound) {
  /**
   * Checks the shapes.
   *
   * @throws IllegalArgumentException if the shapes differ
   */
  public ErrorBound {
    Objects.requireNonNull(value, "value");
    if (!value.shape().equals(bound.shape())) {
      throw new IllegalArgumentException(
          "bound: must have the shape of the value, " + value.shape() + ", got " + bound.shape());
    }
  }

  /**
   * Returns the largest bound.
   *
   * @return 0 for no elements
   */
  public double largest() {
    double largest = 0;
    for (double each : bound.toDoubleArray()) {
      largest = Math.max(largest, each);
    }
    return largest;
  }

  /**
   * Returns the error of a result as a share of the bound.
   *
   * @param given a result of the same shape
   * @return the largest quotient of error and bound: at most 1 if the result is within the bounds;
   *     infinite if an element with bound 0 differs, or is not a number
   * @throws IllegalArgumentException if the result has another shape
   */
  public double share(Tensor given) {
    double[] is = checked(given);
    double[] should = value.toDoubleArray();
    double[] bounds = bound.toDoubleArray();
    double largest = 0;
    for (int i = 0; i < is.length; i++) {
      largest = Math.max(largest, share(is[i], should[i], bounds[i]));
    }
    return largest;
  }

  private double[] checked(Tensor given) {
    if (!value.shape().equals(given.shape())) {
      throw new IllegalArgumentException(
          "result: must have the shape " + value.shape() + ", got " + given.shape());
    }
    return given.toDoubleArray();
  }

  private double share(double is, double should, double by) {
    boolean isChoice = !value.dtype().isFloating();
    boolean isFree = by == Double.POSITIVE_INFINITY || (isChoice && by > 0);
    if (isFree || is == should || (Double.isNaN(is) && Double.isNaN(should))) {
      return 0;
    }
    double share = Math.abs(is - should) / by;
    return Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
  }

  /**
   * Asserts that a result is within the bounds. An element with an infinite bound may have any
   * value. Such bounds follow from an operand that is infinite or not a number, and from a result
   * that may overflow; {@link #largest} is then infinite.
   *
   * @param given a result of the same shape
   * @throws AssertionError if an element is not within its bound; the message has the bound, and
   *     the element's index in row-major order
   * @throws IllegalArgumentException if the result has another shape
   */
  public void holds(Tensor given) {
    double[] is = checked(given);
    double[] should = value.toDoubleArray();
    double[] bounds = bound.toDoubleArray();
    for (int i = 0; i < is.length; i++) {
      if (share(is[i], should[i], bounds[i]) > 1) {
        throw new AssertionError(
            String.format(
                Locale.ROOT,
                "element %d: expected %s +- %s, got %s",
                i,
                should[i],
                bounds[i],
                is[i]));
      }
    }
  }
}
