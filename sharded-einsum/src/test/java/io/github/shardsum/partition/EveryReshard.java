package io.github.shardsum.partition;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The least that any sequence of collectives receives between all layouts of a value, by trying
 * every pair of layouts for one collective and joining pairs until nothing gets cheaper. Shares
 * nothing with the planner but layouts and boxes.
 */
final class EveryReshard {
  private final Mesh mesh;
  private final Shape shape;
  private final List<String> labels;
  private final List<Layout> layouts = new ArrayList<>();
  private final double[][] one;

  /** All layouts whose partial axes are among some, of which others never change. */
  EveryReshard(Mesh mesh, List<String> labels, Shape shape, Set<String> mayBePartial) {
    this.mesh = mesh;
    this.shape = shape;
    this.labels = labels;
    List<List<String>> dims = new ArrayList<>();
    labels.forEach(_ -> dims.add(new ArrayList<>()));
    enumerate(0, dims, new ArrayList<>(), mayBePartial);
    one = new double[layouts.size()][layouts.size()];
    for (int from = 0; from < one.length; from++) {
      for (int to = 0; to < one.length; to++) {
        one[from][to] = from == to ? 0 : collective(layouts.get(from), layouts.get(to));
      }
    }
  }

  private void enumerate(
      int axis, List<List<String>> dims, List<String> partial, Set<String> mayBePartial) {
    if (axis == mesh.axisNames().size()) {
      List<Axis> axes = new ArrayList<>();
      for (int dim = 0; dim < dims.size(); dim++) {
        axes.add(new Axis(labels.get(dim), List.copyOf(dims.get(dim))));
      }
      layouts.add(new Layout(mesh, new Term(axes, List.copyOf(partial))));
      return;
    }
    String name = mesh.axisNames().get(axis);
    enumerate(axis + 1, dims, partial, mayBePartial);
    if (mayBePartial.contains(name)) {
      partial.add(name);
      enumerate(axis + 1, dims, partial, mayBePartial);
      partial.removeLast();
    }
    for (List<String> dim : dims) {
      for (int place = 0; place <= dim.size(); place++) {
        dim.add(place, name);
        enumerate(axis + 1, dims, partial, mayBePartial);
        dim.remove(place);
      }
    }
  }

  List<Layout> layouts() {
    return layouts;
  }

  int place(Layout layout) {
    return layouts.indexOf(layout);
  }

  /**
   * The least that is received on the way from each layout to one.
   *
   * @param goal the layout's place
   * @return a number for each layout, infinity if there is no way
   */
  double[] to(int goal) {
    double[] all = new double[one.length];
    boolean isWhole = isWhole(layouts.get(goal));
    double[] least = relaxed(goal, isWhole);
    double[] ofWhole = isWhole ? least : relaxed(goal, true);
    for (int from = 0; from < all.length; from++) {
      all[from] = (isWhole(layouts.get(from)) ? ofWhole : least)[from];
    }
    return all;
  }

  /** Ways on which a device may hold the whole value, or none that does but the goal. */
  private double[] relaxed(int goal, boolean mayBeWhole) {
    double[] least = new double[one.length];
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    least[goal] = 0;
    Set<String> kept = new HashSet<>(layouts.get(goal).partial());
    boolean isChanged = true;
    while (isChanged) {
      isChanged = false;
      for (int from = 0; from < one.length; from++) {
        for (int to = 0; to < one.length; to++) {
          double way = price(from, to, kept) + least[to];
          boolean isOpen = to == goal || mayBeWhole || !isWhole(layouts.get(to));
          if (isOpen && way < least[from]) {
            least[from] = way;
            isChanged = true;
          }
        }
      }
    }
    return least;
  }

  /**
   * Axes that the goal is partial over stay so; before all others are summed only sums are legal.
   */
  private double price(int from, int to, Set<String> kept) {
    Layout before = layouts.get(from);
    Layout after = layouts.get(to);
    boolean isKept = before.partial().containsAll(kept) && after.partial().containsAll(kept);
    boolean isSum = before.partial().size() > after.partial().size() || isSlice(before, after);
    return isKept && (isSum || kept.containsAll(before.partial()))
        ? one[from][to]
        : Double.POSITIVE_INFINITY;
  }

  private boolean isWhole(Layout layout) {
    return largest(layout) == shape.elementCount();
  }

  private long largest(Layout layout) {
    return IntStream.range(0, mesh.size())
        .mapToLong(device -> layout.box(shape, device).shape().elementCount())
        .max()
        .orElseThrow();
  }

  private static List<List<String>> dims(Layout layout) {
    return IntStream.range(0, layout.rank()).mapToObj(layout::axes).toList();
  }

