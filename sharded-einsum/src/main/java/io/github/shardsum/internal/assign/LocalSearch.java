package io.github.shardsum.internal.assign;

import java.util.Arrays;

/**
 * Chains of tree moves; a chain is accepted or taken back as one. One thread, own random numbers.
 */
final class LocalSearch {
  private static final int[] SIZES = {1, 4, 12, 40, 150, 600, 3000};
  private static final int KINDS = 3;
  private static final double FORGET = 0.9995;
  private static final double FLOOR = 0.15;

  private final Model model;
  private final Effort effort;
  private final Random64 random;
  private final State state;
  private final TreeMove move;
  private double[] memory;
  private int[] best = new int[0];
  private long bestCost = Long.MAX_VALUE;
  private final double[] gain = new double[KINDS * SIZES.length];
  private final double[] work = new double[KINDS * SIZES.length];
  private double freeing = 2;

  LocalSearch(Model model, Effort effort, long seed, double[] price) {
    this.model = model;
    this.effort = effort;
    this.random = new Random64(seed);
    this.state = new State(model, new int[model.nodes]);
    this.move = new TreeMove(state, random, effort);
    this.memory = model.memoryCosts(price);
    Arrays.fill(work, 1);
  }

  /** The best feasible choice, empty if there is none. */
  int[] best() {
    return best;
  }

  /** Its cost without the model's constant, the largest number if there is none. */
  long bestCost() {
    return bestCost;
  }

  /** Goes on from a feasible choice. */
  void startFrom(int[] choice) {
    state.reset(choice);
    accept();
  }

  private boolean isPossible() {
    return state.isFeasible() && state.cost() < model.impossible;
  }

  private void accept() {
    state.mark();
    if (state.cost() < bestCost && isPossible()) {
      bestCost = state.cost();
      best = state.choice.clone();
    }
  }

  private double lagrangian() {
    double value = state.cost();
    for (int node = 0; node < model.nodes; node++) {
      value += memory[model.offset[node] + state.choice[node]];
    }
    return value;
  }

  /**
   * Looks for a feasible choice.
   *
   * @param start a choice that may break the limit
   * @param factor of the prices of memory
   * @param share work to be done at most
   */
  void find(int[] start, double[] price, double factor, long share) {
    long until = effort.done() + share;
    double[] raised = price.clone();
    for (int point = 0; point < raised.length; point++) {
      raised[point] *= factor;
    }
    double[] saved = memory;
    memory = model.memoryCosts(raised);
    int[] polished = polish(start, effort.done() + share / 2);
    repair(polished, raised, until);
    memory = saved;
  }

  /** Lowers cost and priced memory from a choice, limits ignored. */
  private int[] polish(int[] start, long until) {
    state.reset(start);
    double value = lagrangian();
    int idle = 0;
    int[] sizes = {30, 200, 1000, 5000};
    while (idle < 4 && effort.done() < until && !effort.isSpent()) {
      for (int size : sizes) {
        int moves = 1 + 2 * model.nodes / size;
        for (int count = 0; count < moves && effort.done() < until; count++) {
          move.apply(random.below(model.nodes), size, memory, 1, -1);
          state.mark();
        }
      }
      double now = lagrangian();
      idle = now < value - 1e-9 * Math.abs(value) ? 0 : idle + 1;
      value = now;
    }
    return state.choice.clone();
  }

  /** Lowers usage from a choice until no limit is broken, and returns whether that succeeded. */
  private boolean repair(int[] start, double[] price, long until) {
    double[] saved = memory;
    state.reset(start);
    double[] raised = price.clone();
    double scale = 1;
    for (long limit : model.limit) {
      scale = Math.max(scale, limit);
    }
    double base = 1e-4 * Math.abs(state.cost() % model.impossible + 1.0) / scale;
    for (int round = 0; round < 150 && !isPossible(); round++) {
      if (effort.done() >= until || effort.isSpent()) {
        break;
      }
      boolean[] over = raise(raised, base, scale);
      base *= 1.3;
      memory = model.memoryCosts(raised);
      effort.add(model.item[model.nodes] * 8L);
      long[] hot = prefix(over);
      int begin = random.below(model.nodes);
      for (int index = 0; index < model.nodes && !isPossible(); index++) {
        int node = (begin + index) % model.nodes;
        if (!state.isFeasible() ? isLive(node, hot) : true) {
          move.apply(node, 1 + random.below(12), memory, 1, -1);
          state.mark();
        }
      }
    }
    memory = saved;
    boolean done = isPossible();
    accept();
    return done;
  }

  private boolean[] raise(double[] price, double base, double scale) {
    long[] excess = state.usage.excesses();
    boolean[] over = new boolean[model.points];
    long worst = Math.max(0, state.usage.excess());
    for (int point = 0; point < over.length; point++) {
      if (excess[point] > 0 && excess[point] >= worst / 2) {
        over[point] = true;
        price[point] = 1.2 * price[point] + base * (0.1 + excess[point] / scale);
      }
    }
    return over;
  }

  private static long[] prefix(boolean[] over) {
    long[] sum = new long[over.length + 1];
    for (int point = 0; point < over.length; point++) {
      sum[point + 1] = sum[point] + (over[point] ? 1 : 0);
    }
    return sum;
  }

  private boolean isLive(int node, long[] hot) {
    for (int i = model.item[node]; i < model.item[node + 1]; i++) {
      if (hot[model.hi[i]] > hot[model.lo[i]]) {
        return true;
      }
    }
    return false;
  }

