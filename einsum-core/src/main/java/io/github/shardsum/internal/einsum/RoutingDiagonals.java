package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes routing operands with a repeated label dense, since their diagonal is not a routing tensor.
 */
public final class RoutingDiagonals {
  private RoutingDiagonals() {}

  /** Specs of operands after {@link #densified(BoundEquation, Operand[])}. */
  public static List<OperandSpec> densified(BoundEquation bound, List<OperandSpec> given) {
    List<OperandSpec> ready = new ArrayList<>(given);
    for (int i = 0; i < given.size(); i++) {
      if (given.get(i).isRouting() && repeatsLabel(bound, i)) {
        ready.set(i, OperandSpec.of(given.get(i).dtype(), given.get(i).shape()));
      }
    }
    return List.copyOf(ready);
  }

  /** The operands, with routing operands of a repeated label made dense. */
  @SuppressWarnings("ReferenceEquality") // the question is whether a copy was made
  public static Operand[] densified(BoundEquation bound, Operand[] operands) {
    Operand[] ready = operands;
    for (int i = 0; i < operands.length; i++) {
      if (operands[i] instanceof RoutingTensor routing && repeatsLabel(bound, i)) {
        ready = ready == operands ? operands.clone() : ready;
        ready[i] = routing.toDense();
      }
    }
    return ready;
  }

  public static boolean repeatsLabel(BoundEquation bound, int operand) {
    int rank = bound.operandRank(operand);
    for (int axis = 0; axis < rank; axis++) {
      for (int other = 0; other < axis; other++) {
        if (bound.operandLabel(operand, axis) == bound.operandLabel(operand, other)) {
          return true;
        }
      }
    }
    return false;
  }
}
