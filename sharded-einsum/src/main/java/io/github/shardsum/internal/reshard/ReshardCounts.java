package io.github.shardsum.internal.reshard;

import io.github.shardsum.mesh.Cut;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Counts the indices that a device must receive in a collective, for chunks of any lengths,
 * including empty ones. Time and space depend on the number of distinct lengths, not on the number
 * of devices.
 */
final class ReshardCounts {
  /**
   * Lengths of two labels on one device, for an all-to-all that moves axes from the first label to
   * the second.
   *
   * @param whole length of the first without the moved axes
   * @param chunk length of the first with the axes that have been moved so far
   * @param other length of the second with these axes
   */
  private record Lengths(long whole, long chunk, long other) {
    long lacking() {
      return Math.multiplyExact(whole - chunk, other);
    }
  }

  private ReshardCounts() {}

  /**
   * Indices that the busiest member of an all-gather receives: the member with the shortest chunk
   * of the longest interval.
   *
   * @param size size of the label
   * @param kept sizes of the axes that the label keeps, major to minor
   * @param moved sizes of the axes that the label loses
   * @return the number
   */
  static long gathered(long size, List<Integer> kept, List<Integer> moved) {
    long most = 0;
    for (long whole : Cut.chunks(size, kept).lengths().keySet()) {
      most = Math.max(most, whole - Cut.chunks(whole, moved).lengths().lastKey());
    }
    return most;
  }

  /**
   * Pairs of indices of two labels that a member of an all-to-all has afterwards and not before.
   *
   * @param from size of the label that loses axes
   * @param kept sizes of the axes that the label keeps, major to minor
   * @param moved sizes of the axes that the label loses
   * @param to size of the label that the moved axes cut
   * @param there sizes of the axes that cut that label before the all-to-all
   * @return the number, for the member that must receive the most
   */
  static long allToAll(
      long from, List<Integer> kept, List<Integer> moved, long to, List<Integer> there) {
    Set<Lengths> members = new LinkedHashSet<>();
    for (long whole : Cut.chunks(from, kept).lengths().keySet()) {
      for (long other : Cut.chunks(to, there).lengths().keySet()) {
        members.add(new Lengths(whole, whole, other));
      }
    }
    for (int parts : moved) {
      Set<Lengths> dealt = new LinkedHashSet<>();
      members.forEach(lengths -> deal(lengths, parts, dealt));
      members = dealt;
    }
    return members.stream().mapToLong(Lengths::lacking).max().orElse(0);
  }

  /**
   * Divides both labels into the parts of an axis: full chunks first, then a rest, then empty
   * chunks.
   */
  private static void deal(Lengths lengths, int parts, Set<Lengths> dealt) {
    long first = fullParts(lengths.chunk, parts);
    long second = fullParts(lengths.other, parts);
    // Between these parts neither length changes.
    IntStream.of(0, (int) first, (int) first + 1, (int) second, (int) second + 1)
        .forEach(part -> deal(lengths, parts, part, dealt));
  }

  private static void deal(Lengths lengths, int parts, int part, Set<Lengths> dealt) {
    if (part < parts) {
      dealt.add(
          new Lengths(
              lengths.whole,
              Cut.chunks(lengths.chunk, parts).length(part),
              Cut.chunks(lengths.other, parts).length(part)));
    }
  }

  private static long fullParts(long length, int parts) {
    long full = Math.ceilDiv(length, parts);
    return full == 0 ? 0 : length / full;
  }
}
