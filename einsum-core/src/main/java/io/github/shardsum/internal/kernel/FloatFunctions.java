package io.github.shardsum.internal.kernel;

/**
 * Logarithm, hyperbolic tangent, logistic function, sine, cosine and power of f32, computed in f64
 * to 2^-41 of the result and rounded once. The result is the nearest f32, unless the exact value is
 * within 2^-17 ulp of the middle between two. The scalar and the vector kernels use the same steps
 * of arithmetic, so the bits are the same for interpreted and compiled code, and at every vector
 * width.
 *
 * <p>Polynomials are shorter than those of {@link Functions}, which are for results in f64. They
 * interpolate their function at Chebyshev nodes, in 40 digits, and are then rounded.
 */
public final class FloatFunctions {
  public static final double LN2 = 0x1.62e42fefa39efp-1;

  /** Adding this constant rounds a number to an integer n; the low bits of the sum are n + 1023. */
  public static final double ROUNDER = 0x1.8p52 + 1023;

  /** Coefficient of ln(1 + f) = s (2 + z (L0 + L1 z + ...)), s = f / (2 + f), z = s^2; 2^-50. */
  public static final double L0 = 0x1.55555555553b8p-1;

  public static final double L1 = 0x1.9999999b86784p-2;
  public static final double L2 = 0x1.2492462af788ap-2;
  public static final double L3 = 0x1.c71fccd9f88ebp-3;
  public static final double L4 = 0x1.7382dbddeec7dp-3;
  public static final double L5 = 0x1.546a32ff81950p-3;

  /** Coefficient of e^r - 1 = r + r^2 (E0 + E1 r + ...), |r| up to ln 2 / 2; 2^-42. */
  public static final double E0 = 0x1.fffffffffe069p-2;

  public static final double E1 = 0x1.5555555554f97p-3;
  public static final double E2 = 0x1.55555565c5602p-5;
  public static final double E3 = 0x1.111111170ad7ap-7;
  public static final double E4 = 0x1.6c166be7451fep-10;
  public static final double E5 = 0x1.a019c3721025ap-13;
  public static final double E6 = 0x1.a136b08f4d167p-16;
  public static final double E7 = 0x1.72ad3afdd48dep-19;

  /** Coefficient of sin r = r + r z (S0 + S1 z + ...), z = r^2, r up to pi / 4; 2^-45. */
  public static final double S0 = -0x1.555555555516bp-3;

  public static final double S1 = 0x1.1111110fd3d39p-7;
  public static final double S2 = -0x1.a019fd9b346d6p-13;
  public static final double S3 = 0x1.71d9a9f2f92d4p-19;
  public static final double S4 = -0x1.aa285701d0140p-26;

  /** Coefficient of cos r = 1 - z / 2 + z^2 (C0 + C1 z + ...); 2^-49. */
  public static final double C0 = 0x1.5555555555437p-5;

  public static final double C1 = -0x1.6c16c16b614f7p-10;
  public static final double C2 = 0x1.a019ff53a5c58p-16;
  public static final double C3 = -0x1.27e25f4b0e4cfp-22;
  public static final double C4 = 0x1.1c81c305f7947p-29;

  /** Twice the argument from which the hyperbolic tangent rounds to 1. */
  public static final double TANH_ONE = 20;

  /** From this x on, e^x is infinite in f32. */
  public static final double HIGH = 89;

  /** At and below this x, e^x is zero in f32, and the logistic function of -x is 1. */
  public static final double LOW = -104;

  private FloatFunctions() {}

  private static double fma(double a, double b, double c) {
    return Fma.multiplyAdd(a, b, c);
  }

  /** The natural logarithm: minus infinity for 0, NaN for negative numbers. */
  public static float log(float x) {
    // The logarithm of 0 is -infinity and of a negative number NaN; infinity and NaN stay.
    return x > 0 && x < Float.POSITIVE_INFINITY
        ? (float) finiteLog(x)
        : x == 0 ? Float.NEGATIVE_INFINITY : x < 0 ? Float.NaN : x;
  }

  /** The logarithm of an f32 between 0 and infinity; no f32 is subnormal in f64. */
  private static double finiteLog(double x) {
    long bits = Double.doubleToRawLongBits(x);
    long shifted = bits - Functions.LOG_OFFSET;
    double k =
        Double.longBitsToDouble((shifted >>> 52) + Functions.ROUNDER_BITS)
            - Functions.BIASED_ROUNDER;
    double f =
        Double.longBitsToDouble(bits - (shifted & Functions.EXPONENT_BITS) + Functions.ONE_BITS)
            - 1;
    double s = f / (f + 2);
    double z = s * s;
    double q = fma(L5, z, L4);
    q = fma(q, z, L3);
    q = fma(q, z, L2);
    q = fma(q, z, L1);
    q = fma(q, z, L0);
    return fma(k, LN2, s * fma(q, z, 2));
  }

