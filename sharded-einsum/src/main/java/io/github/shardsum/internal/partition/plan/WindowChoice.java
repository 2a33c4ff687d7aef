package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.partition.run.OneHotExpansions;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.internal.reshard.WindowedEinsum;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Puts einsums of a plan in windows: an einsum becomes one step with the gather of an operand that
 * nothing else reads, or with the reduce-scatter that is the only reader of its result.
 */
final class WindowChoice {
  private static final long LEAST_CHUNK = 64;
  private static final double LEAST_FLOPS = 1e6;
  private static final int MOST_MEMBERS = 64;

  /** Prices that differ by less are equal: they may be the same sums in another order. */
  private static final double TIE = 1e-9;

  private static final List<Ring> ONE_WAY = List.of(new Ring(1, Share.ALL));
  private static final List<Ring> BOTH_WAYS =
      List.of(new Ring(1, Share.LARGER_HALF), new Ring(-1, Share.SMALLER_HALF));
  private static final List<Ring> HALVES = List.of(new Ring(1, Share.ALL), new Ring(-1, Share.ALL));

  private final Prices prices;
  private final boolean isTimed;
  private final Windows when;

  /** Required layouts of values, apart from those that the program's annotations name. */
  private final Map<String, Layout> asked;

  private WindowChoice(
      SpmdPlan plan, Map<String, Layout> asked, PlanOptions options, Windows when) {
    this.asked = asked;
    this.prices = Prices.of(plan.mesh(), options);
    this.isTimed = options.topology().isPresent();
    this.when = when;
  }

  /**
   * Two steps that may become one step with windows.
   *
   * @param removed the step to remove
   * @param replaced the step that the windows replace
   * @param windows the new step with windows
   * @param bytes bytes of the gathered operand or unscattered result on the largest device
   * @param price price of the step with windows
   * @param whole price of the two steps
   */
  private record Candidate(
      int removed, int replaced, PlanStep windows, long bytes, double price, double whole) {}

  /**
   * The plan with windows in place of einsums, where the options say so.
   *
   * @param asked required layouts of values by name, apart from annotations
   */
  static Planned of(Planned planned, Map<String, Layout> asked, PlanOptions options) {
    if (options.windows() == Windows.NEVER) {
      return planned;
    }
    WindowChoice choice = new WindowChoice(planned.plan(), asked, options, options.windows());
    return choice.priced(planned, choice.changed(planned.plan(), planned.program(), "", _ -> true));
  }

  /**
   * A plan with windows at the peak of memory, so that it fits a memory limit; empty if windows do
   * not suffice.
   */
  static Optional<Planned> within(
      Planned planned,
      Map<String, Layout> asked,
      CompositeCode.Finder composites,
      PlanOptions options,
      long limit) {
    if (options.windows() == Windows.NEVER) {
      return Optional.empty();
    }
    WindowChoice choice = new WindowChoice(planned.plan(), asked, options, Windows.ALWAYS);
    SpmdPlan least = planned.plan();
    DeviceMemory memory = CollectiveOverlap.memory(least, composites, options);
    while (memory.peakBytes() > limit) {
      DeviceMemory now = memory;
      Predicate<PlanStep> isAtPeak =
          step -> step.results().stream().anyMatch(value -> now.made().contains(value.name()));
      SpmdPlan smaller = choice.changed(least, planned.program(), "", isAtPeak);
      memory = CollectiveOverlap.memory(smaller, composites, options);
      if (memory.peakBytes() >= now.peakBytes()) {
        return Optional.empty();
      }
      least = smaller;
    }
    return Optional.of(choice.priced(planned, least));
  }

  private Planned priced(Planned planned, SpmdPlan plan) {
    if (plan.equals(planned.plan())) {
      return planned;
    }
    double saved =
        StepTimeline.of(planned.plan(), prices).end() - StepTimeline.of(plan, prices).end();
    return new Planned(planned.program(), plan, planned.cost() - saved);
  }

