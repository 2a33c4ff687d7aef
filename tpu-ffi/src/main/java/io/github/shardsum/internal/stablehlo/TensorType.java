package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * A type of StableHLO, such as {@code tensor<2x3xf32>}.
 *
 * @param element the type of an element
 * @param sizes the sizes of the dimensions
 */
record TensorType(ElementType element, List<Long> sizes) {
  static final TensorType INDEX = scalar(ElementType.I64);

  TensorType {
    sizes = List.copyOf(sizes);
  }

  static TensorType of(ValueType type) {
    return new TensorType(ElementType.of(type.dtype()), type.sizes());
  }

  static TensorType scalar(ElementType element) {
    return new TensorType(element, List.of());
  }

  int rank() {
    return sizes.size();
  }

  long elements() {
    return sizes.stream().reduce(1L, Math::multiplyExact);
  }

  TensorType with(ElementType other) {
    return new TensorType(other, sizes);
  }

  TensorType with(int dimension, long size) {
    List<Long> changed = new ArrayList<>(sizes);
    changed.set(dimension, size);
    return new TensorType(element, changed);
  }

  TensorType without(List<Integer> dimensions) {
    List<Long> left = new ArrayList<>();
    for (int i = 0; i < rank(); i++) {
      if (!dimensions.contains(i)) {
        left.add(sizes.get(i));
      }
    }
    return new TensorType(element, left);
  }

  TensorType permuted(List<Integer> order) {
    return new TensorType(element, order.stream().map(sizes::get).toList());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("tensor<");
    sizes.forEach(size -> text.append(size).append('x'));
    return text.append(element).append('>').toString();
  }
}
