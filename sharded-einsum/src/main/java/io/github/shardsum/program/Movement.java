package io.github.shardsum.program;

import java.util.List;
import java.util.Objects;

/**
 * Operations that move elements and change none: any dtype, which is the result's; NaN is an
 * element like any other. Labels that are not named stay as they are, also empty ones; a named
 * empty label stays empty unless the operation defines otherwise.
 */
public sealed interface Movement extends Operation {
  /**
   * The identity, with an annotation of how the value is laid out over a mesh; a backend of one
   * device does nothing at all. Labels stay; the result's type has no layout.
   *
   * @param x the value
   * @param annotation for some of its labels
   */
  record Annotate(Value x, Annotation annotation) implements Movement {
    /** Checks for null. */
    public Annotate {
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(annotation, "annotation");
    }

    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * The elements from, from + step, ... below to of a label, which keeps its name. An empty range
   * is legal.
   *
   * @param x the value that is cut
   * @param label the label
   * @param from the first index, in [0, to]
   * @param to one past the last index, at most the size
   * @param step at least 1
   */
  record Slice(Value x, String label, long from, long to, long step) implements Movement {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * A label made longer: low elements before, high after and interior ones between neighbours, all
   * of one value. An empty label becomes low + high elements.
   *
   * @param x the value that is padded
   * @param label the label
   * @param low elements before the first, at least 0
   * @param high elements after the last, at least 0
   * @param interior elements between two neighbours, at least 0
   * @param fill their value, of x's dtype
   */
  record Pad(Value x, String label, long low, long high, long interior, Scalar fill)
      implements Movement {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * Values one after the other along a label; their other labels are the same, in the same order.
   *
   * @param operands at least one, of one dtype; empty ones are legal
   * @param label the label to concatenate along; its sizes add up
   */
  record Concatenate(List<Value> operands, String label) implements Movement {
    /** Copies the list. */
    public Concatenate {
      operands = List.copyOf(operands);
    }
  }

  /**
   * Elements moved along a label: result[i] = x[i - by], and fill where there is no such element.
   *
   * @param x the value that is moved
   * @param label the label
   * @param by the distance; below 0 moves towards the first
   * @param fill value of the elements that come in, of x's dtype
   */
  record Shift(Value x, String label, long by, Scalar fill) implements Movement {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * Windows that slide along a label, so that a convolution is an einsum: result[..., i, w, ...] =
   * x[..., i * stride + w * dilation, ...]. The label's size becomes the number of windows that are
   * inside, which may be 0; the window's own label follows it.
   *
   * @param x the value whose windows are taken
   * @param label the label along which windows slide
   * @param window name of the window's label
   * @param size its size, at least 1
   * @param stride distance between windows, at least 1
   * @param dilation distance between a window's elements, at least 1
   */
  record Window(Value x, String label, String window, long size, long stride, long dilation)
      implements Movement {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * A label split into several labels in its place, the first outermost; an empty label into sizes
   * with at least one 0.
   *
   * @param x the value that is reshaped
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

    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * Neighbouring labels merged into one label in their place; it is empty if one of them is.
   *
   * @param x the value that is reshaped
   * @param labels neighbours in x's order, at least one
   * @param into name of the merged label
   */
  record Merge(Value x, List<String> labels, String into) implements Movement {
    /** Copies the list. */
    public Merge {
      labels = List.copyOf(labels);
    }

    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }
}
