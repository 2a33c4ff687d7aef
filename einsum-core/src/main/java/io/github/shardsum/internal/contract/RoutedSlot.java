package io.github.shardsum.internal.contract;

import io.github.shardsum.tensor.RoutingTensor;

/**
 * Where a routing tensor lies when a step runs.
 *
 * @param positions of the first slot of the first leading index
 * @param weights likewise
 * @param slots number of slots k
 * @param positionStride distance between slots of positions
 * @param weightStride distance between slots of weights
 */
public record RoutedSlot(
    Slot positions, Slot weights, long slots, long positionStride, long weightStride) {
  /** The slot of a routing tensor. */
  public static RoutedSlot of(RoutingTensor tensor) {
    int axis = tensor.leadRank();
    return new RoutedSlot(
        Slot.of(tensor.positions()),
        Slot.of(tensor.weights()),
        tensor.slots(),
        tensor.positions().stride(axis),
        tensor.weights().stride(axis));
  }
}
