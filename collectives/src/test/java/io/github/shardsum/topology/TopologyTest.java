package io.github.shardsum.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.InProcessCluster;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TopologyTest {
  private static final Link LINK = Link.of(10, 1);

  private static List<Integer> sizes(Topology topology) {
    return topology.axes().stream().map(TopologyAxis::size).toList();
  }

  private static boolean allRings(Topology topology) {
    return topology.axes().stream().allMatch(axis -> axis.interconnect() == Interconnect.RING);
  }

  @Test
  void slicesAreAsNearToASquareOrCubeAsTheyCanBe() {
    assertEquals(List.of(2, 4), sizes(Topologies.tpuV3(16)));
    assertEquals(List.of(4, 4), sizes(Topologies.tpuV3(32)));
    assertEquals(List.of(16, 32), sizes(Topologies.tpuV3(1024)));
    assertEquals(List.of(8, 8, 16), sizes(Topologies.tpuV4(1024)));
    assertEquals(List.of(16, 20, 28), sizes(Topologies.tpuV5p(8960)));
    assertEquals(List.of(8, 16), sizes(Topologies.tpuV5e(128)));
    assertEquals(List.of(1, 1), sizes(Topologies.tpuV6e(1)));
  }

  @Test
  void ringsCloseWhereTheMachineClosesThem() {
    assertTrue(allRings(Topologies.tpuV3(2048)));
    assertEquals(
        List.of(Interconnect.LINE, Interconnect.RING),
        Topologies.tpuV3(1024).axes().stream().map(TopologyAxis::interconnect).toList());
    assertTrue(allRings(Topologies.tpuV4(64)));
    assertEquals(Interconnect.LINE, Topologies.tpuV4(16).axes().getLast().interconnect());
    assertTrue(allRings(Topologies.tpuV5e(256)));
    assertEquals(Interconnect.LINE, Topologies.tpuV6e(64).axes().getFirst().interconnect());
  }

  @Test
  void everyKnownMachineIsThereByName() {
    for (String name : Topologies.names()) {
      assertEquals(8, Topologies.of(name, 8).devices(), name);
      assertTrue(Topologies.describe().contains(name), name);
    }
    assertEquals(2, Topologies.of("nvlink", 16).hosts());
    assertEquals(2048, Topologies.of("tpu-v3", 2048).devices());
  }

  /** Cloud TPU documentation: all-reduce bandwidth of a v6e pod 102.4 TB/s, bisection 3.2 TB/s. */
  @Test
  void aPodHasTheLinksOfItsDataSheet() {
    Topology pod = Topologies.tpuV6e(256);
    long links =
        pod.axes().stream()
            .mapToLong(
                axis -> (long) axis.interconnect().connections(axis.size()) * 256 / axis.size())
            .sum();
    assertEquals(102.4e12, links * pod.link().bytesPerSecond());
  }

  @Test
  void whatIsNoMachineIsRefused() {
    for (int devices : new int[] {-2, 0, 3, 4096, 2 * 37, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> Topologies.tpuV3(devices));
    }
    for (String name : Topologies.names()) {
      assertThrows(IllegalArgumentException.class, () -> Topologies.of(name, 0), name);
      assertThrows(IllegalArgumentException.class, () -> Topologies.of(name, 100_003), name);
    }
    assertThrows(IllegalArgumentException.class, () -> Topologies.of("tpu-v9", 8));
    assertThrows(IllegalArgumentException.class, () -> Topologies.nvlink(12));
  }

  @Test
  void whatIsNoTopologyIsRefused() {
    List<TopologyAxis> four = Collections.nCopies(4, new TopologyAxis(2, Interconnect.RING));
    assertThrows(IllegalArgumentException.class, () -> topology(four, 1));
    assertThrows(IllegalArgumentException.class, () -> topology(List.of(), 1));
    assertThrows(IllegalArgumentException.class, () -> topology(four.subList(0, 2), 0));
    List<TopologyAxis> vast = Collections.nCopies(3, new TopologyAxis(1 << 30, Interconnect.RING));
    assertThrows(IllegalArgumentException.class, () -> topology(vast, 1 << 30));
    assertThrows(IllegalArgumentException.class, () -> new TopologyAxis(0, Interconnect.RING));
    assertThrows(IllegalArgumentException.class, () -> new TopologyAxis(1, Interconnect.RING, 0));
    assertThrows(IllegalArgumentException.class, () -> new HostLevel(0, 1, LINK));
    for (double wrong : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Link(wrong, 0));
    }
    assertThrows(IllegalArgumentException.class, () -> new Link(1, Double.NaN));
    Topology nodes = Topologies.nvlink(16);
    assertThrows(IllegalArgumentException.class, () -> nodes.withHosts(new HostLevel(2, 1, LINK)));
  }

  @Test
  void linksSideBySideAreCounted() {
    assertEquals(new Link(30e9, 1e-6), LINK.times(3));
    for (int links : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertEquals(
          "link: links side by side must be at least 1, got " + links,
          assertThrows(IllegalArgumentException.class, () -> LINK.times(links)).getMessage());
    }
    assertEquals(
        "link: bytes a second must be positive and finite, got Infinity",
        assertThrows(IllegalArgumentException.class, () -> new Link(Double.MAX_VALUE, 0).times(2))
            .getMessage());
  }

  private static Topology topology(List<TopologyAxis> axes, int each) {
    return new Topology("test", axes, each, LINK, Optional.empty());
  }

  @Test
  void aTopologySaysWhatItIs() {
    assertEquals(
        "tpu-v3: 512 devices, 2 a chip, line of 16 x line of 16, 82 GB/s, 1 us a hop",
        Topologies.tpuV3(512).toString());
    assertEquals(
        "nvlink: 16 devices, 1 a chip, switch of 8 by 18 links, 25 GB/s, 1 us a hop,"
            + " 2 hosts by 8 links of 50 GB/s, 5 us a hop",
        Topologies.nvlink(16).toString());
  }

  @Test
  void thisMachineIsFittedFromItsCollectives() {
    CollectiveOptions options = CollectiveOptions.defaults();
    Workers workers = Workers.sequential();
    try (Collectives collectives = Collectives.open(Mesh.of("x", 2, "y", 2), workers, options)) {
      LinkFit fit = MachineProbe.measure(collectives);
      assertEquals(8, fit.residuals().size());
      assertTrue(fit.link().bytesPerSecond() > 1e6, fit::toString);
      assertEquals(64, MachineProbe.topology(fit, 64).devices());
      Topology machine = MachineProbe.machine(collectives);
      assertEquals(4, machine.devices());
      assertEquals(0, machine.overlap());
      Computing computing = machine.computing().orElseThrow();
      assertTrue(computing.sharesMemory() && computing.flops() > 1e6, computing::toString);
      assertEquals(Optional.of(computing), machine.withLink(fit.link()).computing());
    }
    try (Collectives alone = Collectives.open(Mesh.of("x", 1), workers, options)) {
      assertThrows(IllegalArgumentException.class, () -> MachineProbe.measure(alone));
    }
  }

  /** Processes measure different figures; the machine has one. */
  @Test
  void everyProcessGetsTheMeanOfWhatAllMeasured() throws Exception {
    Mesh mesh = Mesh.of("x", 2, "y", 2);
    for (int processes : new int[] {1, 2, 4}) {
      AtomicInteger next = new AtomicInteger();
      List<List<Double>> given = Collections.synchronizedList(new ArrayList<>());
      new InProcessCluster.Threads(processes)
          .run(
              mesh,
              CollectiveOptions.defaults(),
              collectives -> {
                double own = Math.scalb(1d, next.getAndIncrement());
                double[] mean = MachineProbe.mean(collectives, own, -own, 5);
                given.add(Arrays.stream(mean).boxed().toList());
              });
      double mean = (Math.scalb(1d, processes) - 1) / processes;
      assertEquals(Collections.nCopies(processes, List.of(mean, -mean, 5.0)), given);
    }
  }

  /** Numbers of links, hosts, topologies and measurements that are none. */
  @Test
  void numbersOutOfRangeAreErrors() {
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Link(bad, 0));
    }
    for (double bad : new double[] {-1e-9, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Link(1, bad));
    }
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Computing(bad, true));
    }
    assertEquals("150.0 Gflop/s, shared memory", new Computing(1.5e11, true).toString());
    Link link = new Link(1, 0);
    assertEquals(0, link.secondsPerHop());
    assertThrows(IllegalArgumentException.class, () -> link.times(0));
    assertThrows(IllegalArgumentException.class, () -> new HostLevel(0, 1, link));
    assertThrows(IllegalArgumentException.class, () -> new HostLevel(1, 0, link));
    List<TopologyAxis> axes = List.of(new TopologyAxis(4, Interconnect.RING));
    for (double bad : new double[] {-0.1, 1.1, Double.NaN}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new Topology("t", axes, 1, link, Optional.empty(), bad))
              .getMessage();
      assertTrue(message.endsWith("overlap must be in [0, 1], got " + bad), message);
    }
    CollectiveCost price =
        CollectiveCostModel.of(
                new Topology("t", axes, 1, link, Optional.empty(), 1), Mesh.of("x", 4))
            .price(new Collective.AllReduce(Reduction.SUM, "x"), 64);
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Observation(price, bad));
    }
  }
}
