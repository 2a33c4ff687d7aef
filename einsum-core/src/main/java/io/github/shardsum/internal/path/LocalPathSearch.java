package io.github.shardsum.internal.path;

/**
 * Random-greedy trials, then rounds of annealing from the best tree, each followed by subtree
 * refinement; confined to one thread.
 */
public final class LocalPathSearch {
  /**
   * Limit of the rounds. For 100 to 500 operands, reheating the best tree often beats one long
   * annealing by far.
   */
  private static final int ROUNDS = 20;

  /** The least number of sweeps of a round; a shorter round cools too fast to gain anything. */
  private static final int MIN_ROUND = 40;

  /**
   * The first temperature. A move that doubles the cost of a step is accepted with probability 1/2
   * at temperature 1, and with probability 1e-6 at temperature 0.05.
   */
  private static final double HOT = 1;

  private static final double COLD = 0.05;

  /**
   * Tensors of a refined subtree; all trees over eight tensors take 3280 splits, about 20
   * microseconds.
   */
  private static final int WIDTH = 8;

  /** The share of a time budget for greedy trials. It is small, because annealing gains more. */
  private static final double TRIAL_SHARE = 0.1;

  private static final double MIN_WEIGHT = 0.1;
  private static final double MAX_WEIGHT = 4;
  private static final double MIN_NOISE = 0.001;
  private static final double MAX_NOISE = 1;

  private final CompactNetwork problem;
  private final PathSearchRandom random;
  private final PathTimeBudget clock;

  private int[] best = new int[0];
  private double bestFlops = Double.POSITIVE_INFINITY;

  public LocalPathSearch(CompactNetwork problem, long seed, PathTimeBudget clock) {
    this.problem = problem;
    this.clock = clock;
    random = new PathSearchRandom(seed);
  }

  /** Starts from a known tree. */
  public void start(PathTree tree) {
    keepIfBetter(tree);
  }

  /** Runs greedy trials, the first without noise, and refines the best one. */
  public void trials(int count) {
    var greedy = new GreedySearch(problem);
    keepIfBetter(greedy.greedy());
    int useful = problem.operandCount() <= WIDTH ? 1 : count;
    for (int k = 1; k < useful && clock.share() < TRIAL_SHARE; k++) {
      double weight = logUniform(MIN_WEIGHT, MAX_WEIGHT);
      double noise = logUniform(MIN_NOISE, MAX_NOISE);
      keepIfBetter(greedy.trial(weight, noise, random));
    }
    refine(new PathTree(problem, best));
  }

  /** Anneals in rounds, each from the best tree so far. */
  public void anneal(int sweeps) {
    if (problem.operandCount() <= WIDTH) {
      return; // the refinement has found the best tree already
    }
    int rounds = sweeps == 0 ? 0 : Math.clamp(sweeps / MIN_ROUND, 1, ROUNDS);
    for (int round = 0; round < rounds && !clock.expired(); round++) {
      var tree = new PathTree(problem, best);
      annealOnce(tree, Math.ceilDiv(sweeps, rounds), roundEnd(rounds - round));
      refine(tree);
    }
  }

  public double bestFlops() {
    return bestFlops;
  }

  public PathTree bestTree() {
    return new PathTree(problem, best);
  }

  private void annealOnce(PathTree tree, int sweeps, double end) {
    var annealer = new Annealer(tree, random);
    double begin = clock.share();
    double cooling = PathSearchRandom.log2(HOT / COLD);
    for (int sweep = 0; sweep < sweeps; sweep++) {
      double time = clock.budgetNanos() == 0 ? 0 : (clock.share() - begin) / (end - begin);
      double done = Math.max(time, sweep / (double) sweeps);
      if (done >= 1 || clock.expired()) {
        return;
      }
      annealer.sweep(HOT / PathSearchRandom.exp2(done * cooling));
    }
  }

  /**
   * The used share of the budget at which a round must end. The remaining rounds divide the
   * remaining budget equally.
   */
  private double roundEnd(int roundsLeft) {
    double gone = clock.share();
    return gone + (1 - gone) / roundsLeft;
  }

  private void refine(PathTree tree) {
    new SubtreeRefiner(tree, WIDTH).refine(clock);
    keepIfBetter(tree);
  }

  private void keepIfBetter(GreedySearch.Trial trial) {
    if (trial.flops() < bestFlops || best.length == 0) {
      bestFlops = trial.flops();
      best = trial.ids();
    }
  }

  private void keepIfBetter(PathTree tree) {
    double flops = tree.totalFlops();
    if (flops < bestFlops || best.length == 0) {
      bestFlops = flops;
      best = tree.ids();
    }
  }

  private double logUniform(double from, double to) {
    return from * PathSearchRandom.exp2(random.unit() * PathSearchRandom.log2(to / from));
  }
}
