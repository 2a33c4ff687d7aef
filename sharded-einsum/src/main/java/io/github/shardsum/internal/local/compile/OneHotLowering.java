package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.local.run.OneHotProduct;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lowers one-hots and values made of them to positions and weights: a one-hot whose label is split,
 * and sums of one-hots along their slots, with weights or without. Einsums gather and scatter by
 * such a sum; its elements are written only if another operation reads them.
 *
 * <p>In the order of a tree only a one-hot itself is positions, for einsums that {@link
 * OneHotProduct} computes with the same bits.
 */
final class OneHotLowering {
  private final StatementLowering lowering;

  OneHotLowering(StatementLowering lowering) {
    this.lowering = lowering;
  }

  /**
   * Whether a reader of the value gains from positions instead of elements.
   *
   * @param value a one-hot or a value made of one
   * @param leadRank its labels before the hot ones
   */
  boolean isWorthIt(Value value, int leadRank) {
    return value.type().shape().elementCount() > 0
        && !lowering.uses().isOutput(value)
        && lowering.uses().of(value).stream().anyMatch(use -> gains(use, value, leadRank));
  }

  private boolean gains(int use, Value value, int leadRank) {
    Statement statement = lowering.program().statements().get(use);
    if (lowering.sums().isTree()) {
      return statement.operation() instanceof Contraction.Einsum einsum && isInOrder(einsum, value);
    }
    return switch (statement.operation()) {
      case Contraction.Einsum einsum -> einsum.operands().size() == 2;
      case Movement.Split split ->
          value.type().axis(split.label()) >= leadRank && isWorthIt(statement.result(), leadRank);
      case Contraction.Reduce reduce ->
          isSlotSum(reduce, value, leadRank) && isWorthIt(statement.result(), leadRank - 1);
      case Operation _ -> false;
    };
  }

  /** Whether the positions of a one-hot are enough for an einsum in the order of a tree. */
  private boolean isInOrder(Contraction.Einsum einsum, Value oneHot) {
    int side = einsum.operands().indexOf(oneHot);
    return OneHotProduct.of(einsum, side, lowering.sums().leaf()).isPresent();
  }

  private static boolean isSlotSum(Contraction.Reduce reduce, Value value, int leadRank) {
    return reduce.kind() == Contraction.ReduceKind.SUM
        && leadRank > 0
        && reduce.labels().equals(List.of(value.type().names().get(leadRank - 1)))
        && slotsOf(value, leadRank) <= mostSlots(value.type().dtype());
  }

  private static long slotsOf(Value value, int leadRank) {
    return value.type().shape().size(leadRank - 1);
  }

  /** The number of ones that a dtype can add up one by one. */
  private static long mostSlots(DType dtype) {
    return switch (dtype) {
      case BF16 -> 1L << 8;
      case F32 -> 1L << 24;
      case F64, I32, I64, BOOL -> Integer.MAX_VALUE;
    };
  }

  /** Lowers a split of hot labels; for any other statement returns false and does nothing. */
  boolean split(Movement.Split split, Value result) {
    Optional<ValueMemory.Routed> hot = routed(split.x());
    if (lowering.sums().isTree()
        || hot.isEmpty()
        || split.x().type().axis(split.label()) < hot.get().leadRank()) {
      return false;
    }
    ValueMemory.Routed like = hot.get();
    lowering.routed(result, like, like.leadRank(), like.slots(), like.weights());
    return true;
  }

  /**
   * Lowers a sum along the slots of one-hots; for any other statement returns false and does
   * nothing.
   */
  boolean sum(Contraction.Reduce reduce, Value result) {
    Optional<ValueMemory.Routed> hot = oneHot(reduce.x());
    if (lowering.sums().isTree() || hot.isEmpty() || lowering.uses().isOutput(result)) {
      return false;
    }
    int lead = hot.get().leadRank();
    if (!isSlotSum(reduce, reduce.x(), lead)) {
      return false;
    }
    lowering.routed(result, hot.get(), lead - 1, slotsOf(reduce.x(), lead), Optional.empty());
    return true;
  }

  /**
   * Lowers a weighted sum along the slots of one-hots; for any other statement returns false and
   * does nothing.
   */
  boolean weightedSum(Contraction.Einsum einsum, Value result) {
    if (lowering.sums().isTree()
        || einsum.operands().size() != 2
        || einsum.dtype() == DType.BF16
        || einsum.operands().getFirst().type().dtype() != einsum.dtype()) {
      return false;
    }
    for (int side = 0; side < 2; side++) {
      Value weights = einsum.operands().get(1 - side);
      Optional<ValueMemory.Routed> hot = oneHot(einsum.operands().get(side));
      if (hot.isPresent()
          && lowering.location(weights).orElseThrow() instanceof ValueMemory.Dense
          && isSlotSum(einsum, side, hot.get().leadRank())
          && isWorthIt(result, hot.get().leadRank() - 1)) {
        int lead = hot.get().leadRank();
        long slots = slotsOf(einsum.operands().get(side), lead);
        var buffer = Optional.of(lowering.wholeBuffer(weights, ".weights"));
        lowering.routed(result, hot.get(), lead - 1, slots, buffer);
        return true;
      }
    }
    return false;
  }

  /** Weights of all leading labels; only the last label is summed. */
  private static boolean isSlotSum(Contraction.Einsum einsum, int hot, int leadRank) {
    List<String> labels = labels(einsum.equation().operand(hot));
    if (leadRank == 0 || labels.stream().distinct().count() != labels.size()) {
      return false;
    }
    List<String> kept = new ArrayList<>(labels);
    kept.remove(leadRank - 1);
    return labels(einsum.equation().operand(1 - hot)).equals(labels.subList(0, leadRank))
        && labels(einsum.equation().output()).equals(kept);
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  private Optional<ValueMemory.Routed> oneHot(Value value) {
    return routed(value).filter(place -> place.slots() == 1 && place.weights().isEmpty());
  }

  private Optional<ValueMemory.Routed> routed(Value value) {
    return lowering
        .location(value)
        .filter(place -> place instanceof ValueMemory.Routed)
        .map(place -> (ValueMemory.Routed) place);
  }
}
