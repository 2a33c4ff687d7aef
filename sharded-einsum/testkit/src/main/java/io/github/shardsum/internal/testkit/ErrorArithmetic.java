package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.ErrorBounds;

/**
 * Arithmetic of error bounds, as statements of the program that computes them, see {@link
 * ErrorBounds}.
 */
public final class ErrorArithmetic {
  /** Half the distance of neighbouring f32 numbers at 1. */
  public static final double UNIT = 0x1p-24;

  /** The error of a function such as tanh or exp, in roundings. */
  public static final double FUNCTION = 4;

  /**
   * The error of a rounding below the least normal f32, where errors are absolute and not relative.
   */
  public static final double LEAST = 0x1p-149;

  private static final double INFINITE = Double.POSITIVE_INFINITY;

  /**
   * A value and the bound of its error, in f64 with the same labels. The bound is infinite where
   * the f32 result may be anything. The error of a bool is 1 where the bool may have the other
   * value.
   */
  public record Bounded(Value value, Value error) {}

  private final ProgramBuilder p;

  public ErrorArithmetic(ProgramBuilder p) {
    this.p = p;
  }

  /**
   * The error of a number in f32, which is 0 for small integers and for numbers that are not
   * finite.
   */
  public static double off(Scalar number) {
    double exact = number.toDouble();
    return number instanceof Scalar.Real && Double.isFinite(exact)
        ? Math.abs((float) exact - exact)
        : 0;
  }

  public Value number(double value) {
    return p.constant(DType.F64, value);
  }

  public Value size(Value x) {
    return p.unary(UnaryKind.ABS, x);
  }

  public Value larger(Value x, Value y) {
    return p.binary(BinaryKind.MAXIMUM, x, y);
  }

  /** An upper bound of the magnitude of the true value and of any computed value. */
  public Value most(Bounded x) {
    return p.add(size(x.value), x.error);
  }

  /** The error after a number of roundings of a result that already has an error. */
  public Value rounded(Value value, Value error, double roundings) {
    Value rounding = p.scale(p.add(size(value), error), roundings * UNIT);
    return p.add(error, p.add(rounding, number(roundings * LEAST)));
  }

  /** 1 if the condition holds, otherwise 0. */
  public Value flag(Value condition) {
    return p.select(condition, number(1), number(0));
  }

  public Value positive(Value error) {
    return p.compare(Comparison.GT, error, number(0));
  }

  public Value both(Value x, Value y) {
    return p.binary(BinaryKind.AND, x, y);
  }

  public Value not(Value x) {
    return p.unary(UnaryKind.NOT, x);
  }

  /** The given error, or infinity where a condition does not hold; for NaN no condition holds. */
  public Value where(Value condition, Value error) {
    return p.select(condition, error, number(INFINITE));
  }

  /**
   * The error, or infinity where the f32 value may overflow or be NaN, since nothing is then known
   * about later results.
   */
  public Value open(Bounded x) {
    Value least = p.compare(Comparison.LT, most(x), number(Float.MAX_VALUE));
    return where(least, x.error);
  }

  /**
   * Whether an error may change the relation of two numbers: the error is above 0, and their
   * distance is not larger than the error. A distance of NaN counts as small.
   */
  public Value near(Value distance, Value error) {
    return both(positive(error), not(p.compare(Comparison.GT, distance, error)));
  }

  /** Rounds toward zero. */
  public Value whole(Value x) {
    return p.multiply(p.unary(UnaryKind.SIGN, x), p.unary(UnaryKind.FLOOR, size(x)));
  }
}
