package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A node of a tree of einsums: an operand of the equation, or the einsum of one or two other nodes.
 *
 * @param labels labels of the value's dimensions in equations; an operand's may be repeated
 * @param names names of the dimensions in layouts: the labels; of a repeated label all dimensions
 *     but the first get another name
 * @param parts the contracted nodes; empty for an operand
 * @param operand the operand's number, -1 for an einsum
 */
record Contraction(List<String> labels, List<String> names, List<Contraction> parts, int operand) {
  static Contraction operand(int number, List<String> labels, List<String> names) {
    return new Contraction(labels, names, List.of(), number);
  }

  static Contraction of(List<String> labels, List<String> names, List<Contraction> parts) {
    return new Contraction(labels, names, parts, -1);
  }

  boolean isOperand() {
    return operand >= 0;
  }

  /** Whether the value has a label. */
  boolean has(String label) {
    return labels.contains(label);
  }

  /** Labels of the einsum, each once. */
  List<String> allLabels() {
    List<String> all = new ArrayList<>();
    parts.forEach(part -> part.labels.stream().filter(l -> !all.contains(l)).forEach(all::add));
    labels.stream().filter(l -> !all.contains(l)).forEach(all::add);
    return all;
  }

  /** Whether the value has a label twice; off its diagonal the value is zero. */
  boolean repeats(String label) {
    return labels.indexOf(label) != labels.lastIndexOf(label);
  }

  Equation equation() {
    return new Equation(parts.stream().map(Contraction::term).toList(), term());
  }

  private Term term() {
    return Term.of(labels.toArray(String[]::new));
  }

  /** The number of the operand, if the node is an operand. */
  Optional<Integer> number() {
    return isOperand() ? Optional.of(operand) : Optional.empty();
  }
}
