package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.internal.program.pass.Simplification;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One differentiation: the forward statements, then the rules from the last to the first. */
public final class Differentiation {
  private final Program program;
  private final List<Integer> outputs;
  private final List<Integer> inputs;
  private final boolean ones;
  private final boolean values;
  private final ProgramBuilder builder;
  private final Set<Value> active = new HashSet<>();

  /** The builder's values of the program's. */
  private final Map<Value, Value> copies = new HashMap<>();

  /** Cotangents in the builder of the program's values. */
  private final Map<Value, Value> cotangents = new HashMap<>();

  /** For each loop the carried values of every round. */
  private final Map<Statement, List<Value>> histories = new LinkedHashMap<>();

  private Differentiation(
      Program program, List<Integer> outputs, List<Integer> inputs, boolean ones, boolean values) {
    this.program = program;
    this.outputs = outputs;
    this.inputs = inputs;
    this.ones = ones;
    this.values = values;
    this.builder = Program.builder(program.name() + ".gradient");
  }

  /**
   * The gradient of a program.
   *
   * @param program the program
   * @param outputs places of the outputs to differentiate, floating ones
   * @param inputs places of the inputs to differentiate by, floating ones
   * @param ones whether the cotangent of a scalar is 1 instead of an input
   * @param values whether the outputs stand before the gradients
   * @return the gradient
   */
  public static Program run(
      Program program, List<Integer> outputs, List<Integer> inputs, boolean ones, boolean values) {
    Program gradient = new Differentiation(program, outputs, inputs, ones, values).run();
    // Outputs are told apart by their names: one that equals another stays for a backend to find.
    Set<Value> named = Set.copyOf(gradient.outputs());
    return Simplification.deadCode(Simplification.commonSubexpressions(gradient, named));
  }

  /** The gradient of all floating outputs, each with a cotangent, by all floating inputs. */
  static Program ofAll(Program program) {
    Program gradient =
        new Differentiation(
                program, floating(program.outputs()), floating(program.inputs()), false, false)
            .run();
    return Simplification.deadCode(Simplification.commonSubexpressions(gradient, Set.of()));
  }

  /** Places of the values of floating dtypes. */
  static List<Integer> floating(List<Value> values) {
    List<Integer> floating = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).type().dtype().isFloating()) {
        floating.add(i);
      }
    }
    return floating;
  }

  private Program run() {
    for (Value input : program.inputs()) {
      copies.put(input, builder.input(input.name(), input.type()));
    }
    inputs.forEach(i -> active.add(program.inputs().get(i)));
    program.statements().forEach(this::forward);
    histories
        .values()
        .forEach(history -> history.forEach(each -> builder.let(unused("history"), each)));
    outputs.forEach(i -> seed(program.outputs().get(i)));
    GradientRules rules = new GradientRules(builder);
    for (Statement statement : program.statements().reversed()) {
      backward(rules, statement);
    }
    if (values) {
      outputs.forEach(i -> builder.output(copy(program.outputs().get(i))));
    }
    inputs.forEach(i -> output(program.inputs().get(i)));
    return builder.build();
  }

  private String unused(String name) {
    return builder.unusedName(name);
  }

  private Value copy(Value value) {
    return copies.getOrDefault(value, value);
  }

  private Operation copy(Operation operation) {
    return OperandSubstitution.replace(operation, copies);
  }

  private void forward(Statement statement) {
    boolean depends = statement.operation().operands().stream().anyMatch(active::contains);
    activate(statement, active);
    Operation operation = copy(statement.operation());
    boolean kept = depends && operation instanceof Scan;
    List<Value> results =
        builder.add(kept ? ScanGradient.withHistory((Scan) operation) : operation);
    int count = statement.results().size();
    for (int i = 0; i < count; i++) {
      Value result = statement.results().get(i);
      copies.put(result, builder.let(result.name(), results.get(i)));
    }
    if (kept) {
      histories.put(statement, results.subList(count, results.size()));
    }
  }

  /**
   * Adds the results that depend on active values by a derivative. Of a composite its decomposition
   * says which: the mask of a routing does not, and its cotangent is then not even computed.
   */
  private static void activate(Statement statement, Set<Value> active) {
    List<Value> operands = statement.operation().operands();
    if (operands.stream().noneMatch(active::contains)) {
      return;
    }
    Set<Value> found = new HashSet<>(statement.results());
    if (statement.operation() instanceof Composite composite) {
      Program inner = composite.decomposition();
      Set<Value> within = new HashSet<>();
      for (int i = 0; i < operands.size(); i++) {
        if (active.contains(operands.get(i))) {
          within.add(inner.inputs().get(i));
        }
      }
      inner.statements().forEach(each -> activate(each, within));
      for (int i = 0; i < inner.outputs().size(); i++) {
        if (!within.contains(inner.outputs().get(i))) {
          found.remove(statement.results().get(i));
        }
      }
    }
    found.stream().filter(value -> value.type().dtype().isFloating()).forEach(active::add);
  }

  private void seed(Value output) {
    boolean one = ones && output.type().rank() == 0;
    Value cotangent =
        one
            ? builder.constant(output.type().withoutLayout(), 1)
            : builder.input(unused("cotangent." + output.name()), output.type().withoutLayout());
    accumulate(output, cotangent);
  }

  private void accumulate(Value value, Value cotangent) {
    Value before = cotangents.get(value);
    cotangents.put(value, before == null ? cotangent : builder.add(before, cotangent));
  }

  private void backward(GradientRules rules, Statement statement) {
    List<Optional<Value>> given = new ArrayList<>();
    for (Value result : statement.results()) {
      given.add(
          active.contains(result) ? Optional.ofNullable(cotangents.get(result)) : Optional.empty());
    }
    if (given.stream().allMatch(Optional::isEmpty)) {
      return;
    }
    List<Value> operands = statement.operation().operands();
    List<Boolean> wanted = operands.stream().map(active::contains).toList();
    List<Optional<Value>> gradients =
        rules.gradients(
            copy(statement.operation()),
            statement.results().stream().map(this::copy).toList(),
            given,
            wanted,
            histories.getOrDefault(statement, List.of()));
    for (int i = 0; i < operands.size(); i++) {
      if (wanted.get(i) && gradients.get(i).isPresent()) {
        accumulate(operands.get(i), rules.like(gradients.get(i).get(), operands.get(i).type()));
      }
    }
  }

  /** Each gradient is a result of its own, so that it can have its name. */
  private void output(Value input) {
    Value found = cotangents.get(input);
    Value gradient = found == null ? builder.constant(input.type().withoutLayout(), 0) : found;
    if (builder.isNamed(gradient)) {
      gradient = new GradientRules(builder).copy(gradient, input.type());
    }
    builder.output(unused("gradient." + input.name()), gradient);
  }
}
