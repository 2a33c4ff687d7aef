package io.github.shardsum.grouped;

import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.selection.KernelSelection;
import java.util.Objects;

/**
 * Arithmetic on rows of arrays, on the calling thread, in the widest vectors of the machine. It is
 * for code that stages rows itself: JVMs before JDK 26 do not vectorize loops over rows that begin
 * at different indices. A row is an array, the index of its first element and a length; a result
 * may be the same row as an operand, but must not overlap an operand otherwise. Each operation is
 * rounded.
 *
 * <p>All methods throw {@link IndexOutOfBoundsException} if a row is not inside its array; nothing
 * is then written.
 */
public final class RowArithmetic {
  private static final FloatRows FLOATS = KernelSelection.best().floats();
  private static final DoubleRows DOUBLES = KernelSelection.best().doubles();

  private RowArithmetic() {}

  private static void check(int x, int xAt, int to, int toAt, int n) {
    Objects.checkFromIndexSize(xAt, n, x);
    Objects.checkFromIndexSize(toAt, n, to);
  }

  /**
   * to[i] = x[i] + y[i], for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void add(float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    FLOATS.add(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = x[i] * y[i], for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void multiply(float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    FLOATS.multiply(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = y[i] where x[i] is above 0, else 0, for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void wherePositive(
      float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    FLOATS.wherePositive(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = factor * x[i], for i below n.
   *
   * @param factor the factor
   * @param x an operand
   * @param xAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void scale(float factor, float[] x, int xAt, float[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    FLOATS.scale(factor, x, xAt, to, toAt, n);
  }

  /**
   * to[i] = x[i] + y[i], for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void add(double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    DOUBLES.add(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = x[i] * y[i], for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void multiply(
      double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    DOUBLES.multiply(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = y[i] where x[i] is above 0, else 0, for i below n.
   *
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void wherePositive(
      double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    DOUBLES.wherePositive(x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = factor * x[i], for i below n.
   *
   * @param factor the factor
   * @param x an operand
   * @param xAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n number of elements
   */
  public static void scale(double factor, double[] x, int xAt, double[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    DOUBLES.scale(factor, x, xAt, to, toAt, n);
  }
}
