package io.github.shardsum.internal.collective;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.mesh.Cut;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/** Checks and texts that the operations of {@link Collective} share. */
public final class CollectiveChecks {
  private CollectiveChecks() {}

  public static List<String> list(String... axes) {
    return Arrays.asList(Objects.requireNonNull(axes, "axes"));
  }

  public static List<String> distinct(List<String> axes) {
    Objects.requireNonNull(axes, "axes").forEach(axis -> Objects.requireNonNull(axis, "axis"));
    if (new HashSet<>(axes).size() != axes.size()) {
      throw new IllegalArgumentException("collective: each axis must be named once, got " + axes);
    }
    return List.copyOf(axes);
  }

  public static List<RaggedCounts> counts(List<RaggedCounts> counts) {
    Objects.requireNonNull(counts, "counts");
    for (int index = 0; index < counts.size(); index++) {
      Objects.requireNonNull(counts.get(index), "counts of device " + index);
    }
    return List.copyOf(counts);
  }

  public static void checkDim(int dim) {
    if (dim < 0) {
      throw new IllegalArgumentException("collective: a dimension must be at least 0, got " + dim);
    }
  }

  public static void checkTotal(OptionalLong total) {
    if (total.isPresent() && total.getAsLong() < 0) {
      throw new IllegalArgumentException(
          "collective: the total must be at least 0, got " + total.getAsLong());
    }
  }

  public static String text(OptionalLong total) {
    return total.isPresent() ? " total " + total.getAsLong() : "";
  }

  public static String in(Order order) {
    return switch (order) {
      case TREE -> "";
      case INDEX -> " in order";
      case ANY -> " in any order";
    };
  }

  /** As in {@code over x.y}. */
  public static String over(List<String> axes) {
    return axes.isEmpty() ? " over no axis" : " over " + String.join(".", axes);
  }

  /** For each member of an exchange the intervals that it receives, with their senders. */
  public static List<List<Collective.Interval>> intervals(Cut from, Cut to) {
    int members = from.count();
    int[] holders = new int[members];
    long[] starts = new long[members];
    long[] ends = new long[members];
    int count = 0;
    for (int member = 0; member < members; member++) {
      long start = from.start(member);
      long end = from.end(member);
      if (start < end) {
        holders[count] = member;
        starts[count] = start;
        ends[count++] = end;
      }
    }
    List<List<Collective.Interval>> received = new ArrayList<>(members);
    for (int target = 0; target < members; target++) {
      List<Collective.Interval> own = new ArrayList<>();
      long at = to.start(target);
      long end = to.end(target);
      int self = Arrays.binarySearch(holders, 0, count, target);
      while (at < end) {
        // Intervals ascend, so the last that begins at or before the index also reaches furthest.
        int place = last(starts, count, at);
        if (place < 0 || ends[place] <= at) {
          throw new IllegalArgumentException(
              "exchange: every index must be held by a member, got index "
                  + at
                  + " for member "
                  + target
                  + " from "
                  + from
                  + " to "
                  + to);
        }
        boolean mine = self >= 0 && starts[self] <= at && at < ends[self];
        long until = Math.min(end, mine ? ends[self] : ends[place]);
        if (!mine && self >= 0 && at < starts[self]) {
          until = Math.min(until, starts[self]);
        }
        own.add(new Collective.Interval(mine ? target : holders[place], at, until));
        at = until;
      }
      received.add(List.copyOf(own));
    }
    return List.copyOf(received);
  }

  /** The last interval that begins at or before an index, or -1. */
  private static int last(long[] starts, int count, long index) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts[middle] <= index) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
