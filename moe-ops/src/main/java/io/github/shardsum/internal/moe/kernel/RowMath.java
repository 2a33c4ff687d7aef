package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;

/**
 * What is done to rows between the products of experts. Rows are arrays, positions and lengths;
 * elements are taken in order, each by the operations of the activation's program.
 *
 * @param <A> the array: {@code float[]} or {@code double[]}
 */
interface RowMath<A> {
  /** Of the arrays. */
  DType dtype();

  /** A scratch array; in {@code slot} of its kind. */
  A array(Scratch scratch, int slot, int length);

  /** A matrix {@code [1, rows, columns]} or {@code [rows, columns]} in an array, from one index. */
  Tensor matrix(A array, int at, long... shape);

  void load(Elements from, long at, long stride, int n, A to, int toAt);

  void store(Elements to, long at, long stride, int n, A from, int fromAt);

  /** z = the activation of z, and of v if it is gated; {@code spare} has n elements. */
  void activate(Activation activation, A z, A v, int at, int n, A spare);

  /**
   * Backward through the activation h of z, and of v if it is gated. Of a relu z holds h.
   *
   * @param d the cotangent of h before its weight; becomes that of z
   * @param z becomes weight * h
   * @param v becomes its cotangent
   * @return the sum of d * h: the cotangent of the weight
   */
  double back(Activation activation, double weight, A d, A z, A v, int at, int n, A spare);

  /** The sum of x * y; spare has n elements. */
  double dot(A x, int xAt, A y, int yAt, int n, A spare);

  /** to = factor * x. */
  void scale(double factor, A x, int at, A to, int toAt, int n);

  /** to += factor * x, each product rounded. */
  void add(double factor, A x, int at, A to, int toAt, int n);

  /** sums += factor * x. */
  void addTo(double[] sums, double factor, A x, int at, int n);

  void clear(A to, int at, int n);
}
