package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * A tensor as text that a person can read: its dtype and shape, then its elements in nested
 * brackets, of which the middle is left out where there are many.
 */
public final class TensorText {
  /** Elements that are shown at most. */
  private static final long SHOWN = 1000;

  /** Of an axis that is cut, how many indices are shown: half at each end. */
  private static final long EDGES = 6;

  /** Axes beyond which brackets do not help a reader. */
  private static final int MOST_AXES = 16;

  private final Tensor tensor;
  private final long[] shown;
  private final int width;
  private final StringBuilder text = new StringBuilder();

  private TensorText(Tensor tensor) {
    this.tensor = tensor;
    this.shown = shown(tensor.shape().toArray());
    this.width = width(0, new long[tensor.rank()]);
  }

  public static String of(Tensor tensor) {
    String head = tensor.dtype() + "" + tensor.shape();
    if (tensor.shape().elementCount() == 0) {
      return head + "\n[]";
    }
    Tensor flat = tensor.rank() > MOST_AXES ? tensor.contiguous().reshape(-1) : tensor;
    TensorText text = new TensorText(flat);
    text.append(0, new long[flat.rank()]);
    return head + "\n" + text.text;
  }

  /** How many indices of each axis are shown: all, or some at the edges, or the first. */
  private static long[] shown(long[] sizes) {
    long[] shown = sizes.clone();
    if (count(shown) > SHOWN) {
      Arrays.setAll(shown, i -> Math.min(sizes[i], EDGES));
    }
    for (int axis = 0; axis < shown.length && count(shown) > SHOWN; axis++) {
      shown[axis] = 1;
    }
    return shown;
  }

  private static long count(long[] shown) {
    double count = 1;
    for (long n : shown) {
      count *= n;
    }
    return (long) count;
  }

  /** The index of the i-th shown element of an axis. */
  private long index(int axis, long i) {
    long head = (shown[axis] + 1) / 2;
    return i < head ? i : tensor.size(axis) - shown[axis] + i;
  }

  private int width(int axis, long[] index) {
    if (axis == tensor.rank()) {
      return element(index).length();
    }
    int widest = 0;
    for (long i = 0; i < shown[axis]; i++) {
      index[axis] = index(axis, i);
      widest = Math.max(widest, width(axis + 1, index));
    }
    return widest;
  }

  private void append(int axis, long[] index) {
    if (axis == tensor.rank()) {
      String element = element(index);
      text.repeat(" ", width - element.length()).append(element);
      return;
    }
    boolean last = axis == tensor.rank() - 1;
    String between = last ? " " : "\n".repeat(tensor.rank() - 1 - axis) + " ".repeat(axis + 1);
    boolean cut = shown[axis] < tensor.size(axis);
    text.append('[');
    for (long i = 0; i < shown[axis]; i++) {
      text.append(i == 0 ? "" : between);
      index[axis] = index(axis, i);
      append(axis + 1, index);
      if (cut && i == (shown[axis] + 1) / 2 - 1) {
        text.append(between).append("...");
      }
    }
    text.append(']');
  }

  /** The shortest digits that tell the value from its neighbours. */
  private String element(long[] index) {
    return switch (tensor.dtype()) {
      case F32, BF16 -> Float.toString((float) tensor.getDouble(index));
      case F64 -> Double.toString(tensor.getDouble(index));
      case I32, I64 -> Long.toString(tensor.getLong(index));
      case BOOL -> tensor.getLong(index) == 0 ? "false" : "true";
    };
  }
}
