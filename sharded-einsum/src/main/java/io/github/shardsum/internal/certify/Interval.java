package io.github.shardsum.internal.certify;

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

  /**
   * Chunk {@code part} of {@code parts} chunks of ceil(n / parts), the last ones shorter or empty.
   */
  Interval chunk(long parts, long part) {
    long most = Math.ceilDiv(to - from, parts);
    long start = Math.min(to, from + most * part);
    return new Interval(start, Math.min(to, start + most));
  }

  @Override
  public String toString() {
    return "[" + from + ", " + to + ")";
  }
}
