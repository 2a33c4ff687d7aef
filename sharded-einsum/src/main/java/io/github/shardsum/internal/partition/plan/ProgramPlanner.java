package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.layout.PaddedWindow;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Plans a program statement by statement. Each statement gets the cheapest compute sharding; each
 * reshard is made once, before its first reader, and shared by all readers. An {@link Expansion} is
 * not resharded if it is cheaper to reshard its operands and apply it again.
 *
 * <p>Every value has a default layout, which the code calls its home. Inputs begin and outputs end
 * in their default layouts, and an annotated value is moved to its own. The default layout of any
 * other value is a hint, which counts in the choice of a compute sharding but causes no step. With
 * {@code demanded}, every value is moved to its default layout and read from there.
 *
 * <p>A label whose neighbouring indices a statement reads stays split if that is cheaper: each
 * device then receives the missing elements. Labels that a statement scans, searches or normalises
 * are whole while the statement is computed: operands are resharded first. The statement is
 * replaced by its {@link ChunkedForm}, which combines results of chunks, if that is cheaper. If an
 * einsum's operand has a split label twice, the first dimension is split, and the einsum reads only
 * the same indices of the second.
 */
public final class ProgramPlanner {
  private final ReshardWays ways;
  private final Program program;
  private final String prefix;
  private final Function<String, Optional<Layout>> homes;
  private final boolean demanded;
  private final List<PlannedValue> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();

  /** Whether outputs must have all partial axes of their default layouts. */
  private boolean isExact;

  private boolean isInChunks;

  /** Whether the program is the body of a region, whose inputs and outputs are not partial sums. */
  private boolean isRegion;

  private PlanState state;
  private final EinsumTrees trees;
  private final ChunkedStatements inChunks;

  /** Paddings that are planned together with the windows that are their only readers. */
  private final Map<Value, Statement> pads = new HashMap<>();

  private ProgramPlanner(
      ReshardWays ways,
      Program program,
      String prefix,
      Function<String, Optional<Layout>> homes,
      boolean demanded) {
    this.ways = ways;
    this.program = program;
    this.prefix = prefix;
    this.homes = homes;
    this.demanded = demanded;
    this.state = new PlanState(ways);
    this.trees = new EinsumTrees(ways, program);
    this.inChunks = new ChunkedStatements(ways, program);
  }

  /**
   * A plan and its price.
   *
   * @param program the program, with statements in chunks written out
   * @param cost the price in elements or seconds
   */
  public record Planned(Program program, SpmdPlan plan, double cost) {}

  /**
   * Plans a program.
   *
   * @param mesh the devices
   * @param homes the default layout of each value; values in the body of a loop are named {@code
   *     RESULT.body.VALUE}; a value without a default layout is whole on every device
   * @param demanded whether every value must be in its default layout
   * @param kernels finds the kernels of composites; a device may compute a part of a composite that
   *     has a kernel
   * @param options the options for the choice of plans
   * @throws io.github.shardsum.partition.PlanException if a statement cannot be planned within the
   *     limits
   */
  public static Planned plan(
      Program program,
      Mesh mesh,
      Map<String, Layout> homes,
      boolean demanded,
      CompositeCode.Finder kernels,
      PlanOptions options) {
    return plan(program, mesh, homes, demanded, kernels, options, PlanningPolicy.CHEAPEST);
  }

  static Planned plan(
      Program program,
      Mesh mesh,
      Map<String, Layout> homes,
      boolean demanded,
      CompositeCode.Finder kernels,
      PlanOptions options,
      PlanningPolicy policy) {
    return plan(new ReshardWays(mesh, kernels, options, policy), program, homes, demanded, false);
  }

  /**
   * Plans a program with reshards whose searches are kept.
   *
   * @param isExact whether outputs must have all partial axes of their default layouts; otherwise
   *     they may be complete over some
   */
  static Planned plan(
      ReshardWays ways,
      Program program,
      Map<String, Layout> homes,
      boolean demanded,
      boolean isExact) {
    ProgramPlanner planner =
        new ProgramPlanner(
            ways, program, "", name -> Optional.ofNullable(homes.get(name)), demanded);
    planner.isExact = isExact;
    planner.write(program.outputs().stream().map(planner::home).toList());
    PackedAllReduces packed = new PackedAllReduces(ways);
    SpmdPlan written = planner.written();
    SpmdPlan read = demanded ? written : new UnreadSteps().of(written);
    SpmdPlan ordered = new SumOrderRewrite().of(read);
    SpmdPlan together = packed.of(ordered);
    double cost = ways.total(planner.state.cost.plus(planner.state.products));
    cost += read.equals(written) ? 0 : price(ways, read) - price(ways, written);
    cost += added(ways, read, ordered) - packed.saved();
    return new Planned(planner.plannedProgram(), together, cost);
  }

  private static double price(ReshardWays ways, SpmdPlan plan) {
    return ways.total(ways.cost(plan).plus(ways.products(plan)));
  }

