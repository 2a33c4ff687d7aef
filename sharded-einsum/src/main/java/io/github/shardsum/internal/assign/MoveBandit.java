package io.github.shardsum.internal.assign;

/**
 * Draws moves of several kinds and sizes. The chance of a kind and size follows from its recent
 * gain per unit of work.
 */
final class MoveBandit {
  /** The amount of later work after which a gain counts only 1/e of its value. */
  private static final double MEMORY = 4e7;

  /** The least share of all work that each kind gets, except for the first kind. */
  private static final double FLOOR = 0.12;

  /** Work at the mean gain that is added to the recorded work of each kind and size. */
  private static final double PRIOR = 2e5;

  private final int kinds;
  private final int sizes;
  private final int usefulSizes;
  private final double[] gain;
  private final double[] work;
  private final double[] typical;

  MoveBandit(int kinds, int[] sizes, int nodes) {
    this.kinds = kinds;
    this.sizes = sizes.length;
    int useful = sizes.length;
    while (useful > 1 && sizes[useful - 2] >= nodes) {
      useful--;
    }
    this.usefulSizes = useful;
    int arms = kinds * sizes.length;
    this.gain = new double[arms];
    this.work = new double[arms];
    this.typical = new double[arms];
    for (int arm = 0; arm < arms; arm++) {
      work[arm] = 1;
      typical[arm] = 100.0 * sizes[arm % sizes.length];
    }
  }

  void record(int arm, double won, long worked) {
    double kept = Math.exp(-worked / MEMORY);
    for (int one = 0; one < gain.length; one++) {
      gain[one] *= kept;
      work[one] *= kept;
    }
    gain[arm] += won;
    work[arm] += worked;
    typical[arm] += 0.1 * (worked - typical[arm]);
  }

  /**
   * Draws a kind and a size, encoded as {@code kind * sizes + size}. A quarter of the draws take
   * the pair with the least work.
   */
  int draw(SolverRandom random) {
    double all = 1;
    double won = 0;
    double[] ofKind = new double[kinds];
    for (int arm = 0; arm < work.length; arm++) {
      all += work[arm];
      won += gain[arm];
      ofKind[arm / sizes] += work[arm];
    }
    int only = -1;
    for (int kind = 1; kind < kinds; kind++) {
      only = ofKind[kind] < FLOOR * all ? kind : only;
    }
    int from = only < 0 ? 0 : only;
    int to = only < 0 ? kinds : only + 1;
    return random.below(4) == 0
        ? leastWorked(from, to)
        : byGain(from, to, won / all + 1e-12, random.unit());
  }

  private int leastWorked(int from, int to) {
    int least = from * sizes;
    for (int kind = from; kind < to; kind++) {
      for (int size = 0; size < usefulSizes; size++) {
        int arm = kind * sizes + size;
        least = work[arm] < work[least] ? arm : least;
      }
    }
    return least;
  }

  private int byGain(int from, int to, double mean, double drawn) {
    double[] chance = new double[work.length];
    double total = 0;
    for (int kind = from; kind < to; kind++) {
      for (int size = 0; size < usefulSizes; size++) {
        int arm = kind * sizes + size;
        chance[arm] = (gain[arm] + PRIOR * mean) / (work[arm] + PRIOR) / typical[arm];
        total += chance[arm];
      }
    }
    double left = drawn * total;
    for (int arm = from * sizes; arm < to * sizes; arm++) {
      left -= chance[arm];
      if (left <= 0 && chance[arm] > 0) {
        return arm;
      }
    }
    return from * sizes;
  }
}
