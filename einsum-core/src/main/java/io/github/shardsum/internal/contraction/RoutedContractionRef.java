package io.github.shardsum.internal.contraction;

import io.github.shardsum.tensor.RoutingTensor;

/**
 * The arrays of a routing tensor when a step runs, and the part of its tail that the step takes.
 *
 * @param positions the positions, from the first slot of the first leading index on
 * @param weights the weights, from the same slot on
 * @param slots number of slots k
 * @param positionStride distance between slots of positions
 * @param weightStride distance between slots of weights
 * @param tailFrom first index along each tail axis that the step takes
 */
public record RoutedContractionRef(
    ArrayRef positions,
    ArrayRef weights,
    long slots,
    long positionStride,
    long weightStride,
    long[] tailFrom) {
  /** The slot of a routing tensor. */
  public static RoutedContractionRef of(RoutingTensor tensor) {
    int axis = tensor.leadRank();
    return new RoutedContractionRef(
        ArrayRef.of(tensor.positions()),
        ArrayRef.of(tensor.weights()),
        tensor.slots(),
        tensor.positions().stride(axis),
        tensor.weights().stride(axis),
        new long[tensor.shape().rank() - axis]);
  }

  /** The slot moved to a chunk of the leading axes or of a tail axis. */
  RoutedContractionRef plus(Move move, long chunk) {
    if (chunk == 0) {
      return this;
    }
    long[] from = tailFrom.clone();
    if (move.tailAxis() >= 0) {
      from[move.tailAxis()] += chunk * move.tail();
    }
    return new RoutedContractionRef(
        positions.plus(chunk * move.positions()),
        weights.plus(chunk * move.weights()),
        slots,
        positionStride,
        weightStride,
        from);
  }

  /**
   * Distance between two chunks of a label.
   *
   * @param positions distance in the positions, 0 unless the label is a leading one
   * @param weights distance in the weights, 0 unless the label is a leading one
   * @param tailAxis the tail axis of the label, or -1
   * @param tail distance along that axis
   */
  record Move(long positions, long weights, int tailAxis, long tail) {
    /** The move of an operand without the label. */
    static final Move NONE = new Move(0, 0, -1, 0);
  }
}
