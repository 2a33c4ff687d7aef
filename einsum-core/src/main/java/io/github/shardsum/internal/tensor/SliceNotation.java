package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Python's notation of slices. */
public final class SliceNotation {
  private static final String REST = "...";
  private static final String NEW_AXIS = "newaxis";

  private final String text;

  private SliceNotation(String text) {
    this.text = text;
  }

  public static Tensor apply(Tensor x, String text) {
    return new SliceNotation(text).of(x);
  }

  private Tensor of(Tensor x) {
    List<String> entries = new ArrayList<>();
    for (String entry : text.split(",", -1)) {
      entries.add(entry.strip());
    }
    if (entries.size() > 1 && entries.getLast().isEmpty()) {
      // A comma may follow the last entry, as in Python.
      entries.removeLast();
    }
    int named = 0;
    for (String entry : entries) {
      named += entry.equals(REST) || entry.equals(NEW_AXIS) ? 0 : 1;
    }
    if (named > x.rank() || entries.stream().filter(REST::equals).count() > 1) {
      throw wrong("at most " + x.rank() + " entries and one \"...\", of " + x.shape());
    }
    Tensor view = x;
    int axis = 0;
    for (String entry : entries) {
      if (entry.equals(REST)) {
        axis += x.rank() - named;
      } else if (entry.equals(NEW_AXIS)) {
        view = view.expand(axis++);
      } else if (entry.indexOf(':') >= 0) {
        view = range(view, axis++, entry);
      } else {
        view = select(view, axis, number(entry));
      }
    }
    return view;
  }

  private Tensor select(Tensor view, int axis, long index) {
    long size = view.size(axis);
    if (index < -size || index >= size) {
      throw new IndexOutOfBoundsException(
          "slice: expected an index in ["
              + -size
              + ", "
              + size
              + ") for axis "
              + axis
              + ", got "
              + index
              + " in \""
              + text
              + "\"");
    }
    return view.select(axis, index < 0 ? index + size : index);
  }

  private Tensor range(Tensor view, int axis, String entry) {
    String[] parts = entry.split(":", -1);
    if (parts.length > 3) {
      throw wrong("from:to:step");
    }
    long size = view.size(axis);
    long step = parts.length < 3 || parts[2].isBlank() ? 1 : number(parts[2]);
    if (step == 0) {
      throw wrong("a step other than 0");
    }
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? size : size - 1;
    long from = parts[0].isBlank() ? (step > 0 ? low : high) : bound(parts[0], size, low, high);
    long to = parts[1].isBlank() ? (step > 0 ? high : low) : bound(parts[1], size, low, high);
    boolean empty = step > 0 ? to < from : to > from;
    return view.slice(axis, from, empty ? from : to, step);
  }

  private long bound(String part, long size, long low, long high) {
    long value = number(part);
    return Math.clamp(value < 0 ? value + size : value, low, high);
  }

  private long number(String part) {
    try {
      return Long.parseLong(part.strip());
    } catch (NumberFormatException notOne) {
      throw wrong("a number, got \"" + part.strip() + "\"", notOne);
    }
  }

  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("slice: expected " + wanted + ", got \"" + text + "\"");
  }

  private IllegalArgumentException wrong(String wanted, Throwable cause) {
    return new IllegalArgumentException(
        "slice: expected " + wanted + " in \"" + text + "\"", cause);
  }
}
