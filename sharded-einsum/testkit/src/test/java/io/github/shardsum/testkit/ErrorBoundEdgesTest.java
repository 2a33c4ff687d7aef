package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Bounds of nothing, of infinities and of choices. */
class ErrorBoundEdgesTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private static Tensor reals(double... values) {
    return Tensor.of(values, values.length);
  }

  private static String message(ErrorBound bound, Tensor given) {
    return String.valueOf(
        assertThrows(AssertionError.class, () -> bound.holds(given)).getMessage());
  }

  @Test
  void aBoundHasTheShapeOfItsValue() {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> new ErrorBound(reals(1, 2), reals(1)));
    assertEquals("bound: must have the shape of the value, [2], got [1]", refused.getMessage());
  }

  @Test
  void anElementWithoutABoundMayBeAnything() {
    ErrorBound bound = new ErrorBound(reals(1, 2), reals(INFINITE, 0.5));
    for (double any : new double[] {-7, Double.NaN, INFINITE}) {
      bound.holds(reals(any, 2.5));
      assertEquals(1, bound.share(reals(any, 2.5)));
    }
    assertEquals("element 1: expected 2.0 +- 0.5, got 3.0", message(bound, reals(1, 3)));
    assertEquals(INFINITE, bound.largest());
    assertEquals(0, new ErrorBound(reals(), reals()).largest());
  }

  @Test
  void withoutAnErrorOnlyTheValueIsRight() {
    ErrorBound exact = new ErrorBound(reals(1, Double.NaN, INFINITE), reals(0, 0, 0));
    exact.holds(reals(1, Double.NaN, INFINITE));
    assertEquals(0, exact.share(reals(1, Double.NaN, INFINITE)));
    assertEquals(INFINITE, exact.share(reals(1 + 0x1p-52, Double.NaN, INFINITE)));
    assertEquals(INFINITE, exact.share(reals(1, 1, INFINITE)));
    assertEquals(INFINITE, exact.share(reals(1, Double.NaN, Double.NaN)));
    assertEquals(
        "element 2: expected Infinity +- 0.0, got -Infinity",
        message(exact, reals(1, Double.NaN, -INFINITE)));
  }

  @Test
  void aChoiceIsRightOrMayBeAnother() {
    ErrorBound bound = new ErrorBound(Tensor.of(new int[] {3, 4}, 2), reals(0, 0.25));
    bound.holds(Tensor.of(new int[] {3, 9}, 2));
    assertEquals(0, bound.share(Tensor.of(new int[] {3, 9}, 2)));
    assertEquals(
        "element 0: expected 3.0 +- 0.0, got 2.0", message(bound, Tensor.of(new int[] {2, 4}, 2)));
  }
}
