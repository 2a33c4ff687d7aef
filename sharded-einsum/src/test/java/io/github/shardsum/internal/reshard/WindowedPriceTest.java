package io.github.shardsum.internal.reshard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.topology.CollectiveCostModel;
import io.github.shardsum.topology.Computing;
import io.github.shardsum.topology.HostLevel;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The price of an einsum in windows is the end of its rounds, followed one by one. */
class WindowedPriceTest {
  private static final int M = 64;
  private static final int H = 128;
  private static final int CHUNK = 32;

  private static final List<Ring> ONE_WAY = List.of(new Ring(1, Share.ALL));
  private static final List<Ring> BOTH_WAYS =
      List.of(new Ring(1, Share.LARGER_HALF), new Ring(-1, Share.SMALLER_HALF));
  private static final List<Ring> HALVES = List.of(new Ring(1, Share.ALL), new Ring(-1, Share.ALL));

  /** A device that computes and links that transfer; a bus is one link for both directions. */
  private static final class Clock {
    private final double[] links = new double[2];
    private final boolean isBus;
    private final boolean takesTheDevice;
    private double now;

    Clock(Interconnect interconnect, double overlap) {
      isBus = interconnect == Interconnect.BUS;
      takesTheDevice = overlap == 0;
    }

    double start(int way, double transfer) {
      int link = isBus ? 0 : way;
      links[link] = Math.max(now, links[link]) + transfer;
      now += takesTheDevice ? transfer : 0;
      return links[link];
    }

    void compute(double work) {
      now += work;
    }

    void await(double end) {
      now = Math.max(now, end);
    }
  }

  private static double gather(Clock clock, int[] rounds, double work, double transfer) {
    for (int round = 0; round <= rounds[0]; round++) {
      double[] ends = new double[rounds.length];
      for (int ring = 0; ring < rounds.length; ring++) {
        ends[ring] = round < rounds[ring] ? clock.start(ring, transfer) : 0;
      }
      for (int ring = 0; ring < rounds.length; ring++) {
        boolean brought = round == 0 ? ring == 0 : round <= rounds[ring];
        clock.compute(brought ? work : 0);
      }
      for (double end : ends) {
        clock.await(end);
      }
    }
    return clock.now;
  }

  private static double scatter(Clock clock, int members, double half, double transfer) {
    double[] ends = new double[2];
    for (int round = 0; round < members; round++) {
      for (int ring = 0; ring < 2; ring++) {
        clock.await(ends[ring]);
        clock.compute(half);
        ends[ring] = round < members - 1 ? clock.start(ring, transfer) : 0;
      }
    }
    return clock.now;
  }

  /** Work of a round and a transfer, either of which may be the longer. */
  @ParameterizedTest
  @ValueSource(doubles = {1e8, 1e9, 1e10, 1e11, 1e13})
  void aPriceIsTheEndOfTheRounds(double flops) {
    for (int members = 2; members <= 7; members++) {
      for (Interconnect interconnect : List.of(Interconnect.RING, Interconnect.BUS)) {
        for (double overlap : new double[] {0, 1}) {
          Topology topology =
              Topology.of("p", interconnect, Link.of(1, 1), members).withOverlap(overlap);
          Topology known = topology.withComputing(new Computing(flops, false));
          Mesh mesh = Mesh.of("x", members);
          CollectiveCostModel costs = CollectiveCostModel.of(topology, mesh);
          Collective shift = Collective.Permute.shift(1, members, "x");
          double chunk = costs.price(shift, 4L * CHUNK * M).seconds();
          double half = costs.price(shift, 4L * CHUNK / 2 * H).seconds();
          double round = 2.0 * CHUNK * M * H / flops;
          String what = members + " " + interconnect + " " + overlap;
          Clock one = new Clock(interconnect, overlap);
          double oneWay = gather(one, new int[] {members - 1}, round, chunk);
          assertNear(oneWay, price(mesh, known, 0, ONE_WAY), what);
          int[] rounds = {members / 2, (members - 1) / 2};
          double bothWays = gather(new Clock(interconnect, overlap), rounds, round, chunk);
          assertNear(bothWays, price(mesh, known, 0, BOTH_WAYS), what);
          // Adding to a sum takes longer, and each device has its own m.
          double added = 1.1 * round / 2;
          double scattered = scatter(new Clock(interconnect, overlap), members, added, half);
          assertNear(scattered, price(mesh, known, -1, HALVES), what);
          Topology shared = topology.withComputing(new Computing(flops, true));
          // All devices read the other operand again, an eighth of a transfer's time a byte.
          double byteAgain = members / 1e9 / 8;
          double again = byteAgain * 4 * M * H * (members - 1);
          assertNear(members * round + again, price(mesh, shared, 0, ONE_WAY), what);
          double steps = (members - 1) * costs.price(shift, 0).seconds();
          double halves = byteAgain * 4 * M * H * (2 * members - 1);
          double sums = byteAgain * 2 * 4 * CHUNK * H * (members - 1);
          double work = 1.02 * members * round;
          assertNear(work + steps + halves + sums, price(mesh, shared, -1, HALVES), what);
        }
      }
    }
  }

