package io.github.shardsum.internal.program.pass;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.internal.program.types.LabelEquations;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Maps a program over a label: a value that depends on a mapped input has the label in front, and
 * its indices along the label are independent of each other. Operations work by label, so most stay
 * the same.
 */
public final class Mapping {
  private final ProgramBuilder p;
  private final String label;
  private final long size;
  private final Map<Value, Value> known = new HashMap<>();

  private Mapping(ProgramBuilder p, String label, long size) {
    this.p = p;
    this.label = label;
    this.size = size;
  }

  /**
   * Maps a program.
   *
   * @param inputs names of the inputs that have the label in front
   * @return the program; all its outputs have the label in front
   * @throws ProgramException if a value has the label already, or a mapped region or random number
   *     has no mapped form
   */
  public static Program run(Program program, String label, long size, Set<String> inputs) {
    Mapping mapping = new Mapping(Program.builder(program.name()), label, size);
    List<Value> arguments = new ArrayList<>();
    for (Value input : program.inputs()) {
      ValueType type = input.type().withoutLayout();
      arguments.add(
          mapping.p.input(
              input.name(), inputs.contains(input.name()) ? mapping.inFront(type) : type));
    }
    List<Value> outputs = mapping.outputs(program, arguments);
    for (int i = 0; i < outputs.size(); i++) {
      Value output = outputs.get(i);
      if (!mapping.p.isNamed(output)) {
        mapping.p.let(mapping.p.unusedName(program.outputs().get(i).name()), output);
      }
      mapping.p.output(output);
    }
    return mapping.p.build();
  }

  private ValueType inFront(ValueType type) {
    if (type.axis(label) >= 0) {
      throw ProgramException.at(
          "mapping over " + label, "no value may have the label, got " + type);
    }
    List<String> names = new ArrayList<>(type.names());
    List<Long> sizes = new ArrayList<>(type.sizes());
    names.addFirst(label);
    sizes.addFirst(size);
    return ValueType.of(type.dtype(), names, sizes);
  }

  private List<Value> outputs(Program program, List<Value> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      known.put(program.inputs().get(i), arguments.get(i));
    }
    program.statements().forEach(this::statement);
    return OperandSubstitution.replace(program.outputs(), known).stream().map(this::whole).toList();
  }

  private boolean isMapped(Value value) {
    return value.type().axis(label) >= 0;
  }

  private void statement(Statement statement) {
    List<Value> x = OperandSubstitution.replace(statement.operation().operands(), known);
    boolean isMapped = x.stream().anyMatch(this::isMapped);
    List<Value> made =
        isMapped
            ? mapped(statement.operation(), x)
            : p.add(OperandSubstitution.withOperands(statement.operation(), x));
    for (int i = 0; i < made.size(); i++) {
      Value result = statement.results().get(i);
      Value value = isMapped ? ordered(made.get(i), inFront(result.type()).names()) : made.get(i);
      known.put(result, value);
    }
  }

  private List<Value> mapped(Operation operation, List<Value> x) {
    return switch (operation) {
      case Einsum einsum -> p.add(einsum(einsum, x));
      case Concatenate concatenate ->
          p.add(new Concatenate(x.stream().map(this::whole).toList(), concatenate.label()));
      case Ragged ragged ->
          p.add(new Ragged(whole(x.getFirst()), x.get(1), ragged.label(), ragged.fill()));
      case Scan scan -> p.add(scan(scan, x));
      case Composite composite -> composite(composite, x);
      case Manual _, Communication _ ->
          throw ProgramException.of(operation, "a region cannot be mapped over " + label);
      default -> p.add(OperandSubstitution.withOperands(operation, x));
    };
  }

  /** The value with the label in front, repeated along the label if it is not mapped. */
  private Value whole(Value value) {
    if (isMapped(value)) {
      return value;
    }
    Term all = LabelEquations.of(inFront(value.type()).names());
    Equation equation = LabelEquations.equation(List.of(LabelEquations.of(value)), all);
    return p.einsum(equation, List.of(value), Map.of(label, size));
  }

  private Value ordered(Value value, List<String> names) {
    Equation equation =
        LabelEquations.equation(List.of(LabelEquations.of(value)), LabelEquations.of(names));
    return value.type().names().equals(names)
        ? value
        : p.einsum(equation, List.of(value), Map.of());
  }

  private Einsum einsum(Einsum einsum, List<Value> x) {
    List<Term> terms = new ArrayList<>(einsum.equation().operands());
    terms.add(einsum.equation().output());
    List<String> used =
        terms.stream().flatMap(term -> LabelEquations.names(term).stream()).toList();
    String letter = LabelEquations.fresh(label, used);
    for (int i = 0; i < terms.size(); i++) {
      if (i == x.size() || isMapped(x.get(i))) {
        List<Axis> axes = new ArrayList<>(terms.get(i).axes());
        axes.addFirst(Axis.of(letter));
        terms.set(i, new Term(axes, List.of()));
      }
    }
    Equation equation = new Equation(terms.subList(0, x.size()), terms.getLast());
    return new Einsum(equation, x, einsum.dtype(), einsum.sizes());
  }

  /** All carried values of a mapped loop are mapped. */
  private Scan scan(Scan scan, List<Value> x) {
    int carried = scan.carried().size();
    int sequences = carried + scan.sequences().size();
    List<Value> operands = new ArrayList<>(x);
    List<String> mapped = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      Value operand = i < carried ? whole(x.get(i)) : x.get(i);
      if (isMapped(operand)) {
        mapped.add(scan.body().inputs().get(i).name());
        if (i >= carried && i < sequences) {
          List<String> names = new ArrayList<>(operand.type().names());
          names.remove(label);
          names.add(1, label);
          operand = ordered(operand, names);
        }
      }
      operands.set(i, operand);
    }
    return new Scan(
        scan.count(),
        scan.label(),
        scan.reverse(),
        run(scan.body(), label, size, Set.copyOf(mapped)),
        operands.subList(0, carried),
        operands.subList(carried, sequences),
        operands.subList(sequences, operands.size()));
  }

  /** Attention with one label of heads more, or the operations of another composite. */
  private List<Value> composite(Composite composite, List<Value> x) {
    if (AttentionForm.of(composite).isEmpty()) {
      return new Mapping(p, label, size).outputs(composite.decomposition(), x);
    }
    List<Value> all = new ArrayList<>(x);
    for (int i = 0; i < x.size(); i++) {
      all.set(i, x.get(i).type().dtype().isFloating() ? whole(x.get(i)) : x.get(i));
    }
    AttentionForm form = AttentionForm.written(composite);
    return p.add(composite.name().equals(AttentionForm.NAME) ? form.of(all) : form.gradientOf(all));
  }
}
