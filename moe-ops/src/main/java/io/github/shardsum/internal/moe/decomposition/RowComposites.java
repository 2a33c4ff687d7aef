package io.github.shardsum.internal.moe.decomposition;

/**
 * Names of the local composites by which the experts of a mesh compute rows of other devices. They
 * are parts of the partition of {@code moe.experts} and its gradient, and have no meaning outside
 * of it. No program has them.
 */
public final class RowComposites {
  /**
   * Positions, and what belongs to tokens {@code [G, S, M]} or choices {@code [G, S, K]}, to its
   * rows in the order of experts, and the number of rows of each expert.
   */
  public static final String SEND = "moe.rows_send";

  /** Rows, their weights and counts {@code [source, expert]}, and weights to outputs of rows. */
  public static final String EXPERTS = "moe.rows_experts";

  /** The same and cotangents of the outputs to gradients by rows, their weights and weights. */
  public static final String GRADIENT = "moe.rows_experts.gradient";

  /** Positions and rows to the sums of tokens {@code [G, S, M]}. */
  public static final String SUM = "moe.rows_sum";

  /** Positions and numbers of rows to those of choices {@code [G, S, K]}, 0 of what is not sent. */
  public static final String PLACE = "moe.rows_place";

  /**
   * Attribute: most rows of an expert at once, that of the layer as a whole, so that sums over rows
   * are cut where they are on one device.
   */
  public static final String CHUNK = "chunk";

  private RowComposites() {}
}
