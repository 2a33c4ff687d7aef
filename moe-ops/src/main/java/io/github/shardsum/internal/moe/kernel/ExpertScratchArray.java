package io.github.shardsum.internal.moe.kernel;

/**
 * The scratch arrays of the kernels of experts, for any element type. No two of them share memory.
 */
enum ExpertScratchArray {
  /** Row of each choice, i32. */
  ROW_OF_CHOICE,

  /** Choice of each row, i32. */
  CHOICE_OF_ROW,

  /** First row of each expert, i32. */
  EXPERT_STARTS,

  /** Next free row of each expert while rows are sorted, i32. */
  EXPERT_NEXT,

  /** Positions of one token's choices, f64. */
  POSITIONS,

  /** All rows of outputs, or of gradients of tokens, {@code [R, M]}. */
  ALL_ROWS,

  /** Positions of the chunk's rows of tokens in their tensor, i64. */
  TOKEN_STARTS,

  /** Positions of the chunk's rows of the outputs' cotangent in their tensor, i64. */
  COTANGENT_STARTS,

  /** First product of the chunk's rows, or its activation, {@code [rows, H]}. */
  HIDDEN,

  /** Second product of a gated activation, {@code [rows, H]} or some of its columns. */
  LINEAR,

  /** Cotangent of the activation, {@code [rows, H]}. */
  HIDDEN_COTANGENT,

  /** Combine weights of the chunk's rows, f64. */
  WEIGHTS,

  /** Bias of the last product in the dtype of the arithmetic, {@code [M]}. */
  OUT_BIAS,

  /** One row of the outputs' cotangent, {@code [M]}. */
  COTANGENT_ROW,

  /** One row of the first product. */
  ROW_HIDDEN,

  /** One row of the second product. */
  ROW_LINEAR,

  /** One row of a cotangent. */
  ROW_COTANGENT,

  /** One row for intermediate values. */
  ROW_SPARE,

  /** Sum of a token's rows, {@code [M]}. */
  TOKEN_SUM,

  /** One addend of a token's sum, {@code [M]}. */
  TOKEN_ADDEND,

  /** Weights of an expert in the dtype of the arithmetic, one array for each weight. */
  EXPERT_WEIGHT,

  /**
   * Gradients of the matrices of an expert in the dtype of the arithmetic, one array for each
   * matrix.
   */
  MATRIX_GRADIENT,

  /** Gradients of the biases of an expert, f64, one array for each bias. */
  BIAS_GRADIENT;

  /** The largest number of arrays of one name: that of an expert's weights. */
  private static final int MOST = 6;

  /** The scratch's slot of the array. */
  int slot() {
    return slot(0);
  }

  /**
   * The scratch's slot of one of several arrays.
   *
   * @param which the number of the array, less than 6
   */
  int slot(int which) {
    return MOST * ordinal() + which;
  }
}
