package io.github.shardsum.internal.path;

import io.github.shardsum.path.Objective;
import java.util.Optional;

/** The best tree over all operands of a problem; confined to one thread. */
public final class OptimalSearch {
  /** Up to this number of operands, a search without a bound is faster than finding a bound. */
  private static final int UNBOUNDED = 9;

  private static final int BOUND_TRIALS = 8;
  private static final int BOUND_SWEEPS = 300;

  private final CompactNetwork problem;
  private final SubsetDp dp = new SubsetDp();
  private final int leaves;

  public OptimalSearch(CompactNetwork problem) {
    this.problem = problem;
    leaves = problem.operandCount();
    int labels = problem.sizes().length;
    int words = Math.max(1, Math.ceilDiv(labels, Long.SIZE));
    long[] bits = new long[leaves * words];
    for (int i = 0; i < leaves; i++) {
      for (long leg : problem.legs()[i]) {
        set(bits, i * words, CompactNetwork.label(leg));
      }
    }
    long[] output = new long[words];
    for (int label = 0; label < labels; label++) {
      if (problem.output()[label]) {
        set(output, 0, label);
      }
    }
    dp.load(leaves, bits, output, problem.sizes());
  }

  /**
   * The best tree for the objective. With {@code SIZE}, the tree with the smallest largest
   * intermediate; among several, the one with the fewest operations.
   */
  public PathTree best(Objective objective) {
    return switch (objective) {
      case FLOPS -> {
        double bound = bound();
        dp.minimiseFlops(bound, Double.POSITIVE_INFINITY);
        yield tree();
      }
      case SIZE -> {
        // operands that are summed beforehand are in every tree, so a limit below their size
        // gains nothing
        double smallest = Math.max(dp.minimiseSize(), problem.largestSum());
        dp.minimiseFlops(Double.POSITIVE_INFINITY, smallest);
        yield tree();
      }
    };
  }

  /**
   * The tree with the fewest operations among those whose intermediates are within the limit; empty
   * if each of them has more operations than the cap.
   */
  public Optional<PathTree> within(double sizeLimit, double cap) {
    double flops = dp.minimiseFlops(cap, sizeLimit);
    return Double.isInfinite(flops) ? Optional.empty() : Optional.of(tree());
  }

  private double bound() {
    if (leaves <= UNBOUNDED) {
      return Double.POSITIVE_INFINITY;
    }
    var search = new LocalPathSearch(problem, 0, PathTimeBudget.NONE);
    search.trials(BOUND_TRIALS);
    search.anneal(BOUND_SWEEPS);
    return search.bestFlops();
  }

  /**
   * Makes a tree of the subsets that the search found. A contraction's operands are numbered before
   * its result.
   */
  private PathTree tree() {
    int[] sets = new int[leaves - 1];
    int count = 1;
    sets[0] = (1 << leaves) - 1;
    for (int k = 0; k < count; k++) {
      int a = dp.split(sets[k]);
      count = append(sets, count, a);
      count = append(sets, count, sets[k] ^ a);
    }
    int[] ids = new int[2 * (leaves - 1)];
    int[] idOf = new int[1 << leaves];
    for (int i = 0; i < leaves; i++) {
      idOf[1 << i] = i;
    }
    for (int step = 0; step < leaves - 1; step++) {
      int set = sets[leaves - 2 - step];
      idOf[set] = leaves + step;
      ids[2 * step] = idOf[dp.split(set)];
      ids[2 * step + 1] = idOf[set ^ dp.split(set)];
    }
    return new PathTree(problem, ids);
  }

  private static int append(int[] sets, int count, int set) {
    if (Integer.bitCount(set) == 1) {
      return count;
    }
    sets[count] = set;
    return count + 1;
  }

  private static void set(long[] bits, int from, int label) {
    bits[from + (label >>> 6)] |= 1L << label;
  }
}
