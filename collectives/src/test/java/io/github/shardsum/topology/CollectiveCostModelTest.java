package io.github.shardsum.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Exchange;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.Collective.Route;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CollectiveCostModelTest {
  private static final Link LINK = Link.of(10, 1);
  private static final double EXACT = 1e-6;

  private final Topology ring8 = Topology.of("ring", Interconnect.RING, LINK, 8);

  /** MoE dispatch and combine on 8 x 8 and 32 x 32 chips, two all-to-alls: figure 8's roofline. */
  @Test
  void thePapersRooflineIsTheMeanLinkLoadAxisByAxis() {
    assertEquals(589e-6, roofline(128), 35e-6);
    assertEquals(1638e-6, roofline(2048), 35e-6);
  }

  private static double roofline(int devices) {
    CollectiveCostModel costs =
        CollectiveCostModel.of(Topologies.tpuV3(devices), Mesh.of("d", devices));
    return 2
        * costs
            .with(AllToAllSchedule.AXIS_BY_AXIS)
            .price(new AllToAll(0, 0, "d"), 8_390_000 / 2)
            .meanSeconds();
  }

  @Test
  void onAMeshTheMeanIsTwoThirdsOfTheLargest() {
    Topology mesh = Topology.of("mesh", Interconnect.LINE, LINK, 16, 16).withDevicesPerChip(2);
    CollectiveCost price =
        CollectiveCostModel.of(mesh, Mesh.of("d", 512))
            .with(AllToAllSchedule.AXIS_BY_AXIS)
            .price(new AllToAll(0, 0, "d"), 3_000_000);
    assertEquals(2 * (16 + 1) * 3_000_000 / 3.0, price.meanLinkLoad(), EXACT);
    assertEquals(2 * 16 * 3_000_000 / 2.0, price.largestLinkLoad(), EXACT);
  }

  @Test
  void groupsThatShareLinksAddUp() {
    // Neighbouring groups of 4, and interleaved ones: the second cross the same links.
    Mesh blocks = Mesh.of("g", 2, "m", 4);
    Mesh stripes = Mesh.of("m", 4, "g", 2);
    double near = load(ring8, blocks, new AllGather(0, "m"));
    double far = load(ring8, stripes, new AllGather(0, "m"));
    assertEquals(3, near, EXACT, "a line of four: three pieces pass each end");
    assertEquals(2 * 1.5, far, EXACT, "two rings of four, each by halves");
  }

  private static double load(Topology topology, Mesh mesh, Collective collective) {
    return CollectiveCostModel.of(topology, mesh).price(collective, 1).largestLinkLoad();
  }

  @Test
  void devicesOfOneChipExchangeForNothing() {
    Topology pairs = ring8.withDevicesPerChip(2);
    Mesh mesh = Mesh.of("chip", 8, "core", 2);
    CollectiveCost price =
        CollectiveCostModel.of(pairs, mesh).price(new AllToAll(0, 0, "core"), 1_000);
    assertEquals(0, price.seconds());
    assertEquals(List.of(), price.phases());
  }

  @Test
  void aHotExpertIsSeenOnItsLinks() {
    CollectiveCostModel costs = CollectiveCostModel.of(ring8, Mesh.of("d", 8));
    RaggedAllToAll ragged = new RaggedAllToAll("d");
    CollectiveCost even = costs.price(ragged, (from, to) -> 1, 1_000);
    CollectiveCost hot = costs.price(ragged, (from, to) -> to == 5 ? 8 : 0, 1_000);
    assertEquals(8 * 8 / 8.0 * 1_000, even.largestLinkLoad(), EXACT);
    // Three chips on either side send all of their rows over the last link, the chip opposite half.
    assertEquals((3 + 0.5) * 8_000, hot.largestLinkLoad(), EXACT);
    assertEquals("(4)->(5)", hot.phases().getFirst().axes().getFirst().busiest());
  }

  @Test
  void raggedCountsOfTheCollectiveArePricedAsTheyAre() {
    CollectiveCostModel costs =
        CollectiveCostModel.of(Topology.of("pair", Interconnect.LINE, LINK, 2), Mesh.of("d", 2));
    List<RaggedCounts> counts =
        List.of(
            RaggedCounts.of(new long[] {1, 2}, new long[] {1, 0}),
            RaggedCounts.of(new long[] {0, 2}, new long[] {2, 2}));
    CollectiveCost price = costs.price(new RaggedAllToAll(List.of("d"), counts), 100);
    assertEquals(200, price.largestLinkLoad(), EXACT);
    assertEquals(100, price.meanLinkLoad(), EXACT);
    List<RaggedCounts> wrong =
        List.of(counts.getFirst(), RaggedCounts.of(new long[] {0, 2}, new long[] {3, 2}));
    String message = refused(() -> costs.price(new RaggedAllToAll(List.of("d"), wrong), 100));
    assertTrue(message.contains("device 0 sending 2 rows to device 1, which receives 3"), message);
  }

  @Test
  void anExchangeLoadsTheLinksOfTheIntervalsThatMove() {
    Topology line = Topology.of("line", Interconnect.LINE, LINK, 4);
    CollectiveCostModel costs = CollectiveCostModel.of(line, Mesh.of("d", 4));
    Cut chunks = Cut.chunks(10, 4);
    // Chunks of 3, 3, 3 and 1: every one but the last wants the next one's first two.
    CollectiveCost halo =
        costs.price(new Exchange(0, chunks, chunks.window(3, 1, 1, 10), "d"), 100);
    assertEquals(200, halo.largestLinkLoad(), EXACT);
    CollectiveCost nothing = costs.price(new Exchange(0, chunks, chunks, "d"), 100);
    assertEquals(0, nothing.largestLinkLoad(), EXACT);
    refused(() -> costs.price(new Exchange(0, Cut.chunks(9, 2), Cut.chunks(9, 2), "d"), 1));
  }

  @Test
  void hostsShareTheirLinks() {
    Topology nodes = Topologies.nvlink(32);
    Mesh mesh = Mesh.of("node", 4, "gpu", 8);
    CollectiveCostModel costs = CollectiveCostModel.of(nodes, mesh);
    long bytes = 32_000_000;
    CollectiveCost all = costs.price(new AllToAll(0, 0, "node", "gpu"), bytes);
    // 24 of 32 parts of eight GPUs leave a node by eight links; 7 of 32 stay inside, on 18 links.
    assertHosts(24e6, all.phases().getFirst());
    assertEquals(7e6 / 18, all.largestLinkLoad(), EXACT);
    assertEquals(24e6 / 50e9 + 6e-6, all.seconds(), 1e-9);

    CollectiveCost reduced = costs.price(new AllReduce(Reduction.SUM, "node", "gpu"), bytes);
    assertEquals(
        List.of(
            "reduce-scatter, step 1",
            "reduce-scatter, hosts",
            "all-gather, hosts",
            "all-gather, step 1"),
        reduced.phases().stream().map(PhaseCost::name).toList());
    assertHosts(bytes * 3 / 4.0 / 8, reduced.phases().get(1));
    assertEquals(2 * 7 / 8.0 * bytes / 18, reduced.largestLinkLoad(), EXACT);

    CollectiveCost within = costs.price(new AllReduce(Reduction.SUM, "gpu"), bytes);
    assertTrue(within.phases().stream().allMatch(phase -> phase.hosts().isEmpty()));
  }

  private static void assertHosts(double bytes, PhaseCost phase) {
    assertEquals(bytes, phase.hosts().orElseThrow().largestBytes(), EXACT);
  }

  @Test
  void groupsThatFillNoBlockGoByARingOfTheirMembers() {
    Topology topology = Topology.of("mesh", Interconnect.LINE, LINK, 2, 4);
    Mesh zigzag = Mesh.of("g", 2, "m", 4).withDevices(0, 5, 2, 7, 4, 1, 6, 3);
    CollectiveCost price =
        CollectiveCostModel.of(topology, zigzag).price(new AllReduce(Reduction.SUM, "m"), 8_000);
    assertEquals(
        List.of("reduce-scatter, ring of members", "all-gather, ring of members"),
        price.phases().stream().map(PhaseCost::name).toList());
    for (PhaseCost phase : price.phases()) {
      double moved = phase.axes().stream().mapToDouble(AxisLoad::totalBytes).sum();
      // Three of four parts of 8 kB, half each way, over 2 + 2 + 2 and back over 4 links.
      assertEquals(2 * 2 * 3_000.0 * (2 + 2 + 2 + 4), moved, EXACT);
    }
    assertTrue(price.meanLinkLoad() <= price.largestLinkLoad());
  }

  @Test
  void sumsInAFixedOrderExchangeThenShare() {
    CollectiveCostModel rings = CollectiveCostModel.of(ring8, Mesh.of("d", 8));
    CollectiveCostModel exchange = rings.with(ReductionSchedule.EXCHANGE);
    AllReduce reduce = new AllReduce(Reduction.SUM, "d");
    double toAll = rings.price(new AllToAll(0, 0, "d"), 8_000).largestLinkLoad();
    double share = rings.price(new AllGather(0, "d"), 1_000).largestLinkLoad();
    assertEquals(toAll + share, exchange.price(reduce, 8_000).largestLinkLoad(), EXACT);
    assertEquals(2 * share, rings.price(reduce, 8_000).largestLinkLoad(), EXACT);
    assertEquals(
        toAll,
        exchange.price(new ReduceScatter(Reduction.SUM, 0, "d"), 8_000).largestLinkLoad(),
        EXACT);
  }

  @Test
  void twoThousandDevicesAreCheap() {
    Topology topology = Topologies.tpuV3(2048);
    Mesh mesh = Mesh.of(new MeshAxis("x", 32), new MeshAxis("y", 32), new MeshAxis("core", 2));
    List<List<String>> groups =
        List.of(
            List.of("x"), List.of("y"), List.of("core", "y"), List.of("x", "y", "core"), List.of());
    // Milliseconds; the bound is for a machine that does much else.
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (int round = 0; round < 10; round++) {
            CollectiveCostModel costs = CollectiveCostModel.of(topology, mesh);
            for (List<String> axes : groups) {
              all(axes.toArray(String[]::new)).forEach(each -> costs.price(each, 1 << 20));
            }
          }
        });
  }

  private static List<Collective> all(String... axes) {
    return List.of(
        new AllReduce(Reduction.SUM, axes),
        new ReduceScatter(Reduction.SUM, 0, axes),
        new AllGather(0, axes),
        new AllToAll(0, 1, axes),
        new Permute(List.of(axes), List.of(new Route(0, 0))),
        new Broadcast(0, axes),
        new Barrier(axes));
  }

  @Test
  void theTableNamesLinksLoadsAndTimes() {
    String table =
        CollectiveCostModel.of(ring8, Mesh.of("d", 8))
            .price(new AllToAll(0, 0, "d"), 8_000_000)
            .toString();
    assertTrue(
        table.startsWith("all-to-all split 0 concat 0 over d, 8.0 MB a device, mesh d=8 on ring"),
        table);
    assertTrue(table.contains("axis 0 (ring of 8)"), table);
    assertTrue(table.contains("together: 804.00 us by the largest link load, 4.00 us"), table);
    assertTrue(table.contains("800.00 us by the mean link load"), table);
  }

  @Test
  void whatIsNotThereIsRefused() {
    Mesh mesh = Mesh.of("d", 8);
    CollectiveCostModel costs = CollectiveCostModel.of(ring8, mesh);
    assertTrue(
        refused(() -> CollectiveCostModel.of(ring8, Mesh.of("d", 4)))
            .contains("got 4 in mesh d=4"));
    refused(() -> costs.price(new AllToAll(0, 0, "x"), 1));
    refused(() -> costs.price(new AllToAll(0, 0, "d"), -1));
    refused(() -> costs.price(new Broadcast(8, "d"), 1));
    refused(() -> costs.price(Permute.shift(1, 9, "d"), 1));
    assertTrue(refused(() -> costs.price(new RaggedAllToAll("d"), 1)).contains("counts"));
    refused(() -> costs.price(new RaggedAllToAll("d"), (from, to) -> -1, 1));
    refused(() -> costs.price(new RaggedAllToAll("d"), (from, to) -> 1, -1));
    refused(
        () ->
            costs.price(
                new RaggedAllToAll("d").with(List.of(RaggedCounts.of(new long[1], new long[1]))),
                1));
    Topology large = Topology.of("large", Interconnect.RING, LINK, 1 << 15);
    int[] swapped = IntStream.range(0, 1 << 15).map(i -> i ^ 1).toArray();
    CollectiveCostModel pairs =
        CollectiveCostModel.of(large, Mesh.of("g", 1 << 1, "m", 1 << 14).withDevices(swapped));
    pairs.price(new AllGather(0, "m"), 1);
    refused(
        () ->
            CollectiveCostModel.of(large, Mesh.of("d", 1 << 15))
                .price(new RaggedAllToAll("d"), (from, to) -> 1, 1));
  }

  private static String refused(Executable action) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
  }
}
