package io.github.shardsum.internal.kernel;

/**
 * Logarithm, hyperbolic tangent, logistic function, sine and cosine in f64. The scalar and the
 * vector kernels use the same steps of arithmetic, so the bits are the same for interpreted and
 * compiled code, and at every vector width. For results in f32 see {@link FloatFunctions}.
 *
 * <p>With fused multiply-adds each is within 2 ulp. Polynomials interpolate their function at
 * Chebyshev nodes, in 120 digits, and are then rounded.
 */
public final class Functions {
  /** The number below which an argument is scaled before its exponent is read. */
  public static final double NORMAL = Double.MIN_NORMAL;

  /** The factor that scales a subnormal number, and its exponent. */
  public static final double SCALE = 0x1p54;

  public static final double SCALE_EXPONENT = 54;

  /** Bits of the square root of 1/2, the least fraction, minus the bits of 1. */
  public static final long LOG_OFFSET = 0x3fe6a09e667f3bcdL - 0x3ff0000000000000L;

  public static final long EXPONENT_BITS = 0x7ff0000000000000L;
  public static final long ONE_BITS = 0x3ff0000000000000L;
  public static final long SIGN_BIT = Long.MIN_VALUE;

  /** Adding this constant rounds a number to an integer, which is in the low bits of the sum. */
  public static final double ROUNDER = 0x1.8p52;

  public static final long ROUNDER_BITS = 0x4338000000000000L;

  /** {@link #ROUNDER} and the bias of exponents. */
  public static final double BIASED_ROUNDER = ROUNDER + 1023;

  /** The first 32 bits of ln 2, so that its product with an exponent is exact. */
  public static final double LN2_HIGH = 0x1.62e42feep-1;

  public static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  /** Coefficient of ln(1 + f) = 2 s + s z (L0 + L1 z + ...), s = f / (2 + f), z = s^2. */
  public static final double L0 = 0x1.5555555555555p-1;

  public static final double L1 = 0x1.9999999999a38p-2;
  public static final double L2 = 0x1.2492492476c87p-2;
  public static final double L3 = 0x1.c71c720160b47p-3;
  public static final double L4 = 0x1.745cf901605f7p-3;
  public static final double L5 = 0x1.3b1c360763b8ap-3;
  public static final double L6 = 0x1.0fbe83c2cbcf3p-3;
  public static final double L7 = 0x1.0c04595972ab8p-3;

  /**
   * Below this argument the hyperbolic tangent is a polynomial; otherwise it is computed from
   * powers of e.
   */
  public static final double TANH_SMALL = 0.55;

  /** Twice the argument from which the hyperbolic tangent is 1. */
  public static final double TANH_ONE = 44;

  /** Coefficient of tanh x = x + x z (T0 + T1 z + ...), z = x^2. */
  public static final double T0 = -0x1.5555555555555p-2;

  public static final double T1 = 0x1.1111111111109p-3;
  public static final double T2 = -0x1.ba1ba1ba1a732p-5;
  public static final double T3 = 0x1.664f48822e9a5p-6;
  public static final double T4 = -0x1.226e3539b9272p-7;
  public static final double T5 = 0x1.d6d3c60009e9cp-9;
  public static final double T6 = -0x1.7da25da5066b5p-10;
  public static final double T7 = 0x1.3547bfaa42508p-11;
  public static final double T8 = -0x1.f41d11ba745a0p-13;
  public static final double T9 = 0x1.8c93b7d5aba25p-14;
  public static final double T10 = -0x1.1adede7706052p-15;
  public static final double T11 = 0x1.08378067f032ap-17;

  /**
   * The largest angle from which a multiple of pi / 2 can be subtracted exactly; the JDK's
   * functions compute larger ones.
   */
  public static final double ANGLE_LIMIT = Fma.IN_HARDWARE ? 0x1p20 : -1;

  /** 2 / pi. */
  public static final double TWO_OVER_PI = 0x1.45f306dc9c883p-1;

  /** pi / 2 in three parts. */
  public static final double ANGLE_HIGH = 0x1.921fb54442d18p0;

  public static final double ANGLE_MIDDLE = 0x1.1a62633145c07p-54;
  public static final double ANGLE_LOW = -0x1.f1976b7ed8fbcp-110;

