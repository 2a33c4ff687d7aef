package io.github.shardsum.testkit;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** Generators of dense tensors in C order. */
public final class Tensors {
  private Tensors() {}

  /**
   * Tensors of integers from -3 to 3, with which float arithmetic is exact in any order; a bool is
   * true where an integer is not 0.
   *
   * @param dtype the dtype
   * @param shape the shape
   * @return the generator; the simplest is all zeros
   */
  public static Generator<Tensor> integers(DType dtype, Shape shape) {
    return choices -> {
      double[] data = new double[Math.toIntExact(shape.elementCount())];
      for (int i = 0; i < data.length; i++) {
        int choice = choices.nextInt(7);
        data[i] = choice % 2 == 0 ? -(choice / 2) : (choice + 1) / 2;
      }
      return Tensor.of(data, shape.toArray()).convert(dtype);
    };
  }

  /**
   * Tensors of real numbers from 1/2 to 3/2, away from 0, where functions have poles; of an integer
   * dtype or bool those of {@link #integers}.
   *
   * @param dtype the dtype
   * @param shape the shape
   * @return the generator; the simplest is all one half
   */
  public static Generator<Tensor> reals(DType dtype, Shape shape) {
    if (!dtype.isFloating()) {
      return integers(dtype, shape);
    }
    return choices -> {
      double[] data = new double[Math.toIntExact(shape.elementCount())];
      for (int i = 0; i < data.length; i++) {
        data[i] = choices.nextDouble() + 0.5;
      }
      return Tensor.of(data, shape.toArray()).convert(dtype);
    };
  }
}
