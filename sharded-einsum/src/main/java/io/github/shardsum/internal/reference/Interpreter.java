package io.github.shardsum.internal.reference;

import io.github.shardsum.internal.program.types.RegionMembers;
import io.github.shardsum.internal.program.types.RegionTypeCheck;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
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
   * @param inputs one tensor for each input, of its dtype and shape
   * @param outputs one tensor for each output, of its dtype and shape; written last
   */
  public static void run(Program program, List<Tensor> inputs, List<Tensor> outputs) {
    RegionTypeCheck.check(program);
    List<ReferenceArray> given = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      given.add(ReferenceArray.of(program.inputs().get(i).type().withoutLayout(), inputs.get(i)));
    }
    List<ReferenceArray> results = run(program, List.of(given), RegionMembers.OUTSIDE).getFirst();
    for (int i = 0; i < outputs.size(); i++) {
      results.get(i).store(outputs.get(i));
    }
  }

  /**
   * Runs a program for all members of a family, statement by statement, since members communicate.
   */
  private static List<List<ReferenceArray>> run(
      Program program, List<List<ReferenceArray>> inputs, RegionMembers family) {
    List<Map<String, ReferenceArray>> known = new ArrayList<>();
    for (List<ReferenceArray> given : inputs) {
      Map<String, ReferenceArray> own = new HashMap<>();
      for (int i = 0; i < given.size(); i++) {
        own.put(program.inputs().get(i).name(), given.get(i));
      }
      known.add(own);
    }
    for (Statement statement : program.statements()) {
      List<Value> read = statement.operation().operands();
      List<List<ReferenceArray>> operands = known.stream().map(own -> values(own, read)).toList();
      List<ValueType> types = statement.results().stream().map(Value::type).toList();
      List<List<ReferenceArray>> results = apply(statement.operation(), types, operands, family);
      for (int member = 0; member < results.size(); member++) {
        for (int i = 0; i < types.size(); i++) {
          known.get(member).put(statement.results().get(i).name(), results.get(member).get(i));
        }
      }
    }
    return known.stream().map(own -> values(own, program.outputs())).toList();
  }

  private static List<ReferenceArray> values(
      Map<String, ReferenceArray> known, List<Value> values) {
    List<ReferenceArray> elements = new ArrayList<>();
    for (Value value : values) {
      ReferenceArray found = known.get(value.name());
      if (found == null) {
        throw new IllegalStateException("a valid program defines " + value + " before its use");
      }
      elements.add(found);
    }
    return elements;
  }

  private static List<List<ReferenceArray>> apply(
      Operation operation,
      List<ValueType> types,
      List<List<ReferenceArray>> operands,
      RegionMembers family) {
    return switch (operation) {
      case Composite composite -> run(composite.decomposition(), operands, family);
      case Scan scan -> scan(scan, types, operands, family);
      case Manual manual -> region(manual, operands, family);
      case Communication communication -> {
        List<ReferenceArray> x =
            communication.operands().isEmpty()
                ? List.of()
                : operands.stream().map(List::getFirst).toList();
        yield RegionEvaluator.of(communication, types.getFirst(), x, family).stream()
            .map(List::of)
            .toList();
      }
      default -> operands.stream().map(own -> alone(operation, types, own)).toList();
    };
  }

  /** An operation of one member. */
  private static List<ReferenceArray> alone(
      Operation operation, List<ValueType> types, List<ReferenceArray> operands) {
    return switch (operation) {
      case Pointwise pointwise ->
          List.of(PointwiseEvaluator.of(pointwise, types.getFirst(), operands));
      case Contraction contraction ->
          List.of(ContractionEvaluator.of(contraction, types.getFirst(), operands));
      case Selection selection -> SelectionEvaluator.of(selection, types, operands.getFirst());
      case Source source -> List.of(SourceEvaluator.of(source, types.getFirst(), operands));
      case Movement movement -> List.of(MovementEvaluator.of(movement, types.getFirst(), operands));
      case Nested _, Communication _ ->
          throw new IllegalStateException("must be an operation of one member, got " + operation);
    };
  }

  private static List<List<ReferenceArray>> region(
      Manual manual, List<List<ReferenceArray>> operands, RegionMembers family) {
    RegionMembers inner = family.with(manual.axes());
    int each = inner.members() / family.members();
    List<List<ReferenceArray>> inputs = new ArrayList<>();
    for (int member = 0; member < inner.members(); member++) {
      List<ReferenceArray> own = new ArrayList<>();
      for (int i = 0; i < manual.in().size(); i++) {
        ReferenceArray operand = operands.get(member / each).get(i);
        own.add(RegionEvaluator.part(operand, manual.in().get(i), inner, member));
      }
      inputs.add(own);
    }
    List<List<ReferenceArray>> outputs = run(manual.body(), inputs, inner);
    List<List<ReferenceArray>> results = new ArrayList<>();
    for (int outer = 0; outer < family.members(); outer++) {
      List<ReferenceArray> own = new ArrayList<>();
      for (int i = 0; i < manual.out().size(); i++) {
        int place = i;
        List<ReferenceArray> parts = outputs.stream().map(of -> of.get(place)).toList();
        own.add(RegionEvaluator.whole(parts, manual.out().get(i), inner, outer * each));
      }
      results.add(own);
    }
    return results;
  }

  private static List<List<ReferenceArray>> scan(
      Scan scan, List<ValueType> types, List<List<ReferenceArray>> operands, RegionMembers family) {
    int carried = scan.carried().size();
    int sequences = carried + scan.sequences().size();
    List<List<ReferenceArray>> state = new ArrayList<>();
    List<List<ReferenceArray>> stacked = new ArrayList<>();
    for (List<ReferenceArray> own : operands) {
      state.add(new ArrayList<>(own.subList(0, carried)));
      stacked.add(types.subList(carried, types.size()).stream().map(ReferenceArray::of).toList());
    }
    for (int round = 0; round < scan.count(); round++) {
      int index = scan.reverse() ? (int) scan.count() - 1 - round : round;
      List<List<ReferenceArray>> inputs = new ArrayList<>();
      for (int member = 0; member < operands.size(); member++) {
        List<ReferenceArray> in = new ArrayList<>(state.get(member));
        for (int i = carried; i < operands.get(member).size(); i++) {
          ValueType type = scan.body().inputs().get(i).type();
          ReferenceArray operand = operands.get(member).get(i);
          in.add(i < sequences ? slice(operand, type, index) : operand);
        }
        inputs.add(in);
      }
      List<List<ReferenceArray>> out = run(scan.body(), inputs, family);
      for (int member = 0; member < out.size(); member++) {
        List<ReferenceArray> own = out.get(member);
        state.set(member, new ArrayList<>(own.subList(0, carried)));
        stack(stacked.get(member), own.subList(carried, own.size()), index);
      }
    }
    for (int member = 0; member < state.size(); member++) {
      state.get(member).addAll(stacked.get(member));
    }
    return state;
  }

  private static void stack(List<ReferenceArray> stacked, List<ReferenceArray> parts, int index) {
    for (int i = 0; i < stacked.size(); i++) {
      ReferenceArray part = parts.get(i);
      for (int at = 0; at < part.count(); at++) {
        stacked.get(i).copy(index * part.count() + at, part, at);
      }
    }
  }

  private static ReferenceArray slice(ReferenceArray from, ValueType type, int index) {
    ReferenceArray part = ReferenceArray.of(type.withoutLayout());
    for (int at = 0; at < part.count(); at++) {
      part.copy(at, from, index * part.count() + at);
    }
    return part;
  }
}
