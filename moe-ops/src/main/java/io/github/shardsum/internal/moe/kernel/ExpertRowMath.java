package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.grouped.RowFunction;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;
import java.util.Optional;

/**
 * Functions of rows between the products of experts. A row is given by an array, a position and a
 * length. Elements are computed in order, with the operations of the activation's program.
 *
 * @param <A> the array: {@code float[]} or {@code double[]}
 */
interface ExpertRowMath<A> {
  /** The dtype of the arrays. */
  DType dtype();

  /** A scratch array, in the slot with this number among arrays of type A. */
  A array(Scratch scratch, int slot, int length);

  /** The array of a tensor, if its elements have the arithmetic's dtype. */
  Optional<A> array(Tensor tensor);

  /**
   * A matrix {@code [1, rows, columns]} or {@code [rows, columns]} in an array, from index {@code
   * at} on.
   */
  Tensor matrix(A array, int at, long... shape);

  void load(Elements from, long at, long stride, int n, A to, int toAt);

  void store(Elements to, long at, long stride, int n, A from, int fromAt);

  /** A task on pieces of a product's rows. */
  @FunctionalInterface
  interface Piece<A> {
    /**
     * Replaces n values.
     *
     * @param row the row of the product
     * @param column the column of the first value
     * @param spare n elements from {@code spareAt} on
     */
    void replace(int row, int column, A values, int at, int n, A spare, int spareAt);
  }

  /** The task as a function of a grouped product's rows. */
  RowFunction function(Piece<A> piece);

  /**
   * z becomes weight times the activation of z (and of v, if it is gated); {@code spare} has n
   * elements. Each element is rounded separately, so the result does not depend on where a row is
   * cut.
   */
  void activate(
      Activation activation, double weight, A z, int at, A v, int vAt, int n, A spare, int spareAt);

  /**
   * The backward pass of the activation h of z, and of v if the activation is gated, on the first n
   * elements of each array. For a relu, z holds h.
   *
   * @param d the cotangent of the weighted h, before the weight is applied; becomes the cotangent
   *     of z
   * @param z becomes weight * h
   * @param v becomes the cotangent of v
   * @return the sum of d * h: the cotangent of the weight
   */
  double back(Activation activation, double weight, A d, A z, A v, int n, A spare);

  /** The sum of x * y over the first n elements; spare has n elements. */
  double dot(A x, A y, int n, A spare);

  /** to = x. */
  void copy(A x, int at, A to, int toAt, int n);

  /** to = x + y. */
  void add(A x, int xAt, A y, int yAt, A to, int toAt, int n);

  /**
   * to += factor * x, each product rounded; {@code spare} has n elements from {@code spareAt} on.
   */
  void addScaled(double factor, A x, int at, A to, int toAt, int n, A spare, int spareAt);

  /** sums += factor * x. */
  void addTo(double[] sums, double factor, A x, int at, int n);

  void clear(A to, int at, int n);
}