  /**
   * Axes of a network, or its hosts, are joined in their own ways: only a bus that the windows
   * cross is one link for both directions.
   */
  @ParameterizedTest
  @CsvSource({
    "x=4 y=2, RING, 4, BUS, 2, 1, RING",
    "y=4 x=2, RING, 4, BUS, 2, 1, BUS",
    "y=2 x=4, RING, 2, BUS, 4, 1, BUS",
    "x=4 y=4, BUS, 2, BUS, 2, 4, RING",
    "y=4 x=4, BUS, 2, BUS, 2, 4, BUS",
    "y=4 x=4, RING, 4, RING, 1, 4, RING",
  })
  void onlyABusThatIsCrossedIsOneLink(
      String axes,
      Interconnect first,
      int firstSize,
      Interconnect second,
      int secondSize,
      int hosts,
      Interconnect crossed) {
    Link link = Link.of(1, 1);
    Topology inside =
        new Topology(
            "p",
            List.of(new TopologyAxis(firstSize, first), new TopologyAxis(secondSize, second)),
            1,
            link,
            Optional.empty());
    Topology topology = hosts == 1 ? inside : inside.withHosts(new HostLevel(hosts, 1, link));
    Mesh mesh = Mesh.parse(axes);
    int members = mesh.size("x");
    CollectiveCostModel costs = CollectiveCostModel.of(topology, mesh);
    Collective shift = Collective.Permute.shift(1, members, "x");
    double chunk = costs.price(shift, 4L * CHUNK * M).seconds();
    double half = costs.price(shift, 4L * CHUNK / 2 * H).seconds();
    for (double flops : new double[] {1e9, 1e13}) {
      Topology known = topology.withComputing(new Computing(flops, false));
      double round = 2.0 * CHUNK * M * H / flops;
      int[] rounds = {members / 2, (members - 1) / 2};
      double bothWays = gather(new Clock(crossed, 1), rounds, round, chunk);
      assertNear(bothWays, price(mesh, known, 0, BOTH_WAYS), axes);
      double scattered = scatter(new Clock(crossed, 1), members, 1.1 * round / 2, half);
      assertNear(scattered, price(mesh, known, -1, HALVES), axes);
    }
  }

  /** The rate of a machine is that of f32; wider elements take as much longer as they are wider. */
  @ParameterizedTest
  @CsvSource({"2, 1", "4, 1", "8, 2"})
  void widerElementsTakeLonger(int bytes, double times) {
    Topology topology =
        Topology.of("p", Interconnect.RING, Link.of(1, 1), 2)
            .withComputing(new Computing(1e9, false));
    Prices prices = Prices.of(Mesh.of("x", 2), PlanOptions.defaults().withTopology(topology));
    assertNear(times * 2e6 / 1e9, prices.total(prices.multiplyAdds(1e6, bytes)), "bytes " + bytes);
  }

  private static void assertNear(double expected, double price, String what) {
    assertEquals(expected, price, 1e-9 * expected, what);
  }

  private static double price(Mesh mesh, Topology topology, int operand, List<Ring> rings) {
    long s = (long) CHUNK * mesh.size("x");
    long m = operand < 0 ? (long) M * mesh.size("x") : M;
    Program program =
        Program.parse(
            ("program p { input u: f32[s=S m=M] input v: f32[m=M h=H]"
                    + " r = einsum(u, v) {equation=\"s m, m h -> s h\"} output r }")
                .replace("S", Long.toString(s))
                .replace("M", Long.toString(m))
                .replace("H", Integer.toString(H)));
    Statement statement = program.statements().getFirst();
    List<PlannedValue> read =
        List.of(
            value(mesh, "u", program.inputs().get(0).type(), operand < 0 ? "s m@x" : "s@x m"),
            value(mesh, "v", program.inputs().get(1).type(), operand < 0 ? "m@x h" : "m h"));
    PlannedValue result =
        value(mesh, "r", statement.result().type(), operand < 0 ? "s@x h" : "s h");
    Action.Windows action = new Action.Windows(statement, operand, "s", List.of("x"), rings);
    PlannedValue travels = operand < 0 ? result : read.getFirst();
    return WindowedEinsum.of(action, read, result)
        .price(
            action,
            travels.localElements(),
            4,
            Prices.of(mesh, PlanOptions.defaults().withTopology(topology)));
  }

  private static PlannedValue value(Mesh mesh, String name, ValueType type, String layout) {
    return new PlannedValue(name, type.dtype(), type.shape(), Layout.parse(mesh, layout));
  }
}
