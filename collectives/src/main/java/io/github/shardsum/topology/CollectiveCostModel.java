package io.github.shardsum.topology;

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
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.topology.BlockSchedule;
import io.github.shardsum.internal.topology.ChipGrid;
import io.github.shardsum.internal.topology.GroupSchedule;
import io.github.shardsum.internal.topology.PhaseLoads;
import io.github.shardsum.internal.topology.PlacedGroup;
import io.github.shardsum.internal.topology.ScatteredSchedule;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;

/**
 * Prices collectives of a mesh whose device d is device d of a topology. Thread-safe.
 *
 * <p><b>The model.</b> All groups of the mesh run at once, and their loads on a link add up. Loads
 * are those of a real schedule, link by link. The time of a phase is the busiest link's bytes
 * divided by its bandwidth, plus the latency of the longest way.
 *
 * <ul>
 *   <li>all-to-all: every message on its route, all at once or axis by axis ({@link
 *       AllToAllSchedule})
 *   <li>all-gather, reduce-scatter, all-reduce: inside a host, along the axes one after another and
 *       both ways round a ring; the value is cut into one part for each axis, so that all axes are
 *       busy. Between hosts, every chip exchanges with the chips at its coordinates on the other
 *       hosts. Devices of one chip reduce first. This is {@link ReductionSchedule#RINGS}; {@link
 *       ReductionSchedule#EXCHANGE} is the alternative.
 *   <li>collective-permute, exchange: every message on its route
 *   <li>broadcast: along the axes one after another, in a pipeline
 *   <li>barrier: hops to one chip and back
 * </ul>
 *
 * <p>Groups that do not fill a block of chips are priced message by message, with a ring of the
 * members for reductions. The computation of a price then takes time in the square of the group's
 * size, not in its size.
 *
 * <p>All times are linear in bytes; the uneven chunks of a dimension that its parts do not divide
 * are not modelled. Sources: the routes and loads of tori are textbook (Dally and Towles,
 * Principles and Practices of Interconnection Networks, chapters 3 and 5); the division of a value
 * into one part for each axis is that of multi-dimensional rings on TPUs.
 */
public final class CollectiveCostModel {
  /**
   * The largest number of patterns of collectives whose loads are kept; a planner prices a few
   * patterns many times.
   */
  private static final int MOST_KEPT = 1024;

  private final Topology topology;
  private final Mesh mesh;
  private final AllToAllSchedule allToAll;
  private final ReductionSchedule reductions;
  private final ChipGrid grid;
  private final ConcurrentMap<Collective, List<PhaseCost>> unitPrices = new ConcurrentHashMap<>();

  private CollectiveCostModel(
      Topology topology, Mesh mesh, AllToAllSchedule allToAll, ReductionSchedule reductions) {
    this.topology = topology;
    this.mesh = mesh;
    this.allToAll = allToAll;
    this.reductions = reductions;
    this.grid = new ChipGrid(topology);
  }

  /**
   * A cost model with direct all-to-alls and reductions by rings.
   *
   * @param topology the network
   * @param mesh a mesh with as many devices as the topology; its device order says where each one
   *     is
   * @return the cost model
   * @throws IllegalArgumentException if the numbers of devices differ
   */
  public static CollectiveCostModel of(Topology topology, Mesh mesh) {
    if (topology.devices() != mesh.size()) {
      throw new IllegalArgumentException(
          "price: the mesh must have the topology's number of devices, got "
              + mesh.size()
              + " in mesh "
              + mesh.notation()
              + " and "
              + topology);
    }
    return new CollectiveCostModel(
        topology, mesh, AllToAllSchedule.DIRECT, ReductionSchedule.RINGS);
  }

  /**
   * The same model with another schedule for all-to-alls.
   *
   * @param schedule the schedule
   * @return a cost model
   */
  public CollectiveCostModel with(AllToAllSchedule schedule) {
    return new CollectiveCostModel(topology, mesh, schedule, reductions);
  }

  /**
   * The same model with another schedule for reductions.
   *
   * @param schedule the schedule
   * @return a cost model
   */
  public CollectiveCostModel with(ReductionSchedule schedule) {
    return new CollectiveCostModel(topology, mesh, allToAll, schedule);
  }

  /**
   * The topology.
   *
   * @return the topology
   */
  public Topology topology() {
    return topology;
  }

  /**
   * The mesh.
   *
   * @return the mesh
   */
  public Mesh mesh() {
    return mesh;
  }

