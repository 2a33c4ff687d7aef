package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;

/** Functions of one element that are several operations of a program. */
final class ComposedFunctions {
  private static final double[] ERF_SERIES = {
    1, -1 / 3.0, 1 / 10.0, -1 / 42.0, 1 / 216.0, -1 / 1320.0
  };

  /**
   * Chebyshev fit of {@code log(erfc(x) e^(x^2) / t)}, where {@code t = 1 / (1 + x / 2)}, as powers
   * of t; the relative error is below 1.2e-7 (Press and others, Numerical Recipes, section 6.2).
   */
  private static final double[] ERFC_FIT = {
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277
  };

  private ComposedFunctions() {}

  /** {@code e^x - 1}, by the hyperbolic tangent near 0, where the difference would lose digits. */
  static Value expm1(ProgramBuilder p, Value x) {
    Value half = p.tanh(p.multiply(x, 0.5));
    Value one = p.constant(x.type().dtype(), 1.0);
    Value near = p.divide(p.multiply(half, 2.0), p.subtract(one, half));
    return p.select(p.less(p.abs(x), 0.5), near, p.subtract(p.exp(x), 1.0));
  }

  /** {@code log(1 + x)}, corrected for the rounding of the sum near 0. */
  static Value log1p(ProgramBuilder p, Value x) {
    Value sum = p.add(x, 1.0);
    Value one = p.constant(x.type().dtype(), 1.0);
    Value rounded = p.divide(x, p.subtract(sum, 1.0));
    Value corrected = p.multiply(p.log(sum), p.select(p.less(p.abs(x), 1.0), rounded, one));
    return p.select(p.equal(sum, 1.0), x, corrected);
  }

  /** The nearest integer, the even one of two. */
  static Value roundToEven(ProgramBuilder p, Value x) {
    Value below = p.floor(x);
    Value rest = p.subtract(x, below);
    Value odd = p.equal(p.subtract(below, p.multiply(p.floor(p.multiply(below, 0.5)), 2.0)), 1.0);
    Value up = p.or(p.greater(rest, 0.5), p.and(p.equal(rest, 0.5), odd));
    return p.select(up, p.add(below, 1.0), below);
  }

  /** The error function, in f32: its series near 0, and a fit of its complement elsewhere. */
  static Value erf(ProgramBuilder p, Value x) {
    Value wide = single(p, x);
    Value far = p.multiply(p.sign(wide), p.subtract(one(p), complement(p, wide)));
    return p.convert(p.select(isNear(p, wide), series(p, wide), far), x.type().dtype());
  }

  /** 1 minus the error function, in f32; for large operands it is small, and as exact. */
  static Value erfc(ProgramBuilder p, Value x) {
    Value wide = single(p, x);
    Value tail = complement(p, wide);
    Value negative = p.subtract(p.constant(DType.F32, 2.0), tail);
    Value far = p.select(p.less(wide, 0), negative, tail);
    Value near = p.subtract(one(p), series(p, wide));
    return p.convert(p.select(isNear(p, wide), near, far), x.type().dtype());
  }

  private static Value single(ProgramBuilder p, Value x) {
    if (x.type().dtype() == DType.F64) {
      throw new IllegalArgumentException("operand must be f32 or bf16, got f64");
    }
    return p.convert(x, DType.F32);
  }

  private static Value one(ProgramBuilder p) {
    return p.constant(DType.F32, 1.0);
  }

  private static Value isNear(ProgramBuilder p, Value x) {
    return p.less(p.abs(x), 0.5);
  }

  private static Value series(ProgramBuilder p, Value x) {
    Value sum = polynomial(p, p.multiply(x, x), ERF_SERIES);
    return p.multiply(p.multiply(x, sum), 2 / Math.sqrt(Math.PI));
  }

  /** The complement of the error function of |x|. */
  private static Value complement(ProgramBuilder p, Value x) {
    Value t = p.divide(one(p), p.add(p.multiply(p.abs(x), 0.5), 1.0));
    Value exponent = p.subtract(polynomial(p, t, ERFC_FIT), p.multiply(x, x));
    return p.multiply(t, p.exp(exponent));
  }

  private static Value polynomial(ProgramBuilder p, Value x, double[] coefficients) {
    Value sum = p.constant(DType.F32, coefficients[coefficients.length - 1]);
    for (int i = coefficients.length - 2; i >= 0; i--) {
      sum = p.add(p.multiply(sum, x), coefficients[i]);
    }
    return sum;
  }
}