  /** Coefficient of sin r = r + r z (S0 + S1 z + ...), z = r^2, r up to pi / 4. */
  public static final double S0 = -0x1.5555555555555p-3;

  public static final double S1 = 0x1.1111111110bb2p-7;
  public static final double S2 = -0x1.a01a019e83816p-13;
  public static final double S3 = 0x1.71de379654304p-19;
  public static final double S4 = -0x1.ae600aca92c64p-26;
  public static final double S5 = 0x1.5e0b05bff20f2p-33;

  /** Coefficient of cos r = 1 - z / 2 + z^2 (C0 + C1 z + ...). */
  public static final double C0 = 0x1.5555555555555p-5;

  public static final double C1 = -0x1.6c16c16c16967p-10;
  public static final double C2 = 0x1.a01a019f4e9b4p-16;
  public static final double C3 = -0x1.27e4fa17bf139p-22;
  public static final double C4 = 0x1.1eeb68cd22f56p-29;
  public static final double C5 = -0x1.907d8f29fe831p-37;

  private Functions() {}

  private static double fma(double a, double b, double c) {
    return Fma.multiplyAdd(a, b, c);
  }

  /** The natural logarithm: minus infinity for 0, NaN for negative numbers. */
  public static double log(double x) {
    boolean subnormal = x < NORMAL;
    double scaled = subnormal ? x * SCALE : x;
    long bits = Double.doubleToRawLongBits(scaled);
    long shifted = bits - LOG_OFFSET;
    double biased = Double.longBitsToDouble((shifted >>> 52) + ROUNDER_BITS) - BIASED_ROUNDER;
    double k = subnormal ? biased - SCALE_EXPONENT : biased;
    double f = Double.longBitsToDouble(bits - (shifted & EXPONENT_BITS) + ONE_BITS) - 1;
    double s = f / (2 + f);
    double z = s * s;
    double q = fma(L7, z, L6);
    q = fma(q, z, L5);
    q = fma(q, z, L4);
    q = fma(q, z, L3);
    q = fma(q, z, L2);
    q = fma(q, z, L1);
    q = fma(q, z, L0);
    double half = 0.5 * f * f;
    double rest = fma(k, LN2_LOW, s * fma(q, z, half));
    double result = fma(k, LN2_HIGH, f - (half - rest));
    // The logarithm of 0 is -infinity and of a negative number NaN; infinity and NaN stay.
    return x > 0 && x < Double.POSITIVE_INFINITY
        ? result
        : x == 0 ? Double.NEGATIVE_INFINITY : x < 0 ? Double.NaN : x;
  }

  /** 1 / (1 + e^-x). */
  public static double logistic(double x) {
    double below = -Math.abs(x);
    double inRange = below < DoubleExp.LOW ? DoubleExp.LOW : below;
    double shifted = fma(inRange, DoubleExp.LOG2_E, DoubleExp.ROUNDER);
    double n = shifted - DoubleExp.ROUNDER;
    double r = fma(n, -DoubleExp.LN2_LOW, fma(n, -DoubleExp.LN2_HIGH, inRange));
    double q = fma(DoubleExp.Q9, r, DoubleExp.Q8);
    q = fma(q, r, DoubleExp.Q7);
    q = fma(q, r, DoubleExp.Q6);
    q = fma(q, r, DoubleExp.Q5);
    q = fma(q, r, DoubleExp.Q4);
    q = fma(q, r, DoubleExp.Q3);
    q = fma(q, r, DoubleExp.Q2);
    q = fma(q, r, DoubleExp.Q1);
    q = fma(q, r, DoubleExp.Q0);
    q = fma(q, r, 1);
    // e^r in two parts, since later steps would double the rounding error of their sum.
    double high = fma(q, r, 1);
    double low = fma(q, r, 1 - high);
    long exponents = Double.doubleToRawLongBits(shifted);
    double first = Double.longBitsToDouble((exponents >>> 1) << DoubleExp.FRACTION);
    double second = Double.longBitsToDouble((exponents - (exponents >>> 1)) << DoubleExp.FRACTION);
    double power = high * first * second;
    double powerLow = low * first * second;
    double divisor = 1 + power;
    double divisorLow = power - (divisor - 1) + powerLow;
    double inverse = 1 / divisor;
    double dividend = x < 0 ? power : 1;
    double dividendLow = x < 0 ? powerLow : 0;
    double quotient = dividend * inverse;
    double rest = fma(-quotient, divisor, dividend) + fma(-quotient, divisorLow, dividendLow);
    return fma(inverse, rest, quotient);
  }

