package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * A tensor seen along the C order of a shape that it is broadcast to: blocks of consecutive indices
 * are read into arrays, or used in place in the tensor's own array. Immutable; each run makes its
 * own readers.
 */
final class BroadcastReader {
  private static final Object NONE = new Object();

  private final Elements elements;
  private final Object array;
  private final long origin;
  private final long[] sizes;
  private final long[] strides;
  private final boolean same;

  /**
   * A reader of a tensor.
   *
   * @param axes the tensor's axis for each axis of the shape, -1 where it is repeated
   */
  BroadcastReader(Tensor tensor, Shape over, int[] axes) {
    this.elements = Elements.of(tensor);
    this.array = tensor.array().orElse(NONE);
    this.origin = tensor.arrayOffset();
    long[] all = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      all[i] = axes[i] < 0 ? 0 : tensor.stride(axes[i]);
    }
    int rank = 0;
    long[] keptSizes = new long[axes.length];
    long[] keptStrides = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      long size = over.size(i);
      if (size == 1) {
        continue;
      }
      boolean fuses = rank > 0 && keptStrides[rank - 1] == all[i] * size;
      if (fuses) {
        keptSizes[rank - 1] *= size;
      } else {
        keptSizes[rank++] = size;
      }
      keptStrides[rank - 1] = all[i];
    }
    this.sizes = Arrays.copyOf(keptSizes, rank);
    this.strides = Arrays.copyOf(keptStrides, rank);
    boolean single = rank == 0 || (rank == 1 && strides[0] == 0);
    boolean repeats =
        rank == 2
            && strides[0] == 0
            && sizes[1] <= FusedKernel.BLOCK
            && FusedKernel.BLOCK % sizes[1] == 0;
    this.same = single || repeats;
  }

  /**
   * Whether every block that begins at a multiple of {@link FusedKernel#BLOCK} reads the same: one
   * element, or a row that is repeated and divides a block.
   */
  boolean isSame() {
    return same;
  }

  /**
   * The tensor's array, if it has the elements of all indices one after another as a block does. A
   * true bool in the array may be any number other than 0.
   */
  Optional<Object> inPlace() {
    boolean fits = array instanceof float[] || array instanceof double[] || array instanceof byte[];
    return fits && sizes.length == 1 && strides[0] == 1 ? Optional.of(array) : Optional.empty();
  }

  /** The place of an index in the array. */
  int place(long index) {
    return (int) (origin + index);
  }

  /** Fills a block with the elements of n indices from a given one on. */
  void load(long from, int n, Object target) {
    int last = sizes.length - 1;
    if (last < 0) {
      run(0, 0, target, 0, n);
      return;
    }
    long row = from / sizes[last];
    long within = from % sizes[last];
    for (int done = 0, count; done < n; done += count) {
      count = (int) Math.min(n - done, sizes[last] - within);
      run(start(row) + within * strides[last], strides[last], target, done, count);
      row++;
      if (count == sizes[last]) {
        int more = (int) Math.min(n - done - count, alike(row) * count);
        repeat(target, done, count, more);
        row += more / count;
        within = more % count;
        count += more;
      } else {
        within = 0;
      }
    }
  }

  /** The number of rows, from the given one on, that repeat the row before them. */
  private long alike(long row) {
    int next = sizes.length - 2;
    return next >= 0 && strides[next] == 0 ? sizes[next] - 1 - (row - 1) % sizes[next] : 0;
  }

  /**
   * Repeats {@code count} elements of a block: writes {@code more} elements directly after them.
   */
  private static void repeat(Object target, int at, int count, int more) {
    for (int done = 0, part; done < more; done += part) {
      part = Math.min(more - done, count + done);
      System.arraycopy(target, at, target, at + count + done, part);
    }
  }

  /** Position of the first element of a row along the last axis. */
  private long start(long row) {
    long at = 0;
    long rest = row;
    for (int axis = sizes.length - 2; axis > 0; axis--) {
      at += rest % sizes[axis] * strides[axis];
      rest /= sizes[axis];
    }
    return sizes.length < 2 ? 0 : at + rest * strides[0];
  }

  private void run(long at, long stride, Object target, int targetAt, int n) {
    int read = stride == 0 ? 1 : n;
    int rest = targetAt + read;
    int to = targetAt + n;
    switch (target) {
      case float[] floats when stride == 0 && array instanceof float[] own ->
          Arrays.fill(floats, targetAt, to, own[place(at)]);
      case float[] floats -> {
        elements.load(at, stride, read, floats, targetAt);
        Arrays.fill(floats, rest, to, floats[targetAt]);
      }
      case double[] doubles -> {
        elements.load(at, stride, read, doubles, targetAt);
        Arrays.fill(doubles, rest, to, doubles[targetAt]);
      }
      case long[] longs -> {
        elements.load(at, stride, read, longs, targetAt);
        Arrays.fill(longs, rest, to, longs[targetAt]);
      }
      case byte[] bytes -> {
        flags(at, stride, read, bytes, targetAt);
        Arrays.fill(bytes, rest, to, bytes[targetAt]);
      }
      default -> throw new IllegalStateException("block: " + target.getClass());
    }
  }

  private void flags(long at, long stride, int n, byte[] to, int toAt) {
    if (array instanceof byte[] own) {
      int first = place(at);
      for (int i = 0; i < n; i++) {
        to[toAt + i] = (byte) (own[first + i * (int) stride] == 0 ? 0 : 1);
      }
    } else {
      for (int i = 0; i < n; i++) {
        to[toAt + i] = (byte) elements.getLong(at + i * stride);
      }
    }
  }

  /** Writes a block to n indices from a given one on; the tensor is not broadcast. */
  void store(Object source, long from, int n) {
    int last = sizes.length - 1;
    if (last < 0) {
      write(0, 1, source, 0, n);
      return;
    }
    long row = from / sizes[last];
    long within = from % sizes[last];
    for (int done = 0, count; done < n; done += count) {
      count = (int) Math.min(n - done, sizes[last] - within);
      write(start(row++) + within * strides[last], strides[last], source, done, count);
      within = 0;
    }
  }

  private void write(long at, long stride, Object source, int sourceAt, int n) {
    switch (source) {
      case float[] floats -> elements.store(at, stride, n, floats, sourceAt);
      case double[] doubles -> elements.store(at, stride, n, doubles, sourceAt);
      case long[] longs -> elements.store(at, stride, n, longs, sourceAt);
      case byte[] bytes -> {
        for (int i = 0; i < n; i++) {
          elements.set(at + i * stride, (long) bytes[sourceAt + i]);
        }
      }
      default -> throw new IllegalStateException("block: " + source.getClass());
    }
  }
}
