package io.github.shardsum.einsum;

import io.github.shardsum.path.ContractionPlan;
import java.util.List;
import java.util.Locale;

/**
 * What a compiled einsum runs and what that costs; an immutable value whose {@code toString} is a
 * table.
 *
 * @param bound the equation with its sizes
 * @param contraction the path, its slices, its FLOPs and intermediates
 * @param kernels the kernel of each step in the order in which they run; sums and copies that
 *     prepare or end a contraction are steps too
 * @param temporaryBytes bytes of intermediates held at once
 */
public record EinsumPlan(
    BoundEquation bound, ContractionPlan contraction, List<String> kernels, long temporaryBytes) {
  /** Copies the list. */
  public EinsumPlan {
    kernels = List.copyOf(kernels);
  }

  /**
   * Floating-point operations of one run, by the convention of {@link
   * io.github.shardsum.path.PathCost}.
   *
   * @return the count
   */
  public double flops() {
    return contraction.cost().flops();
  }

  /**
   * Bytes of the operands and the result, each read or written once.
   *
   * @param elementBytes size of an element, in bytes
   * @return the count
   */
  public double bytes(int elementBytes) {
    double elements = bound.outputShape().elementCount();
    for (int operand = 0; operand < bound.operandCount(); operand++) {
      elements += bound.operandShape(operand).elementCount();
    }
    return elements * elementBytes;
  }

  /** The table: path, FLOPs naive and chosen, largest intermediate, steps, kernels, bytes. */
  @Override
  public String toString() {
    return contraction.table(bound::labelName)
        + String.format(
            Locale.ROOT,
            "kernels: %s%nintermediates held: %,d bytes%n",
            kernels.isEmpty() ? "none, the result is empty" : String.join(", ", kernels),
            temporaryBytes);
  }
}
