package io.github.shardsum.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.collective.Collective.Broadcast;
import io.github.shardsum.collective.Collective.Permute;
import io.github.shardsum.collective.Collective.ReduceScatter;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.mesh.Mesh;
import java.util.Collections;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The link-level model against formulas, for groups of all devices. */
class ClosedFormProperties {
  private static final Link LINK = Link.of(10, 1);
  private static final long BYTES = 1_000_000;

  private static CollectiveCostModel costs(
      Interconnect interconnect, List<Integer> sizes, int devicesPerChip) {
    Topology topology =
        Topology.of("test", interconnect, LINK, sizes.stream().mapToInt(n -> n).toArray())
            .withDevicesPerChip(devicesPerChip);
    return CollectiveCostModel.of(topology, Mesh.of("d", topology.devices()));
  }

  private static double along(List<Integer> sizes, IntToDoubleFunction load, boolean sum) {
    var loads = sizes.stream().filter(n -> n > 1).mapToDouble(load::applyAsDouble);
    return sum ? loads.sum() : loads.max().orElse(0);
  }

  @Property
  void theBusiestLinkOfAnAllToAll(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 7) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 3) int each) {
    CollectiveCost price = costs(interconnect, sizes, each).price(new AllToAll(0, 0, "d"), BYTES);
    double wanted =
        along(
            sizes, n -> ClosedForms.allToAllLargest(interconnect, n, (double) BYTES * each), false);
    assertEquals(wanted, price.largestLinkLoad(), 1e-6 * BYTES);
  }

  @Property
  void theMeanLinkOfAnAllToAllAxisByAxis(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 7) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 3) int each) {
    CollectiveCostModel costs =
        costs(interconnect, sizes, each).with(AllToAllSchedule.AXIS_BY_AXIS);
    CollectiveCost price = costs.price(new AllToAll(0, 0, "d"), BYTES);
    double s = (double) BYTES * each;
    assertEquals(
        along(sizes, n -> ClosedForms.allToAllMean(interconnect, n, s), true),
        price.meanLinkLoad(),
        1e-6 * BYTES);
    assertEquals(
        along(sizes, n -> ClosedForms.allToAllLargest(interconnect, n, s), true),
        price.largestLinkLoad(),
        1e-6 * BYTES);
  }

  @Property
  void anAllGatherReducesBackwardsAndAnAllReduceIsBoth(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 2, max = 6) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 3) int each) {
    CollectiveCostModel costs = costs(interconnect, sizes, each);
    int devices = costs.mesh().size();
    int chips = devices / each;
    double gather = costs.price(new AllGather(0, "d"), BYTES).largestLinkLoad();
    double wanted = ClosedForms.gatherLargest(interconnect, sizes, (double) BYTES * each);
    assertEquals(wanted, gather, 1e-9 * wanted);
    if (interconnect != Interconnect.BUS) {
      double scatter =
          costs.price(new ReduceScatter(Reduction.SUM, 0, "d"), BYTES).largestLinkLoad();
      double reduce = costs.price(new AllReduce(Reduction.SUM, "d"), BYTES).largestLinkLoad();
      // What is gathered of b bytes a chip is scattered of b times the chips.
      assertEquals(gather / each / chips, scatter, 1e-9 * scatter);
      assertEquals(2 * scatter, reduce, 1e-9 * reduce);
    }
  }

  @Property
  void onASquareTorusAllLinksShareAnAllReduce(
      @ForAll @IntRange(min = 1, max = 3) int rank, @ForAll @IntRange(min = 2, max = 8) int n) {
    CollectiveCostModel costs = costs(Interconnect.RING, Collections.nCopies(rank, n), 1);
    CollectiveCost price = costs.price(new AllReduce(Reduction.SUM, "d"), BYTES);
    double chips = Math.pow(n, rank);
    double wanted = 2 * BYTES * (chips - 1) / chips / (2 * rank);
    assertEquals(wanted, price.largestLinkLoad(), 1e-9 * wanted);
    assertEquals(wanted, price.meanLinkLoad(), 1e-9 * wanted);
    assertEquals(2 * rank * (n / 2), price.hops());
  }

  @Property
  void aBusHearsAGatherOnceAndEveryOperandOfAReduction(@ForAll @IntRange(min = 2, max = 9) int n) {
    CollectiveCostModel costs = costs(Interconnect.BUS, List.of(n), 1);
    CollectiveCost gather = costs.price(new AllGather(0, "d"), BYTES);
    CollectiveCost reduce = costs.price(new AllReduce(Reduction.SUM, "d"), BYTES);
    assertEquals((double) n * BYTES, gather.largestLinkLoad(), 1e-6 * BYTES);
    assertEquals((n - 1.0) * BYTES + BYTES, reduce.largestLinkLoad(), 1e-6 * BYTES);
  }

  @Property
  void aBroadcastPutsItsBytesOnALinkOnce(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 5) Integer> sizes,
      @ForAll @IntRange(min = 0, max = 124) int root) {
    CollectiveCostModel costs = costs(interconnect, sizes, 1);
    int devices = costs.mesh().size();
    CollectiveCost price = costs.price(new Broadcast(root % devices, "d"), BYTES);
    // A ring of two has two links each way.
    boolean pairs = interconnect == Interconnect.RING && sizes.stream().allMatch(n -> n <= 2);
    double wanted = pairs ? BYTES / 2.0 : BYTES;
    assertEquals(devices > 1 ? wanted : 0, price.largestLinkLoad(), 1e-6);
  }

  @Property
  void aShiftAlongARingLoadsEachLinkOnce(
      @ForAll @IntRange(min = 3, max = 9) int n, @ForAll @IntRange(min = 1, max = 3) int each) {
    CollectiveCostModel costs = costs(Interconnect.RING, List.of(n), each);
    CollectiveCost price = costs.price(Permute.shift(1, n * each, "d"), BYTES);
    assertEquals(BYTES, price.largestLinkLoad(), 1e-6);
    assertEquals(1, price.hops());
  }

  @Property
  void aPermuteMovesItsBytesOverItsHops(
      @ForAll @IntRange(min = 2, max = 6) int n,
      @ForAll @IntRange(min = 1, max = 30) int distance) {
    CollectiveCostModel costs = costs(Interconnect.RING, List.of(n, n), 1);
    CollectiveCost price = costs.price(Permute.shift(distance, n * n, "d"), BYTES);
    double wanted = 0;
    for (int from = 0; from < n * n; from++) {
      int to = (from + distance) % (n * n);
      wanted += BYTES * (apart(from / n, to / n, n) + apart(from % n, to % n, n));
    }
    double moved =
        price.phases().stream()
            .flatMap(phase -> phase.axes().stream())
            .mapToDouble(AxisLoad::totalBytes)
            .sum();
    assertEquals(wanted, moved, 1e-6 * BYTES);
  }

  private static int apart(int a, int b, int n) {
    return Math.min(Math.abs(a - b), n - Math.abs(a - b));
  }

  @Property
  void aBarrierIsHopsAlone(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 6) Integer> sizes) {
    CollectiveCost price = costs(interconnect, sizes, 1).price(new Barrier("d"), 0);
    double hops =
        along(
            sizes,
            n -> interconnect.hops(n, 0, interconnect == Interconnect.RING ? n / 2 : n - 1),
            true);
    assertEquals(2 * hops * 1e-6, price.seconds(), 1e-12);
    assertEquals(0, price.largestLinkLoad());
  }

  @Property
  void theMeanIsNeverAboveTheLargestAndBothGrowWithBytes(
      @ForAll Interconnect interconnect,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 1, max = 6) Integer> sizes,
      @ForAll @IntRange(min = 1, max = 2) int each) {
    CollectiveCostModel costs = costs(interconnect, sizes, each);
    for (Collective collective :
        List.of(
            new AllToAll(0, 0, "d"),
            new AllGather(0, "d"),
            new ReduceScatter(Reduction.SUM, 0, "d"),
            new AllReduce(Reduction.SUM, "d"),
            new Broadcast(0, "d"),
            Permute.shift(1, costs.mesh().size(), "d"))) {
      CollectiveCost price = costs.price(collective, BYTES);
      double largest = price.largestLinkLoad();
      assertTrue(price.meanLinkLoad() <= largest * (1 + 1e-9), price::toString);
      assertEquals(3 * largest, costs.price(collective, 3 * BYTES).largestLinkLoad(), 1e-3);
    }
  }
}
