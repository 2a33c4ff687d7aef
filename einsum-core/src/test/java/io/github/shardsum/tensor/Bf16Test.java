package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Rounding to bf16 against a search among all bf16 values. */
class Bf16Test {
  private static final int INFINITY = 0x7f80;

  /**
   * The magnitudes of all finite bf16, ascending, and the power of two where an infinity stands.
   */
  private static final double[] MAGNITUDES = magnitudes();

  private static double[] magnitudes() {
    double[] values = new double[INFINITY + 1];
    for (int bits = 0; bits < INFINITY; bits++) {
      values[bits] = Math.scalb((double) significand(bits), Math.max(1, bits >> 7) - 127 - 7);
    }
    values[INFINITY] = 0x1p128;
    return values;
  }

  private static int significand(int bits) {
    return (bits & 0x7f) | (bits >> 7 == 0 ? 0 : 0x80);
  }

  /** The nearest bf16, by definition: compare with the midpoint of the two neighbours. */
  private static short nearest(BigDecimal value) {
    BigDecimal magnitude = value.abs();
    int sign = value.signum() < 0 ? 0x8000 : 0;
    if (magnitude.compareTo(new BigDecimal(MAGNITUDES[INFINITY])) >= 0) {
      return (short) (sign | INFINITY);
    }
    int found = Arrays.binarySearch(MAGNITUDES, magnitude.doubleValue());
    int low = found >= 0 ? found : -found - 2;
    // doubleValue() itself rounds, possibly up to the next bf16.
    if (new BigDecimal(MAGNITUDES[low]).compareTo(magnitude) > 0) {
      low--;
    }
    if (low == INFINITY) {
      return (short) (sign | INFINITY);
    }
    double midpoint = (MAGNITUDES[low] + MAGNITUDES[low + 1]) / 2;
    int side = magnitude.compareTo(new BigDecimal(midpoint));
    int up = side > 0 || (side == 0 && (low & 1) == 1) ? 1 : 0;
    return (short) (sign | (low + up));
  }

  private static void assertRounds(double value) {
    short wanted = nearest(new BigDecimal(value));
    assertEquals(wanted, Bf16.fromDouble(value), () -> Double.toHexString(value));
  }

  @Test
  void everyBf16IsItsOwnRounding() {
    for (int bits = 0; bits < 0x10000; bits++) {
      short stored = (short) bits;
      assertEquals(stored, Bf16.fromFloat(Bf16.toFloat(stored)));
      // The hardware makes a signalling NaN quiet on its way to f64.
      boolean signalling = (bits & 0x7fff) > INFINITY && (bits & 0x40) == 0;
      assertEquals(
          (short) (signalling ? bits | 0x40 : bits), Bf16.fromDouble(Bf16.toFloat(stored)));
    }
  }

  @Test
  void everyFiniteBf16HasItsValue() {
    for (int bits = 0; bits < INFINITY; bits++) {
      assertEquals(MAGNITUDES[bits], Bf16.toFloat((short) bits));
      assertEquals(-MAGNITUDES[bits], Bf16.toFloat((short) (bits | 0x8000)));
    }
  }

  @Test
  void tiesGoToEvenAndTheirNeighboursDoNot() {
    for (int bits = 0; bits < INFINITY; bits++) {
      double midpoint = (MAGNITUDES[bits] + MAGNITUDES[bits + 1]) / 2;
      for (double value : new double[] {midpoint, Math.nextUp(midpoint), Math.nextDown(midpoint)}) {
        assertRounds(value);
        assertRounds(-value);
      }
      float tie = (float) midpoint;
      assertEquals(nearest(new BigDecimal(tie)), Bf16.fromFloat(tie));
      assertEquals(nearest(new BigDecimal(Math.nextUp(tie))), Bf16.fromFloat(Math.nextUp(tie)));
      assertEquals(nearest(new BigDecimal(Math.nextDown(tie))), Bf16.fromFloat(Math.nextDown(tie)));
    }
  }

  @Property(tries = 2000)
  void anF64IsRoundedOnce(@ForAll long bits) {
    double value = Double.longBitsToDouble(bits);
    if (Double.isFinite(value) && value != 0) {
      assertRounds(value);
    }
  }

  @Property(tries = 2000)
  void anF32IsRoundedOnce(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    if (Float.isFinite(value) && value != 0) {
      assertEquals(nearest(new BigDecimal(value)), Bf16.fromFloat(value));
    }
  }

  @Property(tries = 2000)
  void anI64IsRoundedOnce(@ForAll long value) {
    assertEquals(nearest(new BigDecimal(value)), Bf16.fromLong(value), () -> "" + value);
  }

  @Test
  void anI64JustAboveATieIsRoundedUp() {
    for (int shift = 8; shift < 62; shift++) {
      long tie = (0x101L << shift) >> 1;
      for (long value : new long[] {tie - 1, tie, tie + 1, -tie - 1, -tie, -tie + 1}) {
        assertEquals(nearest(new BigDecimal(value)), Bf16.fromLong(value), () -> "" + value);
      }
    }
    assertEquals(nearest(new BigDecimal(Long.MIN_VALUE)), Bf16.fromLong(Long.MIN_VALUE));
    assertEquals(nearest(new BigDecimal(Long.MAX_VALUE)), Bf16.fromLong(Long.MAX_VALUE));
  }

  @Test
  void nanStaysNanWithItsUpperBits() {
    for (int bits = 0x7f800001; bits > 0; bits += 0x101) {
      float nan = Bf16.toFloat(Bf16.fromFloat(Float.intBitsToFloat(bits)));
      assertTrue(Float.isNaN(nan), Integer.toHexString(bits));
      int kept = Float.floatToRawIntBits(nan) >>> 16;
      assertTrue((bits & 0x7f0000) == 0 ? kept == 0x7fc0 : kept == bits >>> 16);
    }
    assertTrue(Float.isNaN(Bf16.toFloat(Bf16.fromDouble(Double.NaN))));
    assertTrue(
        Float.isNaN(Bf16.toFloat(Bf16.fromDouble(Double.longBitsToDouble(0x7ff0000000000001L)))));
  }

  @Test
  void zerosKeepTheirSignAndTheTinyBecomeZeros() {
    assertEquals((short) 0x8000, Bf16.fromFloat(-0f));
    assertEquals((short) 0x8000, Bf16.fromDouble(-0d));
    assertEquals((short) 0x8000, Bf16.fromDouble(-Double.MIN_VALUE));
    assertEquals((short) 0, Bf16.fromFloat(Float.MIN_VALUE));
    assertEquals((short) 0, Bf16.fromLong(0));
  }

  @Test
  void theLargestBecomeInfinities() {
    assertEquals((short) INFINITY, Bf16.fromFloat(Float.MAX_VALUE));
    assertEquals((short) INFINITY, Bf16.fromDouble(Double.MAX_VALUE));
    assertEquals((short) 0xff80, Bf16.fromDouble(Double.NEGATIVE_INFINITY));
    assertEquals((short) 0x7f7f, Bf16.fromDouble(Math.nextDown(0x1.ffp127)));
    assertEquals((short) INFINITY, Bf16.fromDouble(0x1.ffp127));
  }
}
