package io.github.shardsum.path;

import io.github.shardsum.internal.path.PathSearch;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * A way to find a contraction path; an immutable, thread-safe value that can be the key of a cache.
 *
 * <p>Every finder is deterministic: the same network gives the same path on every machine, unless a
 * {@link RandomGreedy} has a time budget. Time and memory of a search are bounded for any network.
 */
public sealed interface PathFinder {

  /**
   * {@link Optimal} for up to 16 operands; for more, {@link RandomGreedy} with less effort the
   * larger the network is. Up to two operands have only one path.
   */
  record Auto() implements PathFinder {}

  /**
   * Contracts at each step the pair with a common label whose result is smallest compared with its
   * operands, as opt_einsum's greedy does. Ties go to the smaller ids. Operands without a common
   * label are multiplied last, the smallest first. Ten thousand operands take well under a second.
   */
  record Greedy() implements PathFinder {}

  /**
   * The best of all paths, outer products included, by dynamic programming over all subsets of the
   * operands; for networks of at most 20 operands.
   *
   * @param objective the quantity to minimise
   */
  record Optimal(Objective objective) implements PathFinder {}

  /**
   * Takes the best of many greedy trials with noise and improves it by simulated annealing. Small
   * subtrees are replaced by optimal ones until this gains nothing. The result is never worse than
   * that of {@link Greedy}.
   *
   * @param seed the seed of the noise
   * @param trials the number of greedy trials, at least 1; the first has no noise
   * @param sweeps the number of passes of annealing over the tree, at least 0
   * @param budget the time after which the search stops early; the path then depends on the
   *     machine's speed
   */
  record RandomGreedy(long seed, int trials, int sweeps, Optional<Duration> budget)
      implements PathFinder {
    /**
     * Checks the numbers.
     *
     * @throws PathException if there is no trial, or the sweeps or the budget are negative
     */
    public RandomGreedy {
      if (trials < 1 || sweeps < 0) {
        throw new PathException(
            String.format(
                Locale.ROOT,
                "random-greedy: trials must be 1 or more and sweeps 0 or more, got %d and %d",
                trials,
                sweeps));
      }
      if (budget.isPresent() && budget.get().isNegative()) {
        throw new PathException(
            "random-greedy: the budget must not be negative, got " + budget.get());
      }
    }

    /**
     * Makes a finder of a fixed effort.
     *
     * @param seed the seed of the noise
     * @param trials the number of greedy trials; 32 sweeps of annealing follow for each
     */
    public RandomGreedy(long seed, int trials) {
      this(seed, trials, (int) Math.min(Integer.MAX_VALUE, 32L * trials), Optional.empty());
    }

    /**
     * Makes a finder that uses all of a time budget.
     *
     * @param seed the seed of the noise
     * @param budget the time that a search may take
     * @return the finder; its path depends on the machine's speed
     */
    public static RandomGreedy within(long seed, Duration budget) {
      return new RandomGreedy(seed, Integer.MAX_VALUE, Integer.MAX_VALUE, Optional.of(budget));
    }
  }

  /**
   * A path that the caller supplies.
   *
   * @param path the path
   */
  record Given(ContractionPath path) implements PathFinder {}

  /**
   * Returns the default finder.
   *
   * @return {@link Auto}
   */
  static PathFinder auto() {
    return new Auto();
  }

  /**
   * Finds a path.
   *
   * @param network the tensors to contract
   * @return the path
   * @throws PathException if the network has too many operands for an optimal search, or not as
   *     many as the given path
   */
  default ContractionPath find(Network network) {
    return PathSearch.find(this, network);
  }

  /**
   * Finds a path and computes its cost.
   *
   * @param network the tensors to contract
   * @return the plan, without slices
   * @throws PathException as {@link #find}
   */
  default ContractionPlan plan(Network network) {
    return PathSearch.plan(this, network);
  }

  /**
   * Finds a path and slices so that no intermediate is over a limit. Operands and output do not
   * count. A given path is kept and only sliced.
   *
   * @param network the tensors to contract
   * @param memoryLimit the most elements of an intermediate, at least 1; for bytes, divide by the
   *     size of an element
   * @return the plan; the limit always holds
   * @throws PathException as {@link #find}, if the limit is under 1, or if it requires more than
   *     2^63 passes
   */
  default ContractionPlan plan(Network network, long memoryLimit) {
    return PathSearch.plan(this, network, memoryLimit);
  }
}
