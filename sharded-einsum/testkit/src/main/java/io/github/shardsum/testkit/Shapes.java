package io.github.shardsum.testkit;

import io.github.shardsum.tensor.Shape;

/** Generators of shapes. */
public final class Shapes {
  private Shapes() {}

  /**
   * Shapes, some of them empty.
   *
   * @param rank the largest rank
   * @param size the largest size of an axis
   * @return the generator; the simplest is a scalar
   */
  public static Generator<Shape> of(int rank, int size) {
    Generator<Long> sizes = choices -> size(choices, size);
    return sizes
        .lists(0, rank)
        .map(list -> Shape.of(list.stream().mapToLong(Long::longValue).toArray()));
  }

  /**
   * The size of an axis: at least 1, seldom 0; shrinking never makes it 0.
   *
   * @param choices the choices
   * @param most the largest size
   * @return the size
   */
  public static long size(Choices choices, long most) {
    return choices.nextInt(12) == 11 ? 0 : choices.between(Math.min(1, most), most);
  }
}
