package io.github.shardsum.internal.assign;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.internal.assign.ReducibleNode.Item;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The points of time at which memory is limited, reduced step by step. Bytes that all strategies of
 * a node use are subtracted from the limit, so each point has a limit of its own.
 */
final class MemoryTimeline {
  /** A round is the last one if it removes at most one in this many points. */
  private static final int WORTH = 20;

  private static final long[] NOTHING = {};

  /** Starts of intervals in the problem: usage is largest at one of them. */
  private final long[] starts;

  private long[] limit;

  /**
   * The present index of each point that existed at the last {@link #mark}. A point that was
   * removed since then has the index of the next kept point.
   */
  private int[] moved;

  MemoryTimeline(AssignmentProblem problem) {
    long[] all = new long[problem.nodes()];
    int count = 0;
    for (int node = 0; node < all.length; node++) {
      if (problem.from(node) < problem.to(node)) {
        all[count++] = problem.from(node);
      }
    }
    starts = Arrays.stream(all, 0, count).sorted().distinct().toArray();
    limit = new long[starts.length];
    Arrays.fill(limit, problem.limit());
    moved = new int[0];
    mark();
  }

  /** Returns the first point that is not before a time of the problem. */
  int pointAt(long time) {
    int found = Arrays.binarySearch(starts, time);
    return found >= 0 ? found : -found - 1;
  }

  int points() {
    return limit.length;
  }

  long limit(int point) {
    return limit[point];
  }

  /** Begins to record the new index of each point. */
  void mark() {
    moved = new int[limit.length];
    Arrays.setAll(moved, point -> point);
  }

  int movedTo(int point) {
    return moved[point];
  }

  int marked() {
    return moved.length;
  }

  void take(int lo, int hi, long amount) {
    for (int point = lo; point < hi; point++) {
      limit[point] -= amount;
    }
  }

  /**
   * Drops points that others imply, and returns whether that may allow further reductions of the
   * graph.
   */
  boolean compress(Presolve graph) {
    int before = points();
    boolean more = false;
    boolean again = true;
    while (again && !graph.infeasible) {
      int round = points();
      more |= cut(graph);
      if (graph.infeasible) {
        return false;
      }
      more |= drop(graph, reachable(graph));
      more |= drop(graph, notImplied(graph, true));
      more |= drop(graph, notImplied(graph, false));
      again = round - points() > round / WORTH;
    }
    return more || before - points() > before / WORTH;
  }

  /**
   * Cuts the items of each node into disjoint pieces, without the bytes that all strategies use.
   */
  private boolean cut(Presolve graph) {
    boolean more = false;
    for (ReducibleNode node : graph.nodes) {
      if (!node.gone && !node.items.isEmpty()) {
        node.items = pieces(node);
        more |= isFreed(graph, node);
      }
    }
    for (long left : limit) {
      graph.infeasible |= left < 0;
    }
    boolean pruned = prune(graph);
    return more || pruned;
  }

  private static boolean isFreed(Presolve graph, ReducibleNode node) {
    if (node.items.isEmpty()) {
      graph.touch(node);
      return true;
    }
    return false;
  }

  private List<Item> pieces(ReducibleNode node) {
    int count = node.items.size();
    long[] events = new long[2 * count];
    for (int index = 0; index < count; index++) {
      events[2 * index] = (long) node.items.get(index).lo() << 32 | index;
      events[2 * index + 1] = (long) node.items.get(index).hi() << 32 | index;
    }
    Arrays.sort(events);
    List<Item> pieces = new ArrayList<>(count);
    long[] now = new long[node.size()];
    boolean[] begun = new boolean[count];
    int at = 0;
    for (int event = 0; event < events.length; event++) {
      int point = (int) (events[event] >>> 32);
      if (point > at) {
        append(pieces, at, point, now);
        at = point;
      }
      int index = (int) events[event];
      long[] use = node.items.get(index).use();
      for (int strategy = 0; strategy < now.length; strategy++) {
        now[strategy] += begun[index] ? -use[strategy] : use[strategy];
      }
      begun[index] = true;
    }
    return pieces;
  }

  private void append(List<Item> pieces, int lo, int hi, long[] use) {
    long least = Long.MAX_VALUE;
    long most = 0;
    for (long one : use) {
      least = Math.min(least, one);
      most = Math.max(most, one);
    }
    if (least > 0) {
      take(lo, hi, least);
    }
    if (most == least) {
      return;
    }
    long[] above = new long[use.length];
    for (int strategy = 0; strategy < use.length; strategy++) {
      above[strategy] = use[strategy] - least;
    }
    Item last = pieces.isEmpty() ? null : pieces.getLast();
    if (last != null && last.hi() == lo && Arrays.equals(last.use(), above)) {
      pieces.set(pieces.size() - 1, new Item(last.lo(), hi, last.use()));
    } else {
      pieces.add(new Item(lo, hi, above));
    }
  }