  /**
   * Prices a collective. The loads of one byte are kept, so that the next price for other bytes
   * takes almost no time.
   *
   * @param collective the collective; a ragged all-to-all with the counts of every device
   * @param bytes bytes of the operand of each device, at least 0. For a broadcast: of the root's
   *     operand; for a ragged all-to-all: of a row; for an exchange: of one index of its dimension
   * @return the price
   * @throws IllegalArgumentException if an axis or a member does not exist, bytes are negative,
   *     counts are missing, or two devices state different counts for the same rows
   */
  public CollectiveCost price(Collective collective, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(
          "price: bytes must be at least 0, got " + bytes + " for " + collective);
    }
    if (collective instanceof RaggedAllToAll ragged) {
      return price(ragged, bytes);
    }
    List<PhaseCost> phases =
        ofOneByte(collective).stream().map(phase -> phase.times(bytes)).toList();
    return new CollectiveCost(
        what(
            collective,
            CollectiveCost.bytes(bytes)
                + (collective instanceof Exchange ? " an index" : " a device")),
        phases);
  }

  private List<PhaseCost> ofOneByte(Collective collective) {
    Collective pattern = pattern(collective);
    List<PhaseCost> known = unitPrices.get(pattern);
    if (known != null) {
      return known;
    }
    List<PhaseCost> made = phasesOfOneByte(collective);
    if (unitPrices.size() < MOST_KEPT) {
      unitPrices.put(pattern, made);
    }
    return made;
  }

  /**
   * The collective without the attributes that do not change its price, so that few prices are
   * kept.
   */
  private static Collective pattern(Collective collective) {
    String[] axes = collective.axes().toArray(String[]::new);
    return switch (collective) {
      case AllToAll _ -> new AllToAll(0, 0, axes);
      case AllGather _ -> new AllGather(0, axes);
      case ReduceScatter _ -> new ReduceScatter(Reduction.SUM, 0, axes);
      case AllReduce _ -> new AllReduce(Reduction.SUM, axes);
      case Exchange(var _, int _, var from, var to) -> new Exchange(0, from, to, axes);
      case Permute other -> other;
      case RaggedAllToAll other -> other;
      case Broadcast other -> other;
      case Barrier other -> other;
    };
  }

  private String what(Collective collective, String size) {
    return collective + ", " + size + ", mesh " + mesh.notation() + " on " + topology.name();
  }

  private List<PhaseCost> phasesOfOneByte(Collective collective) {
    DeviceGroups groups = mesh.groups(collective.axes());
    check(collective, groups.size());
    checkParts(collective);
    List<PlacedGroup> placed = groups.size() == 1 ? List.of() : placed(groups);
    PhaseLoads phases = new PhaseLoads(topology, grid);
    boolean blocks = placed.stream().allMatch(PlacedGroup::block);
    ScatteredSchedule scattered = new ScatteredSchedule(phases, grid, topology);
    GroupSchedule schedule = blocks ? new BlockSchedule(phases, grid, allToAll) : scattered;
    for (PlacedGroup group : placed) {
      switch (collective) {
        case AllToAll _ -> schedule.allToAll(group, 1);
        case AllGather _ -> schedule.gather(group, 1);
        case ReduceScatter _ -> reduceScatter(schedule, group);
        case AllReduce _ -> allReduce(schedule, group);
        case Broadcast broadcast -> schedule.broadcast(group, broadcast.root(), 1);
        case Barrier _ -> schedule.barrier(group);
        case Permute permute ->
            permute
                .pairs()
                .forEach(
                    pair ->
                        scattered.send(
                            "collective-permute", group, pair.source(), pair.target(), 1));
        case Exchange exchange -> exchange(scattered, group, exchange);
        case RaggedAllToAll _ -> throw new IllegalStateException("priced by its rows");
      }
    }
    return phases.priced();
  }

  private static void exchange(ScatteredSchedule schedule, PlacedGroup group, Exchange exchange) {
    List<List<Collective.Interval>> intervals = exchange.intervals();
    for (int target = 0; target < intervals.size(); target++) {
      for (Collective.Interval interval : intervals.get(target)) {
        schedule.send("exchange", group, interval.source(), target, interval.length());
      }
    }
  }

  private void reduceScatter(GroupSchedule schedule, PlacedGroup group) {
    switch (reductions) {
      case RINGS -> schedule.reduceScatter(group, 1);
      case EXCHANGE -> schedule.allToAll(group, 1);
    }
  }

  private void allReduce(GroupSchedule schedule, PlacedGroup group) {
    switch (reductions) {
      case RINGS -> schedule.allReduce(group, 1);
      case EXCHANGE -> {
        schedule.allToAll(group, 1);
        schedule.gather(group, 1.0 / group.members());
      }
    }
  }

  private static void check(Collective collective, int members) {
    int most =
        switch (collective) {
          case Broadcast broadcast -> broadcast.root();
          case Permute permute ->
              permute.pairs().stream()
                  .mapToInt(pair -> Math.max(pair.source(), pair.target()))
                  .max()
                  .orElse(0);
          default -> 0;
        };
    if (most >= members) {
      throw new IllegalArgumentException(
          "price: members must be below "
              + members
              + ", the size of a group, got "
              + most
              + " in "
              + collective);
    }
  }

  private void checkParts(Collective collective) {
    if (collective instanceof Exchange exchange) {
      List<Integer> sizes = exchange.axes().stream().map(mesh::size).toList();
      if (!exchange.from().parts().equals(sizes)) {
        throw new IllegalArgumentException(
            "price: parts of the cuts must be the axes' sizes " + sizes + ", got " + exchange);
      }
    }
  }

  private List<PlacedGroup> placed(DeviceGroups groups) {
    List<PlacedGroup> placed = new ArrayList<>();
    for (int group = 0; group < groups.count(); group++) {
      int[] chips =
          IntStream.of(groups.devices(group))
              .map(device -> device / topology.devicesPerChip())
              .toArray();
      placed.add(PlacedGroup.of(chips, grid));
    }
    return placed;
  }

  /** The number of rows that one device sends to another. */
  @FunctionalInterface
  public interface Rows {
    /**
     * The rows of one pair.
     *
     * @param source a device of the mesh
     * @param target a device of the same group
     * @return at least 0
     */
    long between(int source, int target);
  }

  /**
   * Prices a ragged all-to-all with any counts: the rows of all pairs travel at the same time, each
   * on its route.
   *
   * @param collective its axes; without counts
   * @param rows the number of rows that each pair sends; called once for each pair
   * @param bytesPerRow bytes of a row, at least 0
   * @return the price
   * @throws IllegalArgumentException if an axis does not exist, a number is negative, or a group
   *     has more than 2^14 members
   */
  public CollectiveCost price(RaggedAllToAll collective, Rows rows, long bytesPerRow) {
    DeviceGroups groups = mesh.groups(collective.axes());
    ScatteredSchedule.checkMembers(groups.size());
    if (bytesPerRow < 0) {
      throw new IllegalArgumentException(
          "price: bytes a row must be at least 0, got " + bytesPerRow + " for " + collective);
    }
    PhaseLoads phases = new PhaseLoads(topology, grid);
    ScatteredSchedule schedule = new ScatteredSchedule(phases, grid, topology);
    List<PlacedGroup> placed = placed(groups);
    for (int i = 0; i < groups.count() && groups.size() > 1; i++) {
      int[] devices = groups.devices(i);
      schedule.pairs(
          placed.get(i),
          (from, to) -> (double) checked(rows, devices[from], devices[to]) * bytesPerRow);
    }
    return new CollectiveCost(
        what(collective, CollectiveCost.bytes(bytesPerRow) + " a row"), phases.priced());
  }

  private static long checked(Rows rows, int source, int target) {
    long count = rows.between(source, target);
    if (count < 0) {
      throw new IllegalArgumentException(
          "price: rows must be at least 0, got "
              + count
              + " from device "
              + source
              + " to device "
              + target);
    }
    return count;
  }

  /** The price for the counts of the collective. */
  private CollectiveCost price(RaggedAllToAll collective, long bytesPerRow) {
    DeviceGroups groups = mesh.groups(collective.axes());
    List<RaggedCounts> counts = collective.counts();
    if (counts.size() != mesh.size()) {
      throw new IllegalArgumentException(
          "price: a ragged all-to-all must have the counts of all "
              + mesh.size()
              + " devices, got "
              + counts.size()
              + "; or use price(collective, rows, bytesPerRow)");
    }
    for (RaggedCounts each : counts) {
      if (each.members() != groups.size()) {
        throw new IllegalArgumentException(
            "price: counts must be for " + groups.size() + " members, got " + each);
      }
    }
    return price(
        collective, (source, target) -> agreed(groups, counts, source, target), bytesPerRow);
  }

  private static long agreed(
      DeviceGroups groups, List<RaggedCounts> counts, int source, int target) {
    long sent = counts.get(source).send(groups.memberOf(target));
    long received = counts.get(target).receive(groups.memberOf(source));
    if (sent != received) {
      throw new IllegalArgumentException(
          "price: counts must fit together, got device "
              + source
              + " sending "
              + sent
              + " rows to device "
              + target
              + ", which receives "
              + received);
    }
    return sent;
  }
}
