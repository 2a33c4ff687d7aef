package io.github.shardsum.partition;

import io.github.shardsum.layout.Layout;
import java.util.List;
import java.util.Objects;

/**
 * One way to compute a composite on a mesh.
 *
 * @param operands the layouts in which operands are read
 * @param results the layouts in which results are made
 * @param parts the parts that devices run
 */
public record CompositePlan(List<Layout> operands, List<Layout> results, CompositeParts parts) {
  /** Copies the lists. */
  public CompositePlan {
    operands = List.copyOf(operands);
    results = List.copyOf(results);
    Objects.requireNonNull(parts, "parts");
  }
}
