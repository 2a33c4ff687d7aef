package io.github.shardsum.internal.reference;

import io.github.shardsum.program.ValueType;
import java.util.function.Consumer;

/**
 * The rows of a value along one label: the first element of each row, and the distance between a
 * row's elements.
 */
final class LabelRows {
  private final int outer;
  private final int size;
  private final int inner;

  LabelRows(ValueType type, String label) {
    int axis = type.axis(label);
    long before = 1;
    long after = 1;
    for (int i = 0; i < type.rank(); i++) {
      before *= i < axis ? type.shape().size(i) : 1;
      after *= i > axis ? type.shape().size(i) : 1;
    }
    this.outer = Math.toIntExact(before);
    this.size = Math.toIntExact(type.shape().size(axis));
    this.inner = Math.toIntExact(after);
  }

  int size() {
    return size;
  }

  int inner() {
    return inner;
  }

  /**
   * One row.
   *
   * @param start position of its first element
   * @param step distance between neighbours
   * @param size number of elements
   * @param outer index before the label
   * @param within index after the label
   */
  record Row(int start, int step, int size, int outer, int within) {
    int at(int index) {
      return start + index * step;
    }
  }

  void forEach(Consumer<Row> action) {
    for (int before = 0; before < outer; before++) {
      for (int after = 0; after < inner; after++) {
        action.accept(new Row(before * size * inner + after, inner, size, before, after));
      }
    }
  }
}
