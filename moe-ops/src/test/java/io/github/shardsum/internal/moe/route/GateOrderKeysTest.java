package io.github.shardsum.internal.moe.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Keys of doubles against the order that {@link Double#compare} defines. */
class GateOrderKeysTest {
  private static final double[] VALUES = {
    Double.NEGATIVE_INFINITY,
    -Double.MAX_VALUE,
    -1,
    -Double.MIN_VALUE,
    -0.0,
    0.0,
    Double.MIN_VALUE,
    1,
    1.0000000000000002,
    Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NaN
  };

  @Test
  void keysHaveTheOrderOfDoubles() {
    for (double x : VALUES) {
      for (double y : VALUES) {
        int expected = Double.compare(x, y);
        int got = Long.compare(GateOrderKeys.of(x), GateOrderKeys.of(y));
        assertEquals(Integer.signum(expected), Integer.signum(got), x + " and " + y);
      }
    }
  }

  @Test
  void keysAreThoseOfOneDouble() {
    for (double value : VALUES) {
      assertEquals(value, GateOrderKeys.value(GateOrderKeys.of(value)));
    }
    double negative = Double.longBitsToDouble(-1);
    assertEquals(GateOrderKeys.of(Double.NaN), GateOrderKeys.of(negative));
  }
}
