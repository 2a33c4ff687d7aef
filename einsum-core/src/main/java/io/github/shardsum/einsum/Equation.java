package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.EquationBinder;
import io.github.shardsum.internal.einsum.EquationIndexCheck;
import io.github.shardsum.internal.einsum.EquationParser;
import io.github.shardsum.internal.einsum.EquationPrinter;
import io.github.shardsum.internal.einsum.Sublists;
import io.github.shardsum.tensor.Shape;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * An einsum equation: the labels of each operand and of the output; an immutable value.
 *
 * <p><b>Compact form</b>, as in NumPy: {@code GSEC,GSM->EGCM}. Every letter is a label; white space
 * around terms is ignored; {@code ...} stands for any number of axes, aligned from the right.
 * Without {@code ->} the output is the ellipsis, if there is one, and then the labels that occur
 * once, in the order of their code points.
 *
 * <p><b>Spaced form</b>: {@code batch@x model, model hidden@y -> batch@x hidden@y | z}. An equation
 * is in this form if a term has white space inside it, or {@code @}, or {@code |}. Every token is a
 * label, of letters, digits and underscores. After {@code @} follow the mesh axes that split a
 * label, major to minor, joined by dots. After a bar follow the mesh axes over which the value is
 * still a partial sum. A bar without axes only marks the spaced form, in an equation without
 * another mark ({@code batch |, batch ->}). A token of many letters is ambiguous, and an error, if
 * it occurs only once and is alone in its term or next to an ellipsis without white space: {@code i
 * j, jk -> i k}, {@code a...bc, i k, k ->}.
 *
 * <p>The output may repeat a label (the result is zero off that diagonal) and may have a label that
 * no operand has (the result is repeated along it; its size is given when the equation is bound to
 * shapes).
 *
 * @param operands one term for each operand, at least one
 * @param output the term of the output
 */
public record Equation(List<Term> operands, Term output) {
  /** Stands for an ellipsis in the sublists of {@link #ofSublists(List)}. */
  public static final int ELLIPSIS = Integer.MIN_VALUE;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there is no operand
   */
  public Equation {
    operands = List.copyOf(operands);
    if (operands.isEmpty()) {
      throw new IllegalArgumentException("equation: expected at least one operand, got none");
    }
  }

  /**
   * Reads an equation in either form.
   *
   * @param notation the text
   * @return the equation, with its output written out
   * @throws EquationSyntaxException if the text breaks a rule of the notation
   */
  public static Equation parse(String notation) {
    return new EquationParser(Objects.requireNonNull(notation, "notation")).equation();
  }

  /**
   * An equation of integer labels, as in NumPy's sublists, with the implicit output: the ellipsis,
   * if there is one, and then the labels that occur once, by value.
   *
   * @param operands the labels of each operand, at least 0 or {@link #ELLIPSIS}; no upper limit
   * @return the equation; labels 0 to 51 are named a to z and A to Z; if there are higher labels,
   *     all are named by their numbers
   * @throws EquationSyntaxException if a label is negative or a sublist has two ellipses
   */
  public static Equation ofSublists(List<int[]> operands) {
    return Sublists.equation(operands, Sublists.implicitOutput(operands));
  }

  /**
   * An equation of integer labels, as in NumPy's sublists.
   *
   * @param operands the labels of each operand, at least 0 or {@link #ELLIPSIS}; no upper limit
   * @param output the labels of the output
   * @return the equation, named as by {@link #ofSublists(List)}
   * @throws EquationSyntaxException if a label is negative or a sublist has two ellipses
   */
  public static Equation ofSublists(List<int[]> operands, int... output) {
    return Sublists.equation(operands, output);
  }

  /**
   * Number of operands.
   *
   * @return the number, at least 1
   */
  public int operandCount() {
    return operands.size();
  }

  /**
   * The term of one operand.
   *
   * @param index the operand, in [0, operandCount)
   * @return its term
   * @throws IndexOutOfBoundsException if there is no such operand
   */
  public Term operand(int index) {
    return operands.get(
        EquationIndexCheck.check("operand: expected one", index, operands.size(), this));
  }

  /**
   * The named labels, each once, in the order of their first occurrence; the output's come last.
   *
   * @return an unmodifiable list, without the ellipsis
   */
  public List<String> labels() {
    Set<String> labels = new LinkedHashSet<>();
    for (Term term : operands) {
      term.axes().forEach(axis -> labels.add(axis.label()));
    }
    output.axes().forEach(axis -> labels.add(axis.label()));
    labels.remove(Axis.ELLIPSIS.label());
    return List.copyOf(labels);
  }

  /**
   * Whether a term has a layout.
   *
   * @return true if mesh axes are written anywhere
   */
  public boolean isAnnotated() {
    boolean annotated = output.isAnnotated();
    for (Term operand : operands) {
      annotated |= operand.isAnnotated();
    }
    return annotated;
  }

  /**
   * The same computation without layouts.
   *
   * @return an equation with {@link #isAnnotated()} false
   */
  public Equation withoutLayout() {
    return isAnnotated()
        ? new Equation(operands.stream().map(Term::withoutLayout).toList(), output.withoutLayout())
        : this;
  }

  /**
   * Binds the equation to the shapes of its operands, leniently.
   *
   * @param shapes one shape for each operand
   * @return the bound equation
   * @throws EinsumShapeException if the shapes do not fit the equation or each other, or an output
   *     label is in no operand
   */
  public BoundEquation bind(Shape... shapes) {
    return bind(List.of(shapes));
  }

  /**
   * As {@link #bind(Shape...)}.
   *
   * @param shapes one shape for each operand
   * @return the bound equation
   * @throws EinsumShapeException as {@link #bind(Shape...)}
   */
  public BoundEquation bind(List<Shape> shapes) {
    return bind(shapes, Map.of(), Strictness.LENIENT);
  }

  /**
   * Binds the equation to the shapes of its operands.
   *
   * @param shapes one shape for each operand
   * @param sizes sizes of output labels, needed for labels that are in no operand; a label that has
   *     size 1 in all operands is broadcast to its size here
   * @param strictness the behaviour where NumPy, torch and TensorFlow differ
   * @return the bound equation
   * @throws EinsumShapeException if the shapes do not fit the equation or each other, the size of
   *     an output label is not known, a given size belongs to no output label or contradicts the
   *     shapes, or {@link Strictness#STRICT} refuses the equation
   */
  public BoundEquation bind(List<Shape> shapes, Map<String, Long> sizes, Strictness strictness) {
    List<Shape> bound = List.copyOf(shapes);
    Map<String, Long> given = Map.copyOf(sizes);
    return new BoundEquation(
        this, bound, given, new EquationBinder(this, bound, given, strictness).bind());
  }

  /**
   * The notation, compact if possible, with the output written out; {@link #parse} of this text
   * gives an equal equation.
   */
  @Override
  public String toString() {
    return EquationPrinter.of(this).text();
  }
}
