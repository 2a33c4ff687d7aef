package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Plans an einsum as a program of one einsum for each pair of operands. No layouts of intermediates
 * are given, so the search considers all of them.
 */
public final class EinsumPlanning {
  private static final String RESULT = "result";

  /** The most ways to split the last einsum that are tried for a plan of less memory. */
  private static final int MOST_TRIES = 64;

  private final Equation equation;
  private final Mesh mesh;
  private final BoundEquation bound;
  private final DType dtype;
  private final PlanOptions options;
  private final EquationTree tree;
  private final List<Value> inputs = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final Map<String, Layout> homes = new HashMap<>();
  private final Map<Value, Equation> equations = new HashMap<>();
  private final Set<String> whole = new HashSet<>();
  private final Program program;

  private EinsumPlanning(
      Equation equation, Mesh mesh, BoundEquation bound, DType dtype, PlanOptions options) {
    this.equation = equation;
    this.mesh = mesh;
    this.bound = bound;
    this.dtype = dtype;
    this.options = options;
    this.tree = new EquationTree(bound, equation.operands());
    this.program = program();
  }

  /**
   * A plan and its price.
   *
   * @param plan the plan
   * @param cost the price in elements or seconds
   */
  public record Priced(SpmdPlan plan, double cost) {}

  /**
   * The cheapest plan of an einsum, or with a memory limit the cheapest found that stays within it.
   *
   * @param equation the equation with its layouts
   * @param mesh the devices
   * @param bound the equation without layouts, with shapes
   * @param dtype the dtype of operands and result
   * @param options the options for the choice of plans
   * @return the plan with its price
   * @throws PlanException if there is none within the limits
   */
  public static Priced plan(
      Equation equation, Mesh mesh, BoundEquation bound, DType dtype, PlanOptions options) {
    EinsumPlanning planning = new EinsumPlanning(equation, mesh, bound, dtype, options);
    return options.memoryLimit().isEmpty()
        ? planning.planned(PlanningPolicy.CHEAPEST, 1).getFirst()
        : planning.within(options.memoryLimit().getAsLong());
  }

  private Program program() {
    for (EquationTreeNode operand : tree.operands()) {
      int number = operand.operand();
      Value input = value("operand" + number, operand);
      inputs.add(input);
      List<List<String>> axes = tree.operandAxes(number);
      homes.put(input.name(), layout(operand, axes, equation.operand(number).partial()));
    }
    EquationTreeNode root = tree.root();
    Value result = made(RESULT, root);
    List<List<String>> axes = EquationTree.axes(equation.output(), bound.outputRank());
    homes.put(RESULT, layout(root, axes, equation.output().partial()));
    return new Program("einsum", inputs, statements, List.of(result));
  }

