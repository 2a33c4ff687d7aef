package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.tensor.Shape;
import java.util.Arrays;

/** Shapes with another size along one dimension, and products of their sizes. */
public final class BlockShapes {
  private BlockShapes() {}

  /** The shape with another size along a dimension. */
  public static Shape withSize(Shape shape, int dim, long size) {
    long[] sizes = shape.toArray();
    sizes[dim] = size;
    return Shape.of(sizes);
  }

  /** Product of the sizes of dimensions {@code from} to {@code to}, exclusive. */
  public static long product(Shape shape, int from, int to) {
    return Arrays.stream(shape.toArray(), from, to).reduce(1, (a, b) -> a * b);
  }
}
