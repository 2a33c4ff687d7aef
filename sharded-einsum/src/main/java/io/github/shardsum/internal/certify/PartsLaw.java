package io.github.shardsum.internal.certify;

import io.github.shardsum.internal.certify.CheckedTerms.Made;
import io.github.shardsum.internal.certify.CheckedTerms.Rounds;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The law by which an einsum may be a loop over parts of an operand. The parts are cut along a
 * label that only this operand and the result have. Each round makes one part of the result, in
 * order.
 */
final class PartsLaw {
  private final CheckedTerms terms;

  PartsLaw(CheckedTerms terms) {
    this.terms = terms;
  }

  /** The whole einsum whose parts a merge puts together. */
  Optional<Operation> einsum(Movement.Merge merge) {
    Value stacked = turned(merge.x());
    if (merge.labels().size() != 2
        || !(terms.maker(stacked) instanceof Rounds loop)
        || loop.carried() != 0
        || loop.sequences() != 1
        || loop.outputs().size() != 1
        || loop.reverse()
        || !merge.labels().getFirst().equals(loop.label())
        || !(terms.maker(loop.outputs().getFirst()) instanceof Made(Einsum each))
        || !loop.inputs().containsAll(each.operands())
        || !(terms.maker(turned(loop.operands().getFirst()))
            instanceof Made(Movement.Split split))) {
      return Optional.empty();
    }
    Value piece = loop.inputs().getFirst();
    int at = each.operands().indexOf(piece);
    boolean isCut =
        Collections.frequency(each.operands(), piece) == 1
            && split.into().equals(List.of(loop.label(), split.label()))
            && split.sizes().getFirst() == loop.count()
            && piece.type().names().equals(split.x().type().names());
    return isCut && isAlone(each, at, split, merge.labels().getLast())
        ? Optional.of(CheckedTerms.on(each, whole(each, loop, split.x())))
        : Optional.empty();
  }

  /**
   * Whether no other operand has the label that is cut, and the result has it as the merged label.
   */
  private static boolean isAlone(Einsum each, int at, Movement.Split split, String made) {
    int dim = split.x().type().axis(split.label());
    String letter = BlockRule.labels(each.equation().operand(at)).get(dim);
    List<String> all = new ArrayList<>();
    each.equation().operands().forEach(term -> all.addAll(BlockRule.labels(term)));
    return Collections.frequency(all, letter) == 1
        && Collections.frequency(BlockRule.labels(each.equation().output()), letter) == 1
        && letter.equals(made);
  }

  private static List<Value> whole(Einsum each, Rounds loop, Value cut) {
    List<Value> operands = new ArrayList<>();
    for (Value operand : each.operands()) {
      int place = loop.inputs().indexOf(operand);
      operands.add(place == 0 ? cut : loop.operands().get(place));
    }
    return operands;
  }

  /** The value before its dimensions, which keep their names, were reordered. */
  private Value turned(Value value) {
    return terms.maker(value) instanceof Made(Einsum einsum)
            && einsum.operands().size() == 1
            && einsum.sizes().equals(Map.of())
            && einsum.dtype() == einsum.operands().getFirst().type().dtype()
            && BlockRule.labels(einsum.equation().operand(0))
                .equals(einsum.operands().getFirst().type().names())
            && einsum.operands().getFirst().type().rank() == value.type().rank()
        ? einsum.operands().getFirst()
        : value;
  }
}
