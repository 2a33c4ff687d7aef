package io.github.shardsum.einsum;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Random tensors of a given shape in any layout, and random einsums ready to run. */
final class OperandArbitraries {
  private OperandArbitraries() {}

  /** An equation with operands. */
  record Problem(BoundEquation equation, List<Tensor> operands) {
    Tensor[] array() {
      return operands.toArray(Tensor[]::new);
    }
  }

  /** What the elements are. */
  enum Values {
    /** Whole numbers from -3 to 3, whose float sums and products are exact in any order. */
    WHOLE,
    /** Between -1 and 1. */
    REAL
  }

  private enum Layout {
    C_ORDER,
    NATIVE,
    REVERSED_AXES,
    NEGATIVE_STRIDES,
    EVERY_SECOND,
    PART_OF_LARGER,
    STRIDE_ZERO,
    LAST_STRIDE_ZERO
  }

  /** Operands of one dtype for an equation. */
  static Arbitrary<Problem> problems(
      Arbitrary<BoundEquation> equations, DType dtype, Values values) {
    return equations
        .flatMap(
            equation ->
                Combinators.combine(
                        equation.operandShapes().stream()
                            .map(shape -> tensors(dtype, shape, values))
                            .toList())
                    .as(operands -> new Problem(equation, operands)))
        .withoutEdgeCases();
  }

  /** Tensors of a shape: contiguous, native, permuted, reversed, strided, offset, stride 0. */
  static Arbitrary<Tensor> tensors(DType dtype, Shape shape, Values values) {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1 << 20), Arbitraries.of(Layout.class))
        .as((seed, layout) -> tensor(dtype, shape, numbers(seed, values), layout));
  }

  private static DoubleSupplier numbers(int seed, Values values) {
    Random random = new Random(seed);
    return switch (values) {
      case WHOLE -> () -> random.nextInt(-3, 4);
      case REAL -> () -> random.nextDouble(-1, 1);
    };
  }

  private static Tensor tensor(DType dtype, Shape shape, DoubleSupplier numbers, Layout layout) {
    int rank = shape.rank();
    return switch (layout) {
      case C_ORDER -> filled(dtype, shape, numbers);
      case NATIVE -> {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), dtype, shape);
        tensor.assign(filled(dtype, shape, numbers));
        yield tensor;
      }
      case REVERSED_AXES -> filled(dtype, reversed(shape), numbers).transpose();
      case NEGATIVE_STRIDES -> {
        Tensor tensor = filled(dtype, shape, numbers);
        for (int axis = 0; axis < rank; axis++) {
          tensor = tensor.slice(axis, tensor.size(axis) - 1, -1, -1);
        }
        yield tensor;
      }
      case EVERY_SECOND -> everySecond(dtype, shape, numbers);
      case PART_OF_LARGER -> partOfLarger(dtype, shape, numbers);
      case STRIDE_ZERO -> repeated(dtype, shape, numbers, 0);
      case LAST_STRIDE_ZERO -> repeated(dtype, shape, numbers, rank - 1);
    };
  }

  private static Tensor repeated(DType dtype, Shape shape, DoubleSupplier numbers, int axis) {
    long[] sizes = shape.toArray();
    if (sizes.length > 0 && sizes[axis] > 0) {
      sizes[axis] = 1;
    }
    return filled(dtype, Shape.of(sizes), numbers).broadcastTo(shape);
  }

  private static Tensor everySecond(DType dtype, Shape shape, DoubleSupplier numbers) {
    Tensor tensor =
        filled(dtype, Shape.of(Arrays.stream(shape.toArray()).map(n -> 2 * n).toArray()), numbers);
    for (int axis = 0; axis < shape.rank(); axis++) {
      tensor = tensor.slice(axis, 0, tensor.size(axis), 2);
    }
    return tensor;
  }

  private static Tensor partOfLarger(DType dtype, Shape shape, DoubleSupplier numbers) {
    Tensor tensor =
        filled(dtype, Shape.of(Arrays.stream(shape.toArray()).map(n -> n + 2).toArray()), numbers);
    for (int axis = 0; axis < shape.rank(); axis++) {
      tensor = tensor.slice(axis, 1, tensor.size(axis) - 1);
    }
    return tensor;
  }

  private static Tensor filled(DType dtype, Shape shape, DoubleSupplier numbers) {
    double[] data = new double[(int) shape.elementCount()];
    Arrays.setAll(data, i -> numbers.getAsDouble());
    return Tensor.of(data, shape.toArray()).convert(dtype);
  }

  private static Shape reversed(Shape shape) {
    List<Long> sizes = new ArrayList<>(Arrays.stream(shape.toArray()).boxed().toList());
    java.util.Collections.reverse(sizes);
    return Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
  }

  /** Multiples of 1/4 from -2 to 2, whose sums of products are exact. */
  static Tensor quarters(Random random, long... shape) {
    Tensor x = Tensor.zeros(DType.F32, shape);
    Tensor flat = x.reshape(-1);
    for (long i = 0; i < flat.size(0); i++) {
      flat.set((random.nextInt(17) - 8) / 4.0, i);
    }
    return x;
  }
}
