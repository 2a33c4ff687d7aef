package io.github.shardsum.internal.path;

import java.time.Duration;
import java.util.Optional;

/**
 * A time budget and the used share of it.
 *
 * @param startNanos when the budget began
 * @param budgetNanos length of the budget, or 0 if there is none
 */
public record PathTimeBudget(long startNanos, long budgetNanos) {
  public static final PathTimeBudget NONE = new PathTimeBudget(0, 0);

  private static final Duration LONGEST = Duration.ofDays(365);

  public static PathTimeBudget of(Optional<Duration> budget) {
    if (budget.isEmpty()) {
      return NONE;
    }
    Duration bounded = budget.get().compareTo(LONGEST) > 0 ? LONGEST : budget.get();
    return new PathTimeBudget(System.nanoTime(), Math.max(1, bounded.toNanos()));
  }

  /** The used share of the budget, 0 without a budget. */
  public double share() {
    return budgetNanos == 0 ? 0 : (System.nanoTime() - startNanos) / (double) budgetNanos;
  }

  public boolean expired() {
    return share() >= 1;
  }
}
