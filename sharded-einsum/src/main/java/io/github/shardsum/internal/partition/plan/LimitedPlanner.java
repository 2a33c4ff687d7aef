package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.program.pass.PairwiseEinsums;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Plans a program so that no device holds more at once than a limit. The cheapest plan is taken if
 * it stays within it. Else plans are made in which bytes count the more the harder it is, then with
 * einsums computed in parts, so that what they gather is gathered in parts, then with values
 * computed again that are stored through the stage which needs the most; of those of one kind that
 * stay within the limit the cheapest is taken. If none does, the error has the least that was
 * found.
 */
public final class LimitedPlanner {
  /** Plans that are made: one of a layer with its gradient takes some tens of milliseconds. */
  private static final int MOST_PLANS = 120;

  /** Into how many parts an einsum is cut, if they divide its label. */
  private static final int[] PARTS = {2, 4, 16};

  /** Of the values that live through a stage, the largest are computed again. */
  private static final int MOST_VALUES = 6;

  /** How the gradient of a program names the cotangent of a value, of an input as an output. */
  private static final List<String> COTANGENT = List.of("cotangent.", "gradient.");

  private final Mesh mesh;
  private final CompositeCode.Finder composites;
  private final PlanOptions options;
  private int plans;

  /** A plan, what was planned, and by which policy. */
  private record Found(Program program, Policy policy, Planned planned, DeviceMemory memory) {
    boolean isLarger(Found other) {
      return memory.peakBytes() > other.memory.peakBytes();
    }
  }

  private LimitedPlanner(Mesh mesh, CompositeCode.Finder composites, PlanOptions options) {
    this.mesh = mesh;
    this.composites = composites;
    this.options = options;
  }

  /**
   * Completes the layouts of a program from its annotations and plans it.
   *
   * @param program the program
   * @param mesh the devices
   * @param composites finds the code of composites, of which those without are decomposed
   * @param options what plans are chosen by
   * @return the plan
   * @throws PlanException if no plan stays within the limits
   */
  public static ProgramPlan plan(
      Program program, Mesh mesh, CompositeCode.Finder composites, PlanOptions options) {
    LimitedPlanner planner = new LimitedPlanner(mesh, composites, options);
    Program simple = planner.cheaper(planner.simplified(program));
    if (options.memoryLimit().isEmpty()) {
      Planned planned = planner.planned(simple, Policy.CHEAPEST);
      return plan(program, planned);
    }
    Found found = planner.within(simple, options.memoryLimit().getAsLong());
    return plan(program, found.planned());
  }

  private static ProgramPlan plan(Program given, Planned planned) {
    return new ProgramPlan(given, Map.of(), planned.program(), planned.plan(), planned.cost());
  }

  private boolean isKernel(Composite composite) {
    return composites.find(composite).isPresent();
  }

  private Program simplified(Program program) {
    Program decomposed = Passes.decompose(program, composite -> !isKernel(composite));
    return Passes.deadCode(Passes.commonSubexpressions(decomposed));
  }

  /** With einsums of more than two operands in pairs, where that is cheaper. */
  private Program cheaper(Program program) {
    Program pairs = PairwiseEinsums.run(program);
    return pairs.equals(program) || cost(program) <= cost(pairs) ? program : pairs;
  }

  private double cost(Program program) {
    try {
      return planned(program, Policy.CHEAPEST).cost();
    } catch (PlanException _) {
      return Double.POSITIVE_INFINITY;
    }
  }

  private Planned planned(Program program, Policy policy) {
    Propagated propagated = Propagation.of(program, mesh, PropagationOptions.defaults());
    Map<String, Layout> homes = withCotangents(program, propagated.layouts());
    asAnnotated(program, homes);
    return ProgramPlanner.plan(program, mesh, homes, false, this::isKernel, options, policy);
  }

  /**
   * The layouts, where a cotangent has that of its primal: both are read together, and what the
   * forward pass brought somewhere lies there when the backward pass reads it.
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

  /** Where all that reads a value is an annotation of it, its home is the annotated layout. */
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

  private Found found(Program program, Policy policy) {
    plans++;
    Planned planned = planned(program, policy);
    return new Found(program, policy, planned, DeviceMemory.of(planned.plan(), composites));
  }

