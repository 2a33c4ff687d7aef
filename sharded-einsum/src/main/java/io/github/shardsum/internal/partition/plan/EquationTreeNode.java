package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import java.util.List;

/**
 * A node of a tree of einsums: an operand of the equation, or the einsum of one or two other nodes.
 *
 * @param labels labels of the value's dimensions in equations; an operand's may be repeated
 * @param names names of the dimensions in layouts. A dimension is named by its label; if a label is
 *     repeated, its later dimensions get other names
 * @param parts the contracted nodes; empty for an operand
 * @param operand the operand's number, -1 for an einsum
 */
record EquationTreeNode(
    List<String> labels, List<String> names, List<EquationTreeNode> parts, int operand) {
  static EquationTreeNode operand(int number, List<String> labels, List<String> names) {
    return new EquationTreeNode(labels, names, List.of(), number);
  }

  static EquationTreeNode of(
      List<String> labels, List<String> names, List<EquationTreeNode> parts) {
    return new EquationTreeNode(labels, names, parts, -1);
  }

  boolean isOperand() {
    return operand >= 0;
  }

  /** Whether the value has a label. */
  boolean has(String label) {
    return labels.contains(label);
  }

  /**
   * Whether the value has a label twice. The value of an einsum is then zero off the diagonal; of
   * an operand only the diagonal is read.
   */
  boolean repeats(String label) {
    return labels.indexOf(label) != labels.lastIndexOf(label);
  }

  Equation equation() {
    return new Equation(parts.stream().map(EquationTreeNode::term).toList(), term());
  }

  private Term term() {
    return Term.of(labels.toArray(String[]::new));
  }
}
