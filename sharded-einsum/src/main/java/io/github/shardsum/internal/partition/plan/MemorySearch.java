package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Searches for a plan in which no device ever holds more bytes than a limit. The cheapest plan is
 * taken if it stays within the limit. Otherwise three kinds of plans are tried in turn: plans whose
 * choices weigh bytes, more and more; plans whose einsums gather their operands in parts; and plans
 * that compute values again instead of storing them through the stage with the peak. The first kind
 * that has plans within the limit decides, and its cheapest such plan is taken. If there is none,
 * the error states the least peak that was found.
 */
final class MemorySearch {
  /**
   * The most plans that are made; a layer with its gradient takes some tens of milliseconds a plan.
   */
  private static final int MOST_PLANS = 120;

  /** The numbers of parts into which an einsum is cut, if they divide the size of its label. */
  private static final int[] PARTS = {2, 4, 16};

  /** The most values that live through a stage and are computed again, the largest first. */
  private static final int MOST_VALUES = 6;

  private final BiFunction<Program, PlanningPolicy, Planned> planner;
  private final CompositeCode.Finder composites;
  private final PlanOptions options;
  private int plans;

  /** A plan, its program and its policy. */
  private record Found(
      Program program, PlanningPolicy policy, Planned planned, DeviceMemory memory) {
    boolean isLarger(Found other) {
      return memory.peakBytes() > other.memory.peakBytes();
    }
  }

  /**
   * A search.
   *
   * @param planner plans a program by a policy
   * @param composites finds the code of composites
   * @param options the options by which plans are chosen
   */
  MemorySearch(
      BiFunction<Program, PlanningPolicy, Planned> planner,
      CompositeCode.Finder composites,
      PlanOptions options) {
    this.planner = planner;
    this.composites = composites;
    this.options = options;
  }

  private Found found(Program program, PlanningPolicy policy) {
    plans++;
    Planned planned = planner.apply(program, policy);
    return new Found(
        program, policy, planned, CollectiveOverlap.memory(planned.plan(), composites, options));
  }

  /**
   * The cheapest plan that is found within a limit. For {@code x = gather, y = einsum(x, w)}:
   *
   * <pre>
   * limit                              plan
   * peak of the cheapest plan          the cheapest plan
   * below it                           a dearer split, of which each device holds less
   * below that of all splits           the einsum in 2, 4 or 16 parts, each with its own gather
   * </pre>
   *
   * @throws PlanException if there is none
   */
  Planned within(Program program, long limit) {
    return search(program, limit).planned();
  }

  private Found search(Program program, long limit) {
    Found cheapest = found(program, PlanningPolicy.CHEAPEST);
    if (cheapest.memory().peakBytes() <= limit) {
      return cheapest;
    }
    Found least = cheapest;
    List<Found> fitting = new ArrayList<>();
    for (PlanningPolicy policy : policies(program)) {
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

  private static List<PlanningPolicy> policies(Program program) {
    List<PlanningPolicy> policies =
        PlanningPolicy.of(
            program.statements().stream().anyMatch(s -> s.operation() instanceof Nested.Scan));
    return policies.subList(1, policies.size());
  }

  /** The program, changed at its peak so that its plan has a smaller one. */
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

  private Optional<Found> tried(Program program, PlanningPolicy policy) {
    try {
      return Optional.of(found(program, policy));
    } catch (PlanException _) {
      // The changed program may have no plan where the program has one; then the change does not
      // help.
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

  /** Whether the stage with the peak makes a statement's result or one of its operands. */
  private static boolean isAt(Found found, Statement statement) {
    Set<String> made = found.memory().made();
    return made.contains(statement.result().name())
        || statement.operation().operands().stream().anyMatch(x -> made.contains(x.name()));
  }

  static PlanException none(Program program, DeviceMemory least, long limit) {
    return new PlanException(
        String.format(
            Locale.ROOT,
            "program %s: no plan stays within the memory limit of %d bytes a device;"
                + " the least found needs %d, in %s; split a value that is held there, or use"
                + " more devices",
            program.name(),
            limit,
            least.peakBytes(),
            least.where()));
  }
}
