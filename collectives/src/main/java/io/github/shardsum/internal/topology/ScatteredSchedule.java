package io.github.shardsum.internal.topology;

import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Schedules for groups of any placement, message by message. An all-to-all uses all pairs; other
 * collectives use a ring of the members in their order, with half of the bytes in each direction.
 */
public final class ScatteredSchedule implements GroupSchedule {
  /** Pricing all pairs of more members than this would take minutes. */
  private static final int MOST_MEMBERS = 1 << 14;

  private final PhaseLoads phases;
  private final ChipGrid grid;
  private final Topology topology;

  public ScatteredSchedule(PhaseLoads phases, ChipGrid grid, Topology topology) {
    this.phases = phases;
    this.grid = grid;
    this.topology = topology;
  }

  public static void checkMembers(int members) {
    if (members > MOST_MEMBERS) {
      throw new IllegalArgumentException(
          "price: groups that do not fill a block of chips, or have given counts, are"
              + " priced pair by pair; their members must be at most "
              + MOST_MEMBERS
              + ", got "
              + members);
    }
  }

  @Override
  public void allToAll(PlacedGroup group, double bytes) {
    int members = group.members();
    checkMembers(members);
    pairs(group, (from, to) -> bytes / members);
  }

  /** Bytes from member to member. */
  @FunctionalInterface
  public interface PairBytes {
    double of(int from, int to);
  }

  /**
   * Sends the bytes of every pair at the same time; the bytes between two chips are one message.
   */
  public void pairs(PlacedGroup group, PairBytes bytes) {
    int[] chips = group.chips();
    LinkLoads links = phases.links("all-to-all", hops(group), hostHops(group));
    Map<Integer, int[]> members = new TreeMap<>();
    for (int member = 0; member < chips.length; member++) {
      members.merge(chips[member], new int[] {member}, ScatteredSchedule::concat);
    }
    members.forEach(
        (from, sources) ->
            members.forEach(
                (to, targets) -> {
                  double count = from.equals(to) ? 0 : sum(sources, targets, bytes);
                  if (count > 0) {
                    links.route(from, to, count);
                  }
                }));
  }

  private static int[] concat(int[] some, int[] others) {
    return IntStream.concat(IntStream.of(some), IntStream.of(others)).toArray();
  }

  private static double sum(int[] sources, int[] targets, PairBytes bytes) {
    double sum = 0;
    for (int from : sources) {
      for (int to : targets) {
        sum += bytes.of(from, to);
      }
    }
    return sum;
  }

  /** Hops of the longest way: between the farthest ends possible. */
  private int hops(PlacedGroup group) {
    return phases.hops(group);
  }

  private static int hostHops(PlacedGroup group) {
    return group.hosts().length > 1 ? 1 : 0;
  }

  @Override
  public void gather(PlacedGroup group, double bytes) {
    int members = group.members();
    ring("all-gather, ring of members", group, (members - 1) * bytes, members / 2);
  }

  @Override
  public void reduceScatter(PlacedGroup group, double bytes) {
    int members = group.members();
    double passed = bytes * (members - 1) / members;
    ring("reduce-scatter, ring of members", group, passed, members / 2);
  }

  @Override
  public void allReduce(PlacedGroup group, double bytes) {
    reduceScatter(group, bytes);
    gather(group, bytes / group.members());
  }

  @Override
  public void broadcast(PlacedGroup group, int root, double bytes) {
    int members = group.members();
    ring("broadcast, ring of members", group, bytes, members / 2);
  }

  @Override
  public void barrier(PlacedGroup group) {
    if (hops(group) + hostHops(group) > 0) {
      phases.links("barrier", 2 * hops(group), 2 * hostHops(group));
    }
  }

  /** Sends half of the bytes from each member to the next, and half to the previous one. */
  private void ring(String name, PlacedGroup group, double bytes, int rounds) {
    int[] chips = group.chips();
    int most = 0;
    boolean leaves = false;
    LinkLoads links = phases.links(name, 0, 0);
    for (int member = 0; member < chips.length; member++) {
      int here = chips[member];
      int next = chips[(member + 1) % chips.length];
      if (here != next) {
        links.route(here, next, bytes / 2);
        links.route(next, here, bytes / 2);
        leaves |= grid.host(here) != grid.host(next);
        most = Math.max(most, grid.host(here) == grid.host(next) ? hops(here, next) : 0);
      }
    }
    phases.links(name, most * rounds, leaves ? rounds : 0);
  }

  private int hops(int from, int to) {
    int hops = 0;
    for (int axis = 0; axis < grid.rank(); axis++) {
      TopologyAxis along = topology.axes().get(axis);
      hops +=
          along
              .interconnect()
              .hops(along.size(), grid.coordinate(from, axis), grid.coordinate(to, axis));
    }
    return hops;
  }

  /** Sends one member's operand to another, at the same time as others. */
  public void send(String name, PlacedGroup group, int source, int target, double bytes) {
    int from = group.chips()[source];
    int to = group.chips()[target];
    if (from != to) {
      boolean inside = grid.host(from) == grid.host(to);
      phases.links(name, inside ? hops(from, to) : 0, inside ? 0 : 1).route(from, to, bytes);
    }
  }
}
