package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The meanings of values. A term is the operation that makes a value, applied to terms. Values of
 * one term are equal, even if they have other names or are computed several times. The term of an
 * annotation is the term of its operand; the term of a composite is the term of its decomposition.
 */
final class CheckedTerms {
  /** The results of each operation or loop on terms. */
  private final Map<Maker, List<Value>> results = new HashMap<>();

  private final Map<Value, Maker> makers = new HashMap<>();

  /** Composites on terms, in the order in which they were met. */
  private final Set<Composite> composites = new LinkedHashSet<>();

  /** The names that a program has for terms, for messages. */
  private final Map<Value, String> names = new HashMap<>();

  /** The maker of one or more terms. */
  sealed interface Maker {}

  /** An operation on terms. */
  record Made(Operation operation) implements Maker {}

  /** A loop or region, as the terms of one round or member. */
  sealed interface Body extends Maker {}

  /** An input of the program, or of the body of a loop. */
  private record Input(boolean isOfBody, int place, ValueType type) implements Maker {}

  /**
   * A loop as the terms of one round.
   *
   * @param inputs terms of a round's inputs: carried values, an index of each sequence, and
   *     constants
   * @param outputs the terms that a round makes
   * @param operands terms of the loop's operands
   */
  record Rounds(
      long count,
      String label,
      boolean reverse,
      int carried,
      int sequences,
      List<Value> inputs,
      List<Value> outputs,
      List<Value> operands)
      implements Body {
    static Rounds of(Scan scan, List<Value> inputs, List<Value> outputs, List<Value> operands) {
      return new Rounds(
          scan.count(),
          scan.label(),
          scan.reverse(),
          scan.carried().size(),
          scan.sequences().size(),
          inputs,
          outputs,
          operands);
    }
  }

  /**
   * A manual region as the terms of one member.
   *
   * @param axes the axes of the region
   * @param in the positions of a member's parts in the operands
   * @param out their positions in the results
   * @param inputs terms of the values that a member reads
   * @param outputs the terms that a member makes
   * @param operands terms of the region's operands
   */
  record Region(
      List<io.github.shardsum.program.MeshAxis> axes,
      List<Term> in,
      List<Term> out,
      List<Value> inputs,
      List<Value> outputs,
      List<Value> operands)
      implements Body {
    static Region of(Manual manual, List<Value> inputs, List<Value> outputs, List<Value> operands) {
      return new Region(manual.axes(), manual.in(), manual.out(), inputs, outputs, operands);
    }
  }

  /** The term of an input. */
  Value input(boolean isOfBody, int place, ValueType type) {
    Input input = new Input(isOfBody, place, type.withoutLayout());
    return results(input, List.of(type)).getFirst();
  }

  /** The terms of the results of an operation on terms or of a loop. */
  List<Value> results(Maker maker, List<ValueType> types) {
    List<Value> made = results.get(maker);
    if (made == null) {
      made = new ArrayList<>();
      for (ValueType type : types) {
        Value term = new Value("t" + makers.size(), type.withoutLayout());
        makers.put(term, maker);
        made.add(term);
      }
      results.put(maker, made);
    }
    return made;
  }

  /** The results of a maker that was seen before. */
  Optional<List<Value>> known(Maker maker) {
    return Optional.ofNullable(results.get(maker));
  }

  /** Sets the results of a maker to terms that are known to equal them. */
  void equate(Maker maker, List<Value> terms) {
    results.put(maker, terms);
  }

  /** The maker of a term. */
  Maker maker(Value term) {
    return Objects.requireNonNull(makers.get(term), "a term of this table");
  }

  /** All composites on terms. */
  List<Composite> composites() {
    return List.copyOf(composites);
  }

  /** The number of a term among its maker's results. */
  int place(Value term) {
    return Objects.requireNonNull(results.get(maker(term)), "results of the maker").indexOf(term);
  }

  /** All makers of terms. */
  List<Maker> makers() {
    return List.copyOf(results.keySet());
  }

  /** For messages a term has the first name that a program has for it. */
  void name(Value term, String name) {
    names.putIfAbsent(term, name);
  }

  String describe(Value term) {
    return names.getOrDefault(term, "none of the program's values");
  }

  /** The operation on terms instead of on values. */
  static Operation on(Operation operation, List<Value> terms) {
    return OperandSubstitution.withOperands(operation, terms);
  }

  static List<ValueType> types(Statement statement) {
    return statement.results().stream().map(Value::type).toList();
  }

  /** The terms of the outputs of a program, from those of its inputs. */
  List<Value> outputs(Program program, List<Value> inputs, Map<Value, Value> terms) {
    for (int i = 0; i < inputs.size(); i++) {
      terms.put(program.inputs().get(i), inputs.get(i));
    }
    for (Statement statement : program.statements()) {
      List<Value> made =
          of(statement, statement.operation().operands().stream().map(terms::get).toList());
      for (int i = 0; i < made.size(); i++) {
        terms.put(statement.results().get(i), made.get(i));
      }
    }
    return program.outputs().stream().map(terms::get).toList();
  }

  /** The terms of the results of a statement of the requested program. */
  private List<Value> of(Statement statement, List<Value> operands) {
    return switch (statement.operation()) {
      case Movement.Annotate _ -> operands;
      case Composite composite -> composite(composite, operands);
      case Scan scan -> {
        List<Value> inputs = bodyInputs(scan.body());
        List<Value> outputs = outputs(scan.body(), inputs, new HashMap<>());
        yield results(Rounds.of(scan, inputs, outputs, operands), types(statement));
      }
      case Manual manual -> {
        List<Value> inputs = bodyInputs(manual.body());
        List<Value> outputs = outputs(manual.body(), inputs, new HashMap<>());
        yield results(Region.of(manual, inputs, outputs, operands), types(statement));
      }
      case Operation other -> results(new Made(on(other, operands)), types(statement));
    };
  }

  /**
   * Terms of the inputs of a loop's body, which depend only on the places and types of the inputs.
   */
  List<Value> bodyInputs(Program body) {
    List<Value> inputs = new ArrayList<>();
    body.inputs().forEach(input -> inputs.add(input(true, inputs.size(), input.type())));
    return inputs;
  }

  /** The terms of the outputs of a composite's decomposition. */
  List<Value> composite(Composite composite, List<Value> operands) {
    Maker key = new Made(on(composite, operands));
    Optional<List<Value>> before = known(key);
    if (before.isPresent()) {
      return before.get();
    }
    List<Value> made = outputs(composite.decomposition(), operands, new HashMap<>());
    equate(key, made);
    composites.add((Composite) on(composite, operands));
    return made;
  }
}
