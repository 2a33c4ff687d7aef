package io.github.shardsum.internal.certify;

import java.util.List;

/**
 * Global indices from {@code from} up to {@code to}, which is not among them; all empty ones are
 * {@code [0, 0)}.
 */
record Interval(long from, long to) {
  Interval {
    if (from >= to) {
      from = 0;
      to = 0;
    }
  }

  static Interval all(long size) {
    return new Interval(0, size);
  }

  boolean isEmpty() {
    return from == to;
  }

  boolean contains(Interval other) {
    return other.isEmpty() || (from <= other.from && other.to <= to);
  }

  /**
   * Chunk {@code part} of {@code parts} chunks of ceil(n / parts), the last ones shorter or empty.
   */
  Interval chunk(long parts, long part) {
    long length = to - from;
    long most = (length + parts - 1) / parts;
    long start = Math.min(length, most * part);
    return new Interval(from + start, from + Math.min(length, start + most));
  }

  /** A chunk of a chunk, for each part count and number, major first. */
  Interval chunk(List<Long> parts, List<Long> numbers) {
    Interval left = this;
    for (int i = 0; i < parts.size(); i++) {
      left = left.chunk(parts.get(i), numbers.get(i));
    }
    return left;
  }

  @Override
  public String toString() {
    return "[" + from + ", " + to + ")";
  }
}
