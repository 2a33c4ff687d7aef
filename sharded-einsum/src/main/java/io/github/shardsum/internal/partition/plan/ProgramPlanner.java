package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Plans a program statement by statement. Each statement gets the cheapest compute sharding; each
 * reshard is made once, before its first reader, and shared by all readers.
 *
 * <p>Every value has a default layout, in code its home. Inputs begin and outputs end in their
 * default layouts, and an annotated value is moved to its own. The default layout of any other
 * value is a hint, which counts in the choice of a compute sharding but causes no step. With {@code
 * demanded}, every value is moved to its default layout and read from there.
 *
 * <p>A label whose neighbouring indices a statement reads stays split if that is cheaper: each
 * device then receives the elements that it lacks. Labels that a statement scans, searches or
 * normalises are whole while the statement is computed: operands are resharded first. The statement
 * is replaced by its {@link ChunkedForm}, which combines results of chunks, if that is cheaper. A
 * label that an operand has twice is whole.
 */
public final class ProgramPlanner {
  private final ReshardWays ways;
  private final Program program;
  private final String prefix;
  private final Function<String, Optional<Layout>> homes;
  private final boolean demanded;
  private final List<PlannedValue> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();

  /** Default layouts of values of statements in chunks. */
  private final Map<Value, Layout> chunkHomes = new HashMap<>();

  /** The statements that read each value, once for each operand. */
  private final Map<Value, List<Statement>> readers = new HashMap<>();

  /** Einsums that are planned together with their readers. */
  private final Map<Value, Statement> putOff = new HashMap<>();

  /** Whether results must have all partial axes of their default layouts. */
  private boolean isExact;

  private boolean isInChunks;

  /** Whether it is the body of a region, whose inputs and outputs are no partial sums. */
  private boolean isRegion;

