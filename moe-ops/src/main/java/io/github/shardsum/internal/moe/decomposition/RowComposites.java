package io.github.shardsum.internal.moe.decomposition;

/**
 * Names of the local composites by which the experts of a mesh compute rows of other devices. They
 * are parts of the partition of {@code moe.experts} and its gradient, and have no meaning outside
 * of it. No program has them.
 */
public final class RowComposites {
  /**
   * From positions and values of tokens {@code [G, S, M]} or choices {@code [G, S, K]}: the rows of
   * these values in the order of experts, and the number of rows of each expert.
   */
  public static final String SEND = "moe.rows_send";

  /**
   * From rows, their weights, counts {@code [source, expert]} and the experts' weights: the outputs
   * of rows.
   */
  public static final String EXPERTS = "moe.rows_experts";

  /**
   * From the same operands and cotangents of the outputs: the gradients of rows, of their weights
   * and of the experts' weights.
   */
  public static final String GRADIENT = "moe.rows_experts.gradient";

  /** Positions and rows to the sums of tokens {@code [G, S, M]}. */
  public static final String SUM = "moe.rows_sum";

  /**
   * From positions and numbers of rows: the numbers of choices {@code [G, S, K]}, 0 for a choice
   * that is not sent.
   */
  public static final String PLACE = "moe.rows_place";

  /**
   * Attribute: the most rows of an expert in one chunk. The number is that of the whole layer, so
   * sums over rows are cut at the same rows as on one device.
   */
  public static final String CHUNK = "chunk";

  private RowComposites() {}
}
