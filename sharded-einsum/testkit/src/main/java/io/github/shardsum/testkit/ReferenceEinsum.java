package io.github.shardsum.testkit;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Computes an einsum by its definition: a sum over all indices of the product of the operands'
 * elements, in f64, rounded once. This slow class is the oracle of tests.
 */
public final class ReferenceEinsum {
  private ReferenceEinsum() {}

  /**
   * The value of an einsum.
   *
   * @param bound the equation with its sizes
   * @param operands one tensor for each operand, all of one dtype
   * @return the result in C order, of the operands' dtype
   * @throws IllegalArgumentException if a shape does not fit the equation, or a dtype differs
   */
  public static Tensor evaluate(BoundEquation bound, Tensor... operands) {
    ProgramBuilder p = Program.builder("einsum");
    List<Value> values = new ArrayList<>();
    List<Term> terms = new ArrayList<>();
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < operands.length; i++) {
      List<String> axes = new ArrayList<>();
      List<String> ones = new ArrayList<>();
      List<String> labels = new ArrayList<>();
      for (int axis = 0; axis < bound.operandRank(i); axis++) {
        axes.add("axis" + axis);
        if (bound.isBroadcast(i, axis)) {
          ones.add("axis" + axis);
        } else {
          labels.add("label" + bound.operandLabel(i, axis));
        }
      }
      List<Long> given = new ArrayList<>();
      for (long size : bound.operandShape(i).toArray()) {
        given.add(size);
      }
      Value x = p.input("x" + i, ValueType.of(operands[i].dtype(), axes, given));
      values.add(ones.isEmpty() ? x : p.sum(x, ones.toArray(String[]::new)));
      terms.add(Term.of(labels.toArray(String[]::new)));
    }
    Set<String> known = new HashSet<>();
    terms.forEach(term -> term.axes().forEach(axis -> known.add(axis.label())));
    List<String> output = new ArrayList<>();
    for (int label : bound.outputLabels()) {
      output.add("label" + label);
      if (!known.contains("label" + label)) {
        sizes.put("label" + label, bound.labelSize(label));
      }
    }
    Equation equation = new Equation(terms, Term.of(output.toArray(String[]::new)));
    p.output("y", p.einsum(equation, values, sizes));
    try (Executable executable = new ReferenceBackend().compile(p.build())) {
      return executable.run(operands).getFirst();
    }
  }
}
