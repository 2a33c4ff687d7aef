package io.github.shardsum.auto;

import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The annotations that {@link Auto} found, and their plan; an immutable value, equal for equal
 * arguments.
 *
 * @param annotations the notation of each annotation by the value's name, as {@link
 *     Annotations#of(Map)} and {@code plan --annotate} accept them; without the program's own
 *     annotations
 * @param plan the plan of the program with the annotations
 * @param price the plan's price, see {@link io.github.shardsum.partition.SpmdPlan#price}
 * @param bound a proven lower bound of the price of plans with other annotations, if they compute
 *     every statement once and their steps follow each other
 * @param peakBytes the most bytes that a device holds at any time
 * @param savings for each annotation the increase of the plan's price without it; in a program of
 *     many equal parts, without that annotation in all parts. Infinity if that plan exceeds the
 *     memory limit. A large program has savings for some annotations only
 * @param runnerUp the best other plan that was found
 * @param plans how many plans were looked at
 */
public record FoundLayouts(
    SortedMap<String, String> annotations,
    ProgramPlan plan,
    double price,
    double bound,
    long peakBytes,
    SortedMap<String, Double> savings,
    Optional<RunnerUp> runnerUp,
    int plans) {
  /** Copies the maps. */
  public FoundLayouts {
    annotations = Collections.unmodifiableSortedMap(new TreeMap<>(annotations));
    savings = Collections.unmodifiableSortedMap(new TreeMap<>(savings));
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(runnerUp, "runnerUp");
  }

  /**
   * A plan that lost.
   *
   * @param annotations the annotations of the plan
   * @param price its price
   * @param peakBytes the most bytes that a device holds at any time
   */
  public record RunnerUp(SortedMap<String, String> annotations, double price, long peakBytes) {
    /** Copies the map. */
    public RunnerUp {
      annotations = Collections.unmodifiableSortedMap(new TreeMap<>(annotations));
    }
  }

  /**
   * Returns how far the price may be above the least possible one.
   *
   * @return (price - bound) / price, from 0 to 1
   */
  public double gap() {
    return price <= bound ? 0 : (price - bound) / price;
  }
}
