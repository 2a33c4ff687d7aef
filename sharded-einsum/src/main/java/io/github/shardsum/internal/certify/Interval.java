package io.github.shardsum.internal.certify;

import java.util.List;

/** Global indices from one up to another that is not among them; all empty ones are [0, 0). */
record Interval(long from, long to) {
  Interval {
    boolean isEmpty = from >= to;
    from = isEmpty ? 0 : from;
    to = isEmpty ? 0 : to;
  }

  static Interval all(long size) {
    return new Interval(0, size);
  }

  boolean isEmpty() {
    return from == to;
  }

  long shared(Interval other) {
    return Math.max(0, Math.min(to, other.to) - Math.max(from, other.from));
  }

  /** Chunk {@code part} of {@code parts} of ceil(n / parts), the last ones shorter or empty. */
  Interval chunk(long parts, long part) {
    long most = Math.ceilDiv(to - from, parts);
    long start = Math.min(to, from + most * part);
    return new Interval(start, Math.min(to, start + most));
  }

  /** From the first index of some intervals to the last. */
  static Interval hull(List<Interval> of) {
    List<Interval> filled = of.stream().filter(interval -> !interval.isEmpty()).toList();
    return filled.isEmpty()
        ? all(0)
        : new Interval(
            filled.stream().mapToLong(Interval::from).reduce(Long.MAX_VALUE, Math::min),
            filled.stream().mapToLong(Interval::to).reduce(0, Math::max));
  }

  @Override
  public String toString() {
    return "[" + from + ", " + to + ")";
  }
}
