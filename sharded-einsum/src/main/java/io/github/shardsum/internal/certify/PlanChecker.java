package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Follows a plan step by step and refuses it unless all that an equation or a program asks for
 * lies, in the end, as asked. A step is taken at its word, what it says of its results is not.
 */
public final class PlanChecker {
  private final SpmdPlan plan;
  private final List<PlannedValue> planned;
  private final List<Held> values = new ArrayList<>();

  /** The statements of a program, by the names of their results; none of an equation. */
  private final Map<String, Statement> statements = new HashMap<>();

  /**
   * What a value of an equation is: the sum over labels of a product of operands.
   *
   * @param isDiagonal whether it is zero where indices of a repeated label differ
   */
  private record Product(
      List<String> labels, Set<Integer> operands, Set<String> summed, boolean isDiagonal) {}

  private PlanChecker(SpmdPlan plan, int inputs, int outputs) {
    this.plan = plan;
    planned = plan.values();
    boolean fits = plan.inputs().size() == inputs && plan.outputs().size() == outputs;
    require(fits, "plan: must have %d inputs and %d outputs", inputs, outputs);
  }

  /** What was proved of a plan of one einsum or reshard, whose layouts are the equation's. */
  public static String check(SpmdPlan plan, Equation equation) {
    PlanChecker checker = new PlanChecker(plan, equation.operandCount(), 1);
    List<Held> given = new ArrayList<>();
    for (int i = 0; i < equation.operandCount(); i++) {
      Term term = equation.operand(i);
      List<String> labels = BlockRule.labels(term);
      boolean isDiagonal = new HashSet<>(labels).size() == labels.size();
      Product operand = new Product(labels, Set.of(i), Set.of(), isDiagonal);
      given.add(checker.held(operand, plan.inputs().get(i).shape(), term));
    }
    Product asked = product(equation, given);
    Held made = checker.follow(given).getFirst();
    require(made.meaning().equals(asked), "output 0: must be %s, got %s", asked, made.meaning());
    Shape shape = plan.value(plan.outputs().getFirst()).shape();
    made.checkLies(checker.held(asked, shape, equation.output()));
    return checker.proved();
  }

  /** A label that was summed over may be in nothing that the sum is multiplied by, nor made. */
  private static Product product(Equation equation, List<Held> read) {
    require(equation.operandCount() == read.size(), "%s must have its operands", equation);
    List<String> output = BlockRule.labels(equation.output());
    Set<String> labels = new HashSet<>(output);
    Set<String> summed = new HashSet<>();
    Set<Integer> operands = new HashSet<>();
    for (int i = 0; i < read.size(); i++) {
      boolean fits =
          read.get(i).meaning() instanceof Product product
              && product.labels().equals(BlockRule.labels(equation.operand(i)))
              && product.operands().stream().allMatch(operands::add)
              && product.summed().stream().allMatch(summed::add);
      require(fits, "%s must read each operand once, got %s", equation, read.get(i).meaning());
      labels.addAll(BlockRule.labels(equation.operand(i)));
    }
    require(Collections.disjoint(summed, labels), "%s has labels of sums: %s", equation, summed);
    summed.addAll(labels);
    output.forEach(summed::remove);
    return new Product(output, operands, summed, true);
  }

  /** Of a plan of a program, whose inputs lie as their types say, or else as the plan does. */
  public static String check(SpmdPlan plan, Program program) {
    PlanChecker checker = new PlanChecker(plan, program.inputs().size(), program.outputs().size());
    checker.follow(program);
    return checker.proved();
  }

  private String proved() {
    return "certified: %d steps followed, each of %d devices ends with exactly its part"
        .formatted(plan.steps().size(), plan.mesh().size());
  }