  private Found within(Program program, long limit) {
    Found cheapest = found(program, Policy.CHEAPEST);
    if (cheapest.memory().peakBytes() <= limit) {
      return cheapest;
    }
    Found least = cheapest;
    List<Found> fitting = new ArrayList<>();
    for (Policy policy : policies(program)) {
      Optional<Found> other = tried(program, policy);
      least = other.filter(least::isLarger).orElse(least);
      other.filter(found -> found.memory().peakBytes() <= limit).ifPresent(fitting::add);
    }
    while (fitting.isEmpty()) {
      Optional<Found> smaller = changed(least, limit);
      if (smaller.isEmpty()) {
        break;
      }
      least = smaller.get();
      if (least.memory().peakBytes() <= limit) {
        fitting.add(least);
      }
    }
    Found smallest = least;
    return fitting.stream()
        .min(Comparator.comparingDouble(found -> found.planned().cost()))
        .orElseThrow(() -> none(program, smallest.memory(), limit));
  }

  private static List<Policy> policies(Program program) {
    List<Policy> policies =
        Policy.of(
            program.statements().stream().anyMatch(s -> s.operation() instanceof Nested.Scan));
    return policies.subList(1, policies.size());
  }

  /** A program that is planned with a smaller peak, changed where the peak is. */
  private Optional<Found> changed(Found least, long limit) {
    Optional<Found> best = Optional.empty();
    for (Supplier<Optional<Program>> change : changes(least)) {
      if (plans >= MOST_PLANS) {
        break;
      }
      Optional<Found> other = change.get().flatMap(program -> tried(program, least.policy()));
      if (other.isPresent() && best.orElse(least).isLarger(other.get())) {
        best = other;
        if (best.get().memory().peakBytes() <= limit) {
          return best;
        }
      }
    }
    return best;
  }

  private Optional<Found> tried(Program program, Policy policy) {
    try {
      return Optional.of(found(program, policy));
    } catch (PlanException _) {
      // A way that the program has is closed to the changed one; then it is no help.
      return Optional.empty();
    }
  }

  private static List<Supplier<Optional<Program>>> changes(Found found) {
    List<Supplier<Optional<Program>>> changes = new ArrayList<>();
    Program program = found.program();
    Set<String> results = new HashSet<>();
    for (Statement statement : program.statements()) {
      statement.results().forEach(result -> results.add(result.name()));
      if (statement.operation() instanceof Contraction.Einsum einsum && isAt(found, statement)) {
        for (int operand = 0; operand < einsum.operands().size(); operand++) {
          for (String label : EinsumParts.labels(einsum, operand)) {
            for (int parts : PARTS) {
              int cut = operand;
              changes.add(() -> EinsumParts.cut(program, statement, cut, label, parts));
            }
          }
        }
      }
    }
    found.memory().through().stream()
        .filter(results::contains)
        .limit(MOST_VALUES)
        .forEach(
            name -> changes.add(() -> Optional.of(Passes.rematerialize(program, Set.of(name)))));
    return changes;
  }

  /** Whether a statement is computed, or what it reads is brought to it, where the peak is. */
  private static boolean isAt(Found found, Statement statement) {
    Set<String> made = found.memory().made();
    return made.contains(statement.result().name())
        || statement.operation().operands().stream().anyMatch(x -> made.contains(x.name()));
  }

  /**
   * Refuses a plan that holds too much, instead of which no other is looked for.
   *
   * @param plan the plan
   * @param composites finds the code of composites
   * @param limit bytes a device
   * @throws PlanException if a device would hold more
   */
  public static void check(ProgramPlan plan, CompositeCode.Finder composites, long limit) {
    DeviceMemory memory = DeviceMemory.of(plan.plan(), composites);
    if (memory.peakBytes() > limit) {
      throw none(plan.program(), memory, limit);
    }
  }

  private static PlanException none(Program program, DeviceMemory least, long limit) {
    return new PlanException(
        String.format(
            Locale.ROOT,
            "program %s: no plan stays within the memory limit of %d bytes a device; the least found needs %d, in %s; split a value that lives there, or use more devices",
            program.name(),
            limit,
            least.peakBytes(),
            least.where()));
  }
}