  /** 2^n, from the sum of a number and {@link #ROUNDER}. */
  private static double powerOfTwo(double shifted) {
    return Double.longBitsToDouble(Double.doubleToRawLongBits(shifted) << 52);
  }

  /** e^r - 1 for r = x - n ln 2, with n from the sum of a number and {@link #ROUNDER}. */
  private static double restLessOne(double x, double shifted) {
    double r = fma(shifted - ROUNDER, -LN2, x);
    double q = fma(E7, r, E6);
    q = fma(q, r, E5);
    q = fma(q, r, E4);
    q = fma(q, r, E3);
    q = fma(q, r, E2);
    q = fma(q, r, E1);
    q = fma(q, r, E0);
    return fma(r * r, q, r);
  }

  /** 1 / (1 + e^-x). */
  public static float logistic(float x) {
    double negative = -x;
    double below = negative > -LOW ? -LOW : negative;
    double inRange = below < LOW ? LOW : below;
    double shifted = fma(inRange, DoubleExp.LOG2_E, ROUNDER);
    double power = powerOfTwo(shifted);
    return (float) (1 / (fma(power, restLessOne(inRange, shifted), power) + 1));
  }

  /** The hyperbolic tangent. */
  public static float tanh(float x) {
    double y = Math.abs(x);
    double twice = y + y;
    double inRange = twice > TANH_ONE ? TANH_ONE : twice;
    double shifted = fma(inRange, DoubleExp.LOG2_E, ROUNDER);
    double power = powerOfTwo(shifted);
    // e^2y - 1, with as many digits for small y.
    double less = fma(power, restLessOne(inRange, shifted), power - 1);
    double result = less / (less + 2);
    long sign = Double.doubleToRawLongBits(x) & Functions.SIGN_BIT;
    return (float) Double.longBitsToDouble(Double.doubleToRawLongBits(result) | sign);
  }

  /** The sine; NaN for an infinity. */
  public static float sine(float x) {
    double y = Math.abs(x);
    if (!(y <= Functions.ANGLE_LIMIT)) {
      return (float) StrictMath.sin(x);
    }
    long sign = Double.doubleToRawLongBits(x) & Functions.SIGN_BIT;
    return (float) Double.longBitsToDouble(sine(y, 0) ^ sign);
  }

  /** The cosine; NaN for an infinity. */
  public static float cosine(float x) {
    double y = Math.abs(x);
    return (float)
        (y <= Functions.ANGLE_LIMIT ? Double.longBitsToDouble(sine(y, 1)) : StrictMath.cos(x));
  }

  /** Bits of the sine of an angle plus a number of quarter turns; the angle is at least 0. */
  private static long sine(double y, long turns) {
    double shifted = fma(y, Functions.TWO_OVER_PI, Functions.ROUNDER);
    double n = shifted - Functions.ROUNDER;
    double r = fma(n, -Functions.ANGLE_MIDDLE, fma(n, -Functions.ANGLE_HIGH, y));
    double z = r * r;
    double s = fma(S4, z, S3);
    s = fma(s, z, S2);
    s = fma(s, z, S1);
    s = fma(s, z, S0);
    double sine = fma(r * z, s, r);
    double c = fma(C4, z, C3);
    c = fma(c, z, C2);
    c = fma(c, z, C1);
    c = fma(c, z, C0);
    double cosine = fma(z * z, c, fma(z, -0.5, 1));
    long quarter = Double.doubleToRawLongBits(shifted) + turns;
    double result = (quarter & 1) == 0 ? sine : cosine;
    return Double.doubleToRawLongBits(result) ^ (quarter << 62 & Functions.SIGN_BIT);
  }

  /** The power of a base between 0 and infinity to a finite exponent. */
  public static float power(float base, float exponent) {
    double x = exponent * finiteLog(base);
    double below = x > HIGH ? HIGH : x;
    double inRange = below < LOW ? LOW : below;
    double shifted = fma(inRange, DoubleExp.LOG2_E, ROUNDER);
    double power = powerOfTwo(shifted);
    return (float) fma(power, restLessOne(inRange, shifted), power);
  }
}
