package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Argument;
import io.github.shardsum.internal.stablehlo.read.Mlir.Function;
import io.github.shardsum.internal.stablehlo.read.Mlir.Operation;
import io.github.shardsum.internal.stablehlo.read.Mlir.Region;
import io.github.shardsum.internal.stablehlo.read.Mlir.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Inlines calls and composites, and gives each value a number. */
final class SsaFlattening {
  /** Steps after inlining; calls of calls can multiply them. */
  private static final int MOST_STEPS = 1_000_000;

  private final Map<String, Function> functions;
  private final Deque<String> calls = new ArrayDeque<>();
  private final Map<SsaValue, SsaStep> defining = new HashMap<>();
  private int values;
  private int dimensions;
  private int steps;

  SsaFlattening(Map<String, Function> functions) {
    this.functions = functions;
  }

  /** The step that makes a value; none for an argument. */
  Map<SsaValue, SsaStep> defining() {
    return defining;
  }

  /** The function as a body, whose arguments are new values. */
  SsaBody flatten(Function function) {
    calls.push(function.name());
    SsaBody flat = body(function.region(), new HashMap<>());
    calls.pop();
    return flat;
  }

  private SsaBody body(Region region, Map<String, SsaValue> outer) {
    Map<String, SsaValue> names = new HashMap<>(outer);
    List<SsaValue> arguments = new ArrayList<>();
    for (Argument argument : region.arguments()) {
      SsaValue value = value(argument.type());
      arguments.add(value);
      names.put(argument.name(), value);
    }
    List<SsaStep> flat = new ArrayList<>();
    List<SsaValue> returned = inline(region, names, flat);
    return new SsaBody(arguments, flat, returned);
  }

  /** Adds the steps of a region whose arguments are known; returns its results. */
  private List<SsaValue> inline(Region region, Map<String, SsaValue> names, List<SsaStep> flat) {
    for (Operation operation : region.body().subList(0, region.body().size() - 1)) {
      List<SsaValue> operands = lookUp(operation, names);
      List<SsaValue> results =
          callee(operation)
              .map(called -> call(operation, called, operands, flat))
              .orElseGet(() -> step(operation, operands, names, flat));
      if (results.size() != operation.results().size()) {
        throw operation.error(
            "must have " + results.size() + " results, got " + operation.results().size());
      }
      for (int i = 0; i < results.size(); i++) {
        names.put(operation.results().get(i), results.get(i));
      }
    }
    Operation last = region.body().getLast();
    if (!last.name().endsWith("return")) {
      throw last.error("must be followed by a return");
    }
    return lookUp(last, names);
  }

  private static List<SsaValue> lookUp(Operation operation, Map<String, SsaValue> names) {
    List<SsaValue> found = new ArrayList<>();
    for (String operand : operation.operands()) {
      SsaValue value = names.get(operand);
      if (value == null) {
        throw operation.error("operands must be defined before, got " + operand);
      }
      found.add(value);
    }
    return found;
  }

  private Optional<Function> callee(Operation operation) {
    String called =
        switch (operation.name()) {
          case "call", "func.call" -> operation.word("callee");
          case "stablehlo.composite" -> operation.word("decomposition");
          default -> "";
        };
    if (called.isEmpty()) {
      return Optional.empty();
    }
    Function function = functions.get(called.substring(1));
    if (function == null || calls.contains(function.name())) {
      throw operation.error(
          "must call a function of this module that does not call itself, got " + called);
    }
    return Optional.of(function);
  }

  private List<SsaValue> call(
      Operation operation, Function function, List<SsaValue> operands, List<SsaStep> flat) {
    List<Argument> arguments = function.region().arguments();
    if (arguments.size() != operands.size()) {
      throw operation.error("must have " + arguments.size() + " operands, got " + operands.size());
    }
    Map<String, SsaValue> names = new HashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      names.put(arguments.get(i).name(), operands.get(i));
    }
    calls.push(function.name());
    List<SsaValue> results = inline(function.region(), names, flat);
    calls.pop();
    return results;
  }

  private List<SsaValue> step(
      Operation operation,
      List<SsaValue> operands,
      Map<String, SsaValue> names,
      List<SsaStep> flat) {
    if (++steps > MOST_STEPS) {
      throw operation.error("a module must have at most " + MOST_STEPS + " operations");
    }
    List<SsaBody> bodies = operation.regions().stream().map(region -> body(region, names)).toList();
    List<SsaValue> results = operation.types().stream().map(this::value).toList();
    SsaStep step = new SsaStep(operation, operands, results, bodies);
    results.forEach(result -> defining.put(result, step));
    flat.add(step);
    return results;
  }

  private SsaValue value(Tensor type) {
    SsaValue value = new SsaValue(values++, type, dimensions);
    dimensions = Math.addExact(dimensions, type.rank());
    return value;
  }
}
