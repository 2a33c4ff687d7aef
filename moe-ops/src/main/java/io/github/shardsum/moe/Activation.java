package io.github.shardsum.moe;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;

/** What stands between the two products of an expert. */
public enum Activation {
  /** {@code max(x, 0)}, the paper's. */
  RELU,
  /**
   * {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}, the usual form of {@code x Phi(x)}
   * (Hendrycks and Gimpel, 2016).
   */
  GELU,
  /** {@code x / (1 + e^-x)}, also called swish. */
  SILU;

  private static final double GELU_CUBE = 0.044715;

  /**
   * The activation in a program.
   *
   * @param p what builds the program
   * @param x of a floating dtype
   * @return of the same type
   */
  public Value of(ProgramBuilder p, Value x) {
    return switch (this) {
      case RELU -> p.relu(x);
      case GELU -> {
        Value cube = p.multiply(p.multiply(x, x), x);
        Value inner = p.scale(p.add(x, p.scale(cube, GELU_CUBE)), Math.sqrt(2 / Math.PI));
        Value one = p.constant(x.type().dtype(), 1.0);
        yield p.multiply(p.scale(x, 0.5), p.add(p.tanh(inner), one));
      }
      case SILU -> p.multiply(x, p.logistic(x));
    };
  }
}
