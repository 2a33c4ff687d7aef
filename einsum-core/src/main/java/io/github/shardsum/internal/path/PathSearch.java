package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.Objective;
import io.github.shardsum.path.PathCost;
import io.github.shardsum.path.PathException;
import io.github.shardsum.path.PathFinder;
import io.github.shardsum.path.Slice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Runs the search that a {@link PathFinder} describes. */
public final class PathSearch {
  /**
   * Limit of the operands for an optimal search. The search takes 20 milliseconds for 16 operands,
   * 100 at worst; for 12 operands it takes one or two.
   */
  private static final int AUTO_OPTIMAL = 16;

  private static final int MAX_TRIALS = 64;
  private static final int TRIAL_OPERANDS = 4_000;
  private static final int MAX_SWEEPS = 10_000;

  /**
   * The least number of sweeps. With 50 sweeps, 3 of 1000 random networks of 12 to 16 operands cost
   * more than 1.05 times the best.
   */
  private static final int MIN_SWEEPS = 200;

  /** Limit of the exchanges that a search tries: they take a tenth of a second. */
  private static final double SWEEP_OPERANDS = 1_000_000;

  /**
   * Operations of an einsum in the time of one exchange; a search takes no longer than the einsum.
   */
  private static final double FLOPS_PER_EXCHANGE = 1_000;

  /** Sweeps after each label that is sliced, because slices may have a different best path. */
  private static final int SLICED_SWEEPS = 100;

  /**
   * Limit of the operands for a new search after each slice. With more operands, the path is only
   * sliced.
   */
  private static final int RESEARCHED_OPERANDS = 500;

  /** Limit of the slicings with a new search; after these, the path is kept and only sliced. */
  private static final int MAX_SLICINGS = 64;

  private PathSearch() {}

  public static ContractionPath find(PathFinder finder, Network network) {
    int n = network.operandCount();
    if (finder instanceof PathFinder.Given(ContractionPath path)) {
      LabelFlow.checkOperands(network, path);
      return path;
    }
    if (finder instanceof PathFinder.Optimal) {
      checkOptimal(n);
    }
    return n <= 2
        ? ContractionPath.leftToRight(n)
        : tree(finder, CompactNetwork.of(network)).path();
  }

  public static ContractionPlan plan(PathFinder finder, Network network) {
    ContractionPath path = find(finder, network);
    return new ContractionPlan(network, path, List.of(), PathCost.of(network, path));
  }

