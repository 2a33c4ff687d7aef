package io.github.shardsum.moe;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import java.util.Locale;

/** The activation between the two products of an expert. */
public enum Activation {
  /** {@code max(z, 0)}, as in the GShard paper. */
  RELU,
  /**
   * {@code z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3)))}, the approximation by tanh of {@code z
   * Phi(z)} (Hendrycks and Gimpel, 2016); the two differ by at most 5e-4.
   */
  GELU,
  /** {@code z / (1 + e^-z)}, also called swish. */
  SILU,
  /**
   * {@code silu(z) v} (Shazeer, 2020). v is a second product of the expert's input, with weights wv
   * of the shape of wi.
   */
  SWIGLU;

  private static final double GELU_CUBE = 0.044715;

  /** The activation as it is written on a command line and in a program, {@code relu}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether the activation multiplies the function of the first product by a second product of the
   * expert's input.
   *
   * @return true only for swiglu
   */
  public boolean isGated() {
    return this == SWIGLU;
  }

  /**
   * The activation in a program.
   *
   * @param p the builder of the program
   * @param z the first product, of a floating dtype
   * @return the activation, of the same type
   * @throws IllegalArgumentException if the activation is gated
   */
  public Value of(ProgramBuilder p, Value z) {
    return switch (this) {
      case RELU -> p.relu(z);
      case GELU -> {
        Value cube = p.multiply(p.multiply(z, z), z);
        Value inner = p.scale(p.add(z, p.scale(cube, GELU_CUBE)), Math.sqrt(2 / Math.PI));
        Value one = p.constant(z.type().dtype(), 1.0);
        yield p.multiply(p.scale(z, 0.5), p.add(p.tanh(inner), one));
      }
      case SILU -> p.multiply(z, p.logistic(z));
      case SWIGLU ->
          throw new IllegalArgumentException(
              "activation: swiglu must have a second product v, got z alone; call of(p, z, v)");
    };
  }

  /**
   * A gated activation in a program.
   *
   * @param p the builder of the program
   * @param z the first product, of a floating dtype
   * @param v the second product, of the same type
   * @return the activation, of the same type
   * @throws IllegalArgumentException if the activation is not gated
   */
  public Value of(ProgramBuilder p, Value z, Value v) {
    if (!isGated()) {
      throw new IllegalArgumentException(
          "activation: must be swiglu to have a second product, got " + this + "; call of(p, z)");
    }
    return p.multiply(SILU.of(p, z), v);
  }
}
