package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.program.types.Terms;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Builder methods of {@link Contraction} operations. Public for languages that call by reflection;
 * a program names the builder.
 */
public sealed interface ContractionMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * An einsum in the dtype of its operands.
   *
   * @param equation as {@code "GSM,ME->GSE"}
   * @param operands one a term
   * @return the result
   * @see Contraction.Einsum
   */
  default Value einsum(String equation, Value... operands) {
    for (int i = 0; i < operands.length; i++) {
      if (operands[i] == null) {
        throw new NullPointerException("einsum " + equation + ": operand " + i + " is null");
      }
    }
    return einsum(Equation.parse(equation), List.of(operands), Map.of());
  }

  /**
   * An einsum with labels that only the output has.
   *
   * @param equation the equation
   * @param operands one a term
   * @param sizes sizes of such labels
   * @return the result
   * @see Contraction.Einsum
   */
  default Value einsum(Equation equation, List<Value> operands, Map<String, Long> sizes) {
    if (operands.isEmpty()) {
      throw ProgramException.at("einsum " + equation, "at least one operand is wanted, got none");
    }
    return einsum(equation, operands, operands.getFirst().type().dtype(), sizes);
  }

  /**
   * An einsum with a dtype of its own: f32 of bf16 operands, without a rounding between.
   *
   * @param equation the equation
   * @param operands one a term
   * @param dtype the result's dtype
   * @param sizes sizes of labels that only the output has
   * @return the result
   * @see Contraction.Einsum
   */
  default Value einsum(
      Equation equation, List<Value> operands, DType dtype, Map<String, Long> sizes) {
    return add(new Contraction.Einsum(equation, operands, dtype, sizes)).getFirst();
  }

  /**
   * Another name for a label: the identity einsum.
   *
   * @param x the value
   * @param label its label
   * @param to the label's new name
   * @return the result
   * @see Contraction.Einsum
   */
  default Value rename(Value x, String label, String to) {
    List<String> names = new ArrayList<>(x.type().names());
    names.replaceAll(name -> name.equals(label) ? to : name);
    return einsum(Terms.equation(List.of(Terms.of(names)), Terms.of(names)), List.of(x), Map.of());
  }

  /**
   * A reduction.
   *
   * @param kind how
   * @param x what is reduced
   * @param labels along which labels
   * @return the result
   * @see Contraction.Reduce
   */
  default Value reduce(ReduceKind kind, Value x, String... labels) {
    return add(new Contraction.Reduce(kind, x, List.of(labels))).getFirst();
  }

  /**
   * A sum along labels.
   *
   * @param x the terms
   * @param labels along which labels
   * @return the result
   * @see Contraction.ReduceKind#SUM
   */
  default Value sum(Value x, String... labels) {
    return reduce(ReduceKind.SUM, x, labels);
  }

  /**
   * The largest along labels.
   *
   * @param x the elements
   * @param labels along which labels
   * @return the result
   * @see Contraction.ReduceKind#MAX
   */
  default Value max(Value x, String... labels) {
    return reduce(ReduceKind.MAX, x, labels);
  }

  /**
   * The softmax along a label.
   *
   * @param x logits
   * @param label along which
   * @return the result
   * @see Contraction.Softmax
   */
  default Value softmax(Value x, String label) {
    return add(new Contraction.Softmax(x, label)).getFirst();
  }

  /**
   * Running sums along a label, each with its own term.
   *
   * @param x the terms
   * @param label along which
   * @return the result
   * @see Contraction.CumulativeSum
   */
  default Value cumulativeSum(Value x, String label) {
    return cumulativeSum(x, label, false, false);
  }

  /**
   * Running sums along a label, each without its own term.
   *
   * @param x the terms
   * @param label along which
   * @return the result
   * @see Contraction.CumulativeSum
   */
  default Value exclusiveSum(Value x, String label) {
    return cumulativeSum(x, label, true, false);
  }

  /**
   * Running sums along a label, in any direction.
   *
   * @param x the terms
   * @param label along which
   * @param exclusive whether an element's own term is left out
   * @param reverse whether sums run from the last element to the first
   * @return the result
   * @see Contraction.CumulativeSum
   */
  default Value cumulativeSum(Value x, String label, boolean exclusive, boolean reverse) {
    return add(new Contraction.CumulativeSum(x, label, exclusive, reverse)).getFirst();
  }
}
