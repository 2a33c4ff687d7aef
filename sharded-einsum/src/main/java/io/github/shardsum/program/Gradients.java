package io.github.shardsum.program;

import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gradients of programs, which are programs: reverse-mode differentiation. The gradient of an
 * einsum is an einsum, of a loop a loop in the other direction that reads the carried values of
 * every round, of a composite the composite {@code name.gradient}.
 *
 * <p>Forward statements that the gradient needs keep their names, so that they can be
 * rematerialised by name. Relations, indices, {@link Pointwise.UnaryKind#FLOOR}, {@link
 * Pointwise.UnaryKind#SIGN} and conversions to integers have the derivative 0. Where a maximum or
 * minimum has several elements they share the gradient evenly, as in JAX.
 */
public final class Gradients {
  private Gradients() {}

  /**
   * The gradient. Of an output that is a scalar it is that of the output itself; every other output
   * adds an input {@code cotangent.name} of its type.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate, of floating dtypes
   * @param inputs names of inputs to differentiate by, of floating dtypes
   * @return a program of the same inputs and then the cotangents, with one output {@code
   *     gradient.name} an input, of its type
   * @throws ProgramException if a name is no output or input, or not floating
   */
  public static Program gradient(Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, false);
  }

  /**
   * The gradient after the outputs: as {@link #gradient}, and before the gradients stand the
   * outputs that were differentiated.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate
   * @param inputs names of inputs to differentiate by
   * @return the program
   * @throws ProgramException as {@link #gradient}
   */
  public static Program valueAndGradient(
      Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, true, true);
  }

  /**
   * The gradient after the outputs, for any cotangents: as {@link #valueAndGradient}, but every
   * output adds an input {@code cotangent.name}, scalars too.
   *
   * @param program the program
   * @param outputs names of outputs to differentiate
   * @param inputs names of inputs to differentiate by
   * @return the program
   * @throws ProgramException as {@link #gradient}
   */
  public static Program valueAndPullback(
      Program program, List<String> outputs, List<String> inputs) {
    return make(program, outputs, inputs, false, true);
  }

  private static Program make(
      Program program, List<String> outputs, List<String> inputs, boolean ones, boolean values) {
    List<Integer> of = indices(program, "output", program.outputs(), outputs);
    List<Integer> by = indices(program, "input", program.inputs(), inputs);
    Program gradient = new Differentiation(program, of, by, ones, values).run();
    // Outputs are told apart by their names: one that equals another stays for a backend to find.
    Set<Value> named = Set.copyOf(gradient.outputs());
    return Passes.deadCode(Passes.commonSubexpressions(gradient, named));
  }

  private static List<Integer> indices(
      Program program, String what, List<Value> values, List<String> names) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      places.putIfAbsent(values.get(i).name(), i);
    }
    String where = "gradient of " + program.name();
    List<Integer> indices = new ArrayList<>();
    for (String name : names) {
      Integer place = places.get(name);
      if (place == null) {
        throw ProgramException.at(
            where, "there is no " + what + " " + name + "; there are " + values);
      }
      if (!values.get(place).type().dtype().isFloating()) {
        throw ProgramException.at(
            where, "an " + what + " of a floating dtype is wanted, got " + values.get(place));
      }
      indices.add(place);
    }
    if (new HashSet<>(indices).size() < indices.size()) {
      throw ProgramException.at(where, "each " + what + " once is wanted, got " + names);
    }
    return indices;
  }

  /** The gradient of all floating outputs, each with a cotangent, by all floating inputs. */
  static Program ofAll(Program program) {
    Program gradient =
        new Differentiation(
                program, floating(program.outputs()), floating(program.inputs()), false, false)
            .run();
    return Passes.deadCode(Passes.commonSubexpressions(gradient));
  }

  static List<Integer> floating(List<Value> values) {
    List<Integer> floating = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).type().dtype().isFloating()) {
        floating.add(i);
      }
    }
    return floating;
  }

  /** One differentiation: the forward statements, then the rules from the last to the first. */
  private static final class Differentiation {
    private final Program program;
    private final List<Integer> outputs;
    private final List<Integer> inputs;
    private final boolean ones;
    private final boolean values;
    private final ProgramBuilder builder;
    private final Set<Value> active = new HashSet<>();
    private final Map<Value, Value> cotangents = new HashMap<>();

    /** For each loop the carried values of every round. */
    private final Map<Statement, List<Value>> histories = new HashMap<>();

    Differentiation(
        Program program,
        List<Integer> outputs,
        List<Integer> inputs,
        boolean ones,
        boolean values) {
      this.program = program;
      this.outputs = outputs;
      this.inputs = inputs;
      this.ones = ones;
      this.values = values;
      this.builder = new ProgramBuilder(program.name() + ".gradient");
    }

    Program run() {
      builder.reserve(program);
      program.inputs().forEach(builder::copyInput);
      inputs.forEach(i -> active.add(program.inputs().get(i)));
      program.statements().forEach(this::forward);
      outputs.forEach(i -> seed(program.outputs().get(i)));
      GradientRules rules = new GradientRules(builder);
      for (Statement statement : program.statements().reversed()) {
        backward(rules, statement);
      }
      if (values) {
        outputs.forEach(i -> builder.output(program.outputs().get(i)));
      }
      inputs.forEach(i -> output(program.inputs().get(i)));
      return builder.build();
    }

    private void forward(Statement statement) {
      boolean depends = statement.operation().operands().stream().anyMatch(active::contains);
      activate(statement, active);
      if (depends && statement.operation() instanceof Loop loop) {
        histories.put(statement, LoopGradient.withHistory(builder, statement, loop));
      } else {
        builder.copy(statement);
      }
    }

    /**
     * Adds the results that depend on active values by a derivative. Of a composite its
     * decomposition says which: the mask of a routing does not, and its cotangent is then not even
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
      Value cotangent =
          one
              ? builder.constant(output.type().withoutLayout(), 1)
              : builder.input(
                  builder.unused("cotangent." + output.name()), output.type().withoutLayout());
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
            active.contains(result)
                ? Optional.ofNullable(cotangents.get(result))
                : Optional.empty());
      }
      if (given.stream().allMatch(Optional::isEmpty)) {
        return;
      }
      List<Value> operands = statement.operation().operands();
      List<Boolean> wanted = operands.stream().map(active::contains).toList();
      List<Optional<Value>> gradients =
          rules.gradients(statement, given, wanted, histories.getOrDefault(statement, List.of()));
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
      if (!builder.isUnnamed(gradient)) {
        gradient = new GradientRules(builder).copy(gradient, input.type());
      }
      builder.output(builder.unused("gradient." + input.name()), gradient);
    }
  }
}
