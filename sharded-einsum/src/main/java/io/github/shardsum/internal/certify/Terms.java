package io.github.shardsum.internal.certify;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which terms of a sum a device has added up. What is summed over, contracted labels and axes over
 * which an operand was given in addends, is dealt out in disjoint intervals; a term has one of
 * each.
 *
 * @param space in how many intervals each thing that is summed over is dealt out
 * @param terms the terms, each of which has an interval of each
 */
record Terms(Map<String, Integer> space, Set<Map<String, Interval>> terms) {
  /** Of a value that is no sum, or of which nothing is left to be added. */
  static final Terms COMPLETE = new Terms(Map.of(), Set.of(Map.of()));

  /** The terms of one interval, which is one of {@code parts}. */
  static Terms of(String name, int parts, Interval interval) {
    return new Terms(
        Map.of(name, parts), interval.isEmpty() ? Set.of() : Set.of(Map.of(name, interval)));
  }

  /** Whether there is no term at all: zeros, which may be added to themselves. */
  boolean isNothing() {
    return space.containsValue(0);
  }

  boolean isComplete() {
    return terms.size()
        == space.values().stream().mapToLong(parts -> parts).reduce(1, (a, b) -> a * b);
  }

  /** Of a product: every term by every term; none if both are sums over the same. */
  Optional<Terms> times(Terms other) {
    if (other.equals(COMPLETE) || equals(COMPLETE)) {
      return Optional.of(other.equals(COMPLETE) ? this : other);
    }
    Map<String, Integer> joined = new HashMap<>(space);
    joined.putAll(other.space);
    Set<Map<String, Interval>> product = new HashSet<>();
    for (Map<String, Interval> a : terms) {
      for (Map<String, Interval> b : other.terms) {
        Map<String, Interval> both = new HashMap<>(a);
        both.putAll(b);
        product.add(both);
      }
    }
    boolean isApart = joined.size() == space.size() + other.space.size();
    return isApart ? Optional.of(new Terms(joined, product)) : Optional.empty();
  }

  /**
   * Of the sum of all; none if a term is in two of them, or they are sums over different things.
   */
  static Optional<Terms> sum(List<Terms> addends) {
    Terms first = addends.getFirst();
    Set<Map<String, Interval>> all = new HashSet<>();
    int count = 0;
    for (Terms addend : addends) {
      all.addAll(addend.terms);
      count += addend.space.equals(first.space) ? addend.terms.size() : 1 << 30;
    }
    return count == all.size() ? Optional.of(new Terms(first.space, all)) : Optional.empty();
  }
}
