package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.UnaryKind;

/**
 * Functions of numbers as the operations define them. A result in f32 is the f64 result rounded
 * once; for the four basic operations and the root this equals f32 arithmetic.
 */
public final class ReferenceFunctions {
  private ReferenceFunctions() {}

  /**
   * A function of a real.
   *
   * @param kind a function of floating dtypes
   * @param x the argument
   * @return the value
   */
  public static double unary(UnaryKind kind, double x) {
    return switch (kind) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQRT -> Math.sqrt(x);
      case RSQRT -> 1 / Math.sqrt(x);
      case TANH -> Math.tanh(x);
      case LOGISTIC -> 1 / (1 + Math.exp(-x));
      case SINE -> Math.sin(x);
      case COSINE -> Math.cos(x);
      case FLOOR -> Math.floor(x);
      case RELU -> x > 0 || Double.isNaN(x) ? x : 0;
      case NOT -> throw new IllegalArgumentException("not: expected bool");
    };
  }

  /**
   * A function of an integer or bool.
   *
   * @param kind a function of integers or bools
   * @param x the argument
   * @return the value, before it is converted to the dtype
   */
  public static long unary(UnaryKind kind, long x) {
    return switch (kind) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Long.signum(x);
      case RELU -> Math.max(x, 0);
      case NOT -> x == 0 ? 1 : 0;
      case EXP, LOG, SQRT, RSQRT, TANH, LOGISTIC, SINE, COSINE, FLOOR ->
          throw new IllegalArgumentException(kind + ": expected a floating dtype");
    };
  }

  /**
   * A function of two reals.
   *
   * @param kind a function of floating dtypes
   * @param x the first argument
   * @param y the second
   * @return the value
   */
  public static double binary(BinaryKind kind, double x, double y) {
    return switch (kind) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> x / y;
      case REMAINDER -> x % y;
      case POWER -> Math.pow(x, y);
      case MAXIMUM -> Math.max(x, y);
      case MINIMUM -> Math.min(x, y);
      case AND, OR, XOR -> throw new IllegalArgumentException(kind + ": expected bool");
    };
  }

  /**
   * A function of two integers or bools.
   *
   * @param kind a function of integers or bools
   * @param x the first argument
   * @param y the second
   * @return the value, before it is converted to the dtype
   */
  public static long binary(BinaryKind kind, long x, long y) {
    return switch (kind) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> y == 0 ? -1 : x / y;
      case REMAINDER -> y == 0 ? x : x % y;
      case MAXIMUM -> Math.max(x, y);
      case MINIMUM -> Math.min(x, y);
      case AND -> x & y;
      case OR -> x | y;
      case XOR -> x ^ y;
      case POWER -> throw new IllegalArgumentException("power: expected a floating dtype");
    };
  }
}