  /** The plan of a program; the required layouts name its values with the prefix in front. */
  private SpmdPlan changed(
      SpmdPlan given, Program program, String prefix, Predicate<PlanStep> which) {
    Ask ask = new Ask(prefix, annotated(program), OneHotExpansions.of(program), which);
    SpmdPlan plan = inBodies(given, prefix, which);
    Map<PlannedValue, Candidate> lost = new HashMap<>();
    Optional<Candidate> next = chosen(plan, 0, ask, lost);
    while (next.isPresent()) {
      plan = replaced(plan, next.get());
      // The windows may have replaced an earlier step, so the search goes back.
      int from = Math.min(next.get().removed(), next.get().replaced());
      next = chosen(plan, from, ask, lost);
    }
    return lost.isEmpty() ? plan : withRunnersUp(plan, lost);
  }

  /**
   * The values that must stay, and the steps that may be in windows.
   *
   * @param prefix precedes names of values in the required layouts
   * @param annotated names of annotated values
   * @param oneHots the one-hots, which local programs make again
   * @param which one of the steps of a candidate must satisfy it
   */
  private record Ask(
      String prefix, Set<String> annotated, OneHotExpansions oneHots, Predicate<PlanStep> which) {}

  /**
   * The first candidate from a step on that is better than what it replaces.
   *
   * @param lost receives for each result the best candidate that is not better
   */
  private Optional<Candidate> chosen(
      SpmdPlan plan, int from, Ask ask, Map<PlannedValue, Candidate> lost) {
    Uses uses = new Uses(plan);
    for (int step = from; step < plan.steps().size(); step++) {
      PlanStep at = plan.steps().get(step);
      if (!(at.action() instanceof Action.Apply(Statement statement))
          || ask.oneHots().isIn(statement)
          || !isPlain(statement)
          || hasWidened(plan, at, statement)) {
        continue;
      }
      for (Candidate candidate : candidates(plan, step, statement, uses)) {
        if (!may(candidate, plan, at, ask)) {
          continue;
        }
        if (isChosen(candidate)) {
          return Optional.of(candidate);
        }
        // Without a network sizes decide instead of prices, so windows may lose although their
        // price is lower.
        if (isTimed) {
          lost.merge(at.result(), candidate, (a, b) -> b.price() < a.price() ? b : a);
        }
      }
    }
    return Optional.empty();
  }

  private boolean may(Candidate candidate, SpmdPlan plan, PlanStep einsum, Ask ask) {
    PlanStep removed = plan.steps().get(candidate.removed());
    boolean isAsked =
        ask.which().test(einsum)
            || ask.which().test(removed)
            || ask.which().test(plan.steps().get(candidate.replaced()));
    return isAsked
        && !(plan.sums().isTree() && addsUp(plan, candidate))
        && !isNeeded(removed.result(), ask.prefix(), ask.annotated())
        && mayBeCut(candidate, plan);
  }