  private List<Held> follow(Program program) {
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> statements.put(result.name(), statement));
    }
    List<Held> given = new ArrayList<>();
    for (Value input : program.inputs()) {
      Term own = input.type().labels();
      Term term = own.isAnnotated() ? own : planned.get(given.size()).layout().term();
      given.add(held(input.name(), input.type().shape(), term));
    }
    List<Held> outputs = follow(given);
    for (int i = 0; i < outputs.size(); i++) {
      String asked = name(program.outputs().get(i));
      Held made = outputs.get(i);
      boolean isMade = made.meaning().equals(asked) && made.kind() == ReduceKind.SUM;
      require(isMade, "output %d: must be %s, got %s %s", i, asked, made.meaning(), made);
    }
    return outputs;
  }

  /** An annotation is the value that it annotates. */
  private String name(Value value) {
    Statement statement = statements.get(value.name());
    return statement != null && statement.operation() instanceof Movement.Annotate annotate
        ? name(annotate.x())
        : value.name();
  }

  /** The outputs, if each step gives what the plan says that it gives. */
  private List<Held> follow(List<Held> given) {
    given.forEach(this::add);
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      try {
        results(step, step.operands().stream().map(values::get).toList()).forEach(this::add);
      } catch (IllegalArgumentException refused) {
        throw new PlanRefusedException(
            "step %d (%s): %s".formatted(i, step.action().op(), refused.getMessage()));
      }
    }
    return plan.outputs().stream().map(values::get).toList();
  }

  /** The next value, which must lie as its layout says: there the executor looks for its blocks. */
  private void add(Held made) {
    PlannedValue value = planned.get(values.size());
    made.checkLies(held("", value.shape(), value.layout().term()));
    boolean isStored = value.dtype() != DType.BF16 || made.partial().isEmpty();
    require(isStored, "addends must be f32, got %s", value);
    values.add(made);
  }

  /** A value that lies as a term says. */
  private Held held(Object meaning, Shape shape, Term term) {
    require(term.size() == shape.rank(), "must be %s, got %s", term, shape);
    List<Cut> cuts =
        IntStream.range(0, term.size())
            .mapToObj(dim -> new Cut(shape.size(dim), wide(term.axis(dim).mesh())))
            .toList();
    return new Held(meaning, cuts, Set.copyOf(wide(term.partial())), ReduceKind.SUM);
  }

  /** The axes of more than one device; others mean nothing. */
  private List<MeshAxis> wide(List<String> axes) {
    require(new HashSet<>(axes).size() == axes.size(), "axes must be named once, got %s", axes);
    return axes.stream()
        .map(axis -> plan.mesh().axes().get(plan.mesh().indexOf(axis)))
        .filter(axis -> axis.size() > 1)
        .toList();
  }

  private List<Held> results(PlanStep step, List<Held> read) {
    return switch (step.action()) {
      case Action.Contract(Equation local) -> {
        Product meaning = product(local, read);
        yield List.of(BlockRule.of(local, List.of()).result(read, said(step), false).as(meaning));
      }
      case Action.Apply(Statement statement) -> {
        checkStatement(statement, step, read);
        yield named(statement, BlockRule.results(statement, read, said(step), false));
      }
      case Action.Neighbour(Statement statement, List<String> axes, _) -> {
        checkStatement(statement, step, read);
        yield named(statement, List.of(neighbours(statement, wide(axes), step, read)));
      }
      case Action.Loop(Statement statement, SpmdPlan body) -> {
        checkStatement(statement, step, read);
        yield named(statement, looped((Nested.Scan) statement.operation(), body, read));
      }
      case Action.Slice(String to, List<String> axes) ->
          List.of(read.getFirst().slice(dim(step, to), wide(axes)));
      case Action.AllGather(String from, List<String> axes) ->
          List.of(read.getFirst().gather(dim(step, from), wide(axes)));
      case Action.AllToAll(String from, String to, List<String> axes) ->
          List.of(
              read.getFirst().gather(dim(step, from), wide(axes)).slice(dim(step, to), wide(axes)));
      case Action.AllReduce(List<String> axes, ReduceKind by) ->
          List.of(read.getFirst().reduce(wide(axes), by));
      case Action.ReduceScatter(String to, List<String> axes) ->
          List.of(
              read.getFirst().reduce(wide(axes), ReduceKind.SUM).slice(dim(step, to), wide(axes)));
      case Action.CollectivePermute(List<String> axes) ->
          List.of(read.getFirst().permute(wide(axes), said(step)));
      case Action.Exchange(String label, List<String> axes) ->
          List.of(read.getFirst().exchange(dim(step, label), wide(axes), said(step)));
    };
  }

  private int dim(PlanStep step, String label) {
    return planned.get(step.operands().getFirst()).layout().dim(label);
  }

  /** How the first result of a step lies, by what the plan says. */
  private List<Cut> said(PlanStep step) {
    return held("", step.result().shape(), step.result().layout().term()).cuts();
  }

  /** Of operands that are whole along the label; of the result each device makes its chunk. */
  private Held neighbours(
      Statement statement, List<MeshAxis> axes, PlanStep step, List<Held> read) {
    String label = BlockRule.neighbours(statement.operation());
    List<Held> whole = new ArrayList<>();
    for (Value operand : statement.operation().operands()) {
      whole.add(read.get(whole.size()).gather(operand.type().axis(label), axes));
    }
    Held made = BlockRule.results(statement, whole, said(step), false).getFirst();
    return made.slice(statement.result().type().axis(label), axes);
  }

  private static List<Held> named(Statement statement, List<Held> results) {
    return IntStream.range(0, results.size())
        .mapToObj(i -> results.get(i).as(statement.results().get(i).name()))
        .toList();
  }

  private void checkStatement(Statement statement, PlanStep step, List<Held> read) {
    Statement own = statements.get(statement.result().name());
    require(statement.equals(own), "must be a statement of the program, got %s", statement);
    List<String> wanted = statement.operation().operands().stream().map(this::name).toList();
    List<?> meanings = read.stream().map(Held::meaning).toList();
    require(meanings.equals(wanted), "must read %s, got %s", wanted, meanings);
    List<Shape> shapes = statement.results().stream().map(value -> value.type().shape()).toList();
    List<Shape> made = step.results().stream().map(PlannedValue::shape).toList();
    require(made.equals(shapes), "must give %s, got %s", shapes, made);
  }

  /** What is carried lies in every round alike; of sequences a round has one index. */
  private static List<Held> looped(Nested.Scan scan, SpmdPlan body, List<Held> read) {
    PlanChecker round = new PlanChecker(body, read.size(), scan.body().outputs().size());
    List<Held> outputs = round.follow(scan.body());
    List<Cut> rounds = List.of(Cut.whole(scan.count()));
    int carried = scan.carried().size();
    for (int i = 0; i < read.size(); i++) {
      Held inner = round.values.get(i);
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      read.get(i).checkLies(isSequence ? inner.with(0, 0, rounds) : inner);
      require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
    }
    List<Held> results = new ArrayList<>();
    for (Held made : outputs) {
      boolean isCarried = results.size() < carried;
      require(made.partial().isEmpty(), "result must be no addends, got %s", made);
      if (isCarried) {
        made.checkLies(round.values.get(results.size()));
      }
      results.add(isCarried ? made : made.with(0, 0, rounds));
    }
    return results;
  }
}
