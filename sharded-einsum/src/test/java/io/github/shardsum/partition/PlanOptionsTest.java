package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import org.junit.jupiter.api.Test;

final class PlanOptionsTest {
  @Test
  void withoutATopologyTheRestStays() {
    PlanOptions all =
        PlanOptions.defaults()
            .withReplication()
            .withMemoryLimit(9)
            .withOverlap(true)
            .withWindows(PlanOptions.Windows.ALWAYS)
            .withSums(SumOrder.TREE);
    Topology network = Topology.of("four", Interconnect.RING, Link.of(1, 1), 4);
    assertEquals(all, all.withTopology(network).withoutTopology());
  }

  @Test
  void layoutsAreNotFoundForAnOrderOfSums() {
    PlanOptions ordered = PlanOptions.defaults().withSums(SumOrder.TREE);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> AutoOptions.defaults().withPlan(ordered));
    assertEquals(
        "plan: must be without an order of sums, got " + SumOrder.TREE, refused.getMessage());
  }
}
