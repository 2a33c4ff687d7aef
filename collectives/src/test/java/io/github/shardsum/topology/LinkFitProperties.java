package io.github.shardsum.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.Barrier;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

class LinkFitProperties {
  private static CollectiveCost price(int side, long bytes) {
    Topology topology = Topology.of("test", Interconnect.RING, Link.of(1, 0), side, side);
    return CollectiveCostModel.of(topology, Mesh.of("d", topology.devices()))
        .price(new AllToAll(0, 0, "d"), bytes);
  }

  private static List<Observation> observations(Link link, double noise) {
    List<Observation> observations = new ArrayList<>();
    for (int side : new int[] {2, 4, 8}) {
      for (long bytes : new long[] {1_000, 1_000_000}) {
        CollectiveCost price = price(side, bytes);
        double off = observations.size() % 3 == 0 ? 1 + noise : 1 - noise;
        double exact =
            price.largestLinkLoad() / link.bytesPerSecond() + price.hops() * link.secondsPerHop();
        observations.add(new Observation(price, exact * off));
      }
    }
    return observations;
  }

  @Property
  void exactTimesGiveTheirLinkBack(
      @ForAll @DoubleRange(min = 0.1, max = 1000) double bandwidth,
      @ForAll @DoubleRange(min = 0, max = 50) double latency) {
    Link link = Link.of(bandwidth, latency);
    LinkFit fit = LinkFit.of(observations(link, 0));
    assertEquals(link.bytesPerSecond(), fit.link().bytesPerSecond(), 1e-6 * link.bytesPerSecond());
    assertEquals(link.secondsPerHop(), fit.link().secondsPerHop(), 1e-12 + 1e-6 * latency * 1e-6);
    assertEquals(0, fit.worst(), 1e-6);
  }

  @Property
  void noOtherLinkHasLessSquaredError(
      @ForAll @DoubleRange(min = 0.8, max = 1.25) double bandwidth,
      @ForAll @DoubleRange(min = 0, max = 2) double latency) {
    List<Observation> observations = observations(Link.of(10, 1), 0.2);
    LinkFit best = LinkFit.of(observations);
    Link other =
        new Link(best.link().bytesPerSecond() * bandwidth, best.link().secondsPerHop() * latency);
    assertTrue(squares(best) <= squares(LinkFit.on(other, observations)) + 1e-9);
    assertTrue(best.worst() > 0.05, "the noise is shown");
  }

  private static double squares(LinkFit fit) {
    return fit.residuals().stream()
        .mapToDouble(each -> Math.pow(Math.log1p(each.relative()), 2))
        .sum();
  }

  @Example
  void aLatencyBelowZeroIsNone() {
    // A quick small one and a slow large one: the line through both would start below zero.
    List<Observation> observations =
        List.of(
            new Observation(price(4, 1_000_000), 1e-3), new Observation(price(4, 2_000_000), 4e-3));
    assertEquals(0, LinkFit.of(observations).link().secondsPerHop());
  }

  @Example
  void whatCannotBeFittedIsRefused() {
    CollectiveCost price = price(2, 1_000);
    assertThrows(IllegalArgumentException.class, () -> new Observation(price, 0));
    assertThrows(IllegalArgumentException.class, () -> new Observation(price, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> LinkFit.of(List.of()));
    Topology topology = Topology.of("test", Interconnect.RING, Link.of(1, 1), 4);
    CollectiveCost still =
        CollectiveCostModel.of(topology, Mesh.of("d", 4)).price(new Barrier("d"), 0);
    assertThrows(
        IllegalArgumentException.class, () -> LinkFit.of(List.of(new Observation(still, 1e-3))));
    List<Observation> falling =
        List.of(new Observation(price(8, 10), 1), new Observation(price(2, 1_000_000), 1e-9));
    assertTrue(LinkFit.of(falling).worst() > 0.5, "a bad fit says so");
  }
}
