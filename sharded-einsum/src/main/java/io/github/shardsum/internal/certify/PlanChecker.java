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
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Follows a plan step by step and refuses it unless all that an equation or a program asks for
 * lies, in the end, as asked. A step is taken at its word, what it says of its results is not.
 */
public final class PlanChecker {
  private final SpmdPlan plan;
  private final List<PlannedValue> planned;
  private final List<Held> given = new ArrayList<>();
  private final List<Held> wanted = new ArrayList<>();
  private final List<Held> values = new ArrayList<>();

  /** The statements of a program, by the names of their results. */
  private final Map<String, Statement> statements = new HashMap<>();

  /** A product of operands of an equation, by the equation's labels. */
  private record Product(List<String> labels, Set<Integer> factors) {}

  private PlanChecker(SpmdPlan plan, int inputs, int outputs) {
    this.plan = plan;
    planned = plan.values();
    boolean fits = plan.inputs().size() == inputs && plan.outputs().size() == outputs;
    require(fits, "plan: must have %d inputs and %d outputs", inputs, outputs);
  }

  /** What was proved of a plan of one einsum or reshard, whose layouts are the equation's. */
  public static String check(SpmdPlan plan, Equation equation) {
    PlanChecker checker = new PlanChecker(plan, equation.operandCount(), 1);
    Set<Integer> all = new TreeSet<>();
    for (int i = 0; i < equation.operandCount(); i++) {
      Term term = equation.operand(i);
      Product operand = new Product(BlockRule.labels(term), Set.of(i));
      checker.given.add(checker.held(operand, term, i));
      all.add(i);
    }
    Product result = new Product(BlockRule.labels(equation.output()), all);
    checker.wanted.add(checker.held(result, equation.output(), plan.outputs().getFirst()));
    return checker.run();
  }

  /** Of a plan of a program, whose inputs lie as their types say, or else as the plan does. */
  public static String check(SpmdPlan plan, Program program) {
    return of(plan, program).run();
  }

