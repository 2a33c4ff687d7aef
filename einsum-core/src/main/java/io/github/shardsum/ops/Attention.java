package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.rows.AttentionRows;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention in one pass over the keys, without an array of all scores (Dao et al. 2022,
 * FlashAttention). A query sees a key whose position is at least 0 and, if attention is causal, not
 * above its own. Products and sums are in f32. Thread-safe; bits do not depend on the number of
 * threads.
 *
 * @param scale the factor of the products of queries and keys; finite
 * @param causal whether a query sees no keys of later positions
 */
public record Attention(double scale, boolean causal) {
  /**
   * The operands. Any strides are allowed, such as 0 along an axis that a tensor does not have.
   *
   * @param q {@code [b, j, t, r, d]} of f32 or bf16: queries, r of which share a position
   * @param k {@code [b, j, n, d]} of q's dtype
   * @param v {@code [b, j, n, e]} of q's dtype; of keys that no query sees, finite
   * @param at {@code [b, j, t, r]} of i32, the positions of queries
   * @param of {@code [b, j, n]} of i32, the positions of keys
   */
  public record Operands(Tensor q, Tensor k, Tensor v, Tensor at, Tensor of) {
    /**
     * Checks shapes and dtypes.
     *
     * @throws IllegalArgumentException if a shape or a dtype is another
     */
    public Operands {
      check("q", q, List.of(DType.F32, DType.BF16), 5, q.shape());
      Shape s = q.shape();
      check("k", k, List.of(q.dtype()), 4, k.shape());
      long n = k.size(2);
      check("k", k, List.of(q.dtype()), 4, Shape.of(s.size(0), s.size(1), n, s.size(4)));
      check("v", v, List.of(q.dtype()), 4, v.shape());
      check("v", v, List.of(q.dtype()), 4, Shape.of(s.size(0), s.size(1), n, v.size(3)));
      List<DType> index = List.of(DType.I32);
      check("at", at, index, 4, Shape.of(s.size(0), s.size(1), s.size(2), s.size(3)));
      check("of", of, index, 3, Shape.of(s.size(0), s.size(1), n));
    }
  }

  /**
   * Checks the factor.
   *
   * @throws IllegalArgumentException if the factor is not finite
   */
  public Attention {
    if (!Double.isFinite(scale)) {
      throw new IllegalArgumentException("attention: scale must be finite, got " + scale);
    }
  }

  private static void check(String name, Tensor x, List<DType> dtypes, int rank, Shape shape) {
    if (!dtypes.contains(x.dtype()) || x.rank() != rank || !x.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "attention: "
              + name
              + " must have "
              + rank
              + " axes, the sizes of the other operands and a dtype of "
              + dtypes
              + ", got "
              + x.description());
    }
  }

  /**
   * Whether there is code for queries of a width: a score must be one pass of a product, 256 or
   * more terms on any machine.
   *
   * @param width d, the number of products of a score
   * @return whether {@link #into} accepts it
   */
  public static boolean supports(long width) {
    return AttentionRows.supports(width);
  }

  /**
   * Bytes of the scratch of one thread.
   *
   * @param rows t times r
   * @param keys n
   * @param width d
   * @param out e
   * @return the bytes; they grow with n, and not with t
   */
  public static long scratchBytes(long rows, long keys, long width, long out) {
    return AttentionRows.scratchBytes(rows, keys, width, out);
  }

  /**
   * Computes the sums of values weighted by the softmax of {@code scale * q k} over the keys that a
   * query sees, and the logarithm of the softmax's denominator. A query that sees no key has sums 0
   * and the logarithm -infinity.
   *
   * @param workers threads to use
   * @param given the operands
   * @param y {@code [b, j, t, r, e]} of q's dtype, overwritten; overlaps no operand
   * @param lse {@code [b, j, t, r]} of f32, overwritten; overlaps no operand
   * @throws IllegalArgumentException if a result has another shape or dtype, or the width is not
   *     supported; nothing is then written
   */
  public void into(Workers workers, Operands given, Tensor y, Tensor lse) {
    Shape s = given.q.shape();
    if (!supports(s.size(4))) {
      throw new IllegalArgumentException("attention: width must be supported, got " + s.size(4));
    }
    long e = given.v.size(3);
    Shape sums = Shape.of(s.size(0), s.size(1), s.size(2), s.size(3), e);
    check("y", y, List.of(given.q.dtype()), 5, sums);
    check("lse", lse, List.of(DType.F32), 4, given.at.shape());
    AttentionRows.run(
        workers, scale, causal, given.q, given.k, given.v, given.at, given.of, y, lse);
  }

  /**
   * Bytes of the scratch of one thread for the gradient.
   *
   * @param rows t times r
   * @param keys n
   * @param width d
   * @param out e
   * @return the bytes; they grow with n, and not with t
   */
  public static long gradientScratchBytes(long rows, long keys, long width, long out) {
    return AttentionRows.gradientScratchBytes(rows, keys, width, out);
  }

  /**
   * Computes the gradients by q, k and v. A query that sees no key has none. Each head is a task.
   *
   * @param workers threads to use
   * @param given the operands
   * @param results y and lse, as {@link #into} writes them
   * @param cotangents the cotangents of y and lse, of their shapes and dtypes
   * @param gradients the gradients by q, k and v, of their shapes and dtypes, overwritten; overlap
   *     no operand
   * @throws IllegalArgumentException if a tensor has another shape or dtype, or d or e is not
   *     supported; nothing is then written
   */
  public void gradientInto(
      Workers workers,
      Operands given,
      List<Tensor> results,
      List<Tensor> cotangents,
      List<Tensor> gradients) {
    Shape s = given.q.shape();
    long e = given.v.size(3);
    if (!supports(s.size(4)) || !supports(e)) {
      throw new IllegalArgumentException(
          "attention: d and e must be supported, got " + s.size(4) + " and " + e);
    }
    Shape sums = Shape.of(s.size(0), s.size(1), s.size(2), s.size(3), e);
    List<DType> dtypes = List.of(given.q.dtype());
    for (List<Tensor> pair : List.of(results, cotangents)) {
      check("y", pair.get(0), dtypes, 5, sums);
      check("lse", pair.get(1), List.of(DType.F32), 4, given.at.shape());
    }
    check("dq", gradients.get(0), dtypes, 5, s);
    check("dk", gradients.get(1), dtypes, 4, given.k.shape());
    check("dv", gradients.get(2), dtypes, 4, given.v.shape());
    List<Tensor> read = new ArrayList<>(List.of(given.q, given.k, given.v, given.at, given.of));
    read.addAll(results);
    read.addAll(cotangents);
    AttentionRows.gradient(workers, scale, causal, read, gradients);
  }
}
