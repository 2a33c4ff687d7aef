package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Einsums of three and more operands as einsums of two along the cheapest path, so that what is in
 * between lies in planned memory too.
 */
final class BinaryEinsums {
  private final ProgramBuilder builder;
  private final Map<Value, Value> now = new HashMap<>();

  private BinaryEinsums(String name) {
    this.builder = Program.builder(name);
  }

  static Program of(Program program) {
    boolean none =
        program.statements().stream()
            .noneMatch(
                each ->
                    each.operation() instanceof Contraction.Einsum einsum
                        && einsum.operands().size() > 2);
    return none ? program : new BinaryEinsums(program.name()).rewrite(program);
  }

  private Program rewrite(Program program) {
    for (Value input : program.inputs()) {
      now.put(input, builder.input(input.name(), input.type()));
    }
    for (Statement statement : program.statements()) {
      List<Value> operands =
          statement.operation().operands().stream()
              .map(value -> now.getOrDefault(value, value))
              .toList();
      if (statement.operation() instanceof Contraction.Einsum einsum && operands.size() > 2) {
        now.put(statement.result(), contract(einsum, operands));
      } else {
        List<Value> results =
            builder.add(OperandSubstitution.withOperands(statement.operation(), operands));
        for (int i = 0; i < results.size(); i++) {
          now.put(statement.results().get(i), results.get(i));
        }
      }
    }
    program.outputs().forEach(output -> builder.output(now.getOrDefault(output, output)));
    return builder.build();
  }

  private Value contract(Contraction.Einsum einsum, List<Value> operands) {
    OperandSpec[] specs =
        operands.stream()
            .map(operand -> OperandSpec.of(operand.type().dtype(), operand.type().shape()))
            .toArray(OperandSpec[]::new);
    EinsumOptions options = EinsumOptions.defaults().withDtype(einsum.dtype());
    for (Map.Entry<String, Long> size : einsum.sizes().entrySet()) {
      options = options.withSize(size.getKey(), size.getValue());
    }
    ContractionPath path =
        Einsum.compile(einsum.equation(), options, specs).explain().contraction().path();
    return convert(contract(einsum, path, operands), einsum.dtype());
  }

  private Value convert(Value value, DType dtype) {
    return builder.convert(value, dtype);
  }

  /** In bf16 what is in between would be rounded, so it is in f32. */
  private Value contract(Contraction.Einsum einsum, ContractionPath path, List<Value> operands) {
    List<Value> values = new ArrayList<>();
    for (Value operand : operands) {
      DType dtype = operand.type().dtype();
      values.add(convert(operand, dtype == DType.BF16 ? DType.F32 : dtype));
    }
    List<Term> terms = new ArrayList<>(einsum.equation().operands());
    Set<Integer> open = new LinkedHashSet<>();
    for (int i = 0; i < values.size(); i++) {
      open.add(i);
    }
    for (int i = 0; i < path.pairs().size(); i++) {
      ContractionPath.Pair pair = path.pairs().get(i);
      Value left = values.get(pair.left());
      Value right = values.get(pair.right());
      open.remove(pair.left());
      open.remove(pair.right());
      boolean last = i == path.pairs().size() - 1;
      Term result =
          last
              ? einsum.equation().output()
              : kept(terms.get(pair.left()), terms.get(pair.right()), terms, open, einsum);
      Equation equation =
          new Equation(List.of(terms.get(pair.left()), terms.get(pair.right())), result);
      Map<String, Long> sizes = last ? einsum.sizes() : Map.of();
      values.add(builder.einsum(equation, List.of(left, right), sizes));
      terms.add(result);
      open.add(values.size() - 1);
    }
    return values.getLast();
  }

  /** Labels of a pair that the output or an operand not yet contracted has. */
  private static Term kept(
      Term left, Term right, List<Term> terms, Set<Integer> open, Contraction.Einsum einsum) {
    Set<String> labels = new LinkedHashSet<>();
    left.axes().forEach(axis -> labels.add(axis.label()));
    right.axes().forEach(axis -> labels.add(axis.label()));
    Set<String> needed = new LinkedHashSet<>();
    einsum.equation().output().axes().forEach(axis -> needed.add(axis.label()));
    for (int other : open) {
      terms.get(other).axes().stream().map(Axis::label).forEach(needed::add);
    }
    labels.retainAll(needed);
    return Term.of(labels.toArray(String[]::new));
  }
}
