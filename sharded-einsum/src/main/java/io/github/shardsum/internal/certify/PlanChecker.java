package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.certify.CheckedRequest.Demand;
import io.github.shardsum.internal.certify.CheckedTerms.Rounds;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Replays a plan step by step, and refuses it unless all outputs of an equation or a program end in
 * the requested layouts. The action of a step is accepted as given; the layouts that the step
 * states for its results are checked. The checker tracks the meaning of each value, the parts that
 * devices hold of it, and how they are stored.
 */
public final class PlanChecker {
  private final SpmdPlan plan;
  private final List<PlannedValue> planned;
  private final List<CheckedParts> values = new ArrayList<>();

  /** The terms that values stand for. */
  private final List<Value> meanings = new ArrayList<>();

  private final CheckedTerms terms;
  private final Laws laws;

  /** The requests of the bodies of loops that outputs need. */
  private final Map<CheckedTerms.Body, List<CheckedRequest>> bodies = new HashMap<>();

  private final UnreadLoops unread = new UnreadLoops();

  /** Steps that no output of the plan needs. */
  private final Set<PlanStep> idle = Collections.newSetFromMap(new IdentityHashMap<>());

  /** The bodies of loops, once they are followed. */
  private final IdentityHashMap<SpmdPlan, Map<Inside, PlanChecker>> rounds =
      new IdentityHashMap<>();

  /** Inputs of a body, the axes of the regions around it, and whether no output needs its loop. */
  private record Inside(List<Value> inputs, Set<String> manual, boolean isIdle) {}

  /** The axes of regions around the plan, along which devices may have different values. */
  private final Set<String> manual;

  private PlanChecker(
      SpmdPlan plan, int inputs, int outputs, CheckedTerms terms, Set<String> manual) {
    this.plan = plan;
    this.manual = manual;
    this.terms = terms;
    this.laws = new Laws(terms);
    planned = plan.values();
    boolean fits = plan.inputs().size() == inputs && plan.outputs().size() == outputs;
    require(fits, "plan: must have %d inputs and %d outputs", inputs, outputs);
    addIdle();
  }

