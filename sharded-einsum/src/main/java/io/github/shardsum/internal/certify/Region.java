package io.github.shardsum.internal.certify;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which terms of a sum a device has added up: disjoint boxes in the space of what is summed over,
 * the indices of contracted labels and the numbers of addends that were given. A value that is no
 * sum has the space of no dimension, and that is complete.
 *
 * @param space the size of each dimension, by name
 * @param boxes disjoint and not empty, as intervals in the order of the names
 */
record Region(Map<String, Long> space, List<List<Interval>> boxes) {
  /** Of a value of which nothing is left to be added. */
  static final Region COMPLETE = new Region(Map.of(), List.of(List.of()));

  private static final Comparator<List<Interval>> BY_STARTS =
      (a, b) -> {
        for (int i = 0; i < a.size(); i++) {
          int order = Long.compare(a.get(i).from(), b.get(i).from());
          if (order != 0) {
            return order;
          }
        }
        return 0;
      };

  Region {
    space = new TreeMap<>(space);
    boxes = List.copyOf(boxes);
  }

  /** The terms of one dimension in an interval. */
  static Region of(String name, long size, Interval interval) {
    return new Region(
        Map.of(name, size), interval.isEmpty() ? List.of() : List.of(List.of(interval)));
  }

  /** Whether there is no term at all: zeros, which may be added to themselves. */
  boolean isNothing() {
    return space.values().stream().anyMatch(size -> size == 0);
  }

  boolean isComplete() {
    if (isNothing()) {
      return true;
    }
    return boxes.equals(List.of(space.values().stream().map(Interval::all).toList()));
  }

  /** Of a product: every term by every term. Empty if both are sums over the same. */
  Optional<Region> times(Region other) {
    Map<String, Long> joined = new TreeMap<>(space);
    joined.putAll(other.space);
    if (joined.size() < space.size() + other.space.size()) {
      return Optional.empty();
    }
    List<List<Interval>> product = new ArrayList<>();
    for (List<Interval> a : boxes) {
      for (List<Interval> b : other.boxes) {
        Map<String, Interval> box = new TreeMap<>();
        put(box, space, a);
        put(box, other.space, b);
        product.add(List.copyOf(box.values()));
      }
    }
    return Optional.of(new Region(joined, product));
  }

  private static void put(Map<String, Interval> box, Map<String, Long> space, List<Interval> of) {
    int i = 0;
    for (String name : space.keySet()) {
      box.put(name, of.get(i++));
    }
  }

  /**
   * Of the sum of all; empty if a term is in two of them, or they are sums over different things.
   */
  static Optional<Region> sum(List<Region> addends) {
    Region first = addends.getFirst();
    List<List<Interval>> boxes = new ArrayList<>();
    for (Region addend : addends) {
      if (!addend.space.equals(first.space)) {
        return Optional.empty();
      }
      boxes.addAll(addend.boxes);
    }
    return merged(boxes, first.space.size()).map(all -> new Region(first.space, all));
  }

  /** Joins boxes that meet; empty if two overlap. */
  private static Optional<List<List<Interval>>> merged(List<List<Interval>> boxes, int rank) {
    List<List<Interval>> all = boxes;
    if (rank == 0) {
      return all.size() > 1 ? Optional.empty() : Optional.of(all);
    }
    int before = Integer.MAX_VALUE;
    while (all.size() < before) {
      before = all.size();
      for (int dim = 0; dim < rank; dim++) {
        Optional<List<List<Interval>>> joined = joined(all, dim);
        if (joined.isEmpty()) {
          return joined;
        }
        all = joined.get();
      }
    }
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        if (overlap(all.get(i), all.get(j))) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(all.stream().sorted(BY_STARTS).toList());
  }

  /** Joins boxes that are equal but for one dimension, in which they lie side by side. */
  private static Optional<List<List<Interval>>> joined(List<List<Interval>> boxes, int dim) {
    Map<List<Interval>, List<Interval>> lines = new HashMap<>();
    for (List<Interval> box : boxes) {
      List<Interval> rest = new ArrayList<>(box);
      Interval own = rest.remove(dim);
      lines.computeIfAbsent(rest, _ -> new ArrayList<>()).add(own);
    }
    List<List<Interval>> result = new ArrayList<>();
    for (Map.Entry<List<Interval>, List<Interval>> line : lines.entrySet()) {
      List<Interval> sorted = line.getValue();
      sorted.sort(Comparator.comparingLong(Interval::from));
      Interval run = sorted.getFirst();
      for (Interval next : sorted.subList(1, sorted.size())) {
        if (next.from() < run.to()) {
          return Optional.empty();
        }
        if (next.from() == run.to()) {
          run = new Interval(run.from(), next.to());
        } else {
          result.add(with(line.getKey(), dim, run));
          run = next;
        }
      }
      result.add(with(line.getKey(), dim, run));
    }
    return Optional.of(result);
  }

  private static List<Interval> with(List<Interval> rest, int dim, Interval own) {
    List<Interval> box = new ArrayList<>(rest);
    box.add(dim, own);
    return List.copyOf(box);
  }

  private static boolean overlap(List<Interval> a, List<Interval> b) {
    for (int dim = 0; dim < a.size(); dim++) {
      if (a.get(dim).to() <= b.get(dim).from() || b.get(dim).to() <= a.get(dim).from()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return space.keySet()
        + " in "
        + boxes.stream().map(List::toString).collect(Collectors.joining(" and "));
  }
}
