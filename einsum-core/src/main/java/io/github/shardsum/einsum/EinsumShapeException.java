package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.EquationShapePicture;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Thrown when the shapes of operands do not fit an equation or each other. The message has the
 * rule, the equation with a caret under each axis concerned, the shape of every operand, and the
 * remedy.
 *
 * <p>Java serialization keeps the message, but not the data.
 */
public final class EinsumShapeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The kind of misfit. */
  public enum Kind {
    /** The number of operands. */
    OPERAND_COUNT,
    /** The number of axes of an operand. */
    RANK,
    /** Two sizes of one label within one operand. */
    DIAGONAL,
    /** Two sizes of one label in different operands. */
    SIZE,
    /** Two sizes of one axis under the ellipsis. */
    ELLIPSIS_SIZE,
    /** The output lacks the ellipsis; {@link Strictness#STRICT} only. */
    OUTPUT_ELLIPSIS,
    /** A repeated output label; {@link Strictness#STRICT} only. */
    OUTPUT_REPEAT,
    /**
     * An output label of unknown size, or a given size that is negative, belongs to no output label
     * or contradicts the shapes.
     */
    OUTPUT_SIZE,
    /** More elements than a shape can have. */
    TOO_LARGE
  }

  /**
   * One axis concerned.
   *
   * @param operand the operand
   * @param axis the axis of its shape
   * @param size the size
   */
  public record Site(int operand, int axis, long size) {}

  /** The kind. */
  private final Kind kind;

  /** The equation. */
  private final transient Equation equation;

  /** One shape for each operand. */
  private final transient List<Shape> shapes;

  /** The label, or empty. */
  private final transient Optional<String> label;

  /** The axes. */
  private final transient List<Site> sites;

  /**
   * The error of shapes that do not fit.
   *
   * @param kind the kind of mismatch
   * @param equation the equation
   * @param shapes one shape for each operand
   * @param label the label concerned, if there is one
   * @param sites the axes of operands that are marked
   * @param outputAxis the axis of the output that is marked, if there is one
   * @param rule the rule in words, with the given value
   * @param wayOut the remedy
   */
  public EinsumShapeException(
      Kind kind,
      Equation equation,
      List<Shape> shapes,
      Optional<String> label,
      List<Site> sites,
      OptionalInt outputAxis,
      String rule,
      String wayOut) {
    super(
        rule
            + "\n"
            + new EquationShapePicture(equation, shapes, sites, outputAxis)
            + "  "
            + wayOut);
    this.kind = kind;
    this.equation = equation;
    this.shapes = List.copyOf(shapes);
    this.label = label;
    this.sites = List.copyOf(sites);
  }

  /**
   * The kind of misfit.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The equation.
   *
   * @return the equation
   */
  public Equation equation() {
    return equation;
  }

  /**
   * The shapes that were given.
   *
   * @return one shape for each operand
   */
  public List<Shape> shapes() {
    return shapes;
  }

  /**
   * The label concerned.
   *
   * @return its name, {@code ...0}, {@code ...1}, ... for an axis under the ellipsis; empty if the
   *     error is not about a label
   */
  public Optional<String> label() {
    return label;
  }

  /**
   * The axes concerned, with their sizes.
   *
   * @return the axes in the order of the operands, none if the error is not about a label
   */
  public List<Site> sites() {
    return sites;
  }
}
