package io.github.shardsum.tensor;

import java.util.Arrays;

/**
 * A tensor with at most k non-zeros for each index of its leading axes, stored as positions and
 * weights. Examples are the combine weights and the dispatch mask of a mixture of experts, a
 * one-hot matrix, and a permutation.
 *
 * <p>Logical shape {@code [lead..., tail...]}. For each leading index, slot j of k holds a weight
 * and the row-major position of this weight in the tail axes. A negative position marks an empty
 * slot. If two slots of one leading index hold the same position, their weights are added; bools
 * are ORed, even in an einsum of numbers. An einsum with such an operand is a gather, a scatter or
 * a weighted sum of rows. Its value is that of the dense form {@link #toDense()}, with one
 * exception: products with zeros of the dense form are not computed, so a NaN or infinity that is
 * multiplied only by zeros does not spread.
 *
 * <p>The description is immutable; {@code positions} and {@code weights} alias the caller's
 * tensors. Positions are checked once, when the tensor is made. If a position is later set to the
 * tail's element count or more, a run fails or gives a wrong result, but never accesses memory
 * outside the operands.
 */
public final class RoutingTensor implements Operand {
  private final Shape shape;
  private final int leadRank;
  private final Tensor positions;
  private final Tensor weights;

  private RoutingTensor(Shape shape, int leadRank, Tensor positions, Tensor weights) {
    this.shape = shape;
    this.leadRank = leadRank;
    this.positions = positions;
    this.weights = weights;
  }

  /**
   * A routing tensor from positions and weights.
   *
   * @param shape the logical shape {@code [lead..., tail...]}
   * @param positions {@code [lead..., k]} of i32: row-major positions in the tail, negative for an
   *     empty slot
   * @param weights {@code [lead..., k]} of any dtype; the tensor has the same dtype
   * @return the tensor
   * @throws IllegalArgumentException if the shapes do not match, positions are not i32, the tail
   *     has more than 2^31 - 1 positions, or a position is not below the tail's element count
   */
  public static RoutingTensor of(Shape shape, Tensor positions, Tensor weights) {
    int leadRank = positions.rank() - 1;
    if (positions.dtype() != DType.I32 || leadRank < 0 || leadRank > shape.rank()) {
      throw new IllegalArgumentException(
          "routing: expected positions of dtype i32 and shape [lead..., k], got "
              + positions.description()
              + " for shape "
              + shape);
    }
    if (!weights.shape().equals(positions.shape())) {
      throw new IllegalArgumentException(
          "routing: expected weights of the positions' shape, got "
              + weights.shape()
              + " and "
              + positions.shape());
    }
    for (int axis = 0; axis < leadRank; axis++) {
      if (positions.size(axis) != shape.size(axis)) {
        throw new IllegalArgumentException(
            "routing: expected leading sizes of " + shape + ", got positions " + positions.shape());
      }
    }
    checkPositions(positions, tail(shape, leadRank), shape);
    return new RoutingTensor(shape, leadRank, positions, weights);
  }

  /** Number of positions in the tail axes; for an empty shape it may exceed 2^62. */
  private static long tail(Shape shape, int leadRank) {
    return Shape.of(Arrays.copyOfRange(shape.toArray(), leadRank, shape.rank())).elementCount();
  }

  private static void checkPositions(Tensor positions, long tail, Shape shape) {
    if (tail > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "routing: expected a tail of at most 2^31 - 1 positions, got " + shape);
    }
    for (long position : positions.toLongArray()) {
      if (position >= tail) {
        throw new IllegalArgumentException(
            "routing: expected positions below "
                + tail
                + " (the tail of "
                + shape
                + "), got "
                + position);
      }
    }
  }

  /**
   * A one-hot tensor {@code [indices..., depth]}: 1 where the last index equals the value of {@code
   * indices}. A negative value gives a row of zeros.
   *
   * @param indices i32, any shape
   * @param depth size of the new last axis
   * @param dtype the dtype of the ones
   * @return the tensor
   * @throws IllegalArgumentException if an index is not below depth, depth is negative, or the
   *     indices are not i32
   */
  public static RoutingTensor oneHot(Tensor indices, long depth, DType dtype) {
    long[] sizes = Arrays.copyOf(indices.shape().toArray(), indices.rank() + 1);
    sizes[indices.rank()] = depth;
    Tensor positions = indices.expand(indices.rank());
    Tensor one = Tensor.full(dtype, 1);
    return of(Shape.of(sizes), positions, one.broadcastTo(positions.shape()));
  }

  @Override
  public DType dtype() {
    return weights.dtype();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  /**
   * Number of leading axes.
   *
   * @return at most the rank
   */
  public int leadRank() {
    return leadRank;
  }

  /**
   * The largest number of non-zeros that a leading index can have.
   *
   * @return the number of slots k
   */
  public long slots() {
    return positions.size(leadRank);
  }

  /**
   * Positions in the tail.
   *
   * @return {@code [lead..., k]} of i32, not a copy
   */
  public Tensor positions() {
    return positions;
  }

  /**
   * Weights.
   *
   * @return {@code [lead..., k]}, not a copy
   */
  public Tensor weights() {
    return weights;
  }

  /**
   * The same positions with other weights, for example the 0/1 mask for combine weights.
   *
   * @param other {@code [lead..., k]} of any dtype, not copied; the new tensor has the same dtype
   * @return the tensor
   * @throws IllegalArgumentException if the shape differs from that of the positions
   */
  public RoutingTensor withWeights(Tensor other) {
    if (!other.shape().equals(positions.shape())) {
      throw new IllegalArgumentException(
          "routing: expected weights of shape " + positions.shape() + ", got " + other.shape());
    }
    return new RoutingTensor(shape, leadRank, positions, other);
  }

  /**
   * The dense form. Slots that hold the same position are added in the order of the slots, and each
   * sum is rounded to the dtype (bool: OR). In contrast, an einsum adds such slots of bf16 in f32
   * and rounds once.
   *
   * @return a fresh tensor of the logical shape and dtype, on the heap
   * @throws IllegalArgumentException if the dense elements do not fit in one Java array
   */
  public Tensor toDense() {
    Tensor dense = Tensor.zeros(dtype(), shape);
    long tail = tail(shape, leadRank);
    long[] at = positions.toLongArray();
    Tensor flat = dense.reshape(shape.elementCount());
    Tensor values = weights.contiguous().reshape(at.length);
    for (int i = 0; i < at.length; i++) {
      if (at[i] >= 0) {
        long position = i / slots() * tail + at[i];
        add(flat, position, values, i);
      }
    }
    return dense;
  }

  private static void add(Tensor to, long at, Tensor from, long index) {
    if (to.dtype().isFloating()) {
      to.set(to.getDouble(at) + from.getDouble(index), at);
    } else if (to.dtype() == DType.BOOL) {
      to.set(Math.max(to.getDouble(at), from.getDouble(index)), at);
    } else {
      to.set(to.getLong(at) + from.getLong(index), at);
    }
  }

  /** The dtype, the shape and the number of slots. */
  @Override
  public String toString() {
    return dtype() + "" + shape + " routing, " + slots() + " slots a row";
  }
}
