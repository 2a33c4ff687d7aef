package io.github.shardsum.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collective.AllGather;
import io.github.shardsum.collective.Collective.AllReduce;
import io.github.shardsum.collective.Collective.AllToAll;
import io.github.shardsum.collective.Collective.RaggedAllToAll;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.topology.ChipGrid;
import io.github.shardsum.internal.topology.LineLoads;
import io.github.shardsum.internal.topology.LoadProfiles;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Groups of any axes of any mesh on any topology. */
class PlacementProperties {
  private static final Link LINK = Link.of(10, 1);

  /** A topology, a mesh of as many devices, and some of its axes. */
  record Case(Topology topology, Mesh mesh, List<String> axes) {
    CollectiveCostModel costs() {
      return CollectiveCostModel.of(topology, mesh);
    }

    int members() {
      return mesh.size(axes);
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<TopologyAxis> axis =
        Combinators.combine(
                Arbitraries.integers().between(1, 4),
                Arbitraries.of(Interconnect.class),
                Arbitraries.integers().between(1, 2))
            .as(TopologyAxis::new);
    return Combinators.combine(
            axis.list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(1, 3),
            Arbitraries.longs(),
            Arbitraries.of(true, false))
        .as(PlacementProperties::make);
  }

  private static Case make(
      List<TopologyAxis> axes, int each, int hosts, long seed, boolean shuffled) {
    Optional<HostLevel> level =
        hosts == 1 ? Optional.empty() : Optional.of(new HostLevel(hosts, 2, Link.of(1, 5)));
    Topology topology = new Topology("test", axes, each, LINK, level);
    List<MeshAxis> meshAxes = new ArrayList<>(List.of(new MeshAxis("h", hosts)));
    for (int i = 0; i < axes.size(); i++) {
      meshAxes.add(new MeshAxis("a" + i, axes.get(i).size()));
    }
    meshAxes.add(new MeshAxis("c", each));
    Mesh mesh = Mesh.of(meshAxes);
    Random random = new Random(seed);
    List<Integer> order = new ArrayList<>(IntStream.range(0, mesh.size()).boxed().toList());
    Collections.shuffle(order, random);
    mesh = shuffled ? mesh.withDevices(order.stream().mapToInt(i -> i).toArray()) : mesh;
    List<String> names = new ArrayList<>(mesh.axisNames());
    Collections.shuffle(names, random);
    return new Case(topology, mesh, names.subList(0, random.nextInt(names.size() + 1)));
  }

  /** Two ways to the same loads: axis by axis of blocks, and message by message. */
  @Property
  void anAllToAllIsTheRaggedOneOfEqualRows(@ForAll("cases") Case given) {
    int members = given.members();
    CollectiveCost even =
        given
            .costs()
            .price(new AllToAll(given.axes(), 0, 0, OptionalLong.empty()), 1000L * members);
    CollectiveCost ragged =
        given.costs().price(new RaggedAllToAll(given.axes(), List.of()), (from, to) -> 1, 1000);
    assertEquals(ragged.phases().size(), even.phases().size());
    for (int i = 0; i < ragged.phases().size(); i++) {
      assertSame(ragged.phases().get(i), even.phases().get(i));
    }
  }

  private static void assertSame(PhaseCost wanted, PhaseCost got) {
    assertEquals(wanted.loads().size(), got.loads().size());
    for (int i = 0; i < wanted.loads().size(); i++) {
      AxisLoad one = wanted.loads().get(i);
      AxisLoad other = got.loads().get(i);
      assertEquals(one.axis(), other.axis());
      assertEquals(one.links(), other.links());
      assertEquals(one.totalBytes(), other.totalBytes(), 1e-6);
      assertEquals(one.largestBytes(), other.largestBytes(), 1e-6);
    }
    assertEquals(wanted.hops(), got.hops());
    assertEquals(wanted.hostHops(), got.hostHops());
  }

  /** Relabelling the members moves the same bytes between the same chips. */
  @Property
  void theOrderOfTheAxesDoesNotMatterToABlock(@ForAll("cases") Case given) {
    List<String> turned = new ArrayList<>(given.axes());
    Collections.reverse(turned);
    Mesh straight = Mesh.of(given.mesh().axes());
    CollectiveCostModel costs = CollectiveCostModel.of(given.topology(), straight);
    for (List<Collective> pair :
        List.of(
            List.<Collective>of(gather(given.axes()), gather(turned)),
            List.<Collective>of(reduce(given.axes()), reduce(turned)))) {
      assertEquals(
          costs.price(pair.getFirst(), 1 << 20).seconds(),
          costs.price(pair.getLast(), 1 << 20).seconds(),
          1e-12);
    }
  }

  private static Collective gather(List<String> axes) {
    return new AllGather(axes, 0, OptionalLong.empty());
  }

  private static Collective reduce(List<String> axes) {
    return new AllReduce(axes, Reduction.SUM, Order.ANY);
  }

  /** By the set of links on the shortest ways of every piece. */
  @Property
  void aGatherCarriesAPieceOverALinkOnce(@ForAll("lines") TopologyAxis axis, @ForAll long seed) {
    int[] members = new Random(seed).ints(axis.size(), 0, 2).map(bit -> bit).toArray();
    int[] coordinates = IntStream.range(0, axis.size()).filter(i -> members[i] == 1).toArray();
    LineLoads loads = new LineLoads(axis.size(), axis.interconnect());
    double[] wanted = new double[2 * axis.size()];
    for (int from : coordinates) {
      loads.multicast(from, coordinates, 1);
      double[] piece = new double[2 * axis.size()];
      for (int to : coordinates) {
        walk(piece, axis, from, to);
      }
      Arrays.setAll(wanted, i -> wanted[i] + piece[i]);
    }
    assertArrayEquals(wanted, loads.loads(), 1e-9);
    int hops = 0;
    for (int from : coordinates) {
      for (int to : coordinates) {
        hops = Math.max(hops, axis.interconnect().hops(axis.size(), from, to));
      }
    }
    Topology topology = new Topology("test", List.of(axis), 1, LINK, Optional.empty());
    assertEquals(
        hops,
        coordinates.length == 0
            ? 0
            : new LoadProfiles(new ChipGrid(topology)).hops(0, coordinates));
  }

  @Provide
  Arbitrary<TopologyAxis> lines() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 12),
            Arbitraries.of(Interconnect.LINE, Interconnect.RING))
        .as(TopologyAxis::new);
  }

  private static void walk(double[] piece, TopologyAxis axis, int from, int to) {
    int n = axis.size();
    int ahead = Math.floorMod(to - from, n);
    boolean ring = axis.interconnect() == Interconnect.RING;
    boolean half = ring && 2 * ahead == n;
    if (ring ? 2 * ahead <= n : to > from) {
      for (int step = 0; step < ahead; step++) {
        int link = (from + step) % n;
        piece[link] = Math.max(piece[link], half ? 0.5 : 1);
      }
    }
    if (ring ? 2 * ahead >= n : to < from) {
      for (int step = 1; step <= n - ahead; step++) {
        int link = n + Math.floorMod(from - step, n);
        piece[link] = Math.max(piece[link], half ? 0.5 : 1);
      }
    }
  }
}
