package io.github.shardsum.testkit;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/** Arithmetic of bounds in the program that computes them, see {@link ErrorBounds}. */
final class ErrorArithmetic {
  /** Half the distance of two f32 at 1. */
  static final double UNIT = 0x1p-24;

  /** Roundings that a function such as tanh or exp may be off. */
  static final double FUNCTION = 4;

  /** Below the least normal f32 a rounding is off by a distance, not by a part. */
  static final double LEAST = 0x1p-149;

  private static final double INFINITE = Double.POSITIVE_INFINITY;

  /**
   * A value and the bound of its error: of f64, with the same labels; infinite where f32 may give
   * anything. Of a bool, 1 where it may be the other.
   */
  record Bounded(Value value, Value error) {}

  private final ProgramBuilder p;

  ErrorArithmetic(ProgramBuilder p) {
    this.p = p;
  }

  Value number(double value) {
    return p.constant(DType.F64, value);
  }

  Value size(Value x) {
    return p.unary(UnaryKind.ABS, x);
  }

  Value larger(Value x, Value y) {
    return p.binary(BinaryKind.MAXIMUM, x, y);
  }

  /** At most the size of the true value and of any computed one. */
  Value most(Bounded x) {
    return p.add(size(x.value), x.error);
  }

  /** The error after a number of roundings of a result that is off by as much already. */
  Value rounded(Value value, Value error, double roundings) {
    Value rounding = p.scale(p.add(size(value), error), roundings * UNIT);
    return p.add(error, p.add(rounding, number(roundings * LEAST)));
  }

  /** 1 where it holds. */
  Value flag(Value condition) {
    return p.select(condition, number(1), number(0));
  }

  Value positive(Value error) {
    return p.compare(Comparison.GT, error, number(0));
  }

  Value both(Value x, Value y) {
    return p.binary(BinaryKind.AND, x, y);
  }

  Value not(Value x) {
    return p.unary(UnaryKind.NOT, x);
  }

  /** An error, or infinity where a condition does not hold, as it does not of NaN. */
  Value where(Value condition, Value error) {
    return p.select(condition, error, number(INFINITE));
  }

  /** Infinity where f32 may overflow or is NaN: of what follows nothing is known. */
  Value open(Bounded x) {
    Value least = p.compare(Comparison.LT, most(x), number(Float.MAX_VALUE));
    return where(least, x.error);
  }

  /** Whether two numbers may be equal, as f32 has them; NaN may. */
  Value near(Value distance, Value error) {
    return both(positive(error), not(p.compare(Comparison.GT, distance, error)));
  }

  /** Toward zero. */
  Value whole(Value x) {
    return p.multiply(p.unary(UnaryKind.SIGN, x), p.unary(UnaryKind.FLOOR, size(x)));
  }
}
