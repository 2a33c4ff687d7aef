package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.EquationBinder;
import io.github.shardsum.internal.einsum.EquationGradient;
import io.github.shardsum.internal.einsum.EquationIndexCheck;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;

/**
 * An equation with the shapes of its operands, and with numbers for its labels; an immutable value.
 *
 * <p>Labels are numbered from 0 in the order of their first occurrence in the operands; labels that
 * occur only in the output come last. Each axis under an ellipsis is a label of its own, aligned
 * from the right and named {@code ...0}, {@code ...1}, ... from the left.
 *
 * <p>The value is, for every index of the distinct output labels, the sum over all other labels of
 * the product of the operands. An axis of size 1 whose label is larger ({@link #isBroadcast}) is
 * read at index 0. Where the output repeats a label, the result is zero off that diagonal; along a
 * label that no operand has ({@link #isRepeated}) the result is repeated.
 *
 * <p>This is the value in exact arithmetic. Floating-point sums and products are computed in the
 * order of a contraction path, and a label that only one operand has is summed before any
 * multiplication. With an overflow or an infinity, the result may therefore differ from the sum of
 * all products, as NumPy's with {@code optimize} may: {@code i,ij->i} of {@code [inf]} and {@code
 * [[1, -2]]} is -inf, where the sum of products is NaN.
 *
 * <p>Accessors with an index do not allocate.
 */
public final class BoundEquation {
  private final Equation equation;
  private final List<Shape> shapes;
  private final Map<String, Long> givenSizes;
  private final String[] names;
  private final long[] sizes;
  private final int[][] operandLabels;
  private final int[] outputLabels;
  private final Shape outputShape;
  private final boolean[] inOperand;
  private final boolean[] inOutput;

  /** Takes ownership of the binding's arrays; no other object may hold them. */
  BoundEquation(
      Equation equation,
      List<Shape> shapes,
      Map<String, Long> givenSizes,
      EquationBinder.Binding binding) {
    this.equation = equation;
    this.shapes = shapes;
    this.givenSizes = givenSizes;
    this.names = binding.names();
    this.sizes = binding.sizes();
    this.operandLabels = binding.operandLabels();
    this.outputLabels = binding.outputLabels();
    this.outputShape = binding.outputShape();
    this.inOperand = new boolean[names.length];
    this.inOutput = new boolean[names.length];
    for (int operand = 0; operand < operandLabels.length; operand++) {
      for (int axis = 0; axis < operandLabels[operand].length; axis++) {
        inOperand[operandLabels[operand][axis]] |= !isBroadcast(operand, axis);
      }
    }
    for (int label : outputLabels) {
      inOutput[label] = true;
    }
  }

  /**
   * The equation.
   *
   * @return the equation that was bound
   */
  public Equation equation() {
    return equation;
  }

  /**
   * Number of operands.
   *
   * @return the number, at least 1
   */
  public int operandCount() {
    return operandLabels.length;
  }

  /**
   * Shape of an operand.
   *
   * @param operand the operand, in [0, operandCount)
   * @return its shape
   * @throws IndexOutOfBoundsException if there is no such operand
   */
  public Shape operandShape(int operand) {
    return shapes.get(
        EquationIndexCheck.check(
            "operandShape: expected an operand", operand, operandCount(), equation));
  }

  /**
   * Shapes of all operands.
   *
   * @return an unmodifiable list
   */
  public List<Shape> operandShapes() {
    return shapes;
  }

  /**
   * Number of axes of an operand.
   *
   * @param operand the operand, in [0, operandCount)
   * @return its rank
   * @throws IndexOutOfBoundsException if there is no such operand
   */
  public int operandRank(int operand) {
    return labelsOf("operandRank: expected an operand", operand).length;
  }

  /**
   * Label of an operand's axis.
   *
   * @param operand the operand, in [0, operandCount)
   * @param axis the axis of its shape, in [0, rank)
   * @return the label; two axes of one operand may have the same label, which is then a diagonal
   * @throws IndexOutOfBoundsException if there is no such operand or axis
   */
  public int operandLabel(int operand, int axis) {
    int[] labels = labelsOf("operandLabel: expected an operand", operand);
    return labels[
        EquationIndexCheck.check(
            "operandLabel: expected an axis", axis, labels.length, shapes.get(operand))];
  }

  /**
   * Labels of an operand's axes.
   *
   * @param operand the operand, in [0, operandCount)
   * @return a fresh array
   * @throws IndexOutOfBoundsException if there is no such operand
   */
  public int[] operandLabels(int operand) {
    return labelsOf("operandLabels: expected an operand", operand).clone();
  }

  private int[] labelsOf(String what, int operand) {
    return operandLabels[EquationIndexCheck.check(what, operand, operandCount(), equation)];
  }