  public static ContractionPlan plan(PathFinder finder, Network network, long memoryLimit) {
    if (memoryLimit < 1) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "memory limit: at least 1 element must fit, got %d; give elements, not a fraction",
              memoryLimit));
    }
    ContractionPlan unlimited = plan(finder, network);
    if (unlimited.cost().largestIntermediate() <= memoryLimit) {
      return unlimited;
    }
    var sliced = new Slicer(LabelFlow.of(network, unlimited.path()), memoryLimit).plan();
    if (finder instanceof PathFinder.Given) {
      return sliced;
    }
    List<ContractionPlan> plans = new ArrayList<>(List.of(sliced));
    slicedAndSearched(unlimited, memoryLimit).ifPresent(plans::add);
    withoutSlices(finder, sliced, memoryLimit).ifPresent(plans::add);
    return plans.stream()
        .min(Comparator.comparingDouble(plan -> plan.cost().flops()))
        .orElse(sliced);
  }

  private static PathTree tree(PathFinder finder, CompactNetwork problem) {
    return switch (finder) {
      case PathFinder.Auto() -> auto(problem);
      case PathFinder.Greedy() -> new PathTree(problem, new GreedySearch(problem).greedy().ids());
      case PathFinder.Optimal(Objective objective) -> new OptimalSearch(problem).best(objective);
      case PathFinder.RandomGreedy random -> {
        var search =
            new LocalPathSearch(problem, random.seed(), PathTimeBudget.of(random.budget()));
        search.trials(random.trials());
        search.anneal(random.sweeps());
        yield search.bestTree();
      }
      case PathFinder.Given(ContractionPath path) ->
          new PathTree(
              problem,
              path.pairs().stream()
                  .flatMapToInt(pair -> IntStream.of(pair.left(), pair.right()))
                  .toArray());
    };
  }

  private static PathTree auto(CompactNetwork problem) {
    int n = problem.operandCount();
    if (n <= AUTO_OPTIMAL) {
      return new OptimalSearch(problem).best(Objective.FLOPS);
    }
    var search = new LocalPathSearch(problem, 0, PathTimeBudget.NONE);
    search.trials(Math.clamp(TRIAL_OPERANDS / n, 1, MAX_TRIALS));
    double worth = Math.max(MIN_SWEEPS, search.bestFlops() / FLOPS_PER_EXCHANGE / n);
    search.anneal((int) Math.min(MAX_SWEEPS, Math.min(SWEEP_OPERANDS / n, worth)));
    return search.bestTree();
  }

  /**
   * The best path that needs no slicing; empty if there is no such path, or if there are too many
   * operands to examine all paths.
   */
  private static Optional<ContractionPlan> withoutSlices(
      PathFinder finder, ContractionPlan sliced, long limit) {
    Network network = sliced.network();
    int most = finder instanceof PathFinder.Optimal ? SubsetDp.MAX_LEAVES : AUTO_OPTIMAL;
    boolean few = network.operandCount() > 2 && network.operandCount() <= most;
    if (!few || new Slicer(LabelFlow.of(network, sliced.path()), limit).operandsOversize()) {
      return Optional.empty();
    }
    return new OptimalSearch(CompactNetwork.of(network))
        .within(limit, sliced.cost().flops())
        .map(PathTree::path)
        .map(path -> new ContractionPlan(network, path, List.of(), PathCost.of(network, path)))
        .filter(plan -> plan.cost().largestIntermediate() <= limit);
  }

  /**
   * Slices one label at a time. After each one, the search goes on from the present tree, with the
   * label sliced.
   */
  private static Optional<ContractionPlan> slicedAndSearched(ContractionPlan plan, long limit) {
    Network network = plan.network();
    int n = network.operandCount();
    if (n <= 2 || n > RESEARCHED_OPERANDS) {
      return Optional.empty();
    }
    Map<Integer, Slice> chosen = new LinkedHashMap<>();
    ContractionPath path = plan.path();
    var slicer = new Slicer(LabelFlow.of(network, path), limit);
    Optional<Slice> next = slicer.next(chosen);
    for (int round = 0; round < MAX_SLICINGS && next.isPresent(); round++) {
      chosen.put(next.get().label(), next.get());
      path = searchedOn(network, path, chosen);
      slicer = new Slicer(LabelFlow.of(network, path), limit);
      next = slicer.next(chosen);
    }
    List<Slice> slices = slicer.slices(List.copyOf(chosen.values()));
    return Optional.of(
        new ContractionPlan(network, path, slices, PathCost.of(network, path, slices)));
  }

  private static ContractionPath searchedOn(
      Network network, ContractionPath path, Map<Integer, Slice> chosen) {
    List<Long> sizes = new ArrayList<>(network.sizes());
    chosen.values().forEach(slice -> sizes.set(slice.label(), slice.chunk()));
    var problem =
        CompactNetwork.of(
            new Network(network.operands(), network.output(), sizes, network.sparse()));
    var search = new LocalPathSearch(problem, 0, PathTimeBudget.NONE);
    search.start(tree(new PathFinder.Given(path), problem));
    search.anneal(SLICED_SWEEPS);
    return search.bestTree().path();
  }

  private static void checkOptimal(int operands) {
    if (operands > SubsetDp.MAX_LEAVES) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "optimal: at most %d operands can be searched, got %d; use Auto or RandomGreedy",
              SubsetDp.MAX_LEAVES,
              operands));
    }
  }
}
