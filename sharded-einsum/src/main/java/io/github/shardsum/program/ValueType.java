package io.github.shardsum.program;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.StringJoiner;

/**
 * The type of a value, known before the value is computed: the dtype, and the name and size of each
 * label, outermost first. An immutable value.
 *
 * <p>The notation is that of a {@link Term} in the spaced form with a size after each label, as in
 * {@code f32[G=2 S=8 M=16]}. A scalar is {@code f32[]}, and a type with a layout is {@code
 * f32[G@x=2 S=8 | y]}.
 *
 * @param dtype the element type
 * @param labels the labels, each once, with their mesh axes if there is a layout
 * @param shape one size for each label
 */
public record ValueType(DType dtype, Term labels, Shape shape) {
  private static final long MOST_BYTES = (1L << 60) - 1;

  /** The most labels: as many as NumPy allows, since inputs come from NumPy's files. */
  private static final int MOST_LABELS = 64;

  /** Checks that labels are distinct, have one size each and are at most 64. */
  public ValueType {
    if (labels.size() != shape.rank()) {
      throw new IllegalArgumentException(
          "type: sizes must be one for each label, got labels "
              + labels.axes()
              + " and sizes "
              + shape);
    }
    if (labels.size() > MOST_LABELS) {
      throw new IllegalArgumentException(
          "type: labels must be at most " + MOST_LABELS + ", got " + labels.size());
    }
    if (shape.elementCount() > MOST_BYTES / dtype.byteSize()) {
      throw new IllegalArgumentException(
          "type: bytes must be fewer than 2^60, got " + dtype + shape);
    }
    HashSet<String> seen = new HashSet<>();
    for (Axis axis : labels.axes()) {
      if (axis.isEllipsis() || !seen.add(axis.label())) {
        throw new IllegalArgumentException(
            "type: labels must have distinct names, got "
                + axis.label()
                + (axis.isEllipsis() ? "" : " twice")
                + " in "
                + notation(dtype, labels, shape));
      }
    }
  }

  /**
   * A type without layout.
   *
   * @param dtype the element type
   * @param labels the labels' names
   * @param sizes one size for each label
   * @return the type
   */
  public static ValueType of(DType dtype, List<String> labels, List<Long> sizes) {
    return new ValueType(
        dtype,
        Term.of(labels.toArray(String[]::new)),
        Shape.of(sizes.stream().mapToLong(Long::longValue).toArray()));
  }

  /**
   * The type of a scalar.
   *
   * @param dtype the element type
   * @return the type
   */
  public static ValueType scalar(DType dtype) {
    return of(dtype, List.of(), List.of());
  }

  /**
   * Reads the notation.
   *
   * @param notation the type, such as {@code f32[G=2 S=8]}
   * @return the type
   * @throws IllegalArgumentException if the text is not the notation of a type
   */
  public static ValueType parse(String notation) {
    int open = notation.indexOf('[');
    if (open < 0 || !notation.endsWith("]")) {
      throw new IllegalArgumentException(
          "type: expected a dtype and labels with sizes, such as f32[G=2 S=8], got \""
              + notation
              + "\"");
    }
    String inside = notation.substring(open + 1, notation.length() - 1);
    int bar = inside.indexOf('|');
    List<Axis> axes = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    for (String token : words(bar < 0 ? inside : inside.substring(0, bar))) {
      int equals = token.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "type: expected label=size, got \"" + token + "\" in \"" + notation + "\"");
      }
      axes.add(parsedAxis(token.substring(0, equals)));
      sizes.add(size(token.substring(equals + 1), notation));
    }
    List<String> partial = bar < 0 ? List.of() : words(inside.substring(bar + 1));
    return new ValueType(
        DType.parse(notation.substring(0, open).strip()),
        new Term(axes, partial),
        Shape.of(sizes.stream().mapToLong(Long::longValue).toArray()));
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }

  private static Axis parsedAxis(String token) {
    int at = token.indexOf('@');
    return at < 0
        ? Axis.of(token)
        : new Axis(token.substring(0, at), List.of(token.substring(at + 1).split("\\.")));
  }

  private static long size(String digits, String notation) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException notNumber) {
      throw new IllegalArgumentException(
          "type: expected a size, got \"" + digits + "\" in \"" + notation + "\"", notNumber);
    }
  }

  /**
   * Number of labels.
   *
   * @return the rank, 0 for a scalar
   */
  public int rank() {
    return shape.rank();
  }

  /**
   * The labels' names.
   *
   * @return the names in order, without mesh axes
   */
  public List<String> names() {
    List<String> names = new ArrayList<>(rank());
    for (Axis axis : labels.axes()) {
      names.add(axis.label());
    }
    return names;
  }

  /**
   * Position of a label.
   *
   * @param label its name
   * @return the label's place; -1 if the value has no such label
   */
  public int axis(String label) {
    for (int axis = 0; axis < rank(); axis++) {
      if (labels.axis(axis).label().equals(label)) {
        return axis;
      }
    }
    return -1;
  }

  /**
   * Size of a label.
   *
   * @param label its name
   * @return the size
   * @throws IllegalArgumentException if the value has no such label
   */
  public long size(String label) {
    int axis = axis(label);
    if (axis < 0) {
      throw new IllegalArgumentException("type: expected label " + label + ", got " + this);
    }
    return shape.size(axis);
  }

  /**
   * Sizes of all labels.
   *
   * @return in order
   */
  public List<Long> sizes() {
    List<Long> sizes = new ArrayList<>(rank());
    for (int axis = 0; axis < rank(); axis++) {
      sizes.add(shape.size(axis));
    }
    return sizes;
  }

  /**
   * The type with the same labels and another dtype.
   *
   * @param other the dtype
   * @return the type, without layout
   */
  public ValueType withDtype(DType other) {
    return new ValueType(other, labels.withoutLayout(), shape);
  }

  /**
   * The same type without a layout.
   *
   * @return the type
   */
  public ValueType withoutLayout() {
    return withDtype(dtype);
  }

  /**
   * Bytes of the elements.
   *
   * @return the number of elements times the size of one
   */
  public long bytes() {
    return Math.multiplyExact(shape.elementCount(), dtype.byteSize());
  }

  /** The notation. */
  @Override
  public String toString() {
    return notation(dtype, labels, shape);
  }

  private static String notation(DType dtype, Term labels, Shape shape) {
    StringJoiner text = new StringJoiner(" ", dtype + "[", "]");
    for (int axis = 0; axis < shape.rank(); axis++) {
      text.add(labels.axis(axis) + "=" + shape.size(axis));
    }
    if (!labels.partial().isEmpty()) {
      text.add("| " + String.join(" ", labels.partial()));
    }
    return text.toString();
  }
}
