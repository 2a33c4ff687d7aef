package io.github.shardsum.tensor;

/**
 * An operand of an einsum: a dense {@link Tensor}, or a {@link RoutingTensor} with few non-zeros in
 * each row.
 */
public sealed interface Operand permits Tensor, RoutingTensor {
  /**
   * Element type.
   *
   * @return the dtype
   */
  DType dtype();

  /**
   * Logical shape.
   *
   * @return the shape
   */
  Shape shape();
}
