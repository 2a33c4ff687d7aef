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
   * Tensors of the extremes of a dtype, with which arithmetic is still exact in any order. For i32
   * and i64: the least and the greatest integers, their neighbours and any others. For floating
   * dtypes: the integers of {@link #integers} and both infinities. For bool: the elements of {@link
   * #integers}.
   *
   * @param dtype the dtype
   * @param shape the shape
   * @return the generator; the simplest is all zeros
   */
  public static Generator<Tensor> extremes(DType dtype, Shape shape) {
    if (dtype.isFloating()) {
      return choices -> infinities(integers(DType.F64, shape).generate(choices), choices, dtype);
    }
    if (dtype == DType.BOOL) {
      return integers(dtype, shape);
    }
    return choices -> {
      long[] data = new long[Math.toIntExact(shape.elementCount())];
      for (int i = 0; i < data.length; i++) {
        data[i] = extreme(choices, dtype);
      }
      return Tensor.of(data, shape.toArray()).convert(dtype);
    };
  }

  private static long extreme(Choices choices, DType dtype) {
    long least = dtype == DType.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
    int choice = choices.nextInt(8);
    return switch (choice) {
      case 0, 1, 2 -> choice - 1;
      case 3 -> least;
      case 4 -> ~least;
      case 5 -> least + choices.nextInt(4);
      default -> {
        long any = (long) choices.nextInt(1 << 30) << 33;
        any ^= (long) choices.nextInt(1 << 30) << 15 ^ choices.nextInt(1 << 30);
        yield dtype == DType.I32 ? (int) (any >> 20) : any;
      }
    };
  }

  private static Tensor infinities(Tensor integers, Choices choices, DType dtype) {
    double[] data = integers.toDoubleArray();
    for (int i = 0; i < data.length; i++) {
      int choice = choices.nextInt(10);
      if (choice >= 8) {
        data[i] = choice == 8 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
      }
    }
    return Tensor.of(data, integers.shape().toArray()).convert(dtype);
  }

  /**
   * Tensors of real numbers from 1/2 to 3/2, which keep away from poles at 0; for an integer dtype
   * or bool, those of {@link #integers}.
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
