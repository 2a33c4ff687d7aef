package io.github.shardsum.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** A cut is held against the sets of indices that its definition names. */
final class CutProperties {
  @Provide
  Arbitrary<List<Integer>> parts() {
    return Arbitraries.integers().between(1, 5).list().ofMaxSize(3);
  }

  @Property
  void chunksOfChunksAreAPartitionInOrder(
      @ForAll @IntRange(max = 60) int n, @ForAll("parts") List<Integer> parts) {
    Cut cut = Cut.chunks(n, parts);
    long end = 0;
    for (int part = 0; part < cut.count(); part++) {
      assertEquals(cut.length(part), cut.end(part) - cut.start(part));
      if (cut.length(part) > 0) {
        assertEquals(end, cut.start(part));
        end = cut.end(part);
      }
    }
    assertEquals(n, end);
    assertTrue(cut.isPartition());
  }

  @Property
  void aFurtherLevelDealsOutEachChunkByItsActualSize(
      @ForAll @IntRange(max = 60) int n,
      @ForAll("parts") List<Integer> parts,
      @ForAll @IntRange(min = 1, max = 5) int further) {
    Cut outer = Cut.chunks(n, parts);
    List<Integer> all =
        IntStream.concat(parts.stream().mapToInt(i -> i), IntStream.of(further)).boxed().toList();
    Cut inner = Cut.chunks(n, all);
    for (int part = 0; part < inner.count(); part++) {
      int parent = part / further;
      long length = outer.length(parent);
      assertEquals(Chunks.size(length, further, part % further), inner.length(part));
      assertEquals(
          outer.start(parent) + Chunks.start(length, further, part % further), inner.start(part));
    }
  }

  @Property
  void theLargestChunkIsAsLargeAsWithoutNesting(
      @ForAll @IntRange(max = 200) int n, @ForAll("parts") List<Integer> parts) {
    Cut cut = Cut.chunks(n, parts);
    assertEquals(Math.ceilDiv(n, cut.count()), cut.longest());
  }

  @Property
  void lengthsAreCountedAsTheyOccur(
      @ForAll @IntRange(max = 60) int n,
      @ForAll("parts") List<Integer> parts,
      @ForAll @IntRange(min = -70, max = 70) int by) {
    for (Cut cut : List.of(Cut.chunks(n, parts), Cut.chunks(n, parts).shift(by))) {
      Map<Long, Integer> counted = new TreeMap<>();
      IntStream.range(0, cut.count()).forEach(i -> counted.merge(cut.length(i), 1, Integer::sum));
      assertEquals(counted, new TreeMap<>(cut.lengths()));
    }
    assertTrue(Cut.chunks(n, parts).lengths().size() <= 1 + 2 * parts.size());
  }

  @Property
  void anImageIsWhatTheResultsReadCutOffAtTheEnds(
      @ForAll @IntRange(max = 30) int n,
      @ForAll("parts") List<Integer> parts,
      @ForAll @IntRange(max = 30) int size,
      @ForAll @IntRange(min = -70, max = 70) int by,
      @ForAll @IntRange(min = 1, max = 4) int step,
      @ForAll @IntRange(min = 1, max = 4) int window,
      @ForAll @IntRange(min = 1, max = 3) int dilation) {
    Cut made = Cut.chunks(n, parts);
    long from = Math.abs(by);
    for (int part = 0; part < made.count(); part++) {
      int p = part;
      LongPredicate result = i -> i >= made.start(p) && i < made.end(p);
      long[] results = LongStream.range(made.start(p), made.end(p)).toArray();
      check(made.slice(from, step, size), p, hull(results, i -> from + i * step, 0));
      check(made.shift(by), p, hull(results, i -> i - by, 0));
      check(made.offset(from, size), p, hull(results, i -> i - from, 0));
      check(
          made.window(window, step, dilation, size),
          p,
          hull(results, i -> i * step, (long) (window - 1) * dilation));
      check(
          made.pad(by, step - 1, size),
          p,
          LongStream.range(0, size).filter(j -> result.test(by + j * step)).toArray());
      check(made.rows(step), p, hull(results, i -> i * step, step - 1));
    }
  }

  /** From the least to the greatest index read, which a strided reading fills too. */
  private static long[] hull(long[] results, LongUnaryOperator first, long span) {
    return results.length == 0
        ? new long[0]
        : LongStream.rangeClosed(
                first.applyAsLong(results[0]),
                first.applyAsLong(results[results.length - 1]) + span)
            .toArray();
  }

  private static void check(Cut image, int part, long[] read) {
    long[] within = LongStream.of(read).filter(i -> i >= 0 && i < image.size()).toArray();
    assertArrayEquals(
        within,
        LongStream.range(image.start(part), image.end(part)).toArray(),
        () -> "part " + part + " of " + image);
  }

