package io.github.shardsum.internal.moe.kernel;

/**
 * A tensor of the composites of experts. A composite lists its operands, and a gradient its
 * results, in the order of these constants.
 */
enum ExpertTensor {
  /** Tokens, {@code [G, S, M]}. */
  TOKENS,

  /** z, the first product of each row, {@code [R, H]}. */
  HIDDEN,

  /** The weights of choices, {@code [G, S, K]}. */
  WEIGHTS,

  /** The positions of choices, {@code [G, S, K]}. */
  POSITIONS,

  /** wi, {@code [E, M, H]}. */
  IN,

  /** wo, {@code [E, H, M]}. */
  OUT,

  /** wv, {@code [E, M, H]}, for the second product of a gated activation. */
  LINEAR,

  /** v, this second product of each row, {@code [R, H]}. */
  GATE,

  /** b_in, {@code [E, H]}. */
  IN_BIAS,

  /** b_out, {@code [E, M]}. */
  OUT_BIAS,

  /** b_v, {@code [E, H]}. */
  LINEAR_BIAS,

  /** The cotangent of the outputs, {@code [G, S, M]}; an operand of a gradient. */
  COTANGENT,

  /** The cotangent of z, {@code [R, H]}; an operand of a gradient. */
  HIDDEN_COTANGENT,

  /** The cotangent of v, {@code [R, H]}; an operand of a gradient. */
  GATE_COTANGENT;

  boolean isCotangent() {
    return this == COTANGENT || this == HIDDEN_COTANGENT || this == GATE_COTANGENT;
  }

  boolean isMatrix() {
    return this == IN || this == OUT || this == LINEAR;
  }

  boolean isBias() {
    return this == IN_BIAS || this == OUT_BIAS || this == LINEAR_BIAS;
  }

  /** Whether a layer of this form has the tensor. */
  boolean isIn(ExpertsForm form) {
    boolean isOfGate =
        this == LINEAR || this == GATE || this == LINEAR_BIAS || this == GATE_COTANGENT;
    return (form.activation().isGated() || !isOfGate) && (form.biased() || !isBias());
  }
}
