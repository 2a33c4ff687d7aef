package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.layout.EquationProgram;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.program.pass.PairwiseEinsums;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.Propagated;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Plans a program: simplifies the program, writes einsums of many operands in pairs where that is
 * cheaper, completes the layouts, and chooses a plan. If there is a memory limit, the plan stays
 * within the limit.
 */
public final class ProgramPlanning {
  /**
   * The name of a value's cotangent in a gradient program; for an input, the name of the output.
   */
  private static final List<String> COTANGENT = List.of("cotangent.", "gradient.");

  private final Mesh mesh;
  private final CompositeCode.Finder composites;
  private final PlanOptions options;

  /** Required layouts of inputs and outputs; empty if annotations say them. */
  private final Map<String, Layout> asked;

  private ProgramPlanning(
      Mesh mesh, CompositeCode.Finder composites, PlanOptions options, Map<String, Layout> asked) {
    this.mesh = mesh;
    this.composites = composites;
    this.options = options;
    this.asked = asked;
  }

  /**
   * Completes the layouts of a program from its annotations and plans it. On the mesh {@code x=2}:
   *
   * <pre>
   * input x: f32[m@x=4 k=4], input w: f32[k=4 n=4], y = einsum(x, w)    einsum, y is m@x n
   * the same, and z = annotate(y) "m n"                                 einsum, all-gather m over x
   * input x: f32[m=4 k@x=4], input w: f32[k@x=4 n=4], y = einsum(x, w)
   * and z = annotate(y) "m@x n"                                         einsum, reduce-scatter m over x
   * </pre>
   *
   * @param mesh the devices
   * @param composites finds the code of composites; composites without code are decomposed
   * @param options the options by which plans are chosen
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan plan(
      Program program, Mesh mesh, CompositeCode.Finder composites, PlanOptions options) {
    return plan(program, Set.of(), mesh, composites, options);
  }

  /**
   * Plans a program in which some values are computed again for late uses.
   *
   * @param again names of values to compute again
   * @param mesh the devices
   * @param composites finds the code of composites; composites without code are decomposed
   * @param options the options by which plans are chosen
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan plan(
      Program program,
      Set<String> again,
      Mesh mesh,
      CompositeCode.Finder composites,
      PlanOptions options) {
    ProgramPlanning planner = new ProgramPlanning(mesh, composites, options, Map.of());
    Program rings = options.sums().isTree() ? program : RingAttention.run(program, mesh);
    Program simple = planner.cheaper(rematerialized(planner.simplified(rings), again));
    return planner.plan(program, simple, planner.cheapest(simple));
  }

  /**
   * Plans an einsum or a reshard, whose inputs and output have given layouts. On the mesh {@code
   * x=2}, with labels of size 4:
   *
   * <pre>
   * m@x k, k n -> m@x n      einsum
   * m@x k, k@x n -> m@x n    all-gather k of operand 1, einsum
   * m k@x, k@x n -> m n | x  einsum, whose addends stay on their devices
   * </pre>
   *
   * @param of the program with its layouts
   * @param mesh the devices
   * @param options the options by which plans are chosen
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan plan(EquationProgram of, Mesh mesh, PlanOptions options) {
    CompositeCode.Finder none = _ -> Optional.empty();
    ProgramPlanning planner = new ProgramPlanning(mesh, none, options, of.layouts());
    Program pairs = PairwiseEinsums.run(of.program());
    Planned cheapest;
    try {
      cheapest = planner.cheapest(pairs);
    } catch (PlanException tooLarge) {
      throw refused(of, tooLarge);
    }
    return planner.plan(of.program(), pairs, cheapest);
  }

  private static PlanException refused(EquationProgram of, PlanException why) {
    Statement first = of.program().statements().getFirst();
    Layout home = of.layouts().get(of.program().outputs().getFirst().name());
    if (home == null) {
      return why;
    }
    return new PlanException(
        String.format(
            Locale.ROOT,
            "%s: no plan gives the result as %s%s",
            first,
            home,
            home.partial().isEmpty()
                ? " within the limits"
                : "; a partial axis needs a label that is summed over, or a partial operand of"
                    + " which the einsum moves elements or multiplies integers"));
  }

  private ProgramPlan plan(Program program, Program simple, Planned cheapest) {
    ProgramPlan free = plan(program, cheapest);
    if (options.memoryLimit().isEmpty()) {
      return free;
    }
    long limit = options.memoryLimit().getAsLong();
    if (DeviceMemory.of(free.plan(), composites).peakBytes() <= limit) {
      return free;
    }
    Optional<Planned> windowed = WindowChoice.within(cheapest, asked, composites, options, limit);
    return plan(program, windowed.orElseGet(() -> within(simple, limit)));
  }

  /** A value is left out if it was merged with another one or decomposed. */
  private static Program rematerialized(Program simple, Set<String> again) {
    Set<String> left = new HashSet<>();
    for (Statement statement : simple.statements()) {
      statement.results().stream().map(Value::name).filter(again::contains).forEach(left::add);
    }
    return Passes.rematerialize(simple, left);
  }

