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
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Follows a plan step by step and refuses it unless all that an equation or a program asks for
 * lies, in the end, as asked. A step is taken at its word, what it says of its results is not. Of
 * each value of the plan it knows what it is, and what devices have of it.
 */
public final class PlanChecker {
  private final SpmdPlan plan;
  private final List<PlannedValue> planned;
  private final List<Held> values = new ArrayList<>();

  /** What values are: of an equation a {@link Product}, of a program a name. */
  private final List<Object> meanings = new ArrayList<>();

  /** The statements of a program, by the names of their results; none of an equation. */
  private final Map<String, Statement> statements = new HashMap<>();

  /**
   * The sum over labels of a product of operands.
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
    for (int i = 0; i < equation.operandCount(); i++) {
      List<String> labels = BlockRule.labels(equation.operand(i));
      boolean isDiagonal = new HashSet<>(labels).size() == labels.size();
      PlannedValue input = plan.inputs().get(i);
      checker.add(
          new Product(labels, Set.of(i), Set.of(), isDiagonal),
          checker.held(input.layout().term(), input.shape(), equation.operand(i)));
    }
    Product asked = product(equation, checker.meanings);
    checker.follow();
    PlannedValue output = plan.value(plan.outputs().getFirst());
    Held as = checker.held(output.layout().term(), output.shape(), equation.output());
    checker.output(0, asked).checkLies(as);
    return checker.proved();
  }

  /** A label that was summed over may be in nothing that the sum is multiplied by, nor made. */
  private static Product product(Equation equation, List<?> read) {
    require(equation.operandCount() == read.size(), "%s must have its operands", equation);
    List<String> output = BlockRule.labels(equation.output());
    Set<String> labels = new HashSet<>(output);
    Set<String> summed = new HashSet<>();
    Set<Integer> operands = new HashSet<>();
    for (int i = 0; i < read.size(); i++) {
      boolean fits =
          read.get(i) instanceof Product product
              && product.labels().equals(BlockRule.labels(equation.operand(i)))
              && product.operands().stream().allMatch(operands::add)
              && product.summed().stream().allMatch(summed::add);
      require(fits, "%s must read each operand once, got %s", equation, read.get(i));
      labels.addAll(BlockRule.labels(equation.operand(i)));
    }
    require(Collections.disjoint(summed, labels), "%s has labels of sums: %s", equation, summed);
    summed.addAll(labels);
    output.forEach(summed::remove);
    return new Product(output, operands, summed, true);
  }

  /** Of a plan of a program, whose inputs lie as their types say, or else as the plan does. */
  public static String check(SpmdPlan plan, Program program) {
    return followed(plan, program).proved();
  }

  private String proved() {
    return String.format(
        Locale.ROOT,
        "certified: %d steps followed, each of %d devices ends with exactly its part",
        plan.steps().size(),
        plan.mesh().size());
  }