  private static PlanChecker of(SpmdPlan plan, Program program) {
    PlanChecker checker = new PlanChecker(plan, program.inputs().size(), program.outputs().size());
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> checker.statements.put(result.name(), statement));
    }
    for (int i = 0; i < program.inputs().size(); i++) {
      Value input = program.inputs().get(i);
      Term term = input.type().labels();
      Term own = term.isAnnotated() ? term : checker.term(i);
      checker.given.add(checker.held(input.name(), own, i));
    }
    for (int i = 0; i < program.outputs().size(); i++) {
      int number = plan.outputs().get(i);
      String name = checker.name(program.outputs().get(i));
      checker.wanted.add(checker.held(name, checker.term(number), number));
    }
    return checker;
  }

  /** An annotation is the value that it annotates. */
  private String name(Value value) {
    Statement statement = statements.get(value.name());
    return statement != null && statement.operation() instanceof Movement.Annotate annotate
        ? name(annotate.x())
        : value.name();
  }

  private Term term(int number) {
    return planned.get(number).layout().term();
  }

  private String run() {
    String where = "plan";
    try {
      for (int i = 0; i < given.size(); i++) {
        where = "input " + i;
        add(given.get(i));
      }
      for (int i = 0; i < plan.steps().size(); i++) {
        PlanStep step = plan.steps().get(i);
        where = "step %d (%s)".formatted(i, step.action().op());
        results(step, step.operands().stream().map(values::get).toList()).forEach(this::add);
      }
      for (int i = 0; i < wanted.size(); i++) {
        where = "output " + i;
        output(wanted.get(i), plan.outputs().get(i));
      }
    } catch (PlanRefusedException refused) {
      throw new PlanRefusedException(where + ": " + refused.getMessage());
    }
    return "certified: %d steps followed, each of %d devices ends with exactly its part"
        .formatted(plan.steps().size(), plan.mesh().size());
  }

  /** The next value, which must lie as its layout says: there the executor looks for its blocks. */
  private void add(Held made) {
    int number = values.size();
    Held said = held(made.meaning(), term(number), number);
    made.checkSame(said);
    boolean isStored = planned.get(number).dtype() != DType.BF16 || said.partial().isEmpty();
    require(isStored, "addends must be f32, got %s", planned.get(number));
    values.add(new Held(made.meaning(), said.cuts(), said.partial(), made.kind()));
  }

  private void output(Held result, int number) {
    Held held = values.get(number);
    require(held.meaning().equals(result.meaning()), "must be %s, got %s", result, held);
    require(held.kind() == ReduceKind.SUM, "addends must be reduced, got %s", held);
    held.checkSame(result);
    // What has a label twice is zero off the diagonal, which no operand of an equation is.
    boolean isDistinct =
        !(result.meaning() instanceof Product(List<String> labels, _))
            || new HashSet<>(labels).size() == labels.size();
    require(isDistinct || number >= given.size(), "must be a diagonal, got %s", held);
  }

  /** A value of the plan, if it lies as a term says. */
  private Held held(Object meaning, Term term, int number) {
    Shape shape = planned.get(number).shape();
    require(term.size() == shape.rank(), "must be %s, got %s", term, planned.get(number));
    List<Cut> cuts = new ArrayList<>();
    for (int dim = 0; dim < shape.rank(); dim++) {
      cuts.add(new Cut(shape.size(dim), wide(term.axis(dim).mesh())));
    }
    return new Held(meaning, cuts, Set.copyOf(wide(term.partial())), ReduceKind.SUM);
  }

  /** The axes of more than one device; others mean nothing. */
  private List<MeshAxis> wide(List<String> axes) {
    boolean each = new HashSet<>(axes).size() == axes.size();
    each &= plan.mesh().axisNames().containsAll(axes);
    require(each, "axes must be of the mesh, each once, got %s", axes);
    return axes.stream()
        .map(axis -> new MeshAxis(axis, plan.mesh().size(axis)))
        .filter(axis -> axis.size() > 1)
        .toList();
  }

  private List<Held> results(PlanStep step, List<Held> read) {
    return switch (step.action()) {
      case Action.Contract(Equation local) -> List.of(multiplied(local, step, read));
      case Action.Apply(Statement statement) -> {
        checkStatement(statement, step, read);
        yield named(statement, BlockRule.of(statement, read, said(step), false));
      }
      case Action.Neighbour(Statement statement, List<String> axes, _) -> {
        checkStatement(statement, step, read);
        yield named(statement, neighbours(statement, wide(axes), step, read));
      }
      case Action.Loop loop -> looped(loop, step, read);
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
          List.of(read.getFirst().permute(wide(axes), said(step).getFirst()));
      case Action.Exchange(String label, List<String> axes) ->
          List.of(read.getFirst().exchange(dim(step, label), wide(axes), said(step).getFirst()));
    };
  }

  private int dim(PlanStep step, String label) {
    Term term = term(step.operands().getFirst());
    int dim = BlockRule.labels(term).indexOf(label);
    require(dim >= 0, "must name a label of %s, got %s", term, label);
    return dim;
  }

  /** The results of the next step, if they lie as it says. */
  private List<Held> said(PlanStep step) {
    return IntStream.range(values.size(), values.size() + step.results().size())
        .mapToObj(number -> held("", term(number), number))
        .toList();
  }

  private static List<Held> named(Statement statement, List<Held> results) {
    return IntStream.range(0, results.size())
        .mapToObj(i -> results.get(i).as(statement.results().get(i).name()))
        .toList();
  }

  private Held multiplied(Equation local, PlanStep step, List<Held> read) {
    require(statements.isEmpty(), "must be a statement of the program");
    require(local.operandCount() == read.size(), "%s must have %d operands", local, read.size());
    Set<Integer> factors = new TreeSet<>();
    Set<String> summed = new HashSet<>();
    for (int i = 0; i < read.size(); i++) {
      Product product = (Product) read.get(i).meaning();
      boolean fits = product.labels().equals(BlockRule.labels(local.operand(i)));
      fits &= product.factors().stream().allMatch(factors::add);
      require(fits, "%s must read each operand once, got %s", local, product);
      summed.addAll(product.labels());
    }
    List<String> output = BlockRule.labels(local.output());
    summed.removeAll(output);
    // No operand that is still to be multiplied may have a label that is summed over, nor the
    // result.
    Stream<Held> left =
        given.stream().filter(other -> !factors.containsAll(((Product) other.meaning()).factors()));
    for (Held other : Stream.concat(left, wanted.stream()).toList()) {
      boolean keeps = Collections.disjoint(((Product) other.meaning()).labels(), summed);
      require(keeps, "%s are still read, got %s", summed, local);
    }
    Product meaning = new Product(output, factors);
    return BlockRule.of(local, true).of(read, said(step), false).getFirst().as(meaning);
  }

  /** Of operands that are whole along the label; of the result each device makes its chunk. */
  private List<Held> neighbours(
      Statement statement, List<MeshAxis> axes, PlanStep step, List<Held> read) {
    String label = BlockRule.neighbours(statement.operation());
    List<Held> whole = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      Value operand = statement.operation().operands().get(i);
      whole.add(read.get(i).gather(operand.type().axis(label), axes));
    }
    Held made = BlockRule.of(statement, whole, said(step), false).getFirst();
    return List.of(made.slice(statement.result().type().axis(label), axes));
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
  private List<Held> looped(Action.Loop loop, PlanStep step, List<Held> read) {
    checkStatement(loop.statement(), step, read);
    Nested.Scan scan = (Nested.Scan) loop.statement().operation();
    PlanChecker body = of(loop.body(), scan.body());
    body.run();
    int carried = scan.carried().size();
    List<Cut> rounds = List.of(Cut.whole(scan.count()));
    for (int i = 0; i < read.size(); i++) {
      Held inner = body.values.get(i);
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      read.get(i).checkSame(isSequence ? inner.with(0, 0, rounds) : inner);
      require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
    }
    List<Held> results = new ArrayList<>();
    for (int i = 0; i < step.results().size(); i++) {
      Held inner = body.values.get(loop.body().outputs().get(i));
      require(inner.partial().isEmpty(), "result %d must be no addends, got %s", i, inner);
      if (i < carried) {
        inner.checkSame(body.values.get(i));
      }
      results.add(i < carried ? inner : inner.with(0, 0, rounds));
    }
    return named(loop.statement(), results);
  }
}
