package io.github.shardsum.testkit;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * An equation and shapes that fit it.
 *
 * @param equation the equation
 * @param shapes one for each operand
 */
public record EinsumCase(Equation equation, List<Shape> shapes) {
  /** Copies the list. */
  public EinsumCase {
    shapes = List.copyOf(shapes);
  }

  /**
   * The equation with its sizes.
   *
   * @return the equation bound to the shapes
   */
  public BoundEquation bound() {
    return equation.bind(shapes);
  }

  /**
   * Operands of small integers, see {@link Tensors#integers}.
   *
   * @param dtype their dtype
   * @return the generator
   */
  public Generator<List<Tensor>> operands(DType dtype) {
    return choices -> {
      List<Tensor> operands = new ArrayList<>();
      for (Shape shape : shapes) {
        operands.add(Tensors.integers(dtype, shape).generate(choices));
      }
      return List.copyOf(operands);
    };
  }
}