  @Property
  void alignedChunksEndAtBlocks(
      @ForAll @IntRange(max = 60) int n,
      @ForAll @IntRange(min = 1, max = 9) int block,
      @ForAll("parts") List<Integer> parts) {
    Cut cut = Cut.aligned(n, block, parts);
    assertTrue(cut.isPartition());
    assertEquals(n, cut.size());
    for (int part = 0; part < cut.count(); part++) {
      assertTrue(cut.end(part) % block == 0 || cut.end(part) == n);
    }
  }

  @Property
  void whatIsMissingIsTheDifferenceOfTheIntervals(
      @ForAll @IntRange(max = 30) int n,
      @ForAll("parts") List<Integer> parts,
      @ForAll @IntRange(min = -40, max = 40) int by) {
    Cut held = Cut.chunks(n, parts);
    Cut wanted = held.shift(by);
    for (int part = 0; part < held.count(); part++) {
      int p = part;
      long missing =
          LongStream.range(wanted.start(p), wanted.end(p))
              .filter(i -> i < held.start(p) || i >= held.end(p))
              .count();
      assertEquals(missing, wanted.missing(held, p));
    }
  }

  @Example
  void cutsAreValues() {
    assertEquals(Cut.chunks(7, List.of(2, 2)), Cut.chunks(7, 2, 2));
    assertNotEquals(Cut.chunks(7, 2), Cut.chunks(7, 2).shift(1));
    assertEquals(
        "chunks of 6 over 2.2, [lo +1, (hi - 1) +2) of 6",
        Cut.chunks(6, 2, 2).shift(-1).toString());
    assertEquals(Map.of(0L, 4), Cut.chunks(6, 2, 2).shift(Long.MIN_VALUE).lengths());
  }

  @Example
  void whatIsNoCutIsAnError() {
    assertEquals(
        "chunks: n must be at least 0, got -1",
        assertThrows(IllegalArgumentException.class, () -> Cut.chunks(-1, 2)).getMessage());
    assertEquals(
        "chunks: every number of parts must be at least 1, got [0]",
        assertThrows(IllegalArgumentException.class, () -> Cut.chunks(1, 0)).getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> Cut.chunks(4, 2).start(2));
    assertThrows(
        IllegalArgumentException.class, () -> Cut.chunks(4, 2).missing(Cut.chunks(5, 2), 0));
  }

  /** Intervals that overlap, or leave something out, are no partition. */
  @Property
  void aPartitionHasEveryIndexOnceAndInOrder(
      @ForAll @IntRange(min = 1, max = 20) int n,
      @ForAll("parts") List<Integer> parts,
      @ForAll @IntRange(min = -3, max = 3) int by,
      @ForAll @IntRange(min = 1, max = 3) int window) {
    Cut chunks = Cut.chunks(n, parts);
    for (Cut cut :
        List.of(
            chunks.shift(by), chunks.window(window, 1, 1, n + window - 1), chunks.offset(0, n))) {
      List<Long> all = new ArrayList<>();
      for (int part = 0; part < cut.count(); part++) {
        for (long index = cut.start(part); index < cut.end(part); index++) {
          all.add(index);
        }
      }
      assertEquals(LongStream.range(0, cut.size()).boxed().toList().equals(all), cut.isPartition());
    }
  }

  @Example
  void cutsAreEqualOfOneSizePartsAndReads() {
    Cut cut = Cut.chunks(7, 2, 2);
    assertEquals(cut.shift(1), Cut.chunks(7, 2, 2).shift(1));
    assertEquals(cut.shift(1).hashCode(), Cut.chunks(7, 2, 2).shift(1).hashCode());
    for (Object other :
        List.of(Cut.chunks(8, 2, 2), Cut.chunks(7, 4), cut.shift(1), cut.toString())) {
      assertNotEquals(cut, other);
    }
    for (Cut held : List.of(Cut.chunks(8, 2, 2), Cut.chunks(7, 4))) {
      assertThrows(IllegalArgumentException.class, () -> cut.missing(held, 0));
    }
    assertThrows(IllegalArgumentException.class, () -> cut.slice(0, 0, 7));
    assertThrows(IllegalArgumentException.class, () -> cut.slice(-1, 1, 7));
    assertThrows(IllegalArgumentException.class, () -> cut.shift(1).offset(0, -1));
    assertThrows(IllegalArgumentException.class, () -> Cut.chunks(-1, 2));
    assertThrows(IllegalArgumentException.class, () -> Cut.chunks(7, 2, 0));
    assertThrows(IllegalArgumentException.class, () -> Cut.chunks(7, 1 << 16, 1 << 15));
  }
}
