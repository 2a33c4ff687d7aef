package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Rows of bf16 by definition: the sign, exponent and fraction of all 65,536 patterns, and the
 * nearest of all values, of two equally near ones that with an even pattern.
 */
class Bf16RowsTest {
  private static final int PATTERNS = 1 << 16;
  private static final int INFINITY = 0x7f80;
  private static final int QUIET = 0x40;

  /** Magnitudes of the patterns below infinity, which are ascending, and 2^128. */
  private static final double[] MAGNITUDES = magnitudes();

  private static double[] magnitudes() {
    double[] magnitudes = new double[INFINITY + 1];
    for (int exponent = 0; exponent < 255; exponent++) {
      for (int fraction = 0; fraction < 128; fraction++) {
        double significand = exponent == 0 ? fraction / 128.0 : 1 + fraction / 128.0;
        magnitudes[128 * exponent + fraction] =
            significand * Math.pow(2, Math.max(exponent, 1) - 127);
      }
    }
    magnitudes[INFINITY] = Math.pow(2, 128);
    return magnitudes;
  }

  private static List<Bf16Rows> implementations() {
    return List.of(KernelSelection.scalar().bf16(), KernelSelection.best().bf16());
  }

  private static short nearest(float value) {
    int sign = 1 / value < 0 || value < 0 ? 0x8000 : 0;
    double magnitude = Math.abs((double) value);
    int found = Arrays.binarySearch(MAGNITUDES, magnitude);
    if (found >= 0) {
      return (short) (sign | found);
    }
    int above = -found - 1;
    if (above > INFINITY) {
      return (short) (sign | INFINITY);
    }
    double down = magnitude - MAGNITUDES[above - 1];
    double up = MAGNITUDES[above] - magnitude;
    int even = above % 2 == 0 ? above : above - 1;
    return (short) (sign | (down < up ? above - 1 : down > up ? above : even));
  }

  @Test
  void everyPatternIsWidenedToItsValue() {
    short[] all = new short[PATTERNS];
    for (int bits = 0; bits < PATTERNS; bits++) {
      all[bits] = (short) bits;
    }
    for (Bf16Rows rows : implementations()) {
      float[] wide = new float[PATTERNS];
      rows.widen(all, 0, wide, 0, PATTERNS);
      for (int bits = 0; bits < PATTERNS; bits++) {
        int magnitude = bits & 0x7fff;
        if (magnitude > INFINITY) {
          assertEquals(bits << 16, Float.floatToRawIntBits(wide[bits]));
        } else {
          double value = magnitude == INFINITY ? Double.POSITIVE_INFINITY : MAGNITUDES[magnitude];
          assertEquals(bits < 0x8000 ? value : -value, wide[bits]);
        }
      }
    }
  }

  @Test
  void everyNumberIsNarrowedToTheNearest() {
    Random random = new Random(5);
    float[] x = new float[6 * PATTERNS];
    for (int i = 0; i < PATTERNS; i++) {
      int at = i << 16;
      x[6 * i] = Float.intBitsToFloat(at);
      x[6 * i + 1] = Float.intBitsToFloat(at + 0x7fff);
      x[6 * i + 2] = Float.intBitsToFloat(at + 0x8000);
      x[6 * i + 3] = Float.intBitsToFloat(at + 0x8001);
      x[6 * i + 4] = Float.intBitsToFloat(at + 0xffff);
      x[6 * i + 5] = Float.intBitsToFloat(random.nextInt());
    }
    for (Bf16Rows rows : implementations()) {
      short[] narrow = new short[x.length];
      rows.narrow(x, 0, narrow, 0, x.length);
      for (int i = 0; i < x.length; i++) {
        if (Float.isNaN(x[i])) {
          int kept = Float.floatToRawIntBits(x[i]) >>> 16;
          short wanted = (short) ((kept & 0x7f) == 0 ? kept | QUIET : kept);
          assertEquals(wanted, narrow[i]);
        } else {
          float number = x[i];
          assertEquals(nearest(number), narrow[i], () -> Float.toHexString(number));
        }
      }
    }
  }

  @Test
  void raggedRowsWriteNothingElse() {
    Random random = new Random(6);
    for (int n = 0; n < 70; n++) {
      float[] x = new float[n + 8];
      short[] bits = new short[n + 8];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
        bits[i] = nearest(x[i]);
      }
      for (Bf16Rows rows : implementations()) {
        short[] narrow = new short[n + 8];
        float[] wide = new float[n + 8];
        rows.narrow(x, 3, narrow, 5, n);
        rows.widen(bits, 4, wide, 2, n);
        for (int i = 0; i < n + 8; i++) {
          boolean isNarrowed = i >= 5 && i < 5 + n;
          assertEquals(isNarrowed ? bits[i - 2] : 0, narrow[i]);
          boolean isWidened = i >= 2 && i < 2 + n;
          int from = isWidened ? bits[i + 2] & 0xffff : 0;
          double magnitude = MAGNITUDES[from & 0x7fff];
          assertEquals(from < 0x8000 ? magnitude : -magnitude, wide[i]);
        }
      }
    }
  }
}
