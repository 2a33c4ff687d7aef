package io.github.shardsum.program;

import java.util.List;
import java.util.Objects;

/**
 * Operations that move elements and change none. Any dtype is legal, and the result has the same
 * dtype; NaN is an element like any other. Labels that an operation does not name stay as they are,
 * also empty labels. A named empty label stays empty unless the operation defines otherwise.
 */
public sealed interface Movement extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case Annotate(Value x, _) -> List.of(x);
      case Slice(Value x, _, _, _, _) -> List.of(x);
      case Pad(Value x, _, _, _, _, _) -> List.of(x);
      case Concatenate(List<Value> operands, _) -> operands;
      case Shift(Value x, _, _, _) -> List.of(x);
      case Window(Value x, _, _, _, _, _) -> List.of(x);
      case Split(Value x, _, _, _) -> List.of(x);
      case Merge(Value x, _, _) -> List.of(x);
    };
  }

  /**
   * The identity, with an annotation of the value's layout on a mesh; on a backend of one device it
   * has no effect. Labels stay; the result's type has no layout.
   *
   * @param x the value
   * @param annotation the request for the layout of some of the value's labels
   */
  record Annotate(Value x, Annotation annotation) implements Movement {
    /** Checks for null. */
    public Annotate {
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(annotation, "annotation");
    }
  }

  /**
   * The elements at the indices {@code from}, {@code from + step}, ... below {@code to} of a label,
   * which keeps its name. An empty range is legal.
   *
   * @param x the value to cut
   * @param label the label
   * @param from the first index, in [0, to]
   * @param to one past the last index, at most the size
   * @param step the distance of the indices, at least 1
   */
  record Slice(Value x, String label, long from, long to, long step) implements Movement {}

  /**
   * Pads a label with {@code low} elements at the beginning, {@code high} at the end and {@code
   * interior} between neighbours, all of one value. An empty label gets the size {@code low +
   * high}.
   *
   * @param x the value to pad
   * @param label the label
   * @param low elements before the first, at least 0
   * @param high elements after the last, at least 0
   * @param interior elements between two neighbours, at least 0
   * @param fill value of the new elements, of x's dtype
   */
  record Pad(Value x, String label, long low, long high, long interior, Scalar fill)
      implements Movement {}

  /**
   * The concatenation of values along a label. Their other labels must be the same, in the same
   * order.
   *
   * @param operands the values, at least one, of one dtype; empty ones are legal
   * @param label the label to concatenate along; its sizes add up
   */
  record Concatenate(List<Value> operands, String label) implements Movement {
    /** Copies the list. */
    public Concatenate {
      operands = List.copyOf(operands);
    }
  }

  /**
   * Elements moved along a label: {@code result[i] = x[i - by]}, or {@code fill} if there is no
   * such element.
   *
   * @param x the value to move
   * @param label the label
   * @param by the distance; a negative one moves elements towards the first
   * @param fill value of the new elements, of x's dtype
   */
  record Shift(Value x, String label, long by, Scalar fill) implements Movement {}

  /**
   * Windows that slide along a label, with which a convolution is an einsum: {@code result[..., i,
   * w, ...] = x[..., i * stride + w * dilation, ...]}. The label's size becomes the number of
   * windows inside of x, which may be 0. The window's own label follows the label.
   *
   * @param x the value whose windows are taken
   * @param label the label along which windows slide
   * @param window name of the window's label
   * @param size its size, at least 1
   * @param stride distance between windows, at least 1
   * @param dilation distance between a window's elements, at least 1
   */
  record Window(Value x, String label, String window, long size, long stride, long dilation)
      implements Movement {}

  /**
   * A label split into several labels in its place, the first outermost. The sizes for an empty
   * label contain at least one 0.
   *
   * @param x the value to reshape
   * @param label the label
   * @param into names of the new labels
   * @param sizes their sizes, whose product is the label's size
   */
  record Split(Value x, String label, List<String> into, List<Long> sizes) implements Movement {
    /** Copies the lists. */
    public Split {
      into = List.copyOf(into);
      sizes = List.copyOf(sizes);
    }
  }

  /**
   * Neighbouring labels merged into one label in their place; the merged label is empty if one of
   * them is empty.
   *
   * @param x the value to reshape
   * @param labels neighbours in x's order, at least one
   * @param into name of the merged label
   */
  record Merge(Value x, List<String> labels, String into) implements Movement {
    /** Copies the list. */
    public Merge {
      labels = List.copyOf(labels);
    }
  }
}