  private Layout layout(EquationTreeNode of, List<List<String>> axes, List<String> partial) {
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < of.names().size(); dim++) {
      dims.add(new Axis(of.names().get(dim), axes.get(dim)));
    }
    return new Layout(mesh, new Term(dims, partial));
  }

  private Value value(String name, EquationTreeNode of) {
    long[] sizes = of.labels().stream().mapToLong(this::size).toArray();
    Term names = Term.of(of.names().toArray(String[]::new));
    return new Value(name, new ValueType(dtype, names, Shape.of(sizes)));
  }

  private long size(String label) {
    return tree.sizes().getOrDefault(label, 1L);
  }

  private Value made(String name, EquationTreeNode einsum) {
    List<Value> operands = new ArrayList<>();
    for (EquationTreeNode part : einsum.parts()) {
      operands.add(
          part.isOperand() ? inputs.get(part.operand()) : made("step" + statements.size(), part));
    }
    // If the output repeats a label, the result is zero off that diagonal, which a program's einsum
    // cannot express. For planning, the second occurrence is a new label, and both are whole.
    Term output = Term.of(einsum.names().toArray(String[]::new));
    Map<String, Long> sizes = new HashMap<>();
    for (int dim = 0; dim < einsum.names().size(); dim++) {
      String label = einsum.names().get(dim);
      if (einsum.parts().stream().noneMatch(part -> part.has(label))) {
        sizes.put(label, size(einsum.labels().get(dim)));
      }
      if (einsum.repeats(einsum.labels().get(dim))) {
        whole.add(label);
      }
    }
    Equation planned = new Equation(einsum.equation().operands(), output);
    Value result = value(name, einsum);
    equations.put(result, einsum.equation());
    statements.add(new Statement(List.of(result), new Einsum(planned, operands, dtype, sizes)));
    return result;
  }

  /** The cheapest plans by a policy, at most {@code count}. */
  private List<Priced> planned(PlanningPolicy policy, int count) {
    List<Planned> planned;
    try {
      planned = ProgramPlanner.alone(program, mesh, homes, whole, options, policy, count);
    } catch (PlanException _) {
      throw none();
    }
    return planned.stream().map(each -> new Priced(written(each.plan()), each.cost())).toList();
  }

  private PlanException none() {
    Layout home = homes.getOrDefault(RESULT, Layout.parse(mesh, ""));
    return new PlanException(
        String.format(
            Locale.ROOT,
            "einsum %s: no plan gives the result as %s%s",
            tree.root().equation(),
            home,
            home.partial().isEmpty()
                ? " within the limits"
                : "; a partial axis needs a label that is summed over, or a partial"
                    + " operand of which"
                    + " the einsum moves elements or multiplies integers"));
  }

  /**
   * The cheapest plan if it stays within the limit; otherwise the cheapest of other plans that do.
   */
  private Priced within(long limit) {
    Limited plans = new Limited(limit);
    planned(PlanningPolicy.CHEAPEST, 1).forEach(plans::add);
    for (boolean isTight : new boolean[] {false, true}) {
      if (plans.best.isEmpty()) {
        tried(PlanningPolicy.within(limit, isTight), MOST_TRIES).forEach(plans::add);
      }
    }
    if (plans.best.isEmpty()) {
      PlanningPolicy.of(false).forEach(policy -> tried(policy, 1).forEach(plans::add));
    }
    long least = Long.MAX_VALUE;
    while (plans.best.isEmpty() && plans.least < least) {
      least = plans.least;
      below(least, plans);
    }
    return plans.best.orElseThrow(
        () ->
            new PlanException(
                String.format(
                    Locale.ROOT,
                    "einsum %s: no plan stays within the memory limit of %d bytes a"
                        + " device; the least"
                        + " found needs %d",
                    tree.root().equation(),
                    limit,
                    plans.least)));
  }

  /** Searches for plans in which every statement holds fewer bytes than the least known peak. */
  private void below(long bytes, Limited plans) {
    for (boolean isTight : new boolean[] {false, true}) {
      tried(PlanningPolicy.within(bytes - 1, isTight), MOST_TRIES).forEach(plans::add);
    }
  }

  /** The cheapest of the plans that stay within a limit, and the least peak of all. */
  private static final class Limited {
    final long limit;
    long least = Long.MAX_VALUE;
    Optional<Priced> best = Optional.empty();

    Limited(long limit) {
      this.limit = limit;
    }

    void add(Priced plan) {
      long peak = plan.plan().peakBytes();
      least = Math.min(least, peak);
      if (peak <= limit && (best.isEmpty() || plan.cost() < best.get().cost())) {
        best = Optional.of(plan);
      }
    }
  }

  private List<Priced> tried(PlanningPolicy policy, int count) {
    try {
      return planned(policy, count);
    } catch (PlanException _) {
      return List.of();
    }
  }

  /** The plan with operands by number and local einsums by equation. */
  private SpmdPlan written(SpmdPlan plan) {
    Map<String, String> names = new HashMap<>();
    for (int operand = 0; operand < inputs.size(); operand++) {
      names.put(inputs.get(operand).name(), Integer.toString(operand));
    }
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      Action action = step.action();
      if (action instanceof Action.Apply(Statement statement)) {
        names.putIfAbsent(statement.result().name(), "step:" + steps.size());
        names.put(RESULT, RESULT);
        action = new Action.Contract(Objects.requireNonNull(equations.get(statement.result())));
      }
      steps.add(new PlanStep(action, step.operands(), named(step.result(), names), step.origin()));
    }
    List<PlannedValue> operands = plan.inputs().stream().map(v -> named(v, names)).toList();
    return new SpmdPlan(mesh, operands, steps, plan.outputs(), plan.sums());
  }

  private static PlannedValue named(PlannedValue value, Map<String, String> names) {
    String name = names.getOrDefault(value.name(), value.name());
    return new PlannedValue(name, value.dtype(), value.shape(), value.layout());
  }
}