  /**
   * Whether an axis has size 1 although its label has another size. The axis is then read at index
   * 0 for every index of the label, as if the operand lacked the label.
   *
   * @param operand the operand, in [0, operandCount)
   * @param axis the axis of its shape, in [0, rank)
   * @return true if so
   * @throws IndexOutOfBoundsException if there is no such operand or axis
   */
  public boolean isBroadcast(int operand, int axis) {
    int[] labels = labelsOf("isBroadcast: expected an operand", operand);
    Shape shape = shapes.get(operand);
    int label =
        labels[
            EquationIndexCheck.check("isBroadcast: expected an axis", axis, labels.length, shape)];
    return shape.size(axis) != sizes[label];
  }

  /**
   * Number of axes of the output.
   *
   * @return the rank
   */
  public int outputRank() {
    return outputLabels.length;
  }

  /**
   * Label of an axis of the output.
   *
   * @param axis the axis, in [0, outputRank)
   * @return the label; two axes may have the same label
   * @throws IndexOutOfBoundsException if there is no such axis
   */
  public int outputLabel(int axis) {
    return outputLabels[
        EquationIndexCheck.check(
            "outputLabel: expected an axis", axis, outputLabels.length, outputShape)];
  }

  /**
   * Labels of the axes of the output.
   *
   * @return a fresh array
   */
  public int[] outputLabels() {
    return outputLabels.clone();
  }

  /**
   * Shape of the output.
   *
   * @return the shape; every axis has the size of its label
   */
  public Shape outputShape() {
    return outputShape;
  }

  /**
   * Number of labels.
   *
   * @return the number; labels are 0 to this number minus 1
   */
  public int labelCount() {
    return names.length;
  }

  /**
   * Size of a label.
   *
   * @param label the label, in [0, labelCount)
   * @return its size, at least 0
   * @throws IndexOutOfBoundsException if there is no such label
   */
  public long labelSize(int label) {
    return sizes[checkedLabel("labelSize: expected a label", label)];
  }

  /**
   * Name of a label.
   *
   * @param label the label, in [0, labelCount)
   * @return the name in the equation, or {@code ...0}, {@code ...1}, ... for an axis of the
   *     ellipsis
   * @throws IndexOutOfBoundsException if there is no such label
   */
  public String labelName(int label) {
    return names[checkedLabel("labelName: expected a label", label)];
  }

  /**
   * Whether a label is in the output; otherwise it is summed over.
   *
   * @param label the label, in [0, labelCount)
   * @return true if so
   * @throws IndexOutOfBoundsException if there is no such label
   */
  public boolean inOutput(int label) {
    return inOutput[checkedLabel("inOutput: expected a label", label)];
  }

  /**
   * Whether the result is repeated along a label: the output has the label, and operands have it
   * only on {@link #isBroadcast} axes or not at all.
   *
   * @param label the label, in [0, labelCount)
   * @return true if so
   * @throws IndexOutOfBoundsException if there is no such label
   */
  public boolean isRepeated(int label) {
    return !inOperand[checkedLabel("isRepeated: expected a label", label)];
  }

  /**
   * The sizes of labels that the caller gave.
   *
   * @return an unmodifiable map from label names
   */
  public Map<String, Long> givenSizes() {
    return givenSizes;
  }

  /**
   * The gradient by one operand, as an equation. Its operands are the cotangent, of the shape of
   * this output, and then the other operands in their order; its output has the shape of the
   * operand. A label that occurs only in this operand occurs only in the gradient's output, and a
   * diagonal becomes a repeated output label. Along a {@link #isBroadcast} axis the gradient is
   * summed to size 1.
   *
   * @param operand the operand, in [0, operandCount)
   * @return the equation with the shapes of its operands
   * @throws IndexOutOfBoundsException if there is no such operand
   */
  public BoundEquation vjp(int operand) {
    EquationIndexCheck.check("vjp: expected an operand", operand, operandCount(), equation);
    return new EquationGradient(this, operand).bound();
  }

  private int checkedLabel(String what, int label) {
    return EquationIndexCheck.check(what, label, names.length, this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BoundEquation bound
        && equation.equals(bound.equation)
        && shapes.equals(bound.shapes)
        && Arrays.equals(sizes, bound.sizes);
  }

  @Override
  public int hashCode() {
    return Objects.hash(equation, shapes, Arrays.hashCode(sizes));
  }

  /** The equation and the size of every label, as in {@code ij,jk->ik [i=2, j=3, k=4]}. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", equation + " [", "]");
    for (int label = 0; label < names.length; label++) {
      text.add(names[label] + "=" + sizes[label]);
    }
    return text.toString();
  }
}