  /** Makes windows the runner-up of a step if they are the best way that was not taken. */
  private SpmdPlan withRunnersUp(SpmdPlan plan, Map<PlannedValue, Candidate> lost) {
    Uses uses = new Uses(plan);
    PlanEditor editor = new PlanEditor(plan);
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      Candidate windows = step.action() instanceof Action.Apply ? lost.get(step.result()) : null;
      editor.put(
          i,
          windows == null
              ? step
              : withRunnerUp(step, windows, price(plan, i, uses) - windows.whole()));
    }
    return editor.plan();
  }

  /** The price of a step with the reshards of its operands and of its result. */
  private double price(SpmdPlan plan, int step, Uses uses) {
    double price = StepTimeline.price(plan, step, prices);
    for (int operand : new TreeSet<>(plan.steps().get(step).operands())) {
      for (int at = uses.maker[operand]; at >= 0 && isReshard(plan, at); ) {
        price += StepTimeline.price(plan, at, prices);
        at = uses.maker[plan.steps().get(at).operands().getFirst()];
      }
    }
    for (int made = plan.number(step); uses.reads[made] == 1 && uses.reader[made] >= 0; ) {
      int at = uses.reader[made];
      if (!isReshard(plan, at)) {
        break;
      }
      price += StepTimeline.price(plan, at, prices);
      made = plan.number(at);
    }
    return price;
  }

  private static boolean isReshard(SpmdPlan plan, int step) {
    return switch (plan.steps().get(step).action()) {
      case Action.Slice _,
          Action.AllGather _,
          Action.AllReduce _,
          Action.ReduceScatter _,
          Action.AllToAll _,
          Action.CollectivePermute _,
          Action.Exchange _ ->
          true;
      default -> false;
    };
  }

  /**
   * A step with windows as its runner-up.
   *
   * @param others price of the reshards of its operands and result that stay outside of windows,
   *     which the runner-up has too
   */
  private static PlanStep withRunnerUp(PlanStep step, Candidate windows, double others) {
    Action.Windows action = (Action.Windows) windows.windows().action();
    String pair = action.isScatter() ? "einsum and reduce-scatter" : "all-gather and einsum";
    Origin.Alternative best =
        step.origin()
            .runnerUp()
            .filter(way -> way.cost() <= windows.price() + others)
            .orElseGet(
                () -> new Origin.Alternative(pair + " in windows", windows.price() + others, true));
    Origin origin = new Origin(step.origin().cause(), Optional.of(best));
    return new PlanStep(step.action(), step.operands(), step.results(), origin);
  }

  /**
   * Whether rounds add to the results of earlier rounds, which changes the einsum's order of sums.
   */
  private static boolean addsUp(SpmdPlan plan, Candidate candidate) {
    Action.Windows action = (Action.Windows) candidate.windows().action();
    List<PlannedValue> read = candidate.windows().operands().stream().map(plan::value).toList();
    return WindowedEinsum.of(action, read, candidate.windows().result())
        .accumulates(action.isScatter());
  }

  private static Set<String> annotated(Program program) {
    Set<String> names = new HashSet<>();
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Movement.Annotate annotate) {
        names.add(annotate.x().name());
        names.add(statement.result().name());
      }
    }
    return names;
  }

  /**
   * Whether a value must keep its layout. Partial axes do not count: a value that may be a partial
   * sum may also be whole.
   */
  private boolean isNeeded(PlannedValue value, String prefix, Set<String> annotated) {
    Layout layout = asked.get(prefix + value.name());
    return annotated.contains(value.name())
        || (layout != null && splitting(layout).equals(splitting(value.layout())));
  }

  /** The axes of more than one device that split each dimension. */
  private static List<List<String>> splitting(Layout layout) {
    List<List<String>> all = new ArrayList<>();
    for (int dim = 0; dim < layout.rank(); dim++) {
      all.add(layout.axes(dim).stream().filter(axis -> layout.mesh().size(axis) > 1).toList());
    }
    return all;
  }

  /**
   * Puts einsums in bodies in windows: in bodies of regions, and in bodies of loops if no layouts
   * of values are required.
   */
  private SpmdPlan inBodies(SpmdPlan plan, String prefix, Predicate<PlanStep> which) {
    return PlanEditor.inBodies(
        plan,
        loop ->
            asked.isEmpty() || loop.statement().operation() instanceof Nested.Manual
                ? inBody(loop, prefix, which)
                : loop.body());
  }

  private SpmdPlan inBody(Action.Loop loop, String prefix, Predicate<PlanStep> which) {
    Program inside =
        switch ((Nested) loop.statement().operation()) {
          case Nested.Scan scan -> scan.body();
          case Nested.Manual manual -> manual.body();
          case Nested.Composite composite -> composite.decomposition();
        };
    String names = prefix + loop.statement().results().getFirst().name() + ".body.";
    return changed(loop.body(), inside, names, which);
  }

  /** Whether a step is an einsum of two operands without a repeated label in a term. */
  private static boolean isPlain(Statement statement) {
    return statement.operation() instanceof Contraction.Einsum einsum
        && einsum.operands().size() == 2
        && Stream.concat(
                einsum.equation().operands().stream(), Stream.of(einsum.equation().output()))
            .map(WindowChoice::labels)
            .allMatch(labels -> labels.stream().distinct().count() == labels.size());
  }

  /** Whether an operand has addends of bf16, which are stored in f32. */
  private static boolean hasWidened(SpmdPlan plan, PlanStep step, Statement statement) {
    DType own = statement.operation().operands().getFirst().type().dtype();
    return step.operands().stream().anyMatch(x -> plan.value(x).dtype() != own);
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  private boolean isChosen(Candidate candidate) {
    return when == Windows.ALWAYS
        || (isTimed
            ? candidate.price() < (1 - TIE) * candidate.whole()
            : candidate.bytes() > PlanOptions.WINDOW_BYTES);
  }

  /** Whether rounds are large enough and few enough, if windows are chosen by price. */
  private boolean mayBeCut(Candidate candidate, SpmdPlan plan) {
    if (when == Windows.ALWAYS) {
      return true;
    }
    Action.Windows action = (Action.Windows) candidate.windows().action();
    PlannedValue result = candidate.windows().result();
    PlannedValue cut =
        action.isScatter()
            ? result
            : plan.value(candidate.windows().operands().get(action.operand()));
    long chunk = cut.layout().largestShape(cut.shape()).size(cut.layout().dim(action.label()));
    int members = plan.mesh().size(action.axes());
    List<PlannedValue> read = candidate.windows().operands().stream().map(plan::value).toList();
    double flops = 2 * WindowedEinsum.of(action, read, result).multiplyAdds() / members;
    return chunk >= LEAST_CHUNK && flops >= LEAST_FLOPS && members <= MOST_MEMBERS;
  }

  /**
   * For each value the step that makes it, the number of its reads, and the last step that reads
   * it.
   */
  private static final class Uses {
    private final int[] maker;
    private final int[] reader;
    private final int[] reads;

    Uses(SpmdPlan plan) {
      int count = plan.values().size();
      maker = new int[count];
      reader = new int[count];
      reads = new int[count];
      Arrays.fill(maker, -1);
      Arrays.fill(reader, -1);
      for (int step = 0; step < plan.steps().size(); step++) {
        for (int operand : plan.steps().get(step).operands()) {
          reader[operand] = step;
          reads[operand]++;
        }
        for (int i = 0; i < plan.steps().get(step).results().size(); i++) {
          maker[plan.number(step) + i] = step;
        }
      }
      plan.outputs().forEach(output -> reads[output]++);
    }
  }

  private List<Candidate> candidates(SpmdPlan plan, int step, Statement statement, Uses uses) {
    List<Candidate> all = new ArrayList<>();
    List<Integer> operands = plan.steps().get(step).operands();
    for (int operand = 0; operand < operands.size(); operand++) {
      int maker = uses.maker[operands.get(operand)];
      if (maker >= 0
          && uses.reads[operands.get(operand)] == 1
          && plan.steps().get(maker).action() instanceof Action.AllGather gather) {
        gathered(plan, step, statement, operand, maker, gather).ifPresent(all::add);
      }
    }
    int made = plan.number(step);
    int reader = uses.reader[made];
    if (reader >= 0
        && uses.reads[made] == 1
        && plan.steps().get(reader).action() instanceof Action.ReduceScatter scatter
        && plan.mesh().size(scatter.axes()) > 1) {
      all.add(scattered(plan, step, statement, reader, scatter));
    }
    return all;
  }

  private Optional<Candidate> gathered(
      SpmdPlan plan,
      int step,
      Statement statement,
      int operand,
      int maker,
      Action.AllGather gather) {
    PlanStep before = plan.steps().get(maker);
    PlanStep einsum = plan.steps().get(step);
    PlannedValue chunk = plan.value(before.operands().getFirst());
    Equation equation = ((Contraction.Einsum) statement.operation()).equation();
    String label = equation.operand(operand).axis(chunk.layout().dim(gather.label())).label();
    boolean isOther = labels(equation.operand(1 - operand)).contains(label);
    boolean isResult = labels(equation.output()).contains(label);
    boolean may =
        plan.mesh().size(gather.axes()) > 1
            && chunk.layout().partial().isEmpty()
            && (isResult || (isOther && splits(einsum.result().layout(), gather.axes())));
    if (!may) {
      return Optional.empty();
    }
    List<Integer> operands = new ArrayList<>(einsum.operands());
    operands.set(operand, before.operands().getFirst());
    double whole = StepTimeline.price(plan, maker, prices) + StepTimeline.price(plan, step, prices);
    Optional<Candidate> best = Optional.empty();
    for (List<Ring> rings : List.of(ONE_WAY, BOTH_WAYS)) {
      Action.Windows action =
          new Action.Windows(statement, operand, gather.label(), gather.axes(), rings);
      double price = price(plan, action, operands, einsum.result(), chunk);
      if (best.isEmpty() || price < best.get().price()) {
        PlannedValue all = before.result();
        best =
            Optional.of(
                new Candidate(
                    maker,
                    step,
                    step(action, operands, einsum, "all-gather, then einsum", whole),
                    Math.multiplyExact(all.localElements(), all.dtype().byteSize()),
                    price,
                    whole));
      }
    }
    return best;
  }

  /** Whether each axis splits the result, so that no two members hold the same sum. */
  private static boolean splits(Layout layout, List<String> axes) {
    List<String> splitting = new ArrayList<>();
    for (int dim = 0; dim < layout.rank(); dim++) {
      splitting.addAll(layout.axes(dim));
    }
    return splitting.containsAll(axes);
  }

  private Candidate scattered(
      SpmdPlan plan, int step, Statement statement, int reader, Action.ReduceScatter scatter) {
    PlanStep einsum = plan.steps().get(step);
    PlanStep after = plan.steps().get(reader);
    Action.Windows action =
        new Action.Windows(statement, -1, scatter.label(), scatter.axes(), HALVES);
    double whole =
        StepTimeline.price(plan, step, prices) + StepTimeline.price(plan, reader, prices);
    double price = price(plan, action, einsum.operands(), after.result(), after.result());
    PlannedValue sum = einsum.result();
    return new Candidate(
        step,
        reader,
        step(action, einsum.operands(), after, "einsum, then reduce-scatter", whole),
        Math.multiplyExact(sum.localElements(), sum.dtype().byteSize()),
        price,
        whole);
  }

  private double price(
      SpmdPlan plan,
      Action.Windows action,
      List<Integer> operands,
      PlannedValue result,
      PlannedValue travels) {
    List<PlannedValue> read = operands.stream().map(plan::value).toList();
    return WindowedEinsum.of(action, read, result)
        .price(
            action,
            travels.localElements(),
            WindowedEinsum.travelling(action, read, result).byteSize(),
            prices);
  }

  private PlanStep step(
      Action.Windows action, List<Integer> operands, PlanStep in, String instead, double whole) {
    String why =
        when == Windows.ALWAYS
            ? "in windows"
            : isTimed ? "cheaper in windows" : "large: in windows";
    Origin origin =
        new Origin(
            in.origin().cause() + "; " + why,
            Optional.of(new Origin.Alternative(instead, whole, isTimed)));
    return new PlanStep(action, operands, in.results(), origin);
  }

  /** The plan with a candidate's windows, without the step that they replace. */
  private static SpmdPlan replaced(SpmdPlan plan, Candidate candidate) {
    PlanEditor editor = new PlanEditor(plan);
    for (int step = 0; step < plan.steps().size(); step++) {
      if (step == candidate.replaced()) {
        editor.put(step, candidate.windows());
      } else if (step != candidate.removed()) {
        editor.keep(step);
      }
    }
    return editor.plan();
  }
}