  /**
   * Elements that one collective receives on the busiest device; infinity if no collective makes
   * this change.
   */
  private double collective(Layout from, Layout to) {
    if (!from.partial().containsAll(to.partial())) {
      return Double.POSITIVE_INFINITY;
    }
    if (from.partial().size() > to.partial().size()) {
      return sum(from, to);
    }
    if (isSlice(from, to)) {
      return 0;
    }
    if (isGather(from, to) || isAllToAll(from, to) || isReordered(from, to)) {
      return lacking(from, to);
    }
    return cutsAlike(from, to) ? permuted(from, to) : Double.POSITIVE_INFINITY;
  }

  private double sum(Layout from, Layout to) {
    Set<String> summed = new HashSet<>(from.partial());
    to.partial().forEach(summed::remove);
    int group = summed.stream().mapToInt(mesh::size).reduce(1, (a, b) -> a * b);
    if (dims(from).equals(dims(to))) {
      return Math.ceil(2.0 * (group - 1) * largest(from) / group);
    }
    for (int dim = 0; dim < from.rank(); dim++) {
      List<String> more = tail(from.axes(dim), to.axes(dim));
      if (new HashSet<>(more).equals(summed) && isSameBut(from, to, Set.of(dim))) {
        return (double) (group - 1) * largest(to);
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  /** The rest of a list behind its head; empty if the list does not begin with the head. */
  private static List<String> tail(List<String> head, List<String> all) {
    return all.size() > head.size() && all.subList(0, head.size()).equals(head)
        ? all.subList(head.size(), all.size())
        : List.of();
  }

  private static boolean isSameBut(Layout from, Layout to, Set<Integer> dims) {
    return IntStream.range(0, from.rank())
        .allMatch(dim -> dims.contains(dim) || from.axes(dim).equals(to.axes(dim)));
  }

  private static boolean isSlice(Layout from, Layout to) {
    return from.partial().equals(to.partial())
        && IntStream.range(0, from.rank())
            .allMatch(
                dim ->
                    from.axes(dim).equals(to.axes(dim))
                        || !tail(from.axes(dim), to.axes(dim)).isEmpty());
  }

  private static boolean isGather(Layout from, Layout to) {
    return IntStream.range(0, from.rank())
        .anyMatch(
            dim ->
                !tail(to.axes(dim), from.axes(dim)).isEmpty() && isSameBut(from, to, Set.of(dim)));
  }

  private static boolean isAllToAll(Layout from, Layout to) {
    for (int one = 0; one < from.rank(); one++) {
      for (int other = 0; other < from.rank(); other++) {
        List<String> moved = tail(to.axes(one), from.axes(one));
        if (one != other
            && !moved.isEmpty()
            && moved.equals(tail(from.axes(other), to.axes(other)))
            && isSameBut(from, to, Set.of(one, other))) {
          return true;
        }
      }
    }
    return false;
  }

  /** One label with the same axes in another order, whose parts are not the same. */
  private boolean isReordered(Layout from, Layout to) {
    return IntStream.range(0, from.rank())
        .anyMatch(
            dim ->
                !from.axes(dim).equals(to.axes(dim))
                    && new HashSet<>(from.axes(dim)).equals(new HashSet<>(to.axes(dim)))
                    && isSameBut(from, to, Set.of(dim))
                    && !cutsAlike(from, to));
  }

  /** Whether the parts of every label are the same, whoever has them. */
  private boolean cutsAlike(Layout from, Layout to) {
    return IntStream.range(0, from.rank())
        .allMatch(
            dim -> {
              long size = shape.size(dim);
              int parts = from.cut(dim, size).count();
              return parts == to.cut(dim, size).count()
                  && IntStream.range(0, parts)
                      .allMatch(
                          part ->
                              from.cut(dim, size).start(part) == to.cut(dim, size).start(part)
                                  && from.cut(dim, size).end(part) == to.cut(dim, size).end(part));
            });
  }

  /** Blocks that change places: the largest that a device gets which did not have that part. */
  private double permuted(Layout from, Layout to) {
    long most = 0;
    for (int device = 0; device < mesh.size(); device++) {
      int at = device;
      boolean had =
          IntStream.range(0, from.rank()).allMatch(dim -> from.part(dim, at) == to.part(dim, at));
      most = had ? most : Math.max(most, to.box(shape, device).shape().elementCount());
    }
    return most;
  }

  /** Elements of its block afterwards that the worst device does not have before. */
  private double lacking(Layout from, Layout to) {
    long most = 0;
    for (int device = 0; device < mesh.size(); device++) {
      long wanted = 1;
      long had = 1;
      for (int dim = 0; dim < from.rank(); dim++) {
        long size = shape.size(dim);
        int old = from.part(dim, device);
        int now = to.part(dim, device);
        long start = to.cut(dim, size).start(now);
        long end = to.cut(dim, size).end(now);
        wanted *= end - start;
        long first = Math.max(start, from.cut(dim, size).start(old));
        long last = Math.min(end, from.cut(dim, size).end(old));
        had *= Math.max(0, last - first);
      }
      most = Math.max(most, wanted - had);
    }
    return most;
  }
}