  /** Removes strategies that exceed the limit even if all other nodes use the least memory. */
  private boolean prune(Presolve graph) {
    if (graph.infeasible || limit.length == 0) {
      return false;
    }
    RangeMinimum least = new RangeMinimum(limit);
    boolean any = false;
    for (ReducibleNode node : graph.nodes) {
      if (!node.gone && !node.items.isEmpty() && !graph.infeasible) {
        any |= prune(graph, node, least);
      }
    }
    return any;
  }

  private static boolean prune(Presolve graph, ReducibleNode node, RangeMinimum least) {
    boolean[] over = new boolean[node.size()];
    for (Item item : node.items) {
      long room = least.of(item.lo(), item.hi());
      for (int strategy = 0; strategy < over.length; strategy++) {
        over[strategy] |= item.use()[strategy] > room;
      }
    }
    int[] kept = new int[over.length];
    int count = 0;
    for (int strategy = 0; strategy < over.length; strategy++) {
      if (!over[strategy]) {
        kept[count++] = strategy;
      }
    }
    if (count == over.length) {
      return false;
    }
    graph.keep(node, Arrays.copyOf(kept, count));
    return true;
  }

  /** Points at which the largest usages exceed the limit. */
  private boolean[] reachable(Presolve graph) {
    long[] sum = new long[points() + 1];
    for (ReducibleNode node : graph.nodes) {
      for (Item item : node.items) {
        long most = 0;
        for (long use : item.use()) {
          most = Math.max(most, use);
        }
        sum[item.lo()] += most;
        sum[item.hi()] -= most;
      }
    }
    boolean[] kept = new boolean[points()];
    long now = 0;
    for (int point = 0; point < kept.length; point++) {
      now += sum[point];
      kept[point] = now > limit[point];
    }
    return kept;
  }

  /** Points that neither the next nor the previous point implies. */
  private boolean[] notImplied(Presolve graph, boolean byNext) {
    // For each point, a bound of the change of usage from this point to the next: the least or the
    // largest change.
    long[] change = new long[points() + 1];
    for (ReducibleNode node : graph.nodes) {
      int end = 0;
      long[] before = NOTHING;
      for (Item item : node.items) {
        if (before.length > 0 && end < item.lo()) {
          change[end] += bound(before, NOTHING, byNext);
          before = NOTHING;
        }
        change[item.lo()] += bound(before, item.use(), byNext);
        before = item.use();
        end = item.hi();
      }
      if (before.length > 0) {
        change[end] += bound(before, NOTHING, byNext);
      }
    }
    boolean[] kept = new boolean[points()];
    Arrays.fill(kept, true);
    for (int point = 0; point + 1 < kept.length; point++) {
      long room = limit[point + 1] - limit[point];
      if (byNext) {
        kept[point] = change[point + 1] < room;
      } else {
        kept[point + 1] = change[point + 1] > room;
      }
    }
    return kept;
  }

  private static long bound(long[] before, long[] after, boolean least) {
    int size = Math.max(before.length, after.length);
    long bound = least ? Long.MAX_VALUE : Long.MIN_VALUE;
    for (int strategy = 0; strategy < size; strategy++) {
      long change =
          (after.length == 0 ? 0 : after[strategy]) - (before.length == 0 ? 0 : before[strategy]);
      bound = least ? Math.min(bound, change) : Math.max(bound, change);
    }
    return bound;
  }

  private boolean drop(Presolve graph, boolean[] kept) {
    int[] index = new int[kept.length + 1];
    for (int point = 0; point < kept.length; point++) {
      index[point + 1] = index[point] + (kept[point] ? 1 : 0);
    }
    int left = index[kept.length];
    if (left == kept.length) {
      return false;
    }
    long[] fewer = new long[left];
    for (int point = 0; point < kept.length; point++) {
      if (kept[point]) {
        fewer[index[point]] = limit[point];
      }
    }
    limit = fewer;
    Arrays.setAll(moved, point -> moved[point] < 0 ? -1 : Math.min(index[moved[point]], left - 1));
    boolean more = false;
    for (ReducibleNode node : graph.nodes) {
      if (!node.gone && !node.items.isEmpty()) {
        int count = node.items.size();
        List<Item> items = new ArrayList<>(count);
        for (Item item : node.items) {
          if (index[item.lo()] < index[item.hi()]) {
            items.add(new Item(index[item.lo()], index[item.hi()], item.use()));
          }
        }
        node.items = items;
        if (items.size() < count) {
          node.changed = true;
          more |= isFreed(graph, node);
        }
      }
    }
    return more;
  }

  /** The least number of a range, by a table of powers of two. */
  private static final class RangeMinimum {
    private final long[][] table;

    RangeMinimum(long[] numbers) {
      int levels = 64 - Long.numberOfLeadingZeros(numbers.length);
      table = new long[levels][];
      table[0] = numbers;
      for (int level = 1; level < levels; level++) {
        int half = 1 << (level - 1);
        long[] below = table[level - 1];
        long[] here = new long[numbers.length - 2 * half + 1];
        Arrays.setAll(here, at -> Math.min(below[at], below[at + half]));
        table[level] = here;
      }
    }

    long of(int lo, int hi) {
      int level = 31 - Integer.numberOfLeadingZeros(hi - lo);
      return Math.min(table[level][lo], table[level][hi - (1 << level)]);
    }
  }
}
