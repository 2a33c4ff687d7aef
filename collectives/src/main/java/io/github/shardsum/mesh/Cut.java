package io.github.shardsum.mesh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The interval of a dimension's global indices for each part of a group of devices: the indices
 * that the part holds, reads or needs. An immutable function from a part to {@code [start, end)}.
 *
 * <p>A cut begins as {@link #chunks}: chunks of chunks, see {@link Chunks}. Every other cut is an
 * image of such a cut: the indices of an operand that a device reads for its chunk of a result. An
 * example is the chunk with a halo on both sides ({@link #window}). Intervals of an image may
 * overlap. An interval is clipped to the dimension; an empty interval is {@code [start, start)}.
 *
 * <p>Parts are numbered in row-major order over {@link #parts()}, one number of parts for each mesh
 * axis, major to minor: the part of a device is its number within its group along these axes
 * ({@link DeviceGroups}). A cut holds no list of parts, so it costs the same for 2 and for 2048.
 */
public final class Cut {
  private final long dealt;
  private final List<Integer> parts;
  private final List<Image> images;

  private Cut(long dealt, List<Integer> parts, List<Image> images) {
    this.dealt = dealt;
    this.parts = parts;
    this.images = images;
  }

  /**
   * Chunks of chunks: n indices are divided over the first number of parts, each chunk by its
   * actual size over the next number, and so on.
   *
   * @param n size of the dimension, at least 0
   * @param parts number of parts of each level, major to minor; none for one part with all indices
   * @return the cut; its intervals are disjoint, ascending, and cover [0, n)
   * @throws IllegalArgumentException if n is negative, a number of parts is below 1, or there are
   *     more than 2^31 - 1 parts
   */
  public static Cut chunks(long n, List<Integer> parts) {
    Chunks.start(n, parts, 0);
    return new Cut(n, List.copyOf(parts), List.of());
  }

  /**
   * As {@link #chunks(long, List)}.
   *
   * @param n size of the dimension
   * @param parts number of parts of each level, major to minor
   * @return the cut
   */
  public static Cut chunks(long n, int... parts) {
    return chunks(n, Arrays.stream(parts).boxed().toList());
  }

  /**
   * Chunks whose edges are multiples of a block, except for the end of the dimension.
   *
   * @param n size of the dimension, at least 0
   * @param block size of a block, at least 1
   * @param parts number of parts of each level, major to minor
   * @return the cut; its intervals are disjoint, ascending, and cover [0, n)
   * @throws IllegalArgumentException if the block is below 1, or for the reasons of {@link
   *     #chunks(long, List)}
   */
  public static Cut aligned(long n, long block, List<Integer> parts) {
    checkPositive("block", block);
    return chunks(Math.ceilDiv(n, block), parts).map(new Affine(block, 0, block - 1, n));
  }

  /**
   * The indices that a strided slice reads: a part with results [lo, hi) reads {@code [from + lo
   * step, from + (hi - 1) step + 1)}.
   *
   * @param from index of the first element taken, at least 0
   * @param step distance between elements taken, at least 1
   * @param size size of the dimension that is sliced
   * @return the cut of the operand
   * @throws IllegalArgumentException if from or size is negative or the step is below 1
   */
  public Cut slice(long from, long step, long size) {
    checkNotNegative("from", from);
    checkPositive("step", step);
    return map(new Affine(step, from, from, size));
  }

  /**
   * The indices that padding reads: each j with {@code low + j (interior + 1)} in a part's interval
   * of the result.
   *
   * @param low elements put before the first; negative ones cut off
   * @param interior elements put between two, at least 0
   * @param size size of the dimension that is padded
   * @return the cut of the operand
   * @throws IllegalArgumentException if interior or size is negative
   */
  public Cut pad(long low, long interior, long size) {
    checkNotNegative("interior", interior);
    return map(new Preimage(low, interior + 1, size));
  }

  /**
   * The indices that a shift reads, where result j is operand j - by: {@code [lo - by, hi - by)},
   * cut off at the dimension's ends.
   *
   * @param by the distance, positive or negative
   * @return the cut of the operand, of the same size as this
   */
  public Cut shift(long by) {
    long far = Math.clamp(by, -size(), size());
    return map(new Affine(1, -far, -far, size()));
  }

  /**
   * The indices that a sliding window reads: {@code [lo stride, (hi - 1) stride + (window - 1)
   * dilation + 1)}.
   *
   * @param window number of elements a window has, at least 1
   * @param stride distance between windows, at least 1
   * @param dilation distance between elements of a window, at least 1
   * @param size size of the dimension that windows slide over
   * @return the cut of the operand
   * @throws IllegalArgumentException if the size is negative or another number below 1
   */
  public Cut window(long window, long stride, long dilation, long size) {
    checkPositive("window", window);
    checkPositive("stride", stride);
    checkPositive("dilation", dilation);
    return map(new Affine(stride, 0, Math.multiplyExact(window - 1, dilation), size));
  }

  /**
   * The indices that a concatenation reads from one operand, whose elements begin at an offset of
   * the result: {@code [lo - offset, hi - offset)}, cut off at the operand's ends.
   *
   * @param offset index of the operand's first element in the result, at least 0
   * @param size size of the operand's dimension
   * @return the cut of the operand
   * @throws IllegalArgumentException if the offset or the size is negative
   */
  public Cut offset(long offset, long size) {
    checkNotNegative("offset", offset);
    return map(new Affine(1, -offset, -offset, size));
  }

  /**
   * The cut of a dimension that has a block of elements for each element of this dimension: {@code
   * [lo block, hi block)}.
   *
   * @param block size of a block, at least 1
   * @return the cut of that dimension, whose size is block times this one's
   * @throws IllegalArgumentException if the block is below 1
   */
  public Cut rows(long block) {
    checkPositive("block", block);
    return map(new Affine(block, 0, block - 1, Math.multiplyExact(size(), block)));
  }

  private Cut map(Image image) {
    checkNotNegative("size", image.size());
    List<Image> all = new ArrayList<>(images);
    all.add(image);
    return new Cut(dealt, parts, List.copyOf(all));
  }

  /**
   * Size of the dimension that is cut.
   *
   * @return the size, at least 0
   */
  public long size() {
    return images.isEmpty() ? dealt : images.getLast().size();
  }

  /**
   * Number of parts of each level, major to minor.
   *
   * @return an immutable list, empty for one part
   */
  public List<Integer> parts() {
    return parts;
  }

  /**
   * Number of parts in all.
   *
   * @return the product of {@link #parts()}, at least 1
   */
  public int count() {
    return Chunks.count(parts);
  }

  /**
   * First index of a part's interval.
   *
   * @param part the part, in [0, count)
   * @return an index in [0, size]
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public long start(int part) {
    long lo = Chunks.start(dealt, parts, part);
    return images.isEmpty() ? lo : interval(lo, lo + Chunks.size(dealt, parts, part))[0];
  }

  /**
   * Index after the last of a part's interval.
   *
   * @param part the part, in [0, count)
   * @return an index in [start(part), size]
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public long end(int part) {
    long lo = Chunks.start(dealt, parts, part);
    return interval(lo, lo + Chunks.size(dealt, parts, part))[1];
  }

  /**
   * Number of indices in a part's interval.
   *
   * @param part the part, in [0, count)
   * @return the number, at least 0
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public long length(int part) {
    long lo = Chunks.start(dealt, parts, part);
    long[] interval = interval(lo, lo + Chunks.size(dealt, parts, part));
    return interval[1] - interval[0];
  }

  private long[] interval(long lo, long hi) {
    long[] interval = {lo, hi};
    for (Image image : images) {
      boolean empty = interval[0] == interval[1];
      long from = Math.clamp(image.first(interval[0]), 0, image.size());
      long to = empty ? from : Math.clamp(image.end(interval[1]), from, image.size());
      interval[0] = from;
      interval[1] = to;
    }
    return interval;
  }

  /**
   * The distinct lengths, which are few for any number of parts, and the number of parts of each
   * length.
   *
   * @return an unmodifiable map from a length to the number of parts, the greatest length first
   */
  public SortedMap<Long, Integer> lengths() {
    SortedMap<Long, Integer> lengths = new TreeMap<>(Comparator.reverseOrder());
    if (images.isEmpty()) {
      lengths.put(dealt, 1);
      for (int level : parts) {
        lengths = dealtOver(level, lengths);
      }
    } else {
      for (int part = 0; part < count(); part++) {
        lengths.merge(length(part), 1, Integer::sum);
      }
    }
    return Collections.unmodifiableSortedMap(lengths);
  }

  /**
   * Counts parts by length: all non-empty parts of n indices except one have ceil(n / p) indices.
   */
  private static SortedMap<Long, Integer> dealtOver(int level, SortedMap<Long, Integer> lengths) {
    SortedMap<Long, Integer> dealt = new TreeMap<>(Comparator.reverseOrder());
    lengths.forEach(
        (n, times) -> {
          long full = Math.ceilDiv(n, level);
          int fullParts = full == 0 ? level : (int) (n / full);
          long rest = full == 0 ? 0 : n % full;
          count(dealt, full, times * fullParts);
          count(dealt, rest, rest == 0 ? 0 : times);
          count(dealt, 0L, times * (level - fullParts - (rest == 0 ? 0 : 1)));
        });
    return dealt;
  }

  private static void count(SortedMap<Long, Integer> lengths, long length, int times) {
    if (times > 0) {
      lengths.merge(length, times, Integer::sum);
    }
  }

  /**
   * Greatest length of a part's interval.
   *
   * @return the length, at least 0
   */
  public long longest() {
    return lengths().firstKey();
  }

  /**
   * Whether every index of the dimension is in exactly one interval and the intervals ascend.
   *
   * @return true for {@link #chunks}, {@link #aligned}, and {@link #rows} of either
   */
  public boolean isPartition() {
    long end = 0;
    for (int part = 0; part < count() && !images.isEmpty(); part++) {
      if (length(part) > 0) {
        if (start(part) != end) {
          return false;
        }
        end = end(part);
      }
    }
    return images.isEmpty() || end == size();
  }

  /**
   * Number of indices of a part's interval that the same part of another cut lacks.
   *
   * @param held the other cut, of the same size and parts
   * @param part the part, in [0, count)
   * @return the number, at least 0
   * @throws IllegalArgumentException if sizes or parts differ
   * @throws IndexOutOfBoundsException if there is no such part
   */
  public long missing(Cut held, int part) {
    if (held.size() != size() || !held.parts.equals(parts)) {
      throw new IllegalArgumentException(
          "cut: expected another cut of size " + size() + " and parts " + parts + ", got " + held);
    }
    long from = Math.max(start(part), held.start(part));
    long to = Math.min(end(part), held.end(part));
    return length(part) - Math.max(0, to - from);
  }

  private static void checkPositive(String what, long number) {
    if (number < 1) {
      throw new IllegalArgumentException("cut: " + what + " must be at least 1, got " + number);
    }
  }

  private static void checkNotNegative(String what, long number) {
    if (number < 0) {
      throw new IllegalArgumentException("cut: " + what + " must be at least 0, got " + number);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cut cut
        && dealt == cut.dealt
        && parts.equals(cut.parts)
        && images.equals(cut.images);
  }

  @Override
  public int hashCode() {
    return Objects.hash(dealt, parts, images);
  }

  /** As in {@code chunks of 7 over 2.2, [lo + 1, hi + 1) of 7}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("chunks of ").append(dealt).append(" over ");
    text.append(String.join(".", parts.stream().map(String::valueOf).toList()));
    images.forEach(image -> text.append(", ").append(image));
    return text.toString();
  }

  /** A map of intervals, whose results are clipped to [0, size). */
  private sealed interface Image {
    long size();

    long first(long lo);

    long end(long hi);
  }

  /** Index i reads from factor i + first to factor i + last. */
  private record Affine(long factor, long first, long last, long size) implements Image {
    @Override
    public long first(long lo) {
      return Math.addExact(Math.multiplyExact(lo, factor), first);
    }

    @Override
    public long end(long hi) {
      return Math.addExact(Math.multiplyExact(hi - 1, factor), last + 1);
    }

    @Override
    public String toString() {
      String scale = factor == 1 ? "" : factor + " ";
      return String.format(
          Locale.ROOT, "[%slo %+d, %s(hi - 1) %+d) of %d", scale, first, scale, last + 1, size);
    }
  }

  /** Index j is read by i = low + j step. */
  private record Preimage(long low, long step, long size) implements Image {
    @Override
    public long first(long lo) {
      return Math.ceilDiv(Math.subtractExact(lo, low), step);
    }

    @Override
    public long end(long hi) {
      return Math.ceilDiv(Math.subtractExact(hi, low), step);
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "{j : %d + %d j in [lo, hi)} of %d", low, step, size);
    }
  }
}
