package io.github.shardsum.ops;

import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Locale;
import java.util.Objects;

/**
 * Functions of real numbers, for rows of arrays, in vectors of the machine's width.
 *
 * <p>Results are equal to the bit for every number of threads, every kind of memory and every
 * vector width. The following bounds hold on machines with a fused multiply-add. In f64, results
 * are within 2 ulp. In f32, {@link #EXP} is within 1 ulp and the other functions are within 0.5001
 * ulp: they are computed in f64 to 2<sup>-41</sup> of the result and rounded once. The result is
 * the nearest f32, unless the exact value is within 2<sup>-17</sup> ulp of the middle between two.
 * Thread-safe.
 */
public enum MathFunction {
  /**
   * {@code e^x}, within 1 ulp, or 1.2 ulp without a fused multiply-add; infinite above the range,
   * subnormal or zero below it.
   */
  EXP,
  /** The natural logarithm: minus infinity of 0, NaN below. */
  LOG,
  /** The hyperbolic tangent. */
  TANH,
  /** {@code 1 / (1 + e^-x)}, subnormal and zero far below 0. */
  LOGISTIC,
  /**
   * The sine of an angle in radians; NaN of an infinity. Angles beyond 2^20 use the JDK's function,
   * which is slower.
   */
  SINE,
  /** The cosine of an angle in radians, under the same conditions as {@link #SINE}. */
  COSINE;

  private static final FloatRows FLOATS = KernelSelection.best().floats();
  private static final DoubleRows DOUBLES = KernelSelection.best().doubles();

  /**
   * The function of some elements of an array, on the calling thread, for code that stages rows
   * itself.
   *
   * @param x arguments
   * @param from index of the first argument
   * @param out the results; it may be x, element for element
   * @param to index of the first result
   * @param count the number of elements
   * @throws IndexOutOfBoundsException if an array has no such elements; nothing is then written
   */
  public void of(float[] x, int from, float[] out, int to, int count) {
    Objects.checkFromIndexSize(from, count, x.length);
    Objects.checkFromIndexSize(to, count, out.length);
    switch (this) {
      case EXP -> FLOATS.exp(x, from, out, to, count);
      case LOG -> FLOATS.log(x, from, out, to, count);
      case TANH -> FLOATS.tanh(x, from, out, to, count);
      case LOGISTIC -> FLOATS.logistic(x, from, out, to, count);
      case SINE -> FLOATS.sine(x, from, out, to, count);
      case COSINE -> FLOATS.cosine(x, from, out, to, count);
    }
  }

  /**
   * The function of some elements of an array, on the calling thread, for code that stages rows
   * itself.
   *
   * @param x arguments
   * @param from index of the first argument
   * @param out the results; it may be x, element for element
   * @param to index of the first result
   * @param count the number of elements
   * @throws IndexOutOfBoundsException if an array has no such elements; nothing is then written
   */
  public void of(double[] x, int from, double[] out, int to, int count) {
    Objects.checkFromIndexSize(from, count, x.length);
    Objects.checkFromIndexSize(to, count, out.length);
    switch (this) {
      case EXP -> DOUBLES.exp(x, from, out, to, count);
      case LOG -> DOUBLES.log(x, from, out, to, count);
      case TANH -> DOUBLES.tanh(x, from, out, to, count);
      case LOGISTIC -> DOUBLES.logistic(x, from, out, to, count);
      case SINE -> DOUBLES.sine(x, from, out, to, count);
      case COSINE -> DOUBLES.cosine(x, from, out, to, count);
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