  private static PlanChecker followed(SpmdPlan plan, Program program) {
    PlanChecker checker = new PlanChecker(plan, program.inputs().size(), program.outputs().size());
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> checker.statements.put(result.name(), statement));
    }
    for (Value input : program.inputs()) {
      Term own = input.type().labels();
      Term term =
          own.isAnnotated() ? own : plan.inputs().get(checker.values.size()).layout().term();
      checker.add(input.name(), checker.held(own, input.type().shape(), term));
    }
    checker.follow();
    for (int i = 0; i < program.outputs().size(); i++) {
      checker.output(i, checker.name(program.outputs().get(i)));
    }
    return checker;
  }

  private Held output(int place, Object asked) {
    int number = plan.outputs().get(place);
    boolean isMade =
        meanings.get(number).equals(asked) && values.get(number).kind() == ReduceKind.SUM;
    require(isMade, "output %d: must be %s, got %s", place, asked, meanings.get(number));
    return values.get(number);
  }

  /** An annotation is the value that it annotates. */
  private String name(Value value) {
    Statement statement = statements.get(value.name());
    return statement != null && statement.operation() instanceof Movement.Annotate annotate
        ? name(annotate.x())
        : value.name();
  }

  private void follow() {
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      try {
        List<?> meaning = meaning(step, step.operands().stream().map(meanings::get).toList());
        List<Held> made = made(step, step.operands().stream().map(values::get).toList());
        require(made.size() == step.results().size(), "must give %d results", made.size());
        for (int result = 0; result < made.size(); result++) {
          add(meaning.get(result), made.get(result));
        }
      } catch (IllegalArgumentException refused) {
        throw new PlanRefusedException(
            String.format(
                Locale.ROOT, "step %d (%s): %s", i, step.action().op(), refused.getMessage()));
      }
    }
  }

  /** The next value, which must lie as its layout says: there the executor looks for its blocks. */
  private void add(Object meaning, Held made) {
    PlannedValue value = planned.get(values.size());
    made.checkLies(held(value.layout().term(), value.shape(), value.layout().term()));
    boolean isStored = value.dtype() != DType.BF16 || made.partial().isEmpty();
    require(isStored, "addends must be f32, got %s", value);
    values.add(made);
    meanings.add(meaning);
  }

  /** What devices have of a value of some labels if it lies as a term says. */
  private Held held(Term labels, Shape shape, Term layout) {
    require(layout.size() == shape.rank(), "must lie as %s, got %s", layout, shape);
    List<Cut> cuts = new ArrayList<>();
    for (int dim = 0; dim < layout.size(); dim++) {
      String label = labels.axis(dim).label();
      cuts.add(new Cut(label, shape.size(dim), wide(layout.axis(dim).mesh())));
    }
    return new Held(cuts, Set.copyOf(wide(layout.partial())), ReduceKind.SUM);
  }

  /** The axes of more than one device; others mean nothing. */
  private List<MeshAxis> wide(List<String> axes) {
    require(new HashSet<>(axes).size() == axes.size(), "axes must be named once, got %s", axes);
    return axes.stream()
        .map(axis -> plan.mesh().axes().get(plan.mesh().indexOf(axis)))
        .filter(axis -> axis.size() > 1)
        .toList();
  }

  /** What a step's results are. */
  private List<?> meaning(PlanStep step, List<?> read) {
    return switch (step.action()) {
      case Action.Contract(Equation local) -> List.of(product(local, read));
      case Action.Apply(Statement statement) -> names(statement, read);
      case Action.Neighbour(Statement statement, _, _) -> names(statement, read);
      case Action.Loop(Statement statement, _) -> names(statement, read);
      case Action.Slice _, Action.AllGather _, Action.AllToAll _, Action.AllReduce _ -> read;
      case Action.ReduceScatter _, Action.CollectivePermute _, Action.Exchange _ -> read;
    };
  }

  private List<String> names(Statement statement, List<?> read) {
    boolean isOwn = statement.equals(statements.get(statement.result().name()));
    require(isOwn, "must be a statement of the program, got %s", statement);
    List<String> asked = statement.operation().operands().stream().map(this::name).toList();
    require(read.equals(asked), "must read %s, got %s", asked, read);
    return statement.results().stream().map(Value::name).toList();
  }

  /** What devices have of a step's results. */
  private List<Held> made(PlanStep step, List<Held> read) {
    Term said = step.result().layout().term();
    Held after = held(said, step.result().shape(), said);
    Held x = read.isEmpty() ? after : read.getFirst();
    return switch (step.action()) {
      case Action.Contract(Equation local) ->
          List.of(
              BlockRule.einsum(local, List.of(), Addends.each(read.size()), read, after, false));
      case Action.Apply(Statement statement) ->
          BlockRule.results(statement, read, typed(statement, said), false);
      case Action.Neighbour(Statement statement, List<String> axes, _) ->
          List.of(neighbours(statement, wide(axes), read, typed(statement, said)));
      case Action.Loop(Statement statement, SpmdPlan body) ->
          looped((Nested.Scan) statement.operation(), body, read);
      case Action.Slice(String to, List<String> axes) -> List.of(x.slice(to, wide(axes)));
      case Action.AllGather(String from, List<String> axes) -> List.of(x.gather(from, wide(axes)));
      case Action.AllToAll(String from, String to, List<String> axes) ->
          List.of(x.gather(from, wide(axes)).slice(to, wide(axes)));
      case Action.AllReduce(List<String> axes, ReduceKind by) -> List.of(x.reduce(wide(axes), by));
      case Action.ReduceScatter(String to, List<String> axes) ->
          List.of(x.reduce(wide(axes), ReduceKind.SUM).slice(to, wide(axes)));
      case Action.CollectivePermute(List<String> axes) -> List.of(x.permute(wide(axes), after));
      case Action.Exchange(String label, List<String> axes) ->
          List.of(x.exchange(label, wide(axes), after));
    };
  }

  /** A statement's first result, if it lies as a term says. */
  private Held typed(Statement statement, Term layout) {
    return held(statement.result().type().labels(), statement.result().type().shape(), layout);
  }

  /** Of operands that are whole along the label; of the result each device makes its chunk. */
  private static Held neighbours(
      Statement statement, List<MeshAxis> axes, List<Held> read, Held made) {
    String label = BlockRule.neighbours(statement.operation());
    List<Held> whole = read.stream().map(operand -> operand.gather(label, axes)).toList();
    return BlockRule.results(statement, whole, made, false).getFirst().slice(label, axes);
  }

  /** What is carried lies in every round alike; of sequences a round has one index. */
  private static List<Held> looped(Nested.Scan scan, SpmdPlan plan, List<Held> read) {
    PlanChecker body = followed(plan, scan.body());
    List<Cut> rounds = List.of(Cut.whole(scan.label(), scan.count()));
    int carried = scan.carried().size();
    for (int i = 0; i < read.size(); i++) {
      Held inner = body.values.get(i);
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      read.get(i).checkLies(isSequence ? inner.with(0, 0, rounds) : inner);
      require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
    }
    List<Held> results = new ArrayList<>();
    for (int output : plan.outputs()) {
      Held made = body.values.get(output);
      require(made.partial().isEmpty(), "result must be no addends, got %s", made);
      boolean isCarried = results.size() < carried;
      made.checkLies(isCarried ? body.values.get(results.size()) : made);
      results.add(isCarried ? made : made.with(0, 0, rounds));
    }
    return results;
  }
}
