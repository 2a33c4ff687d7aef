package io.github.shardsum.internal.auto;

import io.github.shardsum.assign.Assignment;
import io.github.shardsum.assign.AssignmentOptions;
import io.github.shardsum.assign.AssignmentSolver;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.auto.FoundLayouts.RunnerUp;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.internal.auto.AnnotationTrials.Trial;
import io.github.shardsum.internal.partition.plan.CompositeKernelFinder;
import io.github.shardsum.internal.partition.plan.StatementChoices;
import io.github.shardsum.internal.program.pass.PairwiseEinsums;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Finds the annotations of one program. */
public final class AnnotationFinder {
  /**
   * About the number of statements that are planned for each second of the options: fewer than a
   * core could plan.
   */
  private static final double STATEMENTS_A_SECOND = 800;

  /** Statements that are added to the count of every program. */
  private static final int AT_LEAST = 4;

  private static final int MOST_PLANS = 20_000;

  /** Share of the seconds for each run of the solver. */
  private static final double SOLVING = 0.1;

  /** The number of times that the graph's limit shrinks because plans exceed the real limit. */
  private static final int SHRINKS = 4;

  /** In a program of at least this many statements, equal parts get equal layouts. */
  private static final int MANY = 120;

  private final Program program;
  private final Mesh mesh;
  private final PlanOptions options;
  private final Kernels kernels;
  private final CompositeKernelFinder finder;
  private final Set<String> split;
  private final double seconds;
  private final Program simple;
  private final AnnotationTrials trials;

  /**
   * A finder for a program.
   *
   * @param mesh the devices
   * @param given prices, limits and the amount of work
   * @throws IllegalArgumentException if an input that may not be replicated is not in the program
   */
  public AnnotationFinder(Program program, Mesh mesh, AutoOptions given) {
    this.program = program;
    this.mesh = mesh;
    this.options = AnnotationTrials.sequential(given.plan(), given.plan().memoryLimit());
    this.kernels = given.kernels();
    this.finder = new CompositeKernelFinder(kernels, options.sums());
    this.split = given.split();
    this.seconds = given.seconds();
    List<String> inputs =
        program.inputs().stream()
            .filter(input -> input.type().rank() > 0)
            .map(Value::name)
            .toList();
    if (!inputs.containsAll(split)) {
      throw new IllegalArgumentException(
          "split: must be inputs of the program with labels, of " + inputs + ", got " + split);
    }
    this.simple =
        Passes.deadCode(
            Passes.commonSubexpressions(
                Passes.decompose(program, composite -> finder.find(composite).isEmpty())));
    double plans = seconds * STATEMENTS_A_SECOND / (simple.statements().size() + AT_LEAST);
    this.trials =
        new AnnotationTrials(
            program, mesh, given.withPlan(options), (int) Math.clamp(plans, 8, MOST_PLANS));
  }

  /**
   * Finds the annotations.
   *
   * @return the annotations and their plan
   * @throws PlanException if no plan stays within the limits
   * @throws IllegalArgumentException if no plan splits the inputs that may not be replicated
   */
  public FoundLayouts find() {
    options.memoryLimit().ifPresent(limit -> LeastMemory.check(simple, mesh, limit));
    Program pairs = PairwiseEinsums.run(simple);
    LayoutGraph.Built graph = estimate(pairs, options.memoryLimit());
    AnnotationSearch search = new AnnotationSearch(program, mesh, trials, graph);
    Optional<Trial> best = trials.of(new TreeMap<>());
    OptionalLong limit = options.memoryLimit();
    for (int shrink = 0; shrink <= SHRINKS; shrink++) {
      Optional<Map<String, Layout>> solved = solve(graph);
      if (solved.isEmpty()) {
        break;
      }
      Optional<Trial> said = search.saying(solved.get());
      best = better(best, said);
      if (limit.isEmpty() || said.isEmpty() || said.get().fits()) {
        break;
      }
      long over = said.get().peak() - options.memoryLimit().orElseThrow();
      limit = OptionalLong.of(Math.max(1, limit.getAsLong() - over));
      graph = estimate(pairs, limit);
    }
    best = better(best, search.byLabels());
    if (best.isEmpty()) {
      // Throws the program's own refusal, if there is one.
      ProgramPlan.of(program, mesh, kernels, options);
      throw new IllegalArgumentException(
          "split: no plan that was tried splits each of "
              + split
              + "; name fewer inputs, or allow more time");
    }
    Trial last = search.fewer(search.improved(best.get()));
    return found(last, search);
  }

  private static Optional<Trial> better(Optional<Trial> one, Optional<Trial> other) {
    return other.isPresent() && (one.isEmpty() || other.get().beats(one.get())) ? other : one;
  }

  private FoundLayouts found(Trial best, AnnotationSearch search) {
    ProgramPlan plan = trials.plan(best);
    Trial last =
        best.fits()
            ? best
            : new Trial(
                best.annotations(), plan.plan().price(options), plan.plan().peakBytes(), true);
    SortedMap<String, Double> savings = search.savings(last);
    Optional<RunnerUp> runnerUp =
        trials
            .other(last)
            .map(other -> new RunnerUp(other.annotations(), other.price(), other.peak()));
    return new FoundLayouts(
        last.annotations(),
        plan,
        last.price(),
        bound(),
        last.peak(),
        savings,
        runnerUp,
        trials.made());
  }

  private LayoutGraph.Built estimate(Program of, OptionalLong limit) {
    StatementChoices ways = new StatementChoices(mesh, finder, options);
    boolean isTied = of.statements().size() >= MANY;
    return LayoutGraph.of(of, mesh, ways, LayoutGraph.Kind.ESTIMATE, limit, split, isTied);
  }

  private Optional<Map<String, Layout>> solve(LayoutGraph.Built graph) {
    Assignment answer = AssignmentSolver.solve(graph.problem(), solver());
    return answer.isFound() ? Optional.of(graph.layouts(answer.choice())) : Optional.empty();
  }

  /** Work alone ends a run, never the clock: equal arguments give equal layouts. */
  private AssignmentOptions solver() {
    double work = Math.min(AssignmentOptions.MOST_SECONDS, seconds * SOLVING);
    return AssignmentOptions.defaults().withSeconds(work);
  }

  /**
   * A lower bound of the price of all plans, whether einsums of many operands are split into pairs
   * or not.
   */
  private double bound() {
    double bound = bound(simple);
    Program pairs = PairwiseEinsums.run(simple);
    return pairs.equals(simple) ? bound : Math.min(bound, bound(pairs));
  }

  private double bound(Program of) {
    StatementChoices ways = new StatementChoices(mesh, finder, options.withReplication());
    LayoutGraph.Built graph =
        LayoutGraph.of(of, mesh, ways, LayoutGraph.Kind.BOUND, options.memoryLimit(), split, false);
    Assignment answer = AssignmentSolver.solve(graph.problem(), solver());
    return answer.bound() / graph.scale();
  }
}
