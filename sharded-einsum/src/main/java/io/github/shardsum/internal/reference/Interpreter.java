package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs a program statement by statement, in scalar code. */
public final class Interpreter {
  private Interpreter() {}

  /**
   * Runs a program.
   *
   * @param program the program
   * @param inputs one tensor an input, of its dtype and shape
   * @param outputs one tensor an output, of its dtype and shape; written last
   */
  public static void run(Program program, List<Tensor> inputs, List<Tensor> outputs) {
    List<ElementArray> given = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      given.add(ElementArray.of(program.inputs().get(i).type().withoutLayout(), inputs.get(i)));
    }
    List<ElementArray> results = run(program, given);
    for (int i = 0; i < outputs.size(); i++) {
      results.get(i).store(outputs.get(i));
    }
  }

  private static List<ElementArray> run(Program program, List<ElementArray> inputs) {
    Map<String, ElementArray> known = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      known.put(program.inputs().get(i).name(), inputs.get(i));
    }
    for (Statement statement : program.statements()) {
      List<ElementArray> operands = values(known, statement.operation().operands());
      List<ValueType> types = statement.results().stream().map(Value::type).toList();
      List<ElementArray> results = apply(statement.operation(), types, operands);
      for (int i = 0; i < results.size(); i++) {
        known.put(statement.results().get(i).name(), results.get(i));
      }
    }
    return values(known, program.outputs());
  }

  private static List<ElementArray> values(Map<String, ElementArray> known, List<Value> values) {
    List<ElementArray> elements = new ArrayList<>();
    for (Value value : values) {
      ElementArray found = known.get(value.name());
      if (found == null) {
        throw new IllegalStateException("a valid program defines " + value + " before its use");
      }
      elements.add(found);
    }
    return elements;
  }

  private static List<ElementArray> apply(
      Operation operation, List<ValueType> types, List<ElementArray> operands) {
    return switch (operation) {
      case Pointwise pointwise ->
          List.of(PointwiseEvaluator.of(pointwise, types.getFirst(), operands));
      case Contraction contraction ->
          List.of(ContractionEvaluator.of(contraction, types.getFirst(), operands));
      case Selection selection -> SelectionEvaluator.of(selection, types, operands.getFirst());
      case Source source -> List.of(SourceEvaluator.of(source, types.getFirst(), operands));
      case Movement movement -> List.of(MovementEvaluator.of(movement, types.getFirst(), operands));
      case Composite composite -> run(composite.decomposition(), operands);
      case Scan scan -> scan(scan, types, operands);
    };
  }

  private static List<ElementArray> scan(
      Scan scan, List<ValueType> types, List<ElementArray> operands) {
    int carried = scan.carried().size();
    int sequences = carried + scan.sequences().size();
    List<ElementArray> state = new ArrayList<>(operands.subList(0, carried));
    List<ElementArray> stacked = new ArrayList<>();
    types.subList(carried, types.size()).forEach(type -> stacked.add(ElementArray.of(type)));
    for (int round = 0; round < scan.count(); round++) {
      int index = scan.reverse() ? (int) scan.count() - 1 - round : round;
      List<ElementArray> in = new ArrayList<>(state);
      for (int i = carried; i < operands.size(); i++) {
        ValueType type = scan.body().inputs().get(i).type();
        in.add(i < sequences ? slice(operands.get(i), type, index) : operands.get(i));
      }
      List<ElementArray> out = run(scan.body(), in);
      state = new ArrayList<>(out.subList(0, carried));
      for (int i = 0; i < stacked.size(); i++) {
        ElementArray part = out.get(carried + i);
        for (int at = 0; at < part.count(); at++) {
          stacked.get(i).copy(index * part.count() + at, part, at);
        }
      }
    }
    state.addAll(stacked);
    return state;
  }

  private static ElementArray slice(ElementArray from, ValueType type, int index) {
    ElementArray part = ElementArray.of(type.withoutLayout());
    for (int at = 0; at < part.count(); at++) {
      part.copy(at, from, index * part.count() + at);
    }
    return part;
  }
}