  /**
   * The increase of the price when the plan's reductions are rewritten to keep the order of sums.
   */
  private static double added(ReshardWays ways, SpmdPlan written, SpmdPlan ordered) {
    return ways.sums().isTree()
        ? ways.total(ways.cost(ordered)) - ways.total(ways.cost(written))
        : 0;
  }

  /** Plans the program with the outputs in given layouts. */
  void write(List<Layout> layouts) {
    begin();
    program.statements().forEach(this::statement);
    end(layouts);
  }

  private void begin() {
    for (Value input : program.inputs()) {
      Layout home = home(input);
      inputs.add(PlanState.value(input, home));
      state.input(input, home);
    }
  }

  /** Reshards the outputs to their layouts. */
  private void end(List<Layout> layouts) {
    for (int i = 0; i < layouts.size(); i++) {
      HeldLayouts output = state.holding(program.outputs().get(i));
      Layout last =
          isExact ? layouts.get(i) : ways.reachable(layouts.get(i), output.layouts().getFirst());
      outputs.add(
          state.bring(
              program.outputs().get(i),
              last,
              String.format(
                  Locale.ROOT,
                  "output %s must be %s",
                  output.value().name(),
                  PlanState.said(last))));
    }
  }

  /** The planned statements as a program. */
  Program plannedProgram() {
    return state.statements.equals(program.statements())
        ? program
        : new Program(program.name(), program.inputs(), state.statements, program.outputs());
  }

  /** The default layout of a value. */
  Layout home(Value value) {
    boolean isEdge =
        isRegion && (program.inputs().contains(value) || program.outputs().contains(value));
    return inChunks
        .home(value)
        .or(
            () ->
                homes
                    .apply(prefix + value.name())
                    .map(layout -> isEdge ? StatementChoices.summed(layout) : layout))
        .orElseGet(() -> new Layout(ways.mesh(), value.type().labels().withoutLayout()));
  }

  private void statement(Statement statement) {
    if (!demanded && !isInChunks && trees.isInner(statement)) {
      trees.putOff(statement);
      return;
    }
    if (!demanded && isPadOfWindows(statement)) {
      pads.put(statement.result(), statement);
      return;
    }
    Optional<List<Statement>> chunks =
        isInChunks ? Optional.empty() : inChunks.of(statement, state, this::home);
    if (chunks.isPresent()) {
      cheaper(statement, () -> apply(statement), () -> inChunks(chunks.get()));
    } else if (statement.operation().operands().stream().anyMatch(pads::containsKey)) {
      windows(statement);
    } else if (statement.operation() instanceof Movement.Annotate annotate) {
      annotate(statement, annotate);
    } else if (statement.operation() instanceof Nested.Scan scan) {
      new LoopPlanner(this, statement, scan).plan();
    } else if (statement.operation() instanceof Nested.Manual manual) {
      new RegionPlanner(this, statement, manual).plan();
    } else {
      apply(statement);
    }
    if (!demanded) {
      state.mayRepeat(statement);
    }
    for (Value result : statement.results()) {
      if (demanded) {
        HeldLayouts made = state.holding(result);
        Layout home = ways.reachable(home(result), made.layouts().getFirst());
        int number =
            state.bring(
                made, home, String.format(Locale.ROOT, "%s must be %s", result.name(), home));
        state.holdAs(result, made, home, number);
      }
    }
  }

  /** The same value under another name; it is read from the annotated layout. */
  private void annotate(Statement statement, Movement.Annotate annotate) {
    HeldLayouts x = state.holding(annotate.x());
    Value result = statement.result();
    Layout made = x.layouts().getFirst();
    Layout home = ways.reachable(home(result), made);
    for (String axis : annotate.annotation().partial()) {
      if (ways.mesh().size(axis) > 1 && !home.partial().contains(axis)) {
        throw new PlanException(
            String.format(
                Locale.ROOT,
                "%s is annotated %s: no plan gives the result as a partial sum over mesh axis %s,"
                    + " got %s; drop the axis behind the bar, or annotate the sum itself",
                result.name(),
                annotate.annotation(),
                axis,
                made));
      }
    }
    String cause = String.format(Locale.ROOT, "%s is annotated %s", result.name(), home);
    int number = state.bring(annotate.x(), home, cause);
    state.holdAs(result, x, home, number);
    state.statements.add(statement);
  }

  private boolean isPadOfWindows(Statement statement) {
    return trees
        .onlyReader(statement)
        .flatMap(reader -> PaddedWindow.joined(statement, reader))
        .isPresent();
  }

  /**
   * Plans windows of a padded value in two ways, after the padding and joined with it, and keeps
   * the cheaper plan.
   */
  private void windows(Statement statement) {
    Statement pad =
        Objects.requireNonNull(pads.remove(statement.operation().operands().getFirst()));
    Runnable apart =
        () -> {
          apply(pad);
          apply(statement);
        };
    Statement joined = PaddedWindow.joined(pad, statement).orElseThrow();
    cheaper(
        statement,
        apart,
        () -> {
          Choice choice = choice(joined);
          if (choice.chosen().candidate().halo().isPresent()) {
            write(joined, choice);
            state.statements.removeLast();
            state.statements.addAll(List.of(pad, statement));
          } else {
            apart.run();
          }
        });
  }

