package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The gradient of an einsum with respect to an operand: an einsum with the cotangent in place of
 * the operand.
 */
final class EinsumGradient {
  private final ProgramBuilder builder;
  private final Contraction.Einsum einsum;
  private final List<Term> terms = new ArrayList<>();
  private final List<Value> operands = new ArrayList<>();

  EinsumGradient(ProgramBuilder builder, Contraction.Einsum einsum, Value cotangent) {
    this.builder = builder;
    this.einsum = einsum;
    terms.add(einsum.equation().output());
    operands.add(cotangent);
  }

  Value by(int operand) {
    DType dtype = einsum.dtype();
    for (int i = 0; i < einsum.operands().size(); i++) {
      if (i != operand) {
        terms.add(einsum.equation().operand(i));
        operands.add(builder.convert(einsum.operands().get(i), dtype));
      }
    }
    ValueType type = einsum.operands().get(operand).type();
    List<String> result =
        distinct(LabelEquations.names(einsum.equation().operand(operand)), type, dtype);
    Map<String, Long> sizes = new HashMap<>();
    for (int axis = 0; axis < result.size(); axis++) {
      sizes.put(result.get(axis), type.shape().size(axis));
    }
    terms.forEach(term -> LabelEquations.names(term).forEach(sizes::remove));
    return builder.einsum(
        LabelEquations.equation(terms, LabelEquations.of(result)), operands, sizes);
  }

  /**
   * The operand's labels, with a new name for each repetition of a label. An identity matrix over
   * both names makes the gradient 0 off the diagonal.
   */
  private List<String> distinct(List<String> labels, ValueType type, DType dtype) {
    Set<String> used = new HashSet<>(einsum.equation().labels());
    List<String> result = new ArrayList<>();
    for (int axis = 0; axis < labels.size(); axis++) {
      String label = labels.get(axis);
      if (!result.contains(label)) {
        result.add(label);
        continue;
      }
      String other = LabelEquations.fresh(label, used);
      used.add(other);
      result.add(other);
      long size = type.shape().size(axis);
      ValueType rows = ValueType.of(DType.I64, List.of(label), List.of(size));
      ValueType columns = ValueType.of(DType.I64, List.of(other), List.of(size));
      Value same =
          builder.compare(
              Comparison.EQ,
              builder.add(new Source.Iota(rows, label)).getFirst(),
              builder.add(new Source.Iota(columns, other)).getFirst());
      terms.add(Term.of(label, other));
      operands.add(builder.convert(same, dtype));
    }
    return result;
  }
}