  private void addIdle() {
    Set<Integer> read = new HashSet<>(plan.outputs());
    Set<PlanStep> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = plan.steps().size() - 1; i >= 0; i--) {
      PlanStep step = plan.steps().get(i);
      int first = plan.number(i);
      if (IntStream.range(first, first + step.results().size()).anyMatch(read::contains)) {
        read.addAll(step.operands());
        needed.add(step);
      }
    }
    plan.steps().stream().filter(step -> !needed.contains(step)).forEach(idle::add);
  }

  /**
   * Follows the plan of a program.
   *
   * @param program the program that was given, with its annotations; the plan's statements may
   *     differ, if a law says that they compute the same
   * @param layouts the layouts that were requested in addition to the program's own, by name;
   *     values in the body of a loop as {@code RESULT.body.VALUE}
   * @return the certificate
   * @throws PlanRefusedException if the plan does not compute the request
   */
  public static String check(SpmdPlan plan, Program program, Map<String, Layout> layouts) {
    CheckedTerms terms = new CheckedTerms();
    CheckedRequest asked = CheckedRequest.of(program, layouts, terms);
    PlanChecker checker = followed(plan, asked, terms);
    checker.checkOutputs(asked);
    checker.checkLayouts(List.of(asked));
    OrderLaw.check(plan);
    return String.format(
        Locale.ROOT,
        "certified: %d statements in %d steps, bodies of loops included; each of %d"
            + " devices ends with exactly its part",
        asked.statements(),
        steps(plan),
        plan.mesh().size());
  }

  private static int steps(SpmdPlan plan) {
    int steps = plan.steps().size();
    for (PlanStep step : plan.steps()) {
      steps += step.action() instanceof Action.Loop loop ? steps(loop.body()) : 0;
    }
    return steps;
  }

  private static PlanChecker followed(SpmdPlan plan, CheckedRequest asked, CheckedTerms terms) {
    int inputs = asked.inputs().size();
    PlanChecker checker = new PlanChecker(plan, inputs, asked.outputs().size(), terms, Set.of());
    checker.bodies.putAll(asked.bodies());
    asked.unread().forEach(checker.unread::add);
    for (int i = 0; i < inputs; i++) {
      checker.input(asked.inputs().get(i));
      checker.checkLies(i, asked.layouts().get(i));
    }
    checker.follow();
    return checker;
  }

  /**
   * Adds an input in the layout that the plan states. Whether this is the requested layout is
   * checked elsewhere.
   */
  private void input(Value term) {
    PlannedValue input = planned.get(values.size());
    add(term, held(term.type().labels(), term.type().shape(), input.layout().term()));
  }

  private void checkOutputs(CheckedRequest asked) {
    for (int i = 0; i < asked.outputs().size(); i++) {
      output(i, asked.outputs().get(i));
      checkLies(plan.outputs().get(i), asked.ends().get(i));
    }
  }

  private void checkLies(int number, Demand demand) {
    boolean lies = lies(number, demand);
    require(
        lies,
        "%s must have the requested layout %s, got %s",
        demand.name(),
        demand,
        planned.get(number));
  }

  /**
   * Whether a value has the requested layout. A sum that may stay partial may also be completed.
   */
  private boolean lies(int number, Demand demand) {
    Layout layout = planned.get(number).layout();
    boolean lies = wide(demand.partial()).containsAll(wide(layout.partial()));
    for (int dim = 0; dim < demand.dims().size() && lies; dim++) {
      List<MeshAxis> asked = wide(demand.dims().get(dim).axes());
      List<MeshAxis> has = wide(layout.axes(dim));
      int first = Math.min(asked.size(), has.size());
      lies =
          demand.dims().get(dim).isOpen() ? has.subList(0, first).equals(asked) : has.equals(asked);
    }
    return lies;
  }

  /** Each annotated value must exist at some time in the layout of its annotation. */
  private void checkLayouts(List<CheckedRequest> ofOne) {
    List<Demand> open = List.of();
    for (CheckedRequest asked : ofOne) {
      open = asked.layouts().stream().filter(demand -> !isThere(demand)).toList();
      if (open.isEmpty()) {
        return;
      }
    }
    require(open.isEmpty(), "%s must at some step have the requested layout %s", names(open), open);
  }

  private boolean fulfils(CheckedRequest asked) {
    return asked.layouts().stream().allMatch(this::isThere);
  }

  private boolean isThere(Demand demand) {
    boolean lies = false;
    for (int number = 0; number < values.size() && !lies; number++) {
      lies = meanings.get(number).equals(demand.term()) && lies(number, demand);
    }
    return lies;
  }

  private static String names(List<Demand> demands) {
    return String.join(", ", demands.stream().map(Demand::name).toList());
  }

  private CheckedParts output(int place, Value asked) {
    int number = plan.outputs().get(place);
    boolean isMade =
        meanings.get(number).equals(asked) && values.get(number).kind() == ReduceKind.SUM;
    require(
        isMade,
        "output %d: must be %s, got %s",
        place,
        terms.describe(asked),
        terms.describe(meanings.get(number)));
    return values.get(number);
  }

  private void follow() {
    InFlightRule flights = new InFlightRule(plan);
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      try {
        flights.follow(step, plan.number(i));
        checkRead(step);
        List<CheckedParts> made = made(step, step.operands().stream().map(values::get).toList());
        List<Value> meaning = meaning(step, step.operands().stream().map(meanings::get).toList());
        require(made.size() == step.results().size(), "must give %d results", made.size());
        for (int result = 0; result < made.size(); result++) {
          add(step, meaning.get(result), made.get(result));
        }
      } catch (IllegalArgumentException refused) {
        throw new PlanRefusedException(
            String.format(
                Locale.ROOT, "step %d (%s): %s", i, step.action().op(), refused.getMessage()));
      }
    }
    flights.end();
  }

  /**
   * A statement reads terms of the types that it states; all rules of blocks rely on this. It
   * computes in their dtypes, so it must not read addends of bf16, which are stored in f32; an
   * einsum on its own reads them in f32. Values that travel in one buffer must have one dtype.
   */
  private void checkRead(PlanStep step) {
    if (step.action() instanceof Action.AllReduce) {
      List<DType> all =
          step.operands().stream().map(x -> planned.get(x).dtype()).distinct().toList();
      require(all.size() == 1, "must be of one dtype, got %s", all);
    }
    Optional<Statement> computed = computed(step.action());
    if (computed.isPresent()) {
      List<Value> operands = computed.get().operation().operands();
      int count = step.operands().size();
      require(count == operands.size(), "must read %s, got %d values", operands, count);
      for (int i = 0; i < count; i++) {
        PlannedValue read = planned.get(step.operands().get(i));
        ValueType type = operands.get(i).type().withoutLayout();
        boolean mayBeWide =
            type.dtype() == DType.BF16
                && step.action() instanceof Action.Apply
                && computed.get().operation() instanceof Contraction.Einsum;
        boolean fits =
            meanings.get(step.operands().get(i)).type().equals(type)
                && (read.dtype() == type.dtype() || (mayBeWide && read.dtype() == DType.F32));
        require(fits, "must read %s, got %s", operands.get(i), read);
      }
    }
  }

  /** The statement that a step computes. */
  private static Optional<Statement> computed(Action action) {
    return switch (action) {
      case Action.Apply(Statement statement) -> Optional.of(statement);
      case Action.Neighbour(Statement statement, _, _) -> Optional.of(statement);
      case Action.Windows windows -> Optional.of(windows.statement());
      case Action.Partitioned partitioned -> Optional.of(partitioned.statement());
      case Action.Loop(Statement statement, _) -> Optional.of(statement);
      case Action.Communicate(Statement statement) -> Optional.of(statement);
      default -> Optional.empty();
    };
  }

  /**
   * The next value, whose blocks must be where its layout says, since the executor looks for them
   * there.
   */
  private void add(Value meaning, CheckedParts made) {
    add(Optional.empty(), meaning, made);
  }

  private void add(PlanStep step, Value meaning, CheckedParts made) {
    boolean flies = step.action() instanceof Action.Start;
    add(
        flies ? Optional.of(planned.get(step.operands().getFirst()).dtype()) : Optional.empty(),
        meaning,
        made);
  }

  /** Adds a value; a value in flight is stored in the dtype of the collective's operand. */
  private void add(Optional<DType> inFlight, Value meaning, CheckedParts made) {
    PlannedValue value = planned.get(values.size());
    made.checkLies(held(value.layout().term(), value.shape(), value.layout().term()));
    DType own = meaning.type().dtype();
    DType rounded = own == DType.BF16 && !made.partial().isEmpty() ? DType.F32 : own;
    DType stored = inFlight.orElse(rounded);
    require(value.dtype() == stored, "must be stored as %s, got %s", stored, value);
    values.add(made);
    meanings.add(meaning);
  }

  /** The devices' parts of a value with these labels, in the layout of a term. */
  private CheckedParts held(Term labels, Shape shape, Term layout) {
    require(layout.size() == shape.rank(), "must have the rank of %s, got %s", layout, shape);
    List<CheckedCut> cuts = new ArrayList<>();
    for (int dim = 0; dim < layout.size(); dim++) {
      String label = labels.axis(dim).label();
      cuts.add(new CheckedCut(label, shape.size(dim), wide(layout.axis(dim).mesh())));
    }
    return new CheckedParts(cuts, Set.copyOf(wide(layout.partial())), ReduceKind.SUM);
  }

  /** The axes of more than one device; other axes have no effect. */
  private List<MeshAxis> wide(Collection<String> axes) {
    require(new HashSet<>(axes).size() == axes.size(), "axes must be named once, got %s", axes);
    require(Collections.disjoint(axes, manual), "axes must not be a region's, got %s", axes);
    return axes.stream()
        .map(axis -> plan.mesh().axes().get(plan.mesh().indexOf(axis)))
        .filter(axis -> axis.size() > 1)
        .toList();
  }

  /** The meaning of each result of a step. */
  private List<Value> meaning(PlanStep step, List<Value> read) {
    return switch (step.action()) {
      case Action.Apply(Statement statement) -> results(statement, read);
      case Action.Neighbour(Statement statement, _, _) -> results(statement, read);
      case Action.Partitioned partitioned -> results(partitioned.statement(), read);
      case Action.Loop(Statement statement, SpmdPlan body) ->
          results(statement, body, read, idle.contains(step));
      case Action.Communicate communicate -> {
        for (io.github.shardsum.program.MeshAxis axis : communicate.communication().axes()) {
          boolean isOf = manual.contains(axis.name()) && isOfMesh(axis);
          require(isOf, "axes must be of a region around it, got %s", axis);
        }
        yield results(communicate.statement(), read);
      }
      case Action.Slice _, Action.AllGather _, Action.AllToAll _, Action.AllReduce _ -> read;
      case Action.ReduceScatter _, Action.CollectivePermute _, Action.Exchange _ -> read;
      case Action.Start _, Action.Await _ -> read;
      case Action.Windows windows -> results(windows.statement(), read);
    };
  }

  private List<Value> results(Statement statement, List<Value> operands) {
    return switch (statement.operation()) {
      case Movement.Annotate _ -> operands;
      case Nested.Composite composite -> terms.composite(composite, operands);
      case Operation other ->
          laws.results(
              new CheckedTerms.Made(CheckedTerms.on(other, operands)),
              CheckedTerms.types(statement));
    };
  }

  private List<Value> results(
      Statement statement, SpmdPlan body, List<Value> operands, boolean isIdle) {
    PlanChecker inner = body(statement.operation(), body, isIdle);
    List<Value> outputs = new ArrayList<>();
    for (int output : body.outputs()) {
      outputs.add(inner.meanings.get(output));
    }
    CheckedTerms.Body loop =
        switch (statement.operation()) {
          case Nested.Scan scan ->
              Rounds.of(scan, terms.bodyInputs(scan.body()), outputs, operands);
          case Nested.Manual region ->
              CheckedTerms.Region.of(region, terms.bodyInputs(region.body()), outputs, operands);
          default -> throw new PlanRefusedException("must be a loop or region, got " + statement);
        };
    checkBody(inner, loop, isIdle);
    return laws.results(loop, CheckedTerms.types(statement));
  }

  /**
   * The body of a loop that an output needs must fulfil a request for such a loop. The body of
   * another loop may also fulfil a request for a loop that nothing reads.
   */
  private void checkBody(PlanChecker inner, CheckedTerms.Body loop, boolean isIdle) {
    List<CheckedRequest> asked = bodies.getOrDefault(loop, List.of());
    boolean isOther =
        isIdle
            && asked.stream().noneMatch(inner::fulfils)
            && unread.take(unread.of(loop).stream().filter(inner::fulfils).toList());
    if (!isOther) {
      inner.checkLayouts(asked);
    }
  }

  /** The checker of a loop's body. */
  private PlanChecker body(Operation nested, SpmdPlan body, boolean isIdle) {
    require(body.mesh().equals(plan.mesh()), "a body must be on the plan's mesh, got %s", body);
    return switch (nested) {
      case Nested.Scan scan ->
          followed(
              scan.body(),
              new Inside(terms.bodyInputs(scan.body()), Set.copyOf(manual), isIdle),
              body);
      case Nested.Manual region -> {
        Set<String> inside = new HashSet<>(manual);
        region
            .axes()
            .forEach(
                axis ->
                    require(
                        inside.add(axis.name()),
                        "axis %s must be manual in one region, got two",
                        axis));
        yield followed(
            region.body(),
            new Inside(terms.bodyInputs(region.body()), Set.copyOf(inside), isIdle),
            body);
      }
      default -> throw new PlanRefusedException("must be a loop or region, got " + nested);
    };
  }

  private PlanChecker followed(Program program, Inside key, SpmdPlan body) {
    Map<Inside, PlanChecker> all = rounds.computeIfAbsent(body, _ -> new HashMap<>());
    PlanChecker before = all.get(key);
    if (before != null) {
      return before;
    }
    PlanChecker inner = round(program, key, body);
    all.put(key, inner);
    return inner;
  }

  /**
   * Follows one round. A loop inside it may be a loop of any body of the program, with the layouts
   * that it has there.
   */
  private PlanChecker round(Program program, Inside inside, SpmdPlan body) {
    List<Value> inputs = inside.inputs();
    PlanChecker inner =
        new PlanChecker(body, inputs.size(), program.outputs().size(), terms, inside.manual());
    bodies.values().stream().flatMap(List::stream).forEach(inner::mayBe);
    if (inside.isIdle()) {
      unread.all().forEach(inner::mayBe);
    }
    inputs.forEach(inner::input);
    inner.follow();
    return inner;
  }

  private void mayBe(CheckedRequest asked) {
    asked
        .bodies()
        .forEach((loop, more) -> bodies.computeIfAbsent(loop, _ -> new ArrayList<>()).addAll(more));
    asked.unread().forEach(unread::add);
  }

  /** The devices' parts of a step's results. */
  private List<CheckedParts> made(PlanStep step, List<CheckedParts> read) {
    Term said = step.result().layout().term();
    CheckedParts after = held(said, step.result().shape(), said);
    CheckedParts x = read.isEmpty() ? after : read.getFirst();
    return switch (step.action()) {
      case Action.Apply(Statement statement) ->
          BlockRule.results(statement, read, typed(statement, said), false);
      case Action.Neighbour(Statement statement, List<String> axes, _) ->
          List.of(neighbours(statement, wide(axes), read, typed(statement, said)));
      case Action.Partitioned partitioned -> {
        List<CheckedParts> results = new ArrayList<>();
        for (PlannedValue result : step.results()) {
          Term lies = result.layout().term();
          results.add(held(lies, result.shape(), lies));
        }
        yield RowsRule.made(partitioned, plan.mesh(), read, results);
      }
      case Action.Loop(Statement statement, SpmdPlan body) ->
          switch (statement.operation()) {
            case Nested.Scan scan -> looped(scan, body(scan, body, idle.contains(step)), read);
            case Nested.Manual region -> members(region, body, read, idle.contains(step));
            default -> throw new PlanRefusedException("must be a loop or region, got " + statement);
          };
      case Action.Communicate(Statement statement) ->
          BlockRule.results(statement, read, typed(statement, said), false);
      case Action.Slice(String to, List<String> axes) -> List.of(x.slice(to, wide(axes)));
      case Action.AllGather(String from, List<String> axes) -> List.of(x.gather(from, wide(axes)));
      case Action.AllToAll(String from, String to, List<String> axes) ->
          List.of(x.gather(from, wide(axes)).slice(to, wide(axes)));
      case Action.AllReduce(List<String> axes, ReduceKind by) ->
          read.stream().map(addends -> addends.reduce(wide(axes), by)).toList();
      case Action.ReduceScatter(String to, List<String> axes) ->
          List.of(x.reduce(wide(axes), ReduceKind.SUM).slice(to, wide(axes)));
      case Action.CollectivePermute(List<String> axes) -> List.of(x.permute(wide(axes), after));
      case Action.Exchange(String label, List<String> axes) ->
          List.of(x.exchange(label, wide(axes), after));
      case Action.Start(Action collective) ->
          made(new PlanStep(collective, step.operands(), step.results(), step.origin()), read);
      case Action.Await _ -> List.of(x);
      case Action.Windows windows ->
          List.of(
              WindowRule.made(
                  windows, wide(windows.axes()), read, typed(windows.statement(), said)));
    };
  }

  /** A statement's first result, if it has the layout of a term. */
  private CheckedParts typed(Statement statement, Term layout) {
    return held(statement.result().type().labels(), statement.result().type().shape(), layout);
  }

  /** The result if operands are whole along the label and each device makes its own chunk. */
  private static CheckedParts neighbours(
      Statement statement, List<MeshAxis> axes, List<CheckedParts> read, CheckedParts made) {
    String label = BlockRule.neighbours(statement.operation());
    List<CheckedParts> whole = read.stream().map(operand -> operand.gather(label, axes)).toList();
    return BlockRule.results(statement, whole, made, false).getFirst().slice(label, axes);
  }

  private boolean isOfMesh(io.github.shardsum.program.MeshAxis axis) {
    return plan.mesh().axisNames().contains(axis.name())
        && plan.mesh().size(axis.name()) == axis.size();
  }

  /**
   * The parts of a region's results that devices hold. The region's axes cut a label first, so a
   * member's part is a chunk, and a piece of that chunk is a piece of the whole.
   */
  private List<CheckedParts> members(
      Nested.Manual region, SpmdPlan plan, List<CheckedParts> read, boolean isIdle) {
    for (io.github.shardsum.program.MeshAxis axis : region.axes()) {
      require(isOfMesh(axis), "the mesh must have the axes of the region, got %s", axis);
    }
    PlanChecker body = body(region, plan, isIdle);
    for (int i = 0; i < read.size(); i++) {
      require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
      read.get(i).checkLies(outside(region.in().get(i), body.values.get(i)));
    }
    Set<String> own = new HashSet<>();
    region.axes().forEach(axis -> own.add(axis.name()));
    List<Set<String>> differs = VarianceRule.ofOutputs(region, plan);
    List<CheckedParts> results = new ArrayList<>();
    for (int i = 0; i < plan.outputs().size(); i++) {
      CheckedParts made = body.values.get(plan.outputs().get(i));
      require(made.partial().isEmpty(), "result must be no addends, got %s", made);
      Term out = region.out().get(i);
      Set<String> open = new HashSet<>(differs.get(i));
      open.retainAll(own);
      out.axes().forEach(axis -> axis.mesh().forEach(open::remove));
      out.partial().forEach(open::remove);
      require(open.isEmpty(), "members must have the same along %s of output %s", open, i);
      results.add(outside(out, made));
    }
    return results;
  }

  private CheckedParts outside(Term term, CheckedParts inside) {
    require(inside.partial().isEmpty(), "a member's part must be no addends, got %s", inside);
    require(term.size() == inside.cuts().size(), "must have the rank of %s, got %s", term, inside);
    List<CheckedCut> cuts = new ArrayList<>();
    for (int dim = 0; dim < term.size(); dim++) {
      CheckedCut cut = inside.cuts().get(dim);
      List<MeshAxis> first = wide(term.axis(dim).mesh());
      long parts = first.stream().mapToLong(MeshAxis::size).reduce(1, Math::multiplyExact);
      cuts.add(
          new CheckedCut(term.axis(dim).label(), Math.multiplyExact(cut.size(), parts), first)
              .by(cut.axes()));
    }
    return new CheckedParts(cuts, Set.copyOf(wide(term.partial())), ReduceKind.SUM);
  }

  /** Carried values have the same layout in every round; a round has one index of each sequence. */
  private List<CheckedParts> looped(Nested.Scan scan, PlanChecker body, List<CheckedParts> read) {
    List<CheckedCut> rounds = List.of(CheckedCut.whole(scan.label(), scan.count()));
    int carried = scan.carried().size();
    for (int i = 0; i < read.size(); i++) {
      CheckedParts inner = body.values.get(i);
      boolean isSequence = i >= carried && i < carried + scan.sequences().size();
      read.get(i).checkLies(isSequence ? inner.with(0, 0, rounds) : inner);
      require(read.get(i).kind() == ReduceKind.SUM, "addends must be reduced, got %s", read);
    }
    List<CheckedParts> results = new ArrayList<>();
    for (int output : body.plan.outputs()) {
      CheckedParts made = body.values.get(output);
      require(made.partial().isEmpty(), "result must be no addends, got %s", made);
      boolean isCarried = results.size() < carried;
      made.checkLies(isCarried ? body.values.get(results.size()) : made);
      results.add(isCarried ? made : made.with(0, 0, rounds));
    }
    return results;
  }
}
