package io.github.shardsum.internal.topology;

import io.github.shardsum.topology.Interconnect;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Loads of the links of a line under a pattern of traffic in which each message is one unit. Groups
 * with the same coordinates share one object. Not thread-safe.
 */
public final class LoadProfiles {
  public enum Pattern {
    ALL_TO_ALL,
    GATHER,
    REDUCE
  }

  private record Key(Pattern pattern, int axis, List<Integer> coordinates) {}

  private final ChipGrid grid;
  private final Map<Key, LineLoads> known = new HashMap<>();

  public LoadProfiles(ChipGrid grid) {
    this.grid = grid;
  }

  /**
   * Loads of a line for a pattern of messages of one unit. Each member sends one unit to each other
   * member, sends the same unit to all, or receives the sum of one unit from each.
   */
  public LineLoads of(Pattern pattern, int axis, int[] coordinates) {
    Key key = new Key(pattern, axis, IntStream.of(coordinates).boxed().toList());
    return known.computeIfAbsent(key, _ -> compute(pattern, axis, coordinates));
  }

  private LineLoads compute(Pattern pattern, int axis, int[] coordinates) {
    return switch (pattern) {
      case ALL_TO_ALL -> allToAll(axis, coordinates);
      case GATHER -> gather(axis, coordinates);
      // A bus cannot add: each operand travels over it, as in an all-to-all.
      case REDUCE ->
          grid.axis(axis).interconnect() == Interconnect.BUS
              ? allToAll(axis, coordinates)
              : gather(axis, coordinates).reversed();
    };
  }

  private LineLoads allToAll(int axis, int[] coordinates) {
    LineLoads loads = empty(axis);
    for (int from : coordinates) {
      for (int to : coordinates) {
        loads.route(from, to, 1);
      }
    }
    return loads;
  }

  private LineLoads gather(int axis, int[] coordinates) {
    LineLoads loads = empty(axis);
    for (int from : coordinates) {
      loads.multicast(from, coordinates, 1);
    }
    return loads;
  }

  private LineLoads empty(int axis) {
    return new LineLoads(grid.size(axis), grid.axis(axis).interconnect());
  }

  /** The longest way between two of the coordinates, which are ascending. */
  public int hops(int axis, int[] coordinates) {
    int size = grid.size(axis);
    int last = coordinates[coordinates.length - 1];
    return switch (grid.axis(axis).interconnect()) {
      case LINE -> last - coordinates[0];
      case RING -> aroundHops(coordinates, size);
      case SWITCH, BUS -> last == coordinates[0] ? 0 : 1;
    };
  }

  /**
   * Around a ring, the coordinate farthest from another is one of the two nearest to the opposite
   * point.
   */
  private static int aroundHops(int[] coordinates, int size) {
    int hops = 0;
    int other = 0;
    for (int i = 0; i < coordinates.length && hops < size / 2; i++) {
      while (other + 1 < coordinates.length && coordinates[other] - coordinates[i] < size / 2) {
        other++;
      }
      hops = Math.max(hops, Interconnect.RING.hops(size, coordinates[i], coordinates[other]));
      int before = coordinates[Math.max(i, other - 1)];
      hops = Math.max(hops, Interconnect.RING.hops(size, coordinates[i], before));
    }
    return hops;
  }
}
