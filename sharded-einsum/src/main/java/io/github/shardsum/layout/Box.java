package io.github.shardsum.layout;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * A block of a value's global indices: the product of an interval {@code [start, end)} for each
 * dimension. An immutable value.
 *
 * @param starts first index of each dimension
 * @param ends index after the last of each dimension
 */
public record Box(List<Long> starts, List<Long> ends) {
  /**
   * Copies and checks the lists.
   *
   * @throws IllegalArgumentException if their lengths differ or an interval ends before it starts
   */
  public Box {
    starts = List.copyOf(starts);
    ends = List.copyOf(ends);
    boolean good = starts.size() == ends.size();
    for (int dim = 0; good && dim < starts.size(); dim++) {
      good = starts.get(dim) >= 0 && starts.get(dim) <= ends.get(dim);
    }
    if (!good) {
      throw new IllegalArgumentException(
          "box: each interval must be [start, end) with 0 <= start <= end, got starts "
              + starts
              + " and ends "
              + ends);
    }
  }

  /**
   * Number of dimensions.
   *
   * @return the rank
   */
  public int rank() {
    return starts.size();
  }

  /**
   * First index of a dimension.
   *
   * @param dim the dimension
   * @return the index
   */
  public long start(int dim) {
    return starts.get(dim);
  }

  /**
   * Index after the last of a dimension.
   *
   * @param dim the dimension
   * @return the index
   */
  public long end(int dim) {
    return ends.get(dim);
  }

  /**
   * Sizes of the block.
   *
   * @return the shape
   */
  public Shape shape() {
    long[] sizes = new long[rank()];
    for (int dim = 0; dim < sizes.length; dim++) {
      sizes[dim] = end(dim) - start(dim);
    }
    return Shape.of(sizes);
  }

  /**
   * Number of elements.
   *
   * @return the product of the sizes
   */
  public long elementCount() {
    return shape().elementCount();
  }

  /**
   * The indices that are in both boxes.
   *
   * @param other a box of the same rank
   * @return the intersection; in a dimension whose intervals are disjoint its length is 0
   * @throws IllegalArgumentException if the ranks differ
   */
  public Box intersect(Box other) {
    if (other.rank() != rank()) {
      throw new IllegalArgumentException(
          "box: expected a box of rank " + rank() + ", got " + other);
    }
    List<Long> from = new ArrayList<>();
    List<Long> to = new ArrayList<>();
    for (int dim = 0; dim < rank(); dim++) {
      long start = Math.max(start(dim), other.start(dim));
      from.add(start);
      to.add(Math.max(start, Math.min(end(dim), other.end(dim))));
    }
    return new Box(from, to);
  }

  /**
   * The block of a tensor, as a view.
   *
   * @param whole the tensor to whose indices the box refers
   * @return a view of the tensor
   * @throws IllegalArgumentException if the box is not inside the tensor
   */
  public Tensor of(Tensor whole) {
    Tensor view = whole;
    for (int dim = 0; dim < rank(); dim++) {
      if (start(dim) != 0 || end(dim) != whole.size(dim)) {
        view = view.slice(dim, start(dim), end(dim));
      }
    }
    return view;
  }

  /** Written as {@code [0:2, 4:8]}. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "[", "]");
    for (int dim = 0; dim < rank(); dim++) {
      text.add(start(dim) + ":" + end(dim));
    }
    return text.toString();
  }
}
