package io.github.shardsum.grouped;

import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.DoubleRows;
import io.github.shardsum.internal.kernel.FloatArithmetic;
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

  private static final FloatArithmetic FLOAT_FUNCTIONS = KernelSelection.best().floatArithmetic();
  private static final DoubleArithmetic DOUBLE_FUNCTIONS =
      KernelSelection.best().doubleArithmetic();

  private RowArithmetic() {}

  /** A function of an element, or of two; those of one ignore the second operand. */
  public enum Function {
    /** x + y. */
    ADD,
    /** x - y. */
    SUBTRACT,
    /** x y. */
    MULTIPLY,
    /** x / y. */
    DIVIDE,
    /** The remainder of x / y, of the sign of x. */
    REMAINDER,
    /** The greater; NaN if either is. */
    MAXIMUM,
    /** The lesser; NaN if either is. */
    MINIMUM,
    /** -x. */
    NEGATE,
    /** |x|. */
    ABS,
    /** -1, 0 or 1; NaN of NaN. */
    SIGN,
    /** The square root. */
    SQRT,
    /** 1 over the square root. */
    RSQRT,
    /** The greatest integer not above x. */
    FLOOR,
    /** The greater of x and 0; NaN of NaN. */
    RELU
  }

  /** A relation of two elements. */
  public enum Relation {
    /** x = y. */
    EQ,
    /** x and y differ. */
    NE,
    /** x is below y. */
    LT,
    /** x is not above y. */
    LE,
    /** x is above y. */
    GT,
    /** x is not below y. */
    GE
  }

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

  /**
   * to[i] = function(x[i], y[i]), for i below n.
   *
   * @param function the function
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n how many
   */
  public static void apply(
      Function function, float[] x, int xAt, float[] y, int yAt, float[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    switch (function) {
      case ADD -> FLOATS.add(x, xAt, y, yAt, to, toAt, n);
      case SUBTRACT -> FLOAT_FUNCTIONS.subtract(x, xAt, y, yAt, to, toAt, n);
      case MULTIPLY -> FLOATS.multiply(x, xAt, y, yAt, to, toAt, n);
      case DIVIDE -> FLOAT_FUNCTIONS.divide(x, xAt, y, yAt, to, toAt, n);
      case REMAINDER -> FLOAT_FUNCTIONS.remainder(x, xAt, y, yAt, to, toAt, n);
      case MAXIMUM -> FLOAT_FUNCTIONS.maximum(x, xAt, y, yAt, to, toAt, n);
      case MINIMUM -> FLOAT_FUNCTIONS.minimum(x, xAt, y, yAt, to, toAt, n);
      case NEGATE -> FLOAT_FUNCTIONS.negate(x, xAt, y, yAt, to, toAt, n);
      case ABS -> FLOAT_FUNCTIONS.abs(x, xAt, y, yAt, to, toAt, n);
      case SIGN -> FLOAT_FUNCTIONS.sign(x, xAt, y, yAt, to, toAt, n);
      case SQRT -> FLOAT_FUNCTIONS.sqrt(x, xAt, y, yAt, to, toAt, n);
      case RSQRT -> FLOAT_FUNCTIONS.rsqrt(x, xAt, y, yAt, to, toAt, n);
      case FLOOR -> FLOAT_FUNCTIONS.floor(x, xAt, y, yAt, to, toAt, n);
      case RELU -> FLOATS.relu(x, xAt, to, toAt, n);
    }
  }

  /**
   * to[i] = 1 if a relation of x[i] and y[i] holds, else 0, for i below n.
   *
   * @param relation the relation
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the flags
   * @param toAt index of the first
   * @param n how many
   */
  public static void compare(
      Relation relation, float[] x, int xAt, float[] y, int yAt, byte[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    switch (relation) {
      case EQ -> FLOAT_FUNCTIONS.eq(x, xAt, y, yAt, to, toAt, n);
      case NE -> FLOAT_FUNCTIONS.ne(x, xAt, y, yAt, to, toAt, n);
      case LT -> FLOAT_FUNCTIONS.lt(x, xAt, y, yAt, to, toAt, n);
      case LE -> FLOAT_FUNCTIONS.le(x, xAt, y, yAt, to, toAt, n);
      case GT -> FLOAT_FUNCTIONS.gt(x, xAt, y, yAt, to, toAt, n);
      case GE -> FLOAT_FUNCTIONS.ge(x, xAt, y, yAt, to, toAt, n);
    }
  }

  /**
   * to[i] = x[i] where the flag is not 0, else y[i], for i below n.
   *
   * @param flags the flags
   * @param flagsAt index of the first
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n how many
   */
  public static void select(
      byte[] flags,
      int flagsAt,
      float[] x,
      int xAt,
      float[] y,
      int yAt,
      float[] to,
      int toAt,
      int n) {
    check(x.length, xAt, to.length, toAt, n);
    check(flags.length, flagsAt, y.length, yAt, n);
    FLOAT_FUNCTIONS.where(flags, flagsAt, x, xAt, y, yAt, to, toAt, n);
  }

  /**
   * to[i] = function(x[i], y[i]), for i below n.
   *
   * @param function the function
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n how many
   */
  public static void apply(
      Function function, double[] x, int xAt, double[] y, int yAt, double[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    switch (function) {
      case ADD -> DOUBLES.add(x, xAt, y, yAt, to, toAt, n);
      case SUBTRACT -> DOUBLE_FUNCTIONS.subtract(x, xAt, y, yAt, to, toAt, n);
      case MULTIPLY -> DOUBLES.multiply(x, xAt, y, yAt, to, toAt, n);
      case DIVIDE -> DOUBLE_FUNCTIONS.divide(x, xAt, y, yAt, to, toAt, n);
      case REMAINDER -> DOUBLE_FUNCTIONS.remainder(x, xAt, y, yAt, to, toAt, n);
      case MAXIMUM -> DOUBLE_FUNCTIONS.maximum(x, xAt, y, yAt, to, toAt, n);
      case MINIMUM -> DOUBLE_FUNCTIONS.minimum(x, xAt, y, yAt, to, toAt, n);
      case NEGATE -> DOUBLE_FUNCTIONS.negate(x, xAt, y, yAt, to, toAt, n);
      case ABS -> DOUBLE_FUNCTIONS.abs(x, xAt, y, yAt, to, toAt, n);
      case SIGN -> DOUBLE_FUNCTIONS.sign(x, xAt, y, yAt, to, toAt, n);
      case SQRT -> DOUBLE_FUNCTIONS.sqrt(x, xAt, y, yAt, to, toAt, n);
      case RSQRT -> DOUBLE_FUNCTIONS.rsqrt(x, xAt, y, yAt, to, toAt, n);
      case FLOOR -> DOUBLE_FUNCTIONS.floor(x, xAt, y, yAt, to, toAt, n);
      case RELU -> DOUBLES.relu(x, xAt, to, toAt, n);
    }
  }

  /**
   * to[i] = 1 if a relation of x[i] and y[i] holds, else 0, for i below n.
   *
   * @param relation the relation
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the flags
   * @param toAt index of the first
   * @param n how many
   */
  public static void compare(
      Relation relation, double[] x, int xAt, double[] y, int yAt, byte[] to, int toAt, int n) {
    check(x.length, xAt, to.length, toAt, n);
    Objects.checkFromIndexSize(yAt, n, y.length);
    switch (relation) {
      case EQ -> DOUBLE_FUNCTIONS.eq(x, xAt, y, yAt, to, toAt, n);
      case NE -> DOUBLE_FUNCTIONS.ne(x, xAt, y, yAt, to, toAt, n);
      case LT -> DOUBLE_FUNCTIONS.lt(x, xAt, y, yAt, to, toAt, n);
      case LE -> DOUBLE_FUNCTIONS.le(x, xAt, y, yAt, to, toAt, n);
      case GT -> DOUBLE_FUNCTIONS.gt(x, xAt, y, yAt, to, toAt, n);
      case GE -> DOUBLE_FUNCTIONS.ge(x, xAt, y, yAt, to, toAt, n);
    }
  }

  /**
   * to[i] = x[i] where the flag is not 0, else y[i], for i below n.
   *
   * @param flags the flags
   * @param flagsAt index of the first
   * @param x an operand
   * @param xAt index of its first element
   * @param y an operand
   * @param yAt index of its first element
   * @param to the result
   * @param toAt index of its first element
   * @param n how many
   */
  public static void select(
      byte[] flags,
      int flagsAt,
      double[] x,
      int xAt,
      double[] y,
      int yAt,
      double[] to,
      int toAt,
      int n) {
    check(x.length, xAt, to.length, toAt, n);
    check(flags.length, flagsAt, y.length, yAt, n);
    DOUBLE_FUNCTIONS.where(flags, flagsAt, x, xAt, y, yAt, to, toAt, n);
  }
}
