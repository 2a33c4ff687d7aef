package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.tensor.TextOptions;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/**
 * The text of a tensor for a reader: dtype and shape, then the elements in nested brackets, without
 * the middle of long dimensions. A row that is longer than a line goes on in the next line.
 */
public final class TensorText {
  /** The largest number of axes that nested brackets show readably. */
  private static final int MOST_AXES = 16;

  /** The most columns of a line. */
  private static final int LINE = 120;

  private final Tensor tensor;
  private final TextOptions options;
  private final long[] shown;
  private final int width;
  private final StringBuilder text = new StringBuilder();

  private TensorText(Tensor tensor, TextOptions options) {
    this.tensor = tensor;
    this.options = options;
    this.shown = shown(tensor.shape().toArray(), options);
    this.width = width(0, new long[tensor.rank()]);
  }

  public static String of(Tensor tensor, TextOptions options) {
    String head = tensor.dtype() + "" + tensor.shape();
    if (tensor.shape().elementCount() == 0) {
      return head + "\n[]";
    }
    Tensor flat = tensor.rank() > MOST_AXES ? tensor.contiguous().reshape(-1) : tensor;
    TensorText text = new TensorText(flat, options);
    text.append(0, new long[flat.rank()]);
    return head + "\n" + text.text;
  }

  /**
   * The number of indices of each axis that are shown: all of them, some at both edges, or only the
   * first.
   */
  private static long[] shown(long[] sizes, TextOptions options) {
    long[] shown = sizes.clone();
    if (count(shown) > options.threshold()) {
      Arrays.setAll(shown, i -> Math.min(sizes[i], 2L * options.edge()));
    }
    for (int axis = 0; axis < shown.length && count(shown) > options.threshold(); axis++) {
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
      if (i > 0) {
        append(between, axis, last ? width : 0);
      }
      index[axis] = index(axis, i);
      append(axis + 1, index);
      if (cut && i == (shown[axis] + 1) / 2 - 1) {
        append(between, axis, 3);
        text.append("...");
      }
    }
    text.append(']');
  }

  /** Separates two elements or rows: by a new line if the next would end beyond the line. */
  private void append(String between, int axis, int next) {
    // A closing bracket for each axis may follow.
    int end = text.length() - text.lastIndexOf("\n") + between.length() + next + axis;
    text.append(end > LINE && between.equals(" ") ? "\n" + " ".repeat(axis + 1) : between);
  }

  private String fixed(double value, boolean single) {
    boolean shortest = options.decimals() < 0 || Double.isNaN(value) || Double.isInfinite(value);
    if (shortest) {
      return single ? Float.toString((float) value) : Double.toString(value);
    }
    return new BigDecimal(value)
        .setScale(options.decimals(), RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  /**
   * The element's text; for floating numbers, the shortest digits that differ from those of
   * neighbouring values.
   */
  private String element(long[] index) {
    return switch (tensor.dtype()) {
      case F32, BF16 -> fixed(tensor.getDouble(index), true);
      case F64 -> fixed(tensor.getDouble(index), false);
      case I32, I64 -> Long.toString(tensor.getLong(index));
      case BOOL -> tensor.getLong(index) == 0 ? "false" : "true";
    };
  }
}
