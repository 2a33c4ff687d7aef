package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An einsum in parts along a label that one operand and the result have; each round of a loop
 * computes one part. Each element of the result is the same sum as before, and a round reshards
 * only its part of the operand.
 */
final class EinsumParts {
  private final Program program;
  private final Set<String> names = new HashSet<>();
  private final List<Statement> statements = new ArrayList<>();
  private int made;

  private EinsumParts(Program program) {
    this.program = program;
    program.inputs().forEach(value -> names.add(value.name()));
    program.statements().forEach(each -> each.results().forEach(value -> names.add(value.name())));
  }

  /** Labels along which an operand may be cut: labels that occur once and in no other operand. */
  static List<String> labels(Contraction.Einsum einsum, int operand) {
    List<String> cut = new ArrayList<>();
    for (String label : labels(einsum.equation().operand(operand))) {
      long times =
          einsum.equation().operands().stream()
              .flatMap(term -> labels(term).stream())
              .filter(label::equals)
              .count();
      if (times == 1 && labels(einsum.equation().output()).contains(label)) {
        cut.add(label);
      }
    }
    return cut;
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /**
   * The program with an einsum in parts.
   *
   * @param operand the operand that is cut
   * @param label the label to cut
   * @param parts the number of parts
   * @return the program; empty if the parts would not be equal
   */
  static Optional<Program> cut(
      Program program, Statement statement, int operand, String label, long parts) {
    Contraction.Einsum einsum = (Contraction.Einsum) statement.operation();
    long size =
        einsum
            .operands()
            .get(operand)
            .type()
            .shape()
            .size(labels(einsum.equation().operand(operand)).indexOf(label));
    return size % parts != 0 || size == parts
        ? Optional.empty()
        : Optional.of(new EinsumParts(program).run(statement, einsum, operand, label, parts));
  }

  private Program run(
      Statement statement, Contraction.Einsum einsum, int operand, String label, long parts) {
    for (Statement each : program.statements()) {
      if (each.equals(statement)) {
        cut(statement.result(), einsum, operand, label, parts);
      } else {
        statements.add(each);
      }
    }
    return new Program(program.name(), program.inputs(), statements, program.outputs());
  }

  private void cut(Value result, Contraction.Einsum einsum, int operand, String label, long parts) {
    Value x = einsum.operands().get(operand);
    int dim = labels(einsum.equation().operand(operand)).indexOf(label);
    int out = labels(einsum.equation().output()).indexOf(label);
    String own = x.type().names().get(dim);
    String round = unused(x.type(), result.type());
    long part = x.type().shape().size(dim) / parts;
    Value split = add(new Movement.Split(x, own, List.of(round, own), List.of(parts, part)));
    List<String> inOrder = split.type().names();
    Value first = turned(split, first(inOrder, round));
    Value piece = new Value("piece", without(first.type()));
    List<Value> inputs = new ArrayList<>(List.of(piece));
    List<Value> invariants = new ArrayList<>();
    List<Value> inner = new ArrayList<>();
    for (int i = 0; i < einsum.operands().size(); i++) {
      if (i == operand) {
        inner.add(piece);
      } else {
        Value given = einsum.operands().get(i);
        Value body = new Value("given" + i, given.type().withoutLayout());
        invariants.add(given);
        inputs.add(body);
        inner.add(body);
      }
    }
    Contraction.Einsum local =
        new Contraction.Einsum(einsum.equation(), inner, einsum.dtype(), einsum.sizes());
    Value each = new Value("made", TypeInference.infer(local).getFirst());
    Program body =
        new Program("part", inputs, List.of(new Statement(List.of(each), local)), List.of(each));
    Value stacked =
        add(new Nested.Scan(parts, round, false, body, List.of(), List.of(first), invariants));
    List<String> order = new ArrayList<>(each.type().names());
    String made = order.get(out);
    order.add(out, round);
    Value placed = turned(stacked, order);
    statements.add(
        new Statement(List.of(result), new Movement.Merge(placed, List.of(round, made), made)));
  }

  private static List<String> first(List<String> names, String name) {
    List<String> order = new ArrayList<>(names);
    order.remove(name);
    order.addFirst(name);
    return order;
  }

  private static ValueType without(ValueType stacked) {
    List<String> names = stacked.names().subList(1, stacked.rank());
    return ValueType.of(stacked.dtype(), names, names.stream().map(stacked::size).toList());
  }

  private static String unused(ValueType... types) {
    String name = "part";
    for (boolean isUsed = true; isUsed; ) {
      isUsed = false;
      for (ValueType type : types) {
        isUsed |= type.names().contains(name);
      }
      name = isUsed ? name + "s" : name;
    }
    return name;
  }

  private Value turned(Value x, List<String> order) {
    if (order.equals(x.type().names())) {
      return x;
    }
    Term from = new Term(x.type().names().stream().map(Axis::of).toList(), List.of());
    Term to = new Term(order.stream().map(Axis::of).toList(), List.of());
    return add(
        new Contraction.Einsum(
            new Equation(List.of(from), to), List.of(x), x.type().dtype(), Map.of()));
  }

  private Value add(Operation operation) {
    String name;
    do {
      name = "part" + made++;
    } while (!names.add(name));
    Value result = new Value(name, TypeInference.infer(operation).getFirst());
    statements.add(new Statement(List.of(result), operation));
    return result;
  }
}
