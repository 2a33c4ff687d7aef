package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * A type of StableHLO, such as {@code tensor<2x3xf32>}.
 *
 * @param sizes the sizes of the dimensions
 */
record StableHloType(StableHloElementType element, List<Long> sizes) {
  static final StableHloType INDEX = scalar(StableHloElementType.I64);

  StableHloType {
    sizes = List.copyOf(sizes);
  }

  static StableHloType of(ValueType type) {
    return new StableHloType(StableHloElementType.of(type.dtype()), type.sizes());
  }

  static StableHloType scalar(StableHloElementType element) {
    return new StableHloType(element, List.of());
  }

  int rank() {
    return sizes.size();
  }

  long elements() {
    return sizes.stream().reduce(1L, Math::multiplyExact);
  }

  StableHloType with(StableHloElementType other) {
    return new StableHloType(other, sizes);
  }

  StableHloType with(int dimension, long size) {
    List<Long> changed = new ArrayList<>(sizes);
    changed.set(dimension, size);
    return new StableHloType(element, changed);
  }

  StableHloType without(List<Integer> dimensions) {
    List<Long> left = new ArrayList<>();
    for (int i = 0; i < rank(); i++) {
      if (!dimensions.contains(i)) {
        left.add(sizes.get(i));
      }
    }
    return new StableHloType(element, left);
  }

  StableHloType permuted(List<Integer> order) {
    return new StableHloType(element, order.stream().map(sizes::get).toList());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("tensor<");
    sizes.forEach(size -> text.append(size).append('x'));
    return text.append(element).append('>').toString();
  }
}
