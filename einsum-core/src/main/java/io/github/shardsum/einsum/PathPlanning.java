package io.github.shardsum.einsum;

import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathException;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** From a bound equation to a contraction path. */
final class PathPlanning {
  private PathPlanning() {}

  /** The path; signatures are those of the operands as they were given. */
  static ContractionPlan plan(
      BoundEquation bound, List<Signature> signatures, EinsumOptions options) {
    long limit = Shape.LONGEST_ARRAY;
    if (options.memoryLimit().isPresent()) {
      DType dtype = options.dtype().orElseGet(() -> Signature.promoted(signatures));
      int elementBytes = computeType(signatures, dtype).dtype().byteSize();
      limit = Math.min(limit, options.memoryLimit().getAsLong() / elementBytes);
    }
    checkDensified(bound, signatures, limit);
    return options.path().plan(network(bound, signatures), limit);
  }

  /** What operands are computed in, for a result of a dtype. */
  static ComputeType computeType(List<Signature> operands, DType dtype) {
    return ComputeType.of(dtype.promote(Signature.promoted(operands)));
  }

  /** Labels and sizes as the path finder sees them: without broadcast axes and repeats. */
  private static Network network(BoundEquation bound, List<Signature> signatures) {
    List<List<Integer>> operands = new ArrayList<>();
    for (int operand = 0; operand < bound.operandCount(); operand++) {
      List<Integer> labels = new ArrayList<>();
      for (int axis = 0; axis < bound.operandRank(operand); axis++) {
        int label = bound.operandLabel(operand, axis);
        if (!bound.isBroadcast(operand, axis) && !labels.contains(label)) {
          labels.add(label);
        }
      }
      operands.add(labels);
    }
    List<Integer> output = new ArrayList<>();
    for (int axis = 0; axis < bound.outputRank(); axis++) {
      int label = bound.outputLabel(axis);
      if (!bound.isRepeated(label) && !output.contains(label)) {
        output.add(label);
      }
    }
    List<Long> sizes = new ArrayList<>();
    for (int label = 0; label < bound.labelCount(); label++) {
      sizes.add(bound.labelSize(label));
    }
    Set<Integer> sparse = new HashSet<>();
    for (int operand = 0; operand < signatures.size(); operand++) {
      if (signatures.get(operand).isRouting() && !repeats(bound, operand)) {
        sparse.add(operand);
      }
    }
    return new Network(operands, output, sizes, sparse);
  }

  /** A routing operand that is made dense before the first step is one that no slice shortens. */
  private static void checkDensified(BoundEquation bound, List<Signature> signatures, long limit) {
    for (int operand = 0; operand < signatures.size(); operand++) {
      Signature signature = signatures.get(operand);
      boolean densified = signature.isRouting() && repeats(bound, operand);
      if (densified && signature.shape().elementCount() > limit) {
        throw new PathException(
            "memory limit: operand %d of %s, a routing tensor %s with a repeated label, is made dense; %d elements are the limit, raise it or take the diagonal first"
                .formatted(operand, bound.equation(), signature.shape(), limit));
      }
    }
  }

  /** Signatures of operands after {@link #withoutRepeatedRouting}. */
  static List<Signature> signatures(BoundEquation bound, List<Signature> given) {
    List<Signature> ready = new ArrayList<>(given);
    for (int i = 0; i < given.size(); i++) {
      if (given.get(i).isRouting() && repeats(bound, i)) {
        ready.set(i, Signature.of(given.get(i).dtype(), given.get(i).shape()));
      }
    }
    return List.copyOf(ready);
  }

  /** Routing operands with a repeated label made dense: their diagonal is no routing tensor. */
  @SuppressWarnings("ReferenceEquality") // the question is whether a copy was made
  static Operand[] withoutRepeatedRouting(BoundEquation bound, Operand[] operands) {
    Operand[] ready = operands;
    for (int i = 0; i < operands.length; i++) {
      if (operands[i] instanceof RoutingTensor routing && repeats(bound, i)) {
        ready = ready == operands ? operands.clone() : ready;
        ready[i] = routing.toDense();
      }
    }
    return ready;
  }

  private static boolean repeats(BoundEquation bound, int operand) {
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
