package io.github.shardsum.internal.auto;

import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.propagation.PropagationException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Plans of a program with other annotations, each made and priced once. */
final class AnnotationTrials {
  /** Relative difference of two prices that counts as rounding. */
  private static final double ROUNDING = 1e-9;

  /** Plans whose prices differ relatively by less than this look equal to a reader. */
  private static final double SMALL = 1e-6;

  /** If prices are equal, a peak counts as smaller if it is below this share of the other peak. */
  private static final double CLEARLY = 0.9;

  private static final int KEPT = 12;

  /** The least number of plans that may be made to drop annotations. */
  private static final int LEAST_DROPS = 10;

  /** The most plans that may be made to drop annotations. */
  private static final int MOST_DROPS = 60;

  private final Program program;
  private final Mesh mesh;
  private final PlanOptions options;
  private final Kernels kernels;
  private final Set<String> split;
  private final Map<SortedMap<String, String>, Optional<Trial>> known = new HashMap<>();
  private final List<Trial> best = new ArrayList<>();
  private final int drops;
  private int left;
  private int made;

  /**
   * Trials of a program.
   *
   * @param most the most plans that are made
   */
  AnnotationTrials(Program program, Mesh mesh, AutoOptions given, int most) {
    this.program = program;
    this.mesh = mesh;
    this.options = given.plan();
    this.kernels = given.kernels();
    this.split = given.split();
    this.left = most;
    this.drops = Math.clamp(most / 2, LEAST_DROPS, MOST_DROPS);
  }

  /**
   * A plan that was looked at.
   *
   * @param annotations the annotations by the value's name
   * @param price the plan's price
   * @param peak bytes a device
   * @param fits whether the plan is within the limit
   */
  record Trial(SortedMap<String, String> annotations, double price, long peak, boolean fits) {
    Trial {
      annotations = Collections.unmodifiableSortedMap(new TreeMap<>(annotations));
    }

    /**
     * Whether this plan is better by price and memory; the number of annotations does not count.
     */
    boolean beats(Trial other) {
      if (fits != other.fits) {
        return fits;
      }
      if (!fits && peak != other.peak) {
        return peak < other.peak;
      }
      double rounding = ROUNDING * Math.max(price, other.price);
      return price < other.price - rounding
          || (price <= other.price + rounding && peak < CLEARLY * other.peak);
    }

    /** Whether this plan is at least as good for a user as the other one, by price and memory. */
    boolean isNoWorseThan(Trial other) {
      return price <= other.price * (1 + ROUNDING)
          && CLEARLY * peak <= other.peak
          && (fits || (!other.fits && peak <= other.peak));
    }

    /** Whether the two plans look equal to a reader, by price and memory. */
    boolean isSamePlan(Trial other) {
      return Math.abs(price - other.price) <= SMALL * Math.max(price, other.price)
          && CLEARLY * peak <= other.peak
          && CLEARLY * other.peak <= peak;
    }
  }

  boolean isSpent() {
    return left <= 0;
  }

  /** Allows further plans for dropping annotations, however many were made before. */
  void allowDrops() {
    left = Math.max(left, drops);
  }

  int made() {
    return made;
  }

  /**
   * The plan with these annotations; empty if there is no such plan, or no more plans may be made.
   */
  Optional<Trial> of(SortedMap<String, String> annotations) {
    Optional<Trial> trial = known.get(annotations);
    if (trial == null) {
      if (left <= 0) {
        return Optional.empty();
      }
      left--;
      made++;
      trial = make(annotations);
      known.put(new TreeMap<>(annotations), trial);
      trial.ifPresent(this::keep);
    }
    return trial;
  }

  private Optional<Trial> make(SortedMap<String, String> annotations) {
    try {
      ProgramPlan plan = plan(annotations, withoutLimit());
      if (!isSplit(plan.plan())) {
        return Optional.empty();
      }
      long peak = plan.plan().peakBytes();
      OptionalLong limit = options.memoryLimit();
      return Optional.of(
          new Trial(
              annotations,
              plan.plan().price(options),
              peak,
              limit.isEmpty() || peak <= limit.getAsLong()));
    } catch (PlanException | PropagationException | ProgramException refused) {
      return Optional.empty();
    }
  }

  /** Whether every input that must not be replicated is split. */
  private boolean isSplit(SpmdPlan plan) {
    return plan.inputs().stream()
        .filter(input -> split.contains(input.name()))
        .allMatch(input -> LayoutGraph.isSplit(input.layout()));
  }

  private PlanOptions withoutLimit() {
    return sequential(options, OptionalLong.empty());
  }

  /**
   * Options within another memory limit and without overlap, windows and an order of sums: the
   * bound of a search is for plans whose steps follow each other.
   */
  static PlanOptions sequential(PlanOptions options, OptionalLong limit) {
    return options
        .withMemoryLimit(limit)
        .withOverlap(false)
        .withWindows(PlanOptions.Windows.NEVER)
        .withSums(SumOrder.FASTEST);
  }

  /**
   * The plan of a trial; if it does not fit, a plan of the same annotations within the memory
   * limit.
   */
  ProgramPlan plan(Trial trial) {
    return plan(trial.annotations, trial.fits ? withoutLimit() : options);
  }

  private ProgramPlan plan(SortedMap<String, String> annotations, PlanOptions by) {
    return ProgramPlan.of(Annotations.of(annotations).apply(program), mesh, kernels, by);
  }

  private void keep(Trial trial) {
    for (int place = 0; place < best.size(); place++) {
      if (best.get(place).isSamePlan(trial)) {
        if (trial.annotations.size() < best.get(place).annotations.size()) {
          best.set(place, trial);
        }
        return;
      }
    }
    int place = 0;
    while (place < best.size() && !trial.beats(best.get(place))) {
      place++;
    }
    best.add(place, trial);
    if (best.size() > KEPT) {
      best.removeLast();
    }
  }

  /** The best plan that fits and does not look equal to the given one. */
  Optional<Trial> other(Trial than) {
    return best.stream().filter(trial -> !trial.isSamePlan(than) && trial.fits).findFirst();
  }
}