  private void inChunks(List<Statement> chunks) {
    isInChunks = true;
    try {
      chunks.forEach(this::statement);
    } finally {
      isInChunks = false;
    }
  }

  /** Plans a statement in two ways, and keeps the cheaper plan, the first of equals. */
  private void cheaper(Statement statement, Runnable first, Runnable second) {
    PlanState before = state.copy();
    Optional<PlanException> refused = Optional.empty();
    try {
      first.run();
    } catch (PlanException tooLarge) {
      refused = Optional.of(tooLarge);
    }
    Optional<Cost> cost = refused.isPresent() ? Optional.empty() : Optional.of(spent(statement));
    PlanState one = state;
    state = before;
    try {
      second.run();
      if (cost.isPresent() && spent(statement).compareTo(cost.get()) >= 0) {
        state = one;
      }
    } catch (PlanException tooLarge) {
      state = one;
      if (refused.isPresent()) {
        throw refused.get();
      }
    }
  }

  /**
   * The cost so far, including the cost of moving a statement's results to their default layouts.
   */
  private Cost spent(Statement statement) {
    Cost spent = state.cost.plus(state.work);
    for (Value result : statement.results()) {
      HeldLayouts made = state.holding(result);
      Layout home = ways.reachable(home(result), made.layouts().getFirst());
      spent = spent.plus(ways.cost(made, home).orElse(Cost.NOTHING));
    }
    return spent;
  }

  private void apply(Statement statement) {
    write(statement, choice(statement));
  }

  /** The split of a statement, and the sources of its operands. */
  private record Choice(
      StatementPlanner planner, List<OperandSupply> supplies, StatementPlanner.Chosen chosen) {}

  private Choice choice(Statement statement) {
    List<Layout> wanted = statement.results().stream().map(this::home).toList();
    List<OperandSupply> supplies = trees.supplies(statement, state);
    boolean isExactHere = isExact && program.outputs().containsAll(statement.results());
    Supplier<StatementPlanner> planner =
        () -> trees.planner(statement, supplies, wanted, isExactHere);
    // With an order of sums, a choice also depends on later layouts, so no earlier choice is
    // reused.
    EqualStatements.Known known =
        ways.sums().isTree()
            ? EqualStatements.Known.of(planner.get())
            : ways.equal()
                .choice(statement, supplies, wanted, isExactHere, trees.mayAdd(statement), planner);
    return new Choice(known.planner(), supplies, known.chosen());
  }

  private void write(Statement statement, Choice choice) {
    StatementPlanner.Chosen chosen = choice.chosen();
    new StatementWriter(ways, trees, state)
        .write(
            statement, choice.planner(), chosen.candidate(), choice.supplies(), chosen.runnerUp());
  }

  /** The layouts of a body's outputs: carried values have the layouts of their inputs. */
  List<Layout> madeIn(Nested.Scan scan) {
    List<Layout> layouts = new ArrayList<>();
    for (int i = 0; i < scan.body().outputs().size(); i++) {
      boolean isCarried = i < scan.carried().size();
      layouts.add(home(isCarried ? scan.body().inputs().get(i) : scan.body().outputs().get(i)));
    }
    return layouts;
  }

  /**
   * A planner of a loop's body that has already written the plan. Some inputs of the body have
   * given layouts.
   */
  ProgramPlanner body(Statement statement, Nested.Scan scan, Map<Value, Layout> given) {
    String inside = prefix + statement.result().name() + ".body.";
    Map<String, Layout> named = new HashMap<>();
    given.forEach((value, layout) -> named.put(inside + value.name(), layout));
    Function<String, Optional<Layout>> inner =
        name -> Optional.ofNullable(named.get(name)).or(() -> homes.apply(name));
    ProgramPlanner body = new ProgramPlanner(ways, scan.body(), inside, inner, demanded);
    body.write(body.madeIn(scan));
    return body;
  }

  /** A planner of a region's body, on the mesh of its members. */
  ProgramPlanner body(Statement statement, Nested.Manual manual, RegionMesh members) {
    ProgramPlanner body =
        new ProgramPlanner(
            ways.on(members.inner()),
            manual.body(),
            prefix + statement.result().name() + ".body.",
            name -> homes.apply(name).map(members::inside),
            demanded);
    body.isRegion = true;
    return body;
  }

  ReshardWays ways() {
    return ways;
  }

  /** The plan so far. */
  PlanState state() {
    return state;
  }

  boolean isDemanded() {
    return demanded;
  }

  /** The plan of the statements that were written. */
  SpmdPlan written() {
    return new SpmdPlan(ways.mesh(), inputs, state.steps, outputs, ways.sums());
  }
}