  private PlanState state;
  private final OneHots oneHots;

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
    this.oneHots = new OneHots(program);
    for (Statement statement : program.statements()) {
      for (Value operand : statement.operation().operands()) {
        readers.computeIfAbsent(operand, _ -> new ArrayList<>()).add(statement);
      }
    }
  }

  /**
   * A plan and its price.
   *
   * @param program what is planned: the program, with statements in chunks written out
   * @param plan the plan
   * @param cost the price in elements or seconds
   */
  public record Planned(Program program, SpmdPlan plan, double cost) {}

  /**
   * Plans a program.
   *
   * @param program the program
   * @param mesh the devices
   * @param homes the default layout of each value; values in the body of a loop are named {@code
   *     RESULT.body.VALUE}; a value without one is whole on every device
   * @param demanded whether every value must be in its default layout
   * @param kernels finds the kernels of composites, which may compute a part of them
   * @param options what plans are chosen by
   * @return the plan
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
    return plan(program, mesh, homes, demanded, kernels, options, Policy.CHEAPEST);
  }

  static Planned plan(
      Program program,
      Mesh mesh,
      Map<String, Layout> homes,
      boolean demanded,
      CompositeCode.Finder kernels,
      PlanOptions options,
      Policy policy) {
    ReshardWays ways = new ReshardWays(mesh, kernels, options, policy, Optional.empty());
    ProgramPlanner planner =
        new ProgramPlanner(
            ways, program, "", name -> Optional.ofNullable(homes.get(name)), demanded);
    SpmdPlan plan = planner.plan(program.outputs().stream().map(planner::home).toList());
    PackedSums packed = new PackedSums(ways);
    SpmdPlan together = packed.of(plan);
    double cost = ways.total(planner.state.cost) - packed.saved();
    return new Planned(planner.plannedProgram(), together, cost);
  }

  /**
   * Plans einsums that are one equation: what is between has no layout, outputs are in theirs, and
   * the price has the work.
   *
   * @param whole labels that the result must have whole
   * @param count plans at the most, of which each splits the last einsum in another way
   * @return the plans, the cheapest first
   */
  static List<Planned> alone(
      Program program,
      Mesh mesh,
      Map<String, Layout> homes,
      Set<String> whole,
      PlanOptions options,
      Policy policy,
      int count) {
    ReshardWays ways =
        new ReshardWays(mesh, _ -> Optional.empty(), options, policy, Optional.of(whole));
    ProgramPlanner planner =
        new ProgramPlanner(ways, program, "", name -> Optional.ofNullable(homes.get(name)), false);
    planner.isExact = true;
    planner.begin();
    Statement last = program.statements().getLast();
    program.statements().subList(0, program.statements().size() - 1).forEach(planner::statement);
    PlanState before = planner.state;
    Map<Value, Statement> putOff = Map.copyOf(planner.putOff);
    List<Planned> plans = new ArrayList<>();
    List<Supply> supplies = planner.supplies(last);
    List<Layout> wanted = List.of(planner.home(last.result()));
    StatementPlanner by = planner.planner(last, supplies, wanted);
    for (StatementPlanner.Chosen chosen : by.choose(count)) {
      planner.state = before.copy();
      planner.putOff.putAll(putOff);
      planner.outputs.clear();
      planner.write(last, by, chosen.candidate(), supplies, chosen.runnerUp());
      planner.end(wanted);
      Cost cost = planner.state.cost.plus(planner.state.work);
      SpmdPlan plan =
          new SpmdPlan(mesh, planner.inputs, planner.state.steps, planner.outputs, options.sums());
      plans.add(new Planned(planner.plannedProgram(), plan, ways.total(cost)));
    }
    return plans;
  }

  /** Plans the program with the outputs in given layouts. */
  private SpmdPlan plan(List<Layout> layouts) {
    write(layouts);
    return new SpmdPlan(ways.mesh(), inputs, state.steps, outputs, ways.sums());
  }

  private void write(List<Layout> layouts) {
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

  /** Brings the outputs to their layouts. */
  private void end(List<Layout> layouts) {
    for (int i = 0; i < layouts.size(); i++) {
      Holding output = state.holding(program.outputs().get(i));
      Layout last =
          isExact ? layouts.get(i) : ways.reachable(layouts.get(i), output.layouts().getFirst());
      outputs.add(
          state.bring(
              output,
              last,
              String.format(Locale.ROOT, "output %s must be %s", output.value().name(), last)));
    }
  }

  private Program plannedProgram() {
    return state.statements.equals(program.statements())
        ? program
        : new Program(program.name(), program.inputs(), state.statements, program.outputs());
  }

  private Layout home(Value value) {
    Layout inChunks = chunkHomes.get(value);
    if (inChunks != null) {
      return inChunks;
    }
    Optional<Layout> home = homes.apply(prefix + value.name());
    boolean isEdge =
        isRegion && (program.inputs().contains(value) || program.outputs().contains(value));
    return home.map(layout -> isEdge ? summed(layout) : layout)
        .orElseGet(() -> new Layout(ways.mesh(), value.type().labels().withoutLayout()));
  }

  private static Layout summed(Layout layout) {
    return new Layout(layout.mesh(), new Term(layout.term().axes(), List.of()));
  }

  private void statement(Statement statement) {
    if (isPutOff(statement)) {
      putOff.put(statement.result(), statement);
      return;
    }
    Optional<List<Statement>> chunks = chunks(statement);
    if (chunks.isPresent()) {
      cheaper(statement, chunks.get());
    } else if (statement.operation() instanceof Movement.Annotate annotate) {
      annotate(statement, annotate);
    } else if (statement.operation() instanceof Nested.Scan scan) {
      loop(statement, scan);
    } else if (statement.operation() instanceof Nested.Manual manual) {
      region(statement, manual);
    } else {
      apply(statement);
    }
    for (Value result : statement.results()) {
      if (demanded) {
        Holding made = state.holding(result);
        Layout home = ways.reachable(home(result), made.layouts().getFirst());
        int number =
            state.bring(
                made, home, String.format(Locale.ROOT, "%s must be %s", result.name(), home));
        state.holdAs(result, made, home, number);
      }
    }
  }

  /** Whether a statement is an einsum that only another einsum reads, with which it is planned. */
  private boolean isPutOff(Statement statement) {
    return !demanded
        && !isInChunks
        && statement.operation() instanceof Contraction.Einsum
        && !program.outputs().contains(statement.result())
        && readers.getOrDefault(statement.result(), List.of()).size() == 1
        && readers.getOrDefault(statement.result(), List.of()).getFirst().operation()
            instanceof Contraction.Einsum;
  }

  /** The same value, which is read from the annotated layout. */
  private void annotate(Statement statement, Movement.Annotate annotate) {
    Holding x = state.holding(annotate.x());
    Value result = statement.result();
    Layout made = x.layouts().getFirst();
    Layout home = ways.reachable(home(result), made);
    for (String axis : annotate.annotation().partial()) {
      if (ways.mesh().size(axis) > 1 && !home.partial().contains(axis)) {
        throw new PlanException(
            String.format(
                Locale.ROOT,
                "%s is annotated %s: no plan gives the result as a partial sum over mesh axis %s, got %s; drop the axis behind the bar, or annotate the sum itself",
                result.name(),
                annotate.annotation(),
                axis,
                made));
      }
    }
    int number =
        state.bring(x, home, String.format(Locale.ROOT, "%s is annotated %s", result.name(), home));
    state.holdAs(result, x, home, number);
    state.statements.add(statement);
  }

  /** Plans a statement both as it is and in chunks, and keeps the cheaper plan. */
  private void cheaper(Statement statement, List<Statement> chunks) {
    PlanState before = state.copy();
    Optional<PlanException> refused = Optional.empty();
    try {
      apply(statement);
    } catch (PlanException tooLarge) {
      refused = Optional.of(tooLarge);
    }
    Optional<Cost> asItIs = refused.isPresent() ? Optional.empty() : Optional.of(spent(statement));
    PlanState whole = state;
    state = before;
    isInChunks = true;
    try {
      chunks.forEach(this::statement);
      if (asItIs.isPresent() && spent(statement).compareTo(asItIs.get()) >= 0) {
        state = whole;
      }
    } catch (PlanException tooLarge) {
      state = whole;
      if (refused.isPresent()) {
        throw refused.get();
      }
    } finally {
      isInChunks = false;
    }
  }

  /** The cost until now, with that of moving a statement's results to their default layouts. */
  private Cost spent(Statement statement) {
    Cost spent = state.cost.plus(state.work);
    for (Value result : statement.results()) {
      Holding made = state.holding(result);
      Layout home = ways.reachable(home(result), made.layouts().getFirst());
      spent = spent.plus(ways.cost(made, home).orElse(Cost.NOTHING));
    }
    return spent;
  }

  /** The statements of a statement's chunked form, if the chunked label is split. */
  private Optional<List<Statement>> chunks(Statement statement) {
    Optional<String> label =
        isInChunks || isKeptWhole(statement.operation())
            ? Optional.empty()
            : ChunkedForm.label(statement.operation());
    if (label.isEmpty()) {
      return Optional.empty();
    }
    Value x = statement.operation().operands().getFirst();
    List<Layout> layouts = new ArrayList<>(state.holding(x).layouts());
    if (statement.result().type().names().equals(x.type().names())) {
      layouts.add(home(statement.result()));
    }
    int dim = x.type().axis(label.get());
    return layouts.stream()
        .filter(layout -> ways.mesh().size(layout.axes(dim)) > 1)
        .findFirst()
        .flatMap(layout -> chunks(statement, layout, dim));
  }

  /** Whether chunks would add up a sum in another order than the operation. */
  private boolean isKeptWhole(Operation operation) {
    boolean isSum =
        operation instanceof Contraction.Softmax || operation instanceof Contraction.CumulativeSum;
    return ways.sums().isTree()
        && isSum
        && operation.operands().getFirst().type().dtype().isFloating();
  }

  private Optional<List<Statement>> chunks(Statement statement, Layout x, int dim) {
    return ChunkedForm.of(statement.operation(), ways.mesh().size(x.axes(dim)))
        .map(
            form -> {
              List<Statement> chunks = form.inPlaceOf(statement, program);
              chunks.stream()
                  .flatMap(chunk -> chunk.results().stream())
                  .filter(value -> !statement.results().contains(value))
                  .forEach(value -> chunkHomes.put(value, form.home(value, x, dim)));
              return chunks;
            });
  }

  private void apply(Statement statement) {
    List<Layout> wanted = statement.results().stream().map(this::home).toList();
    List<Supply> supplies = supplies(statement);
    StatementPlanner planner = planner(statement, supplies, wanted);
    StatementPlanner.Chosen chosen = planner.choose(1).getFirst();
    write(statement, planner, chosen.candidate(), supplies, chosen.runnerUp());
  }

  private StatementPlanner planner(
      Statement statement, List<Supply> supplies, List<Layout> wanted) {
    Set<String> asked = asked(statement, supplies, wanted);
    return new StatementPlanner(
        ways, statement, supplies, wanted, isExact, !oneHots.isIn(statement), asked);
  }

  /** Where operands come from: most exist; one that is put off is planned together with this. */
  private List<Supply> supplies(Statement statement) {
    List<Supply> supplies = new ArrayList<>();
    for (Value operand : statement.operation().operands()) {
      Statement made = putOff.get(operand);
      if (made == null) {
        supplies.add(new Supply.Held(ways, state.holding(operand)));
      } else {
        List<Supply> inner = supplies(made);
        Set<String> asked = asked(made, inner, List.of());
        StatementPlanner planner =
            new StatementPlanner(ways, made, inner, List.of(), false, !oneHots.isIn(made), asked);
        supplies.add(new Pending(ways, made, inner, planner));
      }
    }
    return supplies;
  }

  /** The axes that operands and results of a tree have on labels, as {@code x label}. */
  private Set<String> asked(Statement statement, List<Supply> supplies, List<Layout> homes) {
    Set<String> asked = new HashSet<>();
    if (supplies.stream().noneMatch(Pending.class::isInstance)) {
      return asked;
    }
    homes.forEach(home -> ask(home, home.term(), asked));
    for (int i = 0; i < supplies.size(); i++) {
      Term term = ((Contraction.Einsum) statement.operation()).equation().operand(i);
      switch (supplies.get(i)) {
        case Supply.Held(_, Holding holding) ->
            holding.layouts().forEach(layout -> ask(layout, term, asked));
        case Pending pending ->
            asked.addAll(asked(pending.statement(), pending.operands(), List.of()));
      }
    }
    return asked;
  }

  private static void ask(Layout layout, Term term, Set<String> asked) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      String label = term.axis(dim).label();
      layout.axes(dim).forEach(axis -> asked.add(axis + " " + label));
    }
  }

  /** Writes a choice down: what it reads is made and brought first. */
  private void write(
      Statement statement,
      StatementPlanner planner,
      StatementPlanner.Candidate candidate,
      List<Supply> operands,
      Optional<Origin.Alternative> runnerUp) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Layout met = candidate.operands().get(i);
      if (operands.get(i) instanceof Pending pending && putOff.remove(pending.value()) != null) {
        write(
            pending.statement(),
            pending.planner(),
            pending.way(met),
            pending.operands(),
            Optional.empty());
      }
      Holding holding = state.holding(statement.operation().operands().get(i));
      String cause =
          String.format(
              Locale.ROOT,
              "%s reads %s as %s",
              statement.result().name(),
              holding.value().name(),
              met);
      numbers.add(state.bring(holding, met, cause));
    }
    state.work = state.work.plus(planner.work(candidate.sharding()));
    state.statements.add(statement);
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      results.add(PlanState.value(statement.results().get(i), candidate.results().get(i)));
    }
    String how =
        planner
            .whole()
            .map(why -> candidate.sharding() + "; " + why)
            .orElse(candidate.sharding().toString());
    Origin origin = new Origin(how, runnerUp);
    Action action =
        candidate
            .halo()
            .map(halo -> neighbour(statement, halo))
            .orElseGet(
                () ->
                    statement.operation() instanceof Communication
                        ? new Action.Communicate(statement)
                        : new Action.Apply(statement));
    int number = state.step(action, numbers, results, origin);
    for (int i = 0; i < results.size(); i++) {
      Value result = statement.results().get(i);
      state.hold(result, candidate.results().get(i), number + i);
    }
    if (statement.operation() instanceof Contraction.Reduce(ReduceKind by, _, _)
        && by != ReduceKind.SUM) {
      reduce(statement.result(), candidate.results().getFirst(), number, by);
    }
  }

  private Action neighbour(Statement statement, Halo halo) {
    state.cost = state.cost.plus(ways.halo(halo, statement.result().type().dtype()));
    return new Action.Neighbour(statement, halo.axes(), halo.exchanged());
  }

  /** A maximum or minimum over devices is never left undone: no layout says what it is. */
  private void reduce(Value result, Layout natural, int number, ReduceKind by) {
    if (!natural.partial().isEmpty()) {
      state.cost =
          state.cost.plus(ways.reduction(PlanState.value(result, natural), natural.partial(), by));
      Layout done = new Layout(ways.mesh(), new Term(natural.term().axes(), List.of()));
      Origin origin =
          Origin.of(String.format(Locale.ROOT, "%s is a %s over devices", result.name(), by));
      int reduced =
          state.step(
              new Action.AllReduce(natural.partial(), by),
              List.of(number),
              List.of(PlanState.value(result, done)),
              origin);
      state.hold(result, done, reduced);
    }
  }

  /**
   * A loop. What is carried has the layout of the body's input in every round; the loop's own label
   * is whole. What does not change from round to round is brought before the loop, not in each
   * round, to a layout in which the body reads it.
   */
  private void loop(Statement statement, Nested.Scan scan) {
    ProgramPlanner body = hoisted(statement, scan);
    List<Value> bodyInputs = scan.body().inputs();
    List<Integer> numbers = new ArrayList<>();
    int carried = scan.carried().size();
    for (int i = 0; i < bodyInputs.size(); i++) {
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      Layout home = body.home(bodyInputs.get(i));
      Layout wanted = isSequence ? stacked(scan, home) : home;
      Holding operand = state.holding(scan.operands().get(i));
      numbers.add(
          state.bring(
              operand,
              wanted,
              String.format(
                  Locale.ROOT,
                  "the loop of %s reads %s as %s",
                  statement.result().name(),
                  operand.value().name(),
                  wanted)));
    }
    List<Layout> made = body.madeIn(scan);
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Layout output = made.get(i);
      results.add(
          PlanState.value(
              statement.results().get(i), i < carried ? output : stacked(scan, output)));
    }
    SpmdPlan plan =
        new SpmdPlan(ways.mesh(), body.inputs, body.state.steps, body.outputs, ways.sums());
    state.cost = state.cost.plus(body.state.cost.times(scan.count()));
    Statement loop = new Statement(statement.results(), scan(scan, body.plannedProgram()));
    state.statements.add(loop);
    int number = state.step(new Action.Loop(loop, plan), numbers, results, Origin.of("the loop"));
    for (int i = 0; i < results.size(); i++) {
      Value result = statement.results().get(i);
      state.hold(result, results.get(i).layout(), number + i);
    }
  }

  /**
   * A manual region. Its body is planned on a mesh that has one device along the region's axes, so
   * that no layout in it names them; operands and results have these axes first.
   */
  private void region(Statement statement, Nested.Manual manual) {
    if (ways.sums().isTree()) {
      throw new PlanException(
          String.format(
              Locale.ROOT,
              "%s: a manual region adds in the order of its communications, got sums by a %s; leave"
                  + " the region out, or the order",
              statement.result().name(),
              ways.sums()));
    }
    RegionMesh members = RegionMesh.of(ways.mesh(), manual);
    ProgramPlanner body =
        new ProgramPlanner(
            ways.on(members.inner()),
            manual.body(),
            prefix + statement.result().name() + ".body.",
            name -> homes.apply(name).map(members::inside),
            demanded);
    body.isRegion = true;
    body.write(manual.body().outputs().stream().map(body::home).toList());
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < manual.operands().size(); i++) {
      Layout inner = body.home(manual.body().inputs().get(i));
      Layout wanted = members.outside(manual.in().get(i), inner);
      Holding operand = state.holding(manual.operands().get(i));
      String cause =
          String.format(
              Locale.ROOT,
              "the region of %s reads %s as %s",
              statement.result().name(),
              operand.value().name(),
              wanted);
      numbers.add(state.bring(operand, wanted, cause));
    }
    List<PlannedValue> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Layout inner = body.home(manual.body().outputs().get(i));
      Layout made = members.outside(manual.out().get(i), inner);
      results.add(PlanState.value(statement.results().get(i), made));
    }
    SpmdPlan plan =
        members.lifted(new SpmdPlan(members.inner(), body.inputs, body.state.steps, body.outputs));
    state.cost = state.cost.plus(ways.cost(plan));
    Statement region =
        new Statement(statement.results(), manual.with(body.plannedProgram(), manual.operands()));
    state.statements.add(region);
    int number =
        state.step(new Action.Loop(region, plan), numbers, results, Origin.of("the region"));
    for (int i = 0; i < results.size(); i++) {
      state.hold(statement.results().get(i), results.get(i).layout(), number + i);
    }
  }

  /** The layouts in which a body gives its outputs: of what is carried those of its inputs. */
  private List<Layout> madeIn(Nested.Scan scan) {
    List<Layout> layouts = new ArrayList<>();
    for (int i = 0; i < scan.body().outputs().size(); i++) {
      boolean isCarried = i < scan.carried().size();
      layouts.add(home(isCarried ? scan.body().inputs().get(i) : scan.body().outputs().get(i)));
    }
    return layouts;
  }

  /**
   * The body's plan, with each invariant given in the layout, of those that the body brings it to,
   * that makes all rounds together cheapest.
   */
  private ProgramPlanner hoisted(Statement statement, Nested.Scan scan) {
    Map<Value, Layout> given = new HashMap<>();
    ProgramPlanner best = body(statement, scan, given);
    if (scan.count() <= 1 || demanded || !ways.policy().hoists()) {
      return best;
    }
    for (int i = firstInvariant(scan); i < scan.operands().size(); i++) {
      Value invariant = scan.body().inputs().get(i);
      for (Layout read : List.copyOf(best.state.holding(invariant).layouts())) {
        Map<Value, Layout> other = new HashMap<>(given);
        other.put(invariant, read);
        ProgramPlanner body = body(statement, scan, other);
        if (rounds(scan, body).compareTo(rounds(scan, best)) < 0) {
          best = body;
          given = other;
        }
      }
    }
    return best;
  }

  private static int firstInvariant(Nested.Scan scan) {
    return scan.carried().size() + scan.sequences().size();
  }

  private ProgramPlanner body(Statement statement, Nested.Scan scan, Map<Value, Layout> given) {
    String inside = prefix + statement.result().name() + ".body.";
    Map<String, Layout> named = new HashMap<>();
    given.forEach((value, layout) -> named.put(inside + value.name(), layout));
    Function<String, Optional<Layout>> inner =
        name -> Optional.ofNullable(named.get(name)).or(() -> homes.apply(name));
    ProgramPlanner body = new ProgramPlanner(ways, scan.body(), inside, inner, demanded);
    body.write(body.madeIn(scan));
    return body;
  }

  /** The cost of all rounds, with the reshards of invariants before them. */
  private Cost rounds(Nested.Scan scan, ProgramPlanner body) {
    Cost all = body.state.cost.times(scan.count());
    for (int i = firstInvariant(scan); i < scan.operands().size(); i++) {
      Layout given = body.home(scan.body().inputs().get(i));
      Holding operand = state.holding(scan.operands().get(i));
      all = all.plus(ways.cost(operand, given).orElseThrow(() -> ways.none(operand, given)));
    }
    return all;
  }

  private static Nested.Scan scan(Nested.Scan scan, Program body) {
    return new Nested.Scan(
        scan.count(),
        scan.label(),
        scan.reverse(),
        body,
        scan.carried(),
        scan.sequences(),
        scan.invariants());
  }

  private Layout stacked(Nested.Scan scan, Layout one) {
    List<Axis> axes = new ArrayList<>();
    axes.add(Axis.of(scan.label()));
    axes.addAll(one.term().axes());
    return new Layout(ways.mesh(), new Term(axes, List.of()));
  }
}
