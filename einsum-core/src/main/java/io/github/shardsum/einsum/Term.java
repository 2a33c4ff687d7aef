package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.EquationIndexCheck;
import io.github.shardsum.internal.einsum.EquationParser;
import io.github.shardsum.internal.einsum.EquationPrinter;
import io.github.shardsum.internal.einsum.LabelSyntax;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The labels of one operand or of the output, in the order of its axes, and its layout. The layout
 * is the mesh axes that split each label, and the mesh axes over which the value is still a partial
 * sum. A term is also the notation of a layout. An immutable value.
 *
 * @param axes the axes; at most one is an ellipsis; a label may be repeated
 * @param partial names of the mesh axes over which the value is a partial sum, as a set: sorted, so
 *     that equal sets are equal terms
 */
public record Term(List<Axis> axes, List<String> partial) {

  /**
   * Copies and checks the lists.
   *
   * @throws IllegalArgumentException if there are two ellipses, a name of a mesh axis is not valid,
   *     or a mesh axis is used twice
   */
  public Term {
    axes = List.copyOf(axes);
    partial =
        partial.isEmpty() ? List.of() : partial.stream().sorted(LabelSyntax::compare).toList();
    boolean ellipsis = false;
    Set<String> used = new HashSet<>();
    for (Axis axis : axes) {
      if (axis.isEllipsis() && ellipsis) {
        throw new IllegalArgumentException("term: expected at most one ellipsis, got two");
      }
      ellipsis |= axis.isEllipsis();
      for (String name : axis.mesh()) {
        checkUnused(name, used);
      }
    }
    for (String name : partial) {
      LabelSyntax.check("mesh axis", name);
      checkUnused(name, used);
    }
  }

  private static void checkUnused(String name, Set<String> used) {
    if (!used.add(name)) {
      throw new IllegalArgumentException(
          "term: a mesh axis splits one label, or is summed over, once; got " + name + " twice");
    }
  }

  /**
   * A term without layout.
   *
   * @param labels the labels; one may be {@code ...}
   * @return the term
   * @throws IllegalArgumentException if a label is not a valid name or two are {@code ...}
   */
  public static Term of(String... labels) {
    return new Term(List.of(labels).stream().map(Axis::of).toList(), List.of());
  }

  /**
   * Reads one term: compact ({@code ijk}), or spaced if it has white space inside it, {@code @} or
   * {@code |} ({@code batch@x model}, {@code m n | x}).
   *
   * @param notation the text
   * @return the term
   * @throws EquationSyntaxException if the text breaks a rule of the notation
   */
  public static Term parse(String notation) {
    return new EquationParser(Objects.requireNonNull(notation, "notation")).term();
  }

  /**
   * Reads one term in the spaced form: every word is one label, even a single word, as in every
   * layout. {@code batch} is one label and {@code i j} are two.
   *
   * @param notation the text
   * @return the term
   * @throws EquationSyntaxException if the text breaks a rule of the notation
   */
  public static Term parseSpaced(String notation) {
    return new EquationParser(Objects.requireNonNull(notation, "notation")).spacedTerm();
  }

  /**
   * Number of axes, where an ellipsis counts as one.
   *
   * @return the number
   */
  public int size() {
    return axes.size();
  }

  /**
   * One axis.
   *
   * @param position the position in the term, in [0, size)
   * @return the axis
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public Axis axis(int position) {
    return axes.get(EquationIndexCheck.check("axis: expected one", position, axes.size(), this));
  }

  /**
   * Position of the ellipsis.
   *
   * @return the position, or -1 if there is none
   */
  public int ellipsis() {
    for (int position = 0; position < axes.size(); position++) {
      if (axes.get(position).isEllipsis()) {
        return position;
      }
    }
    return -1;
  }

  /**
   * Whether the term has a layout: a label is split or the value is a partial sum.
   *
   * @return true if so
   */
  public boolean isAnnotated() {
    boolean annotated = !partial.isEmpty();
    for (Axis axis : axes) {
      annotated |= !axis.mesh().isEmpty();
    }
    return annotated;
  }

  /**
   * The same labels without the layout.
   *
   * @return a term with {@link #isAnnotated()} false
   */
  public Term withoutLayout() {
    return isAnnotated()
        ? new Term(axes.stream().map(axis -> Axis.of(axis.label())).toList(), List.of())
        : this;
  }

  /**
   * The notation in the spaced form; {@link #parseSpaced} of this text gives an equal term.
   *
   * @return the text, such as {@code i j}, {@code batch}, {@code G@x S} or {@code m n | x}
   */
  public String spaced() {
    return EquationPrinter.spaced(this);
  }

  /**
   * The notation, compact if possible; {@link #parse} of this text gives an equal term. A single
   * name of many letters is printed with a bar, {@code batch |}, which marks the spaced form.
   */
  @Override
  public String toString() {
    return EquationPrinter.of(this);
  }
}