  private ProgramPlan plan(Program given, Planned planned) {
    Planned chosen = windowed(planned, asked, composites, options);
    return overlapped(
        new ProgramPlan(given, asked, chosen.program(), chosen.plan(), chosen.cost()),
        composites,
        options);
  }

  /**
   * The plan with einsums in windows and rows in pieces, where the options ask for them; the plan
   * as given if the change would exceed the memory limit.
   */
  private static Planned windowed(
      Planned planned,
      Map<String, Layout> asked,
      CompositeCode.Finder composites,
      PlanOptions options) {
    Planned windows = WindowChoice.of(planned, asked, options);
    Planned chosen =
        composites instanceof PartitionFinder finder
            ? RowPieceChoice.of(windows, finder, options)
            : windows;
    boolean fits =
        options.memoryLimit().isEmpty()
            || chosen.plan().equals(planned.plan())
            || CollectiveOverlap.memory(chosen.plan(), composites, options).peakBytes()
                <= options.memoryLimit().getAsLong();
    return fits ? chosen : planned;
  }

  /**
   * The plan with einsums in windows and overlapped collectives, as the options say.
   *
   * @param composites finds the code of composites
   * @param options the options by which the plan was chosen, with their memory limit
   */
  public static ProgramPlan finished(
      ProgramPlan plan, CompositeCode.Finder composites, PlanOptions options) {
    Planned chosen =
        windowed(
            new Planned(plan.program(), plan.plan(), plan.cost()),
            plan.layouts(),
            composites,
            options);
    return overlapped(
        new ProgramPlan(plan.given(), plan.layouts(), plan.program(), chosen.plan(), chosen.cost()),
        composites,
        options);
  }

  /**
   * The plan with overlapped collectives, if the options allow them.
   *
   * @param composites finds the code of composites
   * @param options the options by which the plan was chosen
   * @return the plan, whose price is then the end of its schedule
   */
  private static ProgramPlan overlapped(
      ProgramPlan plan, CompositeCode.Finder composites, PlanOptions options) {
    SpmdPlan steps = CollectiveOverlap.of(plan.plan(), composites, options);
    if (steps.equals(plan.plan())) {
      return plan;
    }
    double end = StepTimeline.of(steps, Prices.of(steps.mesh(), options)).end();
    return new ProgramPlan(plan.given(), plan.layouts(), plan.program(), steps, end);
  }

  private boolean isKernel(Composite composite) {
    return composites.find(composite).isPresent();
  }

  private Program simplified(Program program) {
    Program decomposed = Passes.decompose(program, composite -> !isKernel(composite));
    Program simple = Passes.deadCode(Passes.commonSubexpressions(decomposed));
    boolean none =
        simple.statements().stream().noneMatch(each -> each.operation() instanceof Nested.Manual);
    return none
        ? simple
        : new Program(
            simple.name(),
            simple.inputs(),
            simple.statements().stream().map(this::inRegion).toList(),
            simple.outputs());
  }

  /** Simplifies the body of a region; other statements stay. */
  private Statement inRegion(Statement statement) {
    return statement.operation() instanceof Nested.Manual manual
        ? new Statement(
            statement.results(), manual.with(simplified(manual.body()), manual.operands()))
        : statement;
  }

  /**
   * The program with einsums of more than two operands in pairs, if that is cheaper or fixes the
   * order of their sums.
   */
  private Program cheaper(Program program) {
    Program pairs = PairwiseEinsums.run(program);
    boolean isFixed = pairs.equals(program) || options.sums().isTree();
    return isFixed || cost(program) > cost(pairs) ? pairs : program;
  }

