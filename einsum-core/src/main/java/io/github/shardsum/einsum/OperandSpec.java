package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.EinsumRunChecks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The properties of an operand on which a plan depends: dtype, shape, strides, and the number of
 * leading axes of a routing tensor. The memory of its data is not one of them. An immutable value.
 *
 * <pre>{@code
 * Einsum.compile("ij,jk->ik", options, OperandSpec.of(a), OperandSpec.of(Shape.of(64, 32)));
 * Einsum.compile("ij,jk->ik", options, OperandSpec.like(a, b));
 * }</pre>
 */
public final class OperandSpec {
  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final int leadRank;

  private OperandSpec(DType dtype, Shape shape, long[] strides, int leadRank) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.leadRank = leadRank;
  }

  /**
   * A dense operand of f32 in C order.
   *
   * @param shape its shape
   * @return the spec
   */
  public static OperandSpec of(Shape shape) {
    return of(DType.F32, shape);
  }

  /**
   * A dense operand in C order.
   *
   * @param dtype its element type
   * @param shape its shape
   * @return the spec
   */
  public static OperandSpec of(DType dtype, Shape shape) {
    return new OperandSpec(dtype, shape, shape.rowMajorStrides(), -1);
  }

  /**
   * A dense operand.
   *
   * @param dtype its element type
   * @param shape its shape
   * @param strides one for each axis, in elements
   * @return the spec
   * @throws IllegalArgumentException if the number of strides is not the rank
   */
  public static OperandSpec ofStrided(DType dtype, Shape shape, long... strides) {
    if (strides.length != shape.rank()) {
      throw new IllegalArgumentException(
          "operand: expected one stride for each axis of "
              + shape
              + ", got "
              + Arrays.toString(strides));
    }
    return new OperandSpec(dtype, shape, strides.clone(), -1);
  }

  /**
   * A routing operand.
   *
   * @param dtype the dtype of its weights
   * @param shape its logical shape
   * @param leadRank number of leading axes
   * @param positionStrides strides of the positions, of shape {@code [lead..., k]}
   * @param weightStrides strides of the weights, of the same shape
   * @return the spec
   * @throws IllegalArgumentException if there are more leading axes than axes of the shape, or
   *     either list does not have {@code leadRank + 1} strides
   */
  public static OperandSpec ofRouting(
      DType dtype, Shape shape, int leadRank, long[] positionStrides, long[] weightStrides) {
    boolean fits = leadRank >= 0 && leadRank <= shape.rank();
    if (!fits || positionStrides.length != leadRank + 1 || weightStrides.length != leadRank + 1) {
      throw new IllegalArgumentException(
          "operand: expected strides of positions and weights for the leading axes and"
              + " the slots of "
              + shape
              + ", got "
              + leadRank
              + " leading axes, "
              + Arrays.toString(positionStrides)
              + " and "
              + Arrays.toString(weightStrides));
    }
    return new OperandSpec(dtype, shape, joined(positionStrides, weightStrides), leadRank);
  }

  /**
   * The spec of an operand.
   *
   * @param operand the operand; its data is not read
   * @return the spec
   */
  public static OperandSpec of(Operand operand) {
    return switch (operand) {
      case Tensor tensor -> new OperandSpec(tensor.dtype(), tensor.shape(), tensor.strides(), -1);
      case RoutingTensor routing ->
          new OperandSpec(
              routing.dtype(), routing.shape(), routingStrides(routing), routing.leadRank());
    };
  }

  /**
   * The specs of operands.
   *
   * @param operands the operands; their data is not read
   * @return one spec for each operand
   */
  public static OperandSpec[] like(Operand... operands) {
    OperandSpec[] specs = new OperandSpec[operands.length];
    for (int i = 0; i < operands.length; i++) {
      specs[i] = of(EinsumRunChecks.present(operands[i], i));
    }
    return specs;
  }

  /** Dense operands in C order. */
  static OperandSpec[] of(DType dtype, Shape[] shapes) {
    OperandSpec[] specs = new OperandSpec[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      specs[i] = of(dtype, EinsumRunChecks.present(shapes[i], i));
    }
    return specs;
  }

  private static long[] routingStrides(RoutingTensor routing) {
    return joined(routing.positions().strides(), routing.weights().strides());
  }

  private static long[] joined(long[] positions, long[] weights) {
    long[] both = Arrays.copyOf(positions, positions.length + weights.length);
    System.arraycopy(weights, 0, both, positions.length, weights.length);
    return both;
  }

  /**
   * Element type.
   *
   * @return the dtype
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * Logical shape.
   *
   * @return the shape
   */
  public Shape shape() {
    return shape;
  }

  /**
   * The number of leading axes of a routing operand; empty for others.
   *
   * @return the number; empty for a dense operand
   */
  public OptionalInt leadRank() {
    return isRouting() ? OptionalInt.of(leadRank) : OptionalInt.empty();
  }

  /**
   * Whether this is a routing operand.
   *
   * @return false for a dense one
   */
  public boolean isRouting() {
    return leadRank >= 0;
  }

  /**
   * Stride of a dense operand.
   *
   * @param axis the axis
   * @return its stride in elements
   */
  public long stride(int axis) {
    return strides[axis];
  }

  /**
   * Stride of a routing operand's positions.
   *
   * @param axis a leading axis, or the number of them for the slots
   * @return the stride in elements
   */
  public long positionStride(int axis) {
    return strides[axis];
  }

  /**
   * Stride of a routing operand's weights.
   *
   * @param axis a leading axis, or the number of them for the slots
   * @return the stride in elements
   */
  public long weightStride(int axis) {
    return strides[leadRank + 1 + axis];
  }

  /**
   * Whether an operand has this dtype, shape and strides.
   *
   * @param operand the operand
   * @return true if so
   */
  public boolean matches(Operand operand) {
    if (operand.dtype() != dtype || !operand.shape().equals(shape)) {
      return false;
    }
    return switch (operand) {
      case Tensor tensor -> leadRank < 0 && matchesStrides(tensor);
      case RoutingTensor routing ->
          leadRank == routing.leadRank() && Arrays.equals(strides, routingStrides(routing));
    };
  }

  private boolean matchesStrides(Tensor tensor) {
    for (int axis = 0; axis < strides.length; axis++) {
      if (tensor.stride(axis) != strides[axis]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OperandSpec that
        && dtype == that.dtype
        && leadRank == that.leadRank
        && shape.equals(that.shape)
        && Arrays.equals(strides, that.strides);
  }

  @Override
  public int hashCode() {
    return (dtype.ordinal() * 31 + shape.hashCode()) * 31 + Arrays.hashCode(strides);
  }

  /** The dtype, the shape and the strides. */
  @Override
  public String toString() {
    return dtype
        + ""
        + shape
        + " strides "
        + Arrays.toString(strides)
        + (isRouting() ? ", " + leadRank + " leading axes" : "");
  }
}
