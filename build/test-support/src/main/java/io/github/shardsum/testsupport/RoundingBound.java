package io.github.shardsum.testsupport;

/**
 * The largest error that roundings alone can cause in a sum of products.
 *
 * <p>A rounding to a type of p binary digits is {@code x * (1 + d)} with {@code |d| <= u = 2^-p},
 * unless it underflows. In any order of additions, a term of a sum of n products is rounded once as
 * a product and at most n - 1 times as a part of sums. The term thus becomes {@code x * y * (1 +
 * d1) ... (1 + dn)}. The product of n such factors is within {@code n * u / (1 - n * u)} of 1
 * (Higham, Accuracy and Stability of Numerical Algorithms, lemma 3.1). The error of the sum is
 * therefore at most this distance times the sum of the terms' absolute values. Fused multiply-adds
 * and wider accumulators round less often. Each further operation on a term, such as a scale or a
 * bias, adds one rounding.
 */
public final class RoundingBound {
  /** The rounding of f64, with 53 binary digits. */
  public static final double F64 = 0x1p-53;

  /** The rounding of f32, with 24 binary digits. */
  public static final double F32 = 0x1p-24;

  /** The rounding of bf16, with 8 binary digits. */
  public static final double BF16 = 0x1p-8;

  private RoundingBound() {}

  /**
   * The largest error of a sum.
   *
   * @param unit the rounding of the type in which the sum is computed
   * @param roundings the largest number of roundings of a term: the number of terms plus the
   *     operations that follow
   * @param magnitude the sum of the terms' absolute values
   * @return the bound, infinite if there are too many roundings for a bound
   */
  public static double ofSum(double unit, double roundings, double magnitude) {
    if (magnitude == 0) {
      return 0;
    }
    double relative = roundings * unit;
    return relative < 1 ? relative / (1 - relative) * magnitude : Double.POSITIVE_INFINITY;
  }

  /**
   * The largest error of a value that is rounded once more, to the type in which it is stored.
   *
   * @param error the largest error before this rounding
   * @param unit the rounding of that type
   * @param value the exact value
   * @return the bound
   */
  public static double stored(double error, double unit, double value) {
    return error + unit * (Math.abs(value) + error);
  }
}
