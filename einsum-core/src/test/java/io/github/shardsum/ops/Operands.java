package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Tensors to try operations on: every dtype, odd strides, several kinds of memory. */
final class Operands {
  private Operands() {}

  /** Shapes of rank 1 to 4 without empty axes. */
  static Arbitrary<Shape> shapes() {
    return Arbitraries.longs()
        .between(1, 6)
        .array(long[].class)
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(Shape::of);
  }

  /** Small integers, which every dtype but bool holds, in views of any strides. */
  static Arbitrary<Tensor> tensors(DType... dtypes) {
    return Combinators.combine(
            shapes(), Arbitraries.of(dtypes), Arbitraries.longs().between(0, 1 << 20))
        .as((shape, dtype, seed) -> view(dtype, shape, new Random(seed)))
        .withoutEdgeCases();
  }

  /**
   * A view of the shape: axes permuted, reversed, with gaps, with an offset; on or off the heap.
   */
  static Tensor view(DType dtype, Shape shape, Random random) {
    int rank = shape.rank();
    int[] order = IntStream.range(0, rank).toArray();
    for (int i = rank - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    long[] sizes = new long[rank];
    int[] back = new int[rank];
    for (int i = 0; i < rank; i++) {
      sizes[i] = shape.size(order[i]) * 2 + 1;
      back[order[i]] = i;
    }
    Tensor whole =
        random.nextBoolean()
            ? Tensor.zeros(dtype, sizes)
            : Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(sizes));
    Tensor view = whole.transpose(back);
    for (int axis = 0; axis < rank; axis++) {
      long n = shape.size(axis);
      view =
          switch (random.nextInt(3)) {
            case 0 -> view.slice(axis, 1, n + 1);
            case 1 -> view.slice(axis, 0, 2 * n, 2);
            default -> view.slice(axis, n - 1, -1, -1);
          };
    }
    view.assign(integers(shape, random));
    return view;
  }

  private static Tensor integers(Shape shape, Random random) {
    double[] values = new double[(int) shape.elementCount()];
    Arrays.setAll(values, i -> random.nextInt(9) - 4);
    return Tensor.of(values, shape.toArray());
  }

  /** Calls back with every index of a shape; the array is reused. */
  static void forEachIndex(Shape shape, Consumer<long[]> use) {
    long[] sizes = shape.toArray();
    long[] index = new long[sizes.length];
    for (long i = 0; i < shape.elementCount(); i++) {
      use.accept(index);
      for (int axis = sizes.length - 1; axis >= 0 && ++index[axis] == sizes[axis]; axis--) {
        index[axis] = 0;
      }
    }
  }

  /** One thread and three. */
  static Workers[] workers() {
    return new Workers[] {Workers.sequential(), Workers.of(3)};
  }
}
