package io.github.shardsum.internal.memory;

import java.util.Arrays;

/**
 * A nest of loops over several strided arrays of one shape. Axes of size 1 are left out. The axis
 * along which the first array is most contiguous is innermost. Neighbouring axes that are
 * contiguous in every array are joined into one loop. Immutable.
 */
public final class Loops {
  private final long[] sizes;
  private final long[][] strides;

  private Loops(long[] sizes, long[][] strides) {
    this.sizes = sizes;
    this.strides = strides;
  }

  /**
   * The nest of a shape without empty axes.
   *
   * @param shape the size of each axis, at least 1
   * @param strides for each array its stride along each axis, in elements
   */
  public static Loops of(long[] shape, long[]... strides) {
    int[] order = order(shape, strides[0]);
    int rank = 0;
    long[] sizes = new long[order.length];
    long[][] steps = new long[strides.length][order.length];
    for (int axis : order) {
      if (rank > 0 && fuses(strides, steps, axis, rank - 1, shape[axis])) {
        sizes[rank - 1] *= shape[axis];
      } else {
        sizes[rank++] = shape[axis];
      }
      for (int array = 0; array < strides.length; array++) {
        steps[array][rank - 1] = strides[array][axis];
      }
    }
    for (int array = 0; array < strides.length; array++) {
      steps[array] = Arrays.copyOf(steps[array], rank);
    }
    return new Loops(Arrays.copyOf(sizes, rank), steps);
  }

  /** The axes that are longer than 1, from the largest stride to the smallest. */
  private static int[] order(long[] shape, long[] strides) {
    int[] order = new int[shape.length];
    int count = 0;
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] != 1) {
        int at = count++;
        // The sort is stable, so C order is kept where strides are equal (broadcast axes).
        for (; at > 0 && Math.abs(strides[order[at - 1]]) < Math.abs(strides[axis]); at--) {
          order[at] = order[at - 1];
        }
        order[at] = axis;
      }
    }
    return Arrays.copyOf(order, count);
  }

  private static boolean fuses(
      long[][] strides, long[][] steps, int axis, int outer, long innerSize) {
    for (int array = 0; array < strides.length; array++) {
      if (steps[array][outer] != strides[array][axis] * innerSize) {
        return false;
      }
    }
    return true;
  }

  /** These loops without one of the arrays. */
  public Loops without(int array) {
    long[][] rest = new long[strides.length - 1][];
    System.arraycopy(strides, 0, rest, 0, array);
    System.arraycopy(strides, array + 1, rest, array, rest.length - array);
    return new Loops(sizes, rest);
  }

  /** Some of the loops, in a given order, outermost first. */
  public Loops only(int... loops) {
    long[][] some = new long[strides.length][];
    for (int array = 0; array < some.length; array++) {
      some[array] = picked(strides[array], loops);
    }
    return new Loops(picked(sizes, loops), some);
  }

  private static long[] picked(long[] values, int[] loops) {
    long[] picked = new long[loops.length];
    for (int i = 0; i < picked.length; i++) {
      picked[i] = values[loops[i]];
    }
    return picked;
  }

  /**
   * The same points, with the innermost loop divided into a loop over pieces and a loop inside a
   * piece.
   */
  public Loops cutInnermost(long piece) {
    int last = rank() - 1;
    long pieces = sizes[last] / piece;
    long[][] cut = new long[strides.length][];
    for (int array = 0; array < strides.length; array++) {
      cut[array] = cut(strides[array], strides[array][last] * piece);
    }
    long[] cutSizes = cut(sizes, pieces);
    cutSizes[last + 1] = piece;
    return new Loops(cutSizes, cut);
  }

  /** A copy with a value inserted before the last two values. */
  private static long[] cut(long[] values, long value) {
    int at = values.length - 2;
    long[] more = new long[values.length + 1];
    System.arraycopy(values, 0, more, 0, at);
    more[at] = value;
    System.arraycopy(values, at, more, at + 1, 2);
    return more;
  }

  /** Number of loops. */
  public int rank() {
    return sizes.length;
  }

  /** Size of a loop, outermost first. */
  public long size(int loop) {
    return sizes[loop];
  }

  /** Stride of an array along a loop. */
  public long stride(int array, int loop) {
    return strides[array][loop];
  }

  /** Size of the innermost loop; 1 if there is none. */
  public long row() {
    return sizes.length == 0 ? 1 : sizes[sizes.length - 1];
  }

  /** Stride of an array along the innermost loop. */
  public long stride(int array) {
    return sizes.length == 0 ? 1 : strides[array][sizes.length - 1];
  }

  /** Number of innermost loops. */
  public long rows() {
    long rows = 1;
    for (int loop = 0; loop < sizes.length - 1; loop++) {
      rows *= sizes[loop];
    }
    return rows;
  }

  /** Number of points: the product of the loops' sizes. */
  public long points() {
    long points = 1;
    for (long size : sizes) {
      points *= size;
    }
    return points;
  }

  /** Position of a point in an array; points are numbered with the innermost loop fastest. */
  public long position(int array, long point) {
    long position = 0;
    long rest = point;
    for (int loop = sizes.length - 1; loop >= 0 && rest != 0; loop--) {
      position += rest % sizes[loop] * strides[array][loop];
      rest /= sizes[loop];
    }
    return position;
  }

  /** Writes the positions of n points in an array, from a first point on, into to[toAt...]. */
  public void positions(int array, long first, int n, long[] to, int toAt) {
    if (sizes.length <= 1) {
      long stride = sizes.length == 0 ? 0 : strides[array][0];
      for (int i = 0; i < n; i++) {
        to[toAt + i] = (first + i) * stride;
      }
      return;
    }
    long row = row();
    long stride = stride(array);
    for (int i = 0; i < n; ) {
      long inRow = (first + i) % row;
      long start = position(array, first + i);
      int run = (int) Math.min(n - i, row - inRow);
      for (int j = 0; j < run; j++) {
        to[toAt + i++] = start + j * stride;
      }
    }
  }

  private void move(long[] at, int loop, long steps) {
    for (int array = 0; array < at.length; array++) {
      at[array] += steps * strides[array][loop];
    }
  }

  /**
   * A cursor over the innermost loops, which needs no division in a step.
   *
   * @param row the number of the innermost loop at which it begins
   */
  public Cursor cursor(long row) {
    return new Cursor(row);
  }

  /** The position at the start of an innermost loop. Not thread-safe. */
  public final class Cursor {
    private final long[] index = new long[sizes.length];
    private final long[] at = new long[strides.length];

    private Cursor(long row) {
      long rest = row;
      for (int loop = sizes.length - 2; loop >= 0; loop--) {
        index[loop] = rest % sizes[loop];
        rest /= sizes[loop];
        move(at, loop, index[loop]);
      }
    }

    /** Position in an array. */
    public long position(int array) {
      return at[array];
    }

    /** Advances to the next innermost loop; after the last one to the first. */
    public void next() {
      for (int loop = sizes.length - 2; loop >= 0; loop--) {
        if (++index[loop] < sizes[loop]) {
          move(at, loop, 1);
          return;
        }
        move(at, loop, 1 - sizes[loop]);
        index[loop] = 0;
      }
    }
  }
}
