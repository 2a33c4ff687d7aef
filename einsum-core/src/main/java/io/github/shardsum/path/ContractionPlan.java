package io.github.shardsum.path;

import io.github.shardsum.internal.path.PathCostTable;
import io.github.shardsum.internal.path.PathLabelNames;
import io.github.shardsum.internal.path.Slicer;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A path for a network, the labels that are sliced, and the cost of the sliced path; an immutable,
 * thread-safe value.
 *
 * <p>A plan runs as nested loops, one for each slice, the first slice outermost. For each
 * combination of chunks, the steps of the path run on operands cut to these chunks. If a sliced
 * label is in the output, each pass writes its own part of the output. If a sliced label is summed,
 * the passes add into the output. A step must run again only when a chunk of one of the first
 * {@link PathCost.Step#level()} slices has changed.
 *
 * @param network the contraction
 * @param path the order of the contractions
 * @param slices the sliced labels, the outermost loop first; empty if none is sliced
 * @param cost the cost of the path with these slices
 */
public record ContractionPlan(
    Network network, ContractionPath path, List<Slice> slices, PathCost cost) {

  /** Copies the list. */
  public ContractionPlan {
    slices = List.copyOf(slices);
  }

  /**
   * Counts the passes over the steps.
   *
   * @return the product of the counts of the slices, 1 without slices, at most {@code
   *     Long.MAX_VALUE}
   */
  public long passes() {
    long passes = 1;
    for (Slice slice : slices) {
      passes = Slicer.saturatedProduct(passes, slice.count());
    }
    return passes;
  }

  /**
   * Prints the plan as a table with letters for labels.
   *
   * @return several lines, see {@link #table}
   */
  @Override
  public String toString() {
    return table(PathLabelNames::letter);
  }

  /**
   * Prints the plan as a table: the equation, operations naive and planned, the largest
   * intermediate, slices, and for each step its scaling, operations, size, contraction and
   * remaining operands.
   *
   * @param labelNames the name of each label
   * @return several lines, each ended by a line feed
   */
  public String table(IntFunction<String> labelNames) {
    return new PathCostTable(this, labelNames).print();
  }
}