  private double cost(Program program) {
    try {
      return planned(program, PlanningPolicy.CHEAPEST).cost();
    } catch (PlanException _) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /**
   * The cheaper of two plans: with composites' own partitions, and without them. Each statement is
   * split in its own cheapest way, so a composite's partition may be cheaper alone and dearer in
   * the whole program.
   */
  private Planned cheapest(Program program) {
    Planned own = planned(program, PlanningPolicy.CHEAPEST);
    if (options.partitions() != PlanOptions.Partitions.BY_PRICE || own.plan().raggedBound() == 0) {
      return own;
    }
    try {
      Planned byRules = withoutPartitions().planned(program, PlanningPolicy.CHEAPEST);
      return byRules.cost() <= own.cost() ? byRules : own;
    } catch (PlanException tooLarge) {
      return own;
    }
  }

  private ProgramPlanning withoutPartitions() {
    return new ProgramPlanning(
        mesh, composites, options.withPartitions(PlanOptions.Partitions.NEVER), asked);
  }

  private Planned searched(Program program, long limit) {
    return new MemorySearch(this::planned, composites, options).within(program, limit);
  }

  /**
   * The cheapest plan within a limit. Composites' own partitions may need more memory than their
   * sharding rules, so the search also tries the program without these partitions.
   */
  private Planned within(Program program, long limit) {
    if (options.partitions() != PlanOptions.Partitions.BY_PRICE) {
      return searched(program, limit);
    }
    Planned own;
    try {
      own = searched(program, limit);
    } catch (PlanException none) {
      if (planned(program, PlanningPolicy.CHEAPEST).plan().raggedBound() == 0) {
        throw none;
      }
      return withoutPartitions().searched(program, limit);
    }
    if (own.plan().raggedBound() == 0) {
      return own;
    }
    try {
      Planned byRules = withoutPartitions().searched(program, limit);
      return byRules.cost() <= own.cost() ? byRules : own;
    } catch (PlanException _) {
      return own;
    }
  }

  private Planned planned(Program program, PlanningPolicy policy) {
    Map<String, Layout> homes = isTree(program) ? asked : homes(program);
    ReshardWays ways = new ReshardWays(mesh, composites, options, policy);
    return ProgramPlanner.plan(ways, program, homes, false, !asked.isEmpty());
  }

  /** Whether a program is a reshard, or one tree of einsums, whose values have no other readers. */
  private boolean isTree(Program program) {
    return !asked.isEmpty()
        && program.statements().stream()
            .map(Statement::operation)
            .allMatch(
                each -> each instanceof Contraction.Einsum || each instanceof Movement.Annotate);
  }

  private Map<String, Layout> homes(Program program) {
    Propagated propagated = Propagation.of(program, mesh, PropagationOptions.defaults());
    Map<String, Layout> homes = withCotangents(program, propagated.layouts());
    asAnnotated(program, homes);
    homes.putAll(asked);
    return homes;
  }

  /**
   * The default layouts, with each cotangent in the layout of its primal: one statement often reads
   * both, and the backward pass needs no second copy of values that the forward pass moved.
   */
  private static Map<String, Layout> withCotangents(Program program, Map<String, Layout> layouts) {
    Map<String, Layout> homes = new HashMap<>(layouts);
    for (Statement statement : program.statements()) {
      for (Value result : statement.results()) {
        Layout primal =
            COTANGENT.stream()
                .filter(result.name()::startsWith)
                .map(prefix -> layouts.get(result.name().substring(prefix.length())))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (primal != null
            && !(statement.operation() instanceof Movement.Annotate)
            && primal.whole().term().equals(result.type().labels().withoutLayout())) {
          homes.put(result.name(), primal);
        }
      }
    }
    return homes;
  }

  /**
   * Makes the annotated layout the default layout of a value whose only reader is the annotation.
   */
  private static void asAnnotated(Program program, Map<String, Layout> homes) {
    Map<Value, Integer> readers = new HashMap<>();
    program.outputs().forEach(output -> readers.merge(output, 1, Integer::sum));
    for (Statement statement : program.statements()) {
      statement.operation().operands().forEach(x -> readers.merge(x, 1, Integer::sum));
    }
    for (Statement statement : program.statements().reversed()) {
      if (statement.operation() instanceof Movement.Annotate annotate
          && !program.inputs().contains(annotate.x())
          && readers.getOrDefault(annotate.x(), 0) == 1) {
        Layout home = homes.get(statement.result().name());
        if (home != null) {
          homes.put(annotate.x().name(), home);
        }
      }
    }
  }

  /**
   * Refuses a plan that exceeds a memory limit, without a search for another plan.
   *
   * @param composites finds the code of composites
   * @param limit bytes of a device
   * @throws PlanException if a device would hold more
   */
  public static void check(ProgramPlan plan, CompositeCode.Finder composites, long limit) {
    DeviceMemory memory = DeviceMemory.of(plan.plan(), composites);
    if (memory.peakBytes() > limit) {
      throw MemorySearch.none(plan.program(), memory, limit);
    }
  }
}