  /** The hyperbolic tangent. */
  public static double tanh(double x) {
    double y = Math.abs(x);
    double z = y * y;
    double p = fma(T11, z, T10);
    p = fma(p, z, T9);
    p = fma(p, z, T8);
    p = fma(p, z, T7);
    p = fma(p, z, T6);
    p = fma(p, z, T5);
    p = fma(p, z, T4);
    p = fma(p, z, T3);
    p = fma(p, z, T2);
    p = fma(p, z, T1);
    p = fma(p, z, T0);
    double small = fma(y * z, p, y);
    double twice = y + y;
    double inRange = twice > TANH_ONE ? TANH_ONE : twice;
    double shifted = fma(inRange, DoubleExp.LOG2_E, DoubleExp.ROUNDER);
    double n = shifted - DoubleExp.ROUNDER;
    double r = fma(n, -DoubleExp.LN2_LOW, fma(n, -DoubleExp.LN2_HIGH, inRange));
    double q = fma(DoubleExp.Q9, r, DoubleExp.Q8);
    q = fma(q, r, DoubleExp.Q7);
    q = fma(q, r, DoubleExp.Q6);
    q = fma(q, r, DoubleExp.Q5);
    q = fma(q, r, DoubleExp.Q4);
    q = fma(q, r, DoubleExp.Q3);
    q = fma(q, r, DoubleExp.Q2);
    q = fma(q, r, DoubleExp.Q1);
    q = fma(q, r, DoubleExp.Q0);
    q = fma(fma(q, r, 1), r, 1);
    // The exponent is small and positive: one factor is enough.
    long exponents = Double.doubleToRawLongBits(shifted) - 1023;
    double power = q * Double.longBitsToDouble(exponents << DoubleExp.FRACTION);
    double large = 1 - 2 / (power + 1);
    double result = y < TANH_SMALL ? small : large;
    long sign = Double.doubleToRawLongBits(x) & SIGN_BIT;
    return Double.longBitsToDouble(Double.doubleToRawLongBits(result) | sign);
  }

  /** The sine; NaN for an infinity. */
  public static double sine(double x) {
    double y = Math.abs(x);
    if (!(y <= ANGLE_LIMIT)) {
      return StrictMath.sin(x);
    }
    long sign = Double.doubleToRawLongBits(x) & SIGN_BIT;
    return Double.longBitsToDouble(sine(y, 0) ^ sign);
  }

  /** The cosine; NaN for an infinity. */
  public static double cosine(double x) {
    double y = Math.abs(x);
    return y <= ANGLE_LIMIT ? Double.longBitsToDouble(sine(y, 1)) : StrictMath.cos(x);
  }

  /** Bits of the sine of an angle plus a number of quarter turns; the angle is at least 0. */
  private static long sine(double y, long turns) {
    double shifted = fma(y, TWO_OVER_PI, ROUNDER);
    double n = shifted - ROUNDER;
    double whole = fma(n, -ANGLE_HIGH, y);
    double middle = n * ANGLE_MIDDLE;
    double middleLow = fma(n, ANGLE_MIDDLE, -middle);
    double r = whole - middle;
    double taken = r - whole;
    double lost = (whole - (r - taken)) - (middle + taken);
    double low = fma(n, -ANGLE_LOW, lost - middleLow);
    double z = r * r;
    double s = fma(S5, z, S4);
    s = fma(s, z, S3);
    s = fma(s, z, S2);
    s = fma(s, z, S1);
    s = fma(s, z, S0);
    double half = 0.5 * z;
    double sine = r + fma(r * z, s, fma(-half, low, low));
    double c = fma(C5, z, C4);
    c = fma(c, z, C3);
    c = fma(c, z, C2);
    c = fma(c, z, C1);
    c = fma(c, z, C0);
    double main = 1 - half;
    double cosine = main + ((1 - main - half) + fma(z * z, c, -r * low));
    long quarter = Double.doubleToRawLongBits(shifted) + turns;
    double result = (quarter & 1) == 0 ? sine : cosine;
    return Double.doubleToRawLongBits(result) ^ (quarter << 62 & SIGN_BIT);
  }
}