  /** Goes on from the present choice until so much work is done. */
  void search(long share) {
    long until = effort.done() + share;
    while (effort.done() < until && !effort.isSpent()) {
      int arm = draw();
      long begun = effort.done();
      long before = state.cost();
      int size = SIZES[arm % SIZES.length];
      switch (arm / SIZES.length) {
        case 0 -> lower(size);
        case 1 -> force(size);
        default -> trade(size);
      }
      boolean kept = isPossible() && state.cost() <= before;
      double won = 0;
      if (kept) {
        won = before - state.cost();
        accept();
      } else {
        state.rollBack();
      }
      record(arm, won, effort.done() - begun);
    }
  }

  private void record(int arm, double won, long worked) {
    for (int one = 0; one < gain.length; one++) {
      gain[one] *= FORGET;
      work[one] *= FORGET;
    }
    gain[arm] += won;
    work[arm] += worked;
  }

  private int draw() {
    int sizes = SIZES.length;
    while (sizes > 1 && SIZES[sizes - 2] >= model.nodes) {
      sizes--;
    }
    double all = 0;
    double[] ofKind = new double[KINDS];
    for (int arm = 0; arm < work.length; arm++) {
      all += work[arm];
      ofKind[arm / SIZES.length] += work[arm];
    }
    int least = -1;
    for (int kind = 1; kind < KINDS; kind++) {
      if (ofKind[kind] < FLOOR * all) {
        least = kind;
      }
    }
    int from = least < 0 ? 0 : least;
    int to = least < 0 ? KINDS : least + 1;
    if (random.below(4) == 0) {
      return leastWorked(from, to, sizes);
    }
    double total = 0;
    double mean = 0;
    for (int arm = 0; arm < work.length; arm++) {
      mean += gain[arm];
    }
    mean = mean / all * 0.02 + 1e-12;
    for (int kind = from; kind < to; kind++) {
      for (int size = 0; size < sizes; size++) {
        total += rate(kind * SIZES.length + size, mean);
      }
    }
    double pick = random.unit() * total;
    for (int kind = from; kind < to; kind++) {
      for (int size = 0; size < sizes; size++) {
        pick -= rate(kind * SIZES.length + size, mean);
        if (pick <= 0) {
          return kind * SIZES.length + size;
        }
      }
    }
    return from * SIZES.length;
  }

  /**
   * Gain by work, with a prior; drawn by work, so that an arm of long moves is drawn less often.
   */
  private double rate(int arm, double mean) {
    return (gain[arm] / (work[arm] + 1000) + mean) / typicalWork(arm);
  }

  private static double typicalWork(int arm) {
    return 1 + SIZES[arm % SIZES.length];
  }

  private int leastWorked(int from, int to, int sizes) {
    int least = from * SIZES.length;
    for (int kind = from; kind < to; kind++) {
      for (int size = 0; size < sizes; size++) {
        int arm = kind * SIZES.length + size;
        least = work[arm] < work[least] ? arm : least;
      }
    }
    return least;
  }

  private int anywhere() {
    return random.below(model.nodes);
  }

  /** A changed node or a neighbour of one; anywhere if nothing changed. */
  private int near() {
    if (state.changes() == 0) {
      return anywhere();
    }
    int node = state.changed(random.below(state.changes()));
    int degree = model.incident[node + 1] - model.incident[node];
    if (degree > 0 && random.below(3) > 0) {
      return model.other[model.incident[node] + random.below(degree)];
    }
    return node;
  }

  private int smaller(int size) {
    return SIZES[random.below(5)] < size ? SIZES[random.below(4)] : Math.max(1, size);
  }

  /** A cheaper choice; memory that it takes is paid for by others. */
  private void lower(int size) {
    move.apply(anywhere(), size, memory, 0, -1);
    for (int count = 0; count < 6; count++) {
      if (state.isFeasible() || state.cost() > state.costAtMark()) {
        return;
      }
      move.apply(
          random.coin() ? near() : anywhere(), smaller(size), memory, 1 << random.below(4), -1);
    }
  }

  /** Some other strategy of a node, and what follows from it. */
  private void force(int size) {
    int root = anywhere();
    int strategies = model.size(root);
    if (strategies < 2) {
      return;
    }
    int forced = random.below(strategies - 1);
    forced += forced >= state.choice[root] ? 1 : 0;
    if (model.cost[model.offset[root] + forced] >= model.impossible) {
      return;
    }
    move.apply(root, size, memory, random.coin() ? 0 : 1, forced);
    int moves = 3 + random.below(6);
    for (int count = 0; count < moves; count++) {
      if (state.isFeasible() && state.cost() < state.costAtMark()) {
        return;
      }
      double factor = state.isFeasible() ? 0 : 1 << random.below(3);
      move.apply(near(), smaller(size), memory, factor, -1);
    }
  }

  /** Frees memory at a cost, and spends it. */
  private void trade(int size) {
    move.apply(anywhere(), size, memory, freeing * (0.5 + random.unit()), -1);
    if (!state.isFeasible()) {
      freeing = Math.min(64, freeing * 1.03);
      return;
    }
    freeing = Math.max(0.25, freeing * 0.98);
    int moves = 2 + random.below(6);
    for (int count = 0; count < moves; count++) {
      int then = state.changes();
      long cost = state.cost();
      move.apply(random.coin() ? near() : anywhere(), smaller(size), memory, 0, -1);
      if (!state.isFeasible() || state.cost() >= cost) {
        state.rollBack(then, cost);
      }
    }
  }
}
