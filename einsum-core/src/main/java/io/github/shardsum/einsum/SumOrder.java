package io.github.shardsum.einsum;

/**
 * The order in which a floating-point sum is added up.
 *
 * <p>By default it is the order of the fastest kernel, which depends on sizes, strides and the
 * vector width. {@link #TREE} is an order that the equation and its sizes fix: the result has the
 * same bits at every vector width, for any strides, kernels and number of threads, and a sum over a
 * part of a label that holds whole subtrees is a node of the whole sum's tree.
 *
 * <p>In this order the contracted labels follow their first occurrence in the operands, without
 * labels of size 1; the last one is the inner label. Its indices are cut into leaves of {@link
 * #leaf()} terms, the last leaf shorter.
 *
 * <ul>
 *   <li>Product form, if each of two operands has a label of the result that the other one does not
 *       have: a leaf is one chain of fused multiply-adds from +0, in f32 (bf16 too) or f64.
 *   <li>Row form, all other sums: a leaf has 16 lanes that begin at +0, term j is added to lane j
 *       mod 16 (a product by a fused multiply-add), then the lanes are added by halving: lane i and
 *       lane i + 8, i + 4, i + 2, i + 1.
 * </ul>
 *
 * <p>Leaves are added by the binary tree whose left part is the largest power of two below their
 * number; the sums of the indices of each label outside are added by such a tree again, the
 * outermost last. A bf16 is rounded once, at the end. A label that only one operand of a pair has
 * is summed before the product, in row form. Sums of integers and booleans are the same in every
 * order. A weighted sum by a {@link io.github.shardsum.tensor.RoutingTensor} adds slot by slot, as
 * without it.
 *
 * @param leaf terms of a leaf; 0 for the order of the fastest kernel. Bits depend on it
 */
public record SumOrder(int leaf) {
  /** The order of the fastest kernel. */
  public static final SumOrder FASTEST = new SumOrder(0);

  /**
   * The fixed tree over leaves of 512 terms. A product of f32 of at most 512 terms takes no more
   * time than in the fastest order; an f32 sum of any length is within 2e-6 of the sum of absolute
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
