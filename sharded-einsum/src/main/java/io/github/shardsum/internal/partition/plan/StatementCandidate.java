package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.CompositeParts;
import java.util.List;
import java.util.Optional;

/**
 * A way to compute a statement.
 *
 * @param sharding how its factors are split
 * @param operands the layouts in which operands are read
 * @param results the layouts in which results are made
 * @param halo the elements that devices read from each other, if any
 * @param parts the parts that devices run, if the composite has a partition of its own
 * @param cost the cost of reshards and work
 * @param weighed the cost with the policy's weights, which decides the choice
 * @param unasked axes that split a factor although they split it neither in an operand nor in a
 *     default layout
 */
record StatementCandidate(
    ComputeSharding sharding,
    List<Layout> operands,
    List<Layout> results,
    Optional<Halo> halo,
    Optional<CompositeParts> parts,
    Cost cost,
    Cost weighed,
    int unasked) {
  /** The text, such as {@code split as G@x}, or {@code split as G@x, by rows over x}. */
  String description() {
    return parts
        .map(own -> sharding + ", by rows over " + String.join(".", own.rowAxes()))
        .orElse(sharding.toString());
  }

  boolean beats(StatementCandidate other) {
    int order = weighed.compareTo(other.weighed);
    order =
        order != 0 ? order : Integer.compare(sharding.kept().size(), other.sharding.kept().size());
    order = order != 0 ? order : Integer.compare(unasked, other.unasked);
    return order < 0 || (order == 0 && description().compareTo(other.description()) < 0);
  }
}
