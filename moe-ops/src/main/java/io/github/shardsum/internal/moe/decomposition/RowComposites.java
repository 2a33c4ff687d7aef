package io.github.shardsum.internal.moe.decomposition;

/**
 * Names of local composites with which a device computes rows that it received from other devices.
 * They are parts of the partition of {@code moe.experts} and of its gradient. They have no meaning
 * outside of it and occur in no program.
 */
public final class RowComposites {
  /**
   * Computes rows in the order of experts, and the number of rows of each expert. The operands are
   * positions and the values of tokens {@code [G, S, M]} or of choices {@code [G, S, K]}.
   */
  public static final String SEND = "moe.rows_send";

  /**
   * Computes the outputs of rows. The operands are the rows, their weights, counts {@code [source,
   * expert]} and the experts' weights.
   */
  public static final String EXPERTS = "moe.rows_experts";

  /**
   * Computes the gradients of rows, of their weights and of the experts' weights. The operands are
   * those of {@link #EXPERTS} and the cotangents of the outputs.
   */
  public static final String GRADIENT = "moe.rows_experts.gradient";

  /** Computes the sum of each token's rows, {@code [G, S, M]}, from positions and rows. */
  public static final String SUM = "moe.rows_sum";

  /**
   * Computes the number that belongs to each choice, {@code [G, S, K]}, from positions and one
   * number for each row; 0 for a choice that is not sent.
   */
  public static final String PLACE = "moe.rows_place";

  /**
   * Attribute: the most rows of an expert in one chunk. The number is that of the whole layer, so
   * sums over rows are cut at the same rows as on one device.
   */
  public static final String CHUNK = "chunk";

  private RowComposites() {}
}
