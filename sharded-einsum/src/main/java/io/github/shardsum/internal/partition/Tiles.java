package io.github.shardsum.internal.partition;

import io.github.shardsum.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Devices that hold the same tensor. */
final class Tiles {
  private Tiles() {}

  /** Applies a function once to each distinct tensor; devices that shared one share its result. */
  static List<Tensor> map(List<Tensor> tensors, UnaryOperator<Tensor> function) {
    Map<Tensor, Tensor> done = new IdentityHashMap<>();
    return tensors.stream().map(tensor -> done.computeIfAbsent(tensor, function)).toList();
  }
}
