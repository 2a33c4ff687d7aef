package io.github.shardsum.program;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * A request for a value's layout, for some of its labels; an immutable value.
 *
 * <p>A named label is closed: it has the mesh axes after {@code @} and no others. A named label
 * with {@code ?} is open: it has these axes, and propagation may add more. A label that is not
 * named is open without axes.
 *
 * <p>The notation is that of a {@link Term} in the spaced form, with {@code ?}. In {@code E@x G C
 * M?}, E is split over x, G and C are not split, and M may be split. The mesh axes after a bar are
 * the axes over which the value is a partial sum, as in {@code G S | y}.
 *
 * @param labels the named labels, each once
 * @param partial mesh axes over which the value is a partial sum, in alphabetic order
 * @param priority annotations with the lowest number propagate first; 0 by default
 */
public record Annotation(List<LabelSpec> labels, Set<String> partial, int priority) {
  /**
   * The request for one label.
   *
   * @param label its name
   * @param axes the mesh axes that split the label, major to minor
   * @param open whether propagation may add axes
   */
  public record LabelSpec(String label, List<String> axes, boolean open) {
    /**
     * Checks the names.
     *
     * @throws IllegalArgumentException if a name is not valid for a label or a mesh axis, or an
     *     axis is given twice
     */
    public LabelSpec {
      axes = new Axis(label, axes).mesh();
    }

    /** The notation, such as {@code E@x.y?}. */
    @Override
    public String toString() {
      return new Axis(label, axes) + (open ? "?" : "");
    }
  }

  /**
   * Checks that labels and mesh axes are distinct.
   *
   * @throws IllegalArgumentException if a label is named twice, or a mesh axis is used twice
   */
  public Annotation {
    labels = List.copyOf(labels);
    partial = Collections.unmodifiableSortedSet(new TreeSet<>(partial));
    Set<String> seen = new HashSet<>();
    for (LabelSpec spec : labels) {
      if (!seen.add(spec.label())) {
        throw new IllegalArgumentException(
            "annotation: labels must be distinct, got " + spec.label() + " twice");
      }
    }
    // The constructor of a term checks the rest: each mesh axis occurs once, at a label or behind
    // the bar.
    new Term(
        labels.stream().map(spec -> new Axis(spec.label(), spec.axes())).toList(),
        List.copyOf(partial));
    if (priority < 0) {
      throw new IllegalArgumentException(
          "annotation: priority must be at least 0, got " + priority);
    }
  }

  /**
   * An annotation of priority 0 from its notation.
   *
   * @param layout the notation, such as {@code E@x G C M?}
   * @return the annotation
   * @throws IllegalArgumentException if the text is not in the notation
   */
  public static Annotation parse(String layout) {
    return parse(layout, 0);
  }

  /**
   * An annotation from its notation.
   *
   * @param layout the notation, such as {@code E@x G C M?}; every word is one label
   * @param priority the priority, at least 0; annotations with the lowest number propagate first
   * @return the annotation
   * @throws IllegalArgumentException if the text is not in the notation
   */
  public static Annotation parse(String layout, int priority) {
    Objects.requireNonNull(layout, "layout");
    int bar = layout.indexOf('|');
    List<LabelSpec> labels = new ArrayList<>();
    for (String word : words(bar < 0 ? layout : layout.substring(0, bar))) {
      boolean open = word.endsWith("?");
      String closed = open ? word.substring(0, word.length() - 1) : word;
      int at = closed.indexOf('@');
      labels.add(
          at < 0
              ? new LabelSpec(closed, List.of(), open)
              : new LabelSpec(
                  closed.substring(0, at),
                  List.of(closed.substring(at + 1).split("\\.", -1)),
                  open));
    }
    List<String> partial = bar < 0 ? List.of() : words(layout.substring(bar + 1));
    Set<String> axes = new HashSet<>(partial);
    if (axes.size() < partial.size()) {
      throw new IllegalArgumentException(
          "annotation: partial axes must be distinct, got " + partial);
    }
    return new Annotation(labels, axes, priority);
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }

  /**
   * The annotation that closes every label of a layout.
   *
   * @param layout labels and their mesh axes, without ellipsis
   * @return the annotation, of priority 0
   */
  public static Annotation closed(Term layout) {
    return new Annotation(
        layout.axes().stream()
            .map(axis -> new LabelSpec(axis.label(), axis.mesh(), false))
            .toList(),
        Set.copyOf(layout.partial()),
        0);
  }

  /**
   * The layout of a value, if each of its labels is closed.
   *
   * @param value the value's labels, in order
   * @return the labels with their mesh axes, and the partial axes; empty if a label is open
   */
  public Optional<Term> closedLayout(Term value) {
    List<Axis> axes = new ArrayList<>();
    for (Axis axis : value.axes()) {
      for (LabelSpec spec : labels) {
        if (spec.label().equals(axis.label()) && !spec.open()) {
          axes.add(new Axis(spec.label(), spec.axes()));
        }
      }
    }
    return axes.size() == value.size()
        ? Optional.of(new Term(axes, List.copyOf(partial)))
        : Optional.empty();
  }

  /**
   * The same annotation with another priority.
   *
   * @param other the new priority, at least 0
   * @return the annotation
   */
  public Annotation withPriority(int other) {
    return new Annotation(labels, partial, other);
  }

  /**
   * The annotation of the value's cotangent. It has no partial axes, since the dual of a partial
   * sum is a value that every device holds.
   *
   * @return the annotation without partial axes
   */
  public Annotation dual() {
    return partial.isEmpty() ? this : new Annotation(labels, Set.of(), priority);
  }

  /**
   * The notation without the priority.
   *
   * @return the notation, such as {@code E@x G C M?}
   */
  public String layout() {
    StringJoiner text = new StringJoiner(" ");
    labels.forEach(spec -> text.add(spec.toString()));
    if (!partial.isEmpty()) {
      text.add("|");
      partial.forEach(text::add);
    }
    return text.toString();
  }

  /** The notation, and the priority unless it is 0. */
  @Override
  public String toString() {
    return priority == 0 ? layout() : layout() + " (priority " + priority + ")";
  }
}
