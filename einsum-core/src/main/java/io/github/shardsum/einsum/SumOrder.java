package io.github.shardsum.einsum;

/**
 * The order of the additions in a floating-point sum.
 *
 * <p>By default this is the order of the fastest kernel, which depends on sizes, strides and the
 * vector width. In contrast, the equation and its sizes alone determine the order of {@link #TREE}:
 * the result has the same bits at every vector width, for any strides, kernels and number of
 * threads. If a part of a label consists of whole subtrees, the sum over this part is a node of the
 * whole sum's tree.
 *
 * <p>In this order the contracted labels follow their first occurrence in the operands, without
 * labels of size 1; the last one is the inner label. Its indices are cut into leaves of {@link
 * #leaf()} terms, the last leaf shorter.
 *
 * <ul>
 *   <li>Product form, if each of two operands has a label of the result that the other lacks: a
 *       leaf is one chain of fused multiply-adds from +0, in f32 (also for bf16) or f64.
 *   <li>Row form, for all other sums: a leaf has 16 lanes that begin at +0. Term j is added to lane
 *       j mod 16 (a product by a fused multiply-add). Then the lanes are added by halving: lane i
 *       and lane i + 8, then i + 4, i + 2, i + 1.
 * </ul>
 *
 * <p>Leaves are added along the binary tree whose left part is the largest power of two below their
 * number. The sums for the indices of each outer label are added along such a tree again, those of
 * the outermost label last. A bf16 is rounded once, at the end. A label that only one operand of a
 * pair has is summed before the product, in row form. Sums of integers and booleans are the same in
 * every order. A weighted sum by a {@link io.github.shardsum.tensor.RoutingTensor} adds slot by
 * slot, as in the default order.
 *
 * @param leaf number of terms of a leaf, on which the bits depend; 0 for the order of the fastest
 *     kernel
 */
public record SumOrder(int leaf) {
  /** The order of the fastest kernel. */
  public static final SumOrder FASTEST = new SumOrder(0);

  /**
   * The fixed tree over leaves of 512 terms. A product of f32 with at most 512 terms takes no more
   * time than in the fastest order. An f32 sum of any length is within 2e-6 of the sum of absolute
   * terms in row form, and within 4e-5 in product form.
   */
  public static final SumOrder TREE = new SumOrder(512);

  /**
   * Checks the leaf.
   *
   * @throws IllegalArgumentException if leaf is negative
   */
  public SumOrder {
    if (leaf < 0) {
      throw new IllegalArgumentException(
          "sum order: a leaf must be at least 1 term, or 0 for the fastest order, got " + leaf);
    }
  }

  /**
   * Whether the order is a fixed tree.
   *
   * @return false for the order of the fastest kernel
   */
  public boolean isTree() {
    return leaf > 0;
  }

  /** The order's name and its leaf. */
  @Override
  public String toString() {
    return isTree() ? "tree of leaves of " + leaf : "fastest";
  }
}
