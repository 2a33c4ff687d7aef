package io.github.shardsum.internal.program.gradient;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.internal.program.pass.Simplification;
import io.github.shardsum.internal.program.types.RegionTypeCheck;
import io.github.shardsum.internal.program.types.VarianceInference;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
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

  /** The builder's value for each value of the program. */
  private final Map<Value, Value> copies = new HashMap<>();

  private final MemberSums members;

  /**
   * The builder's contributions to the cotangent of each program value, by the axes along which
   * members must sum them.
   */
  private final Map<Value, Map<Set<String>, Value>> cotangents = new HashMap<>();

  /** Names in the builder, of cotangents and of values that may become cotangents. */
  private final Map<Value, String> names = new HashMap<>();

  /**
   * By the values of the program, their cotangents in the gradient, in the program's order; some
   * values have none.
   */
  private final Map<Value, Value> named = new LinkedHashMap<>();

  /** For each scan the carried values of every round. */
  private final Map<Statement, List<Value>> histories = new LinkedHashMap<>();

  private Differentiation(
      Program program,
      MemberSums members,
      List<Integer> outputs,
      List<Integer> inputs,
      boolean ones,
      boolean values) {
    this.program = program;
    this.members = members;
    this.outputs = outputs;
    this.inputs = inputs;
    this.ones = ones;
    this.values = values;
    this.builder = Program.builder(program.name() + ".gradient");
  }

  /**
   * The gradient of a program.
   *
   * @param outputs places of the outputs to differentiate, which must be floating
   * @param inputs places of the inputs to differentiate by, which must be floating
   * @param ones whether the cotangent of a scalar is 1 instead of an input
   * @param values whether the outputs come before the gradients
   * @return the gradient, with the cotangents of the program's values among its own values
   */
  public static Gradients.Gradient run(
      Program program, List<Integer> outputs, List<Integer> inputs, boolean ones, boolean values) {
    RegionTypeCheck.check(program);
    Differentiation differentiation =
        new Differentiation(program, MemberSums.none(program), outputs, inputs, ones, values);
    Program gradient = differentiation.run();
    // Outputs are distinguished by their names, so equal ones stay; a backend merges them.
    Set<Value> kept = Set.copyOf(gradient.outputs());
    Map<Value, Value> same = new HashMap<>();
    Program small =
        Simplification.deadCode(Simplification.commonSubexpressions(gradient, kept, same));
    Set<Value> left = new HashSet<>(small.inputs());
    small.statements().forEach(each -> left.addAll(each.results()));
    Map<Value, Value> cotangents = new LinkedHashMap<>();
    differentiation.named.forEach(
        (primal, cotangent) -> {
          Value found = same.getOrDefault(cotangent, cotangent);
          if (left.contains(found)) {
            cotangents.put(primal, found);
          }
        });
    return new Gradients.Gradient(small, cotangents);
  }

  /** The gradient of all floating outputs, each with a cotangent, by all floating inputs. */
  static Program ofAll(Program program, MemberSums members) {
    return simplified(
        new Differentiation(
                program,
                members,
                floating(program.outputs()),
                floating(program.inputs()),
                false,
                false)
            .run());
  }

  private static Program simplified(Program gradient) {
    return Simplification.deadCode(
        Simplification.commonSubexpressions(gradient, Set.of(), new HashMap<>()));
  }

  /**
   * The gradient of a region's body. Its inputs are the body's inputs and a cotangent for each
   * floating output.
   *
   * @param program the gradient
   * @param inputs for each output, the index of the body's input to whose gradient the output
   *     contributes
   * @param due for each output, the axes of the region over which members must sum it
   */
  record Parts(Program program, List<Integer> inputs, List<Set<String>> due) {}

  /** The gradient of a region's body by all floating inputs, in parts. */
  static Parts parts(Manual manual, MemberSums members) {
    Program body = manual.body();
    Differentiation differentiation =
        new Differentiation(
            body, members, floating(body.outputs()), floating(body.inputs()), false, false);
    return differentiation.parts(manual.out());
  }

  private Parts parts(List<Term> terms) {
    forward();
    for (int i : outputs) {
      Value output = program.outputs().get(i);
      // Along the axes of the term each member has its own part of the result.
      Set<String> due =
          VarianceInference.minus(ManualGradient.named(terms.get(i)), members.of(output));
      contribute(output, due, cotangent(output));
    }
    backward();
    List<Integer> places = new ArrayList<>();
    List<Set<String>> sums = new ArrayList<>();
    for (int i : inputs) {
      Value input = program.inputs().get(i);
      Map<Set<String>, Value> parts = new LinkedHashMap<>();
      cotangents
          .getOrDefault(input, Map.of())
          .forEach(
              (due, part) -> {
                Set<String> inside = VarianceInference.minus(due, members.edge());
                Value own = new ManualGradient(builder).summed(part, members.named(inside));
                parts.merge(VarianceInference.minus(due, inside), own, builder::add);
              });
      parts.forEach(
          (due, part) -> {
            places.add(i);
            sums.add(due);
            builder.output(part);
          });
    }
    return new Parts(simplified(builder.build()), List.copyOf(places), List.copyOf(sums));
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

  private void forward() {
    for (Value input : program.inputs()) {
      copies.put(input, builder.input(input.name(), input.type()));
    }
    inputs.forEach(i -> active.add(program.inputs().get(i)));
    program.statements().forEach(this::forward);
    histories.values().forEach(history -> history.forEach(each -> let("history", each)));
  }

  private Program run() {
    forward();
    outputs.forEach(i -> seed(program.outputs().get(i)));
    backward();
    if (values) {
      outputs.forEach(i -> builder.output(copy(program.outputs().get(i))));
    }
    inputs.forEach(i -> output(program.inputs().get(i)));
    program.inputs().forEach(this::name);
    program.statements().forEach(each -> each.results().forEach(this::name));
    return builder.build();
  }

  private void backward() {
    GradientRules rules = new GradientRules(builder);
    for (Statement statement : program.statements().reversed()) {
      backward(rules, statement);
    }
  }

  private String unused(String name) {
    return builder.unusedName(name);
  }

  /** Names the cotangent of a value, so that readers and callers can find it. */
  private void name(Value primal) {
    if (!cotangents.containsKey(primal)) {
      return;
    }
    Value cotangent = found(primal).orElseThrow();
    if (!builder.isNamed(cotangent)) {
      let("cotangent." + primal.name(), cotangent);
    }
    String name = names.get(cotangent);
    if (name != null) {
      named.put(primal, new Value(name, cotangent.type()));
    }
  }

  private Value let(String preferred, Value value) {
    String name = unused(preferred);
    names.put(value, name);
    return builder.let(name, value);
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
   * Makes results active that have a derivative by an active value. For a composite the
   * decomposition decides: a routing has no derivative by its mask, so the mask's cotangent is not
   * computed.
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
    accumulate(
        output, one ? builder.constant(output.type().withoutLayout(), 1) : cotangent(output));
  }

  /** The input that is the cotangent of an output, with the output's layout. */
  private Value cotangent(Value output) {
    String name = unused("cotangent." + output.name());
    ValueType type = output.type();
    Term layout = layout(output).orElse(type.labels());
    Term whole = new Term(layout.axes(), List.of());
    Value cotangent = builder.input(name, new ValueType(type.dtype(), whole, type.shape()));
    names.put(cotangent, name);
    return cotangent;
  }

  /** The layout of an output, if an annotation closes all its labels. */
  private Optional<Term> layout(Value output) {
    for (Statement statement : program.statements()) {
      if (statement.results().contains(output)
          && statement.operation() instanceof Annotate(_, Annotation annotation)) {
        return annotation.closedLayout(output.type().labels());
      }
    }
    return Optional.empty();
  }

  private void accumulate(Value value, Value cotangent) {
    contribute(value, Set.of(), cotangent);
  }

  private void contribute(Value value, Set<String> due, Value cotangent) {
    cotangents
        .computeIfAbsent(value, _ -> new LinkedHashMap<>())
        .merge(due, cotangent, builder::add);
  }

  /** The cotangent of a value after all contributions, summed over members once. */
  private Optional<Value> found(Value value) {
    Map<Set<String>, Value> parts = cotangents.get(value);
    if (parts == null) {
      return Optional.empty();
    }
    ManualGradient sums = new ManualGradient(builder);
    Value sum =
        parts.entrySet().stream()
            .map(part -> sums.summed(part.getValue(), members.named(part.getKey())))
            .reduce(builder::add)
            .orElseThrow();
    cotangents.put(value, new LinkedHashMap<>(Map.of(Set.of(), sum)));
    return Optional.of(sum);
  }

  private void backward(GradientRules rules, Statement statement) {
    List<Optional<Value>> given = new ArrayList<>();
    for (Value result : statement.results()) {
      given.add(active.contains(result) ? found(result) : Optional.empty());
    }
    if (given.stream().allMatch(Optional::isEmpty)) {
      return;
    }
    List<Value> operands = statement.operation().operands();
    List<Boolean> needed = operands.stream().map(active::contains).toList();
    List<Optional<Value>> gradients =
        rules.gradients(
            copy(statement.operation()),
            members,
            members.of(operands),
            statement.results().stream().map(this::copy).toList(),
            given,
            needed,
            histories.getOrDefault(statement, List.of()));
    for (int i = 0; i < operands.size(); i++) {
      if (needed.get(i) && gradients.get(i).isPresent()) {
        contribute(
            operands.get(i),
            members.due(statement, i),
            rules.like(gradients.get(i).get(), operands.get(i).type()));
      }
    }
  }

  /** Makes each gradient a separate result, so that it can have its own name. */
  private void output(Value input) {
    Value gradient =
        found(input).orElseGet(() -> builder.constant(input.type().withoutLayout(), 0));
    if (builder.isNamed(gradient)) {
      gradient = new GradientRules(builder).copy(gradient, input.type());
    }
    Term layout = input.type().labels();
    if (layout.isAnnotated()) {
      gradient = builder.add(new Annotate(gradient, Annotation.closed(layout).dual())).getFirst();
    }
    builder.output(let("gradient." + input.name(), gradient));
  }
}
