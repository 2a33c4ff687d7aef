package io.github.shardsum.internal.engine.transfer;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Copies a box of elements between two memories: at most a few nested loops around a run of bytes
 * that is contiguous on both sides. An immutable value.
 */
final class BoxCopy {
  private final long[] sizes;
  private final long[] fromSteps;
  private final long[] toSteps;
  private final long run;

  private BoxCopy(long[] sizes, long[] fromSteps, long[] toSteps, long run) {
    this.sizes = sizes;
    this.fromSteps = fromSteps;
    this.toSteps = toSteps;
    this.run = run;
  }

  /** A run of bytes. */
  static BoxCopy bytes(long count) {
    return new BoxCopy(new long[0], new long[0], new long[0], count);
  }

  /**
   * A box.
   *
   * @param box its sizes
   * @param from for each dimension the distance between neighbours in the source, in elements
   * @param to for each dimension the distance between neighbours in the destination, in elements
   * @param elementBytes size of an element
   */
  static BoxCopy of(long[] box, long[] from, long[] to, int elementBytes) {
    long[] sizes = new long[box.length];
    long[] fromSteps = new long[box.length];
    long[] toSteps = new long[box.length];
    long run = elementBytes;
    int loops = 0;
    for (int d = box.length - 1; d >= 0; d--) {
      long fromStep = from[d] * elementBytes;
      long toStep = to[d] * elementBytes;
      if (box[d] == 1) {
        continue;
      }
      if (loops == 0 && fromStep == run && toStep == run) {
        run *= box[d];
      } else if (loops > 0
          && fromStep == fromSteps[loops - 1] * sizes[loops - 1]
          && toStep == toSteps[loops - 1] * sizes[loops - 1]) {
        sizes[loops - 1] *= box[d];
      } else {
        sizes[loops] = box[d];
        fromSteps[loops] = fromStep;
        toSteps[loops++] = toStep;
      }
    }
    return new BoxCopy(
        Arrays.copyOf(sizes, loops),
        Arrays.copyOf(fromSteps, loops),
        Arrays.copyOf(toSteps, loops),
        Arrays.stream(box).anyMatch(size -> size == 0) ? 0 : run);
  }

  /** Whether the box is contiguous on both sides. */
  boolean isOneRun() {
    return sizes.length == 0;
  }

  /** Bytes copied. */
  long byteCount() {
    return Arrays.stream(sizes).reduce(run, (a, b) -> a * b);
  }

  /** Copies the box from a byte offset in one memory to a byte offset in another. */
  void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt) {
    copy(from, fromAt, to, toAt, 0, 1);
  }

  /** Copies one of several parts that together are the box. */
  void copy(MemorySegment from, long fromAt, MemorySegment to, long toAt, int part, int parts) {
    if (run == 0) {
      return;
    }
    int loops = sizes.length;
    if (loops == 0) {
      long begin = share(run, part, parts);
      long end = share(run, part + 1, parts);
      BulkCopy.copy(from, fromAt + begin, to, toAt + begin, end - begin);
      return;
    }
    long begin = share(sizes[loops - 1], part, parts);
    long end = share(sizes[loops - 1], part + 1, parts);
    for (long i = begin; i < end; i++) {
      inner(from, fromAt + i * fromSteps[loops - 1], to, toAt + i * toSteps[loops - 1], loops - 2);
    }
  }

  private void inner(MemorySegment from, long fromAt, MemorySegment to, long toAt, int loop) {
    if (loop < 0) {
      BulkCopy.copy(from, fromAt, to, toAt, run);
      return;
    }
    for (long i = 0; i < sizes[loop]; i++) {
      inner(from, fromAt + i * fromSteps[loop], to, toAt + i * toSteps[loop], loop - 1);
    }
  }

  private static long share(long total, int part, int parts) {
    return part == parts ? total : total / parts * part;
  }
}
