package io.github.shardsum.einsum;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * What a plan depends on in an operand: dtype, shape and strides, not where its data lies. A value.
 */
final class Signature {
  private final DType dtype;
  private final Shape shape;
  private final long[] strides;
  private final int leadRank;

  private Signature(DType dtype, Shape shape, long[] strides, int leadRank) {
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.leadRank = leadRank;
  }

  static Signature of(Operand operand) {
    return switch (operand) {
      case Tensor tensor -> new Signature(tensor.dtype(), tensor.shape(), tensor.strides(), -1);
      case RoutingTensor routing ->
          new Signature(
              routing.dtype(), routing.shape(), routingStrides(routing), routing.leadRank());
    };
  }

  static List<Signature> of(Operand[] operands) {
    Signature[] signatures = new Signature[operands.length];
    for (int i = 0; i < operands.length; i++) {
      signatures[i] = of(RunChecks.present(operands[i], i));
    }
    return List.of(signatures);
  }

  /** Dense operands in C order. */
  static List<Signature> of(DType dtype, Shape[] shapes) {
    Signature[] signatures = new Signature[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      signatures[i] = of(dtype, RunChecks.present(shapes[i], i));
    }
    return List.of(signatures);
  }

  /** A dense operand in C order. */
  static Signature of(DType dtype, Shape shape) {
    return new Signature(dtype, shape, shape.rowMajorStrides(), -1);
  }

  static Signature of(DType dtype, Shape shape, long[] strides, int leadRank) {
    return new Signature(dtype, shape, strides, leadRank);
  }

  private static long[] routingStrides(RoutingTensor routing) {
    long[] positions = routing.positions().strides();
    long[] weights = routing.weights().strides();
    long[] both = Arrays.copyOf(positions, positions.length + weights.length);
    System.arraycopy(weights, 0, both, positions.length, weights.length);
    return both;
  }

  /** The dtype of what some operands are computed to. */
  static DType promoted(List<Signature> operands) {
    DType promoted = operands.getFirst().dtype();
    for (Signature operand : operands) {
      promoted = promoted.promote(operand.dtype());
    }
    return promoted;
  }

  DType dtype() {
    return dtype;
  }

  Shape shape() {
    return shape;
  }

  boolean isRouting() {
    return leadRank >= 0;
  }

  int leadRank() {
    return leadRank;
  }

  /** Stride of a dense operand's axis. */
  long stride(int axis) {
    return strides[axis];
  }

  /** Stride of a routing operand's positions along a leading axis. */
  long positionStride(int axis) {
    return strides[axis];
  }

  /** Stride of a routing operand's weights along a leading axis. */
  long weightStride(int axis) {
    return strides[leadRank + 1 + axis];
  }

  /** Whether an operand has this signature. */
  boolean matches(Operand operand) {
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
    return other instanceof Signature that
        && dtype == that.dtype
        && leadRank == that.leadRank
        && shape.equals(that.shape)
        && Arrays.equals(strides, that.strides);
  }

  @Override
  public int hashCode() {
    return (dtype.ordinal() * 31 + shape.hashCode()) * 31 + Arrays.hashCode(strides);
  }
}
