package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathException;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Turns a bound equation into a contraction path. */
public final class EquationPathPlanning {
  /** The most passes over slices of an einsum that is to run: days even for the smallest steps. */
  private static final long MOST_PASSES = 1L << 40;

  private EquationPathPlanning() {}

  /** The path; specs describe the given operands. */
  public static ContractionPlan plan(
      BoundEquation bound, List<OperandSpec> specs, EinsumOptions options) {
    long limit = Shape.LONGEST_ARRAY;
    if (options.memoryLimit().isPresent()) {
      DType dtype = options.dtype().orElseGet(() -> promoted(specs));
      int elementBytes = computeType(specs, dtype).dtype().byteSize();
      limit = Math.min(limit, options.memoryLimit().getAsLong() / elementBytes);
    }
    checkDensified(bound, specs, limit);
    ContractionPlan plan = options.path().plan(network(bound, specs), limit);
    checkPasses(bound, plan, limit);
    return plan;
  }

  private static void checkPasses(BoundEquation bound, ContractionPlan plan, long limit) {
    if (plan.passes() > MOST_PASSES) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "memory limit: intermediates of %s of at most %d elements must need at most 2^40"
                  + " passes over slices, got %d; raise the limit",
              bound.equation(),
              limit,
              plan.passes()));
    }
  }

  /** The type of the computation, for a result of a dtype. */
  public static ComputeType computeType(List<OperandSpec> operands, DType dtype) {
    return ComputeType.of(dtype.promote(promoted(operands)));
  }

  /** The promoted dtype of the operands. */
  public static DType promoted(List<OperandSpec> operands) {
    DType promoted = operands.getFirst().dtype();
    for (OperandSpec operand : operands) {
      promoted = promoted.promote(operand.dtype());
    }
    return promoted;
  }

  /** Labels and sizes for the path finder, without broadcast axes and repeats. */
  private static Network network(BoundEquation bound, List<OperandSpec> specs) {
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
    for (int operand = 0; operand < specs.size(); operand++) {
      if (specs.get(operand).isRouting() && !RoutingDiagonals.repeatsLabel(bound, operand)) {
        sparse.add(operand);
      }
    }
    return new Network(operands, output, sizes, sparse);
  }

  /**
   * Checks the memory limit for routing operands that are made dense before the first step, since
   * no slice shortens them.
   */
  private static void checkDensified(BoundEquation bound, List<OperandSpec> specs, long limit) {
    for (int operand = 0; operand < specs.size(); operand++) {
      OperandSpec spec = specs.get(operand);
      boolean densified = spec.isRouting() && RoutingDiagonals.repeatsLabel(bound, operand);
      if (densified && spec.shape().elementCount() > limit) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "memory limit: operand %d of %s, a routing tensor %s with a repeated"
                    + " label, is made dense; %d elements are the limit, raise it or take the"
                    + " diagonal first",
                operand,
                bound.equation(),
                spec.shape(),
                limit));
      }
    }
  }
}
