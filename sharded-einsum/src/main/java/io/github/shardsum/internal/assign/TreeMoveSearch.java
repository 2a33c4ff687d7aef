package io.github.shardsum.internal.assign;

/**
 * Searches by chains of tree moves; a chain is accepted or undone as a whole. Each search runs on
 * one thread and has its own random numbers.
 */
final class TreeMoveSearch {
  private static final int[] SIZES = {1, 4, 12, 40, 150, 600, 3000};
  private static final int KINDS = 4;

  /** The distance that prices of memory move in a round. */
  private static final double RATE = 0.1;

  private final ReducedProblem model;
  private final SolverEffort effort;
  private final SolverRandom random;
  private final AssignmentState state;
  private final TreeMove move;
  private double[] memory;
  private int[] best = new int[0];
  private long bestCost = Long.MAX_VALUE;
  private final MoveBandit arms;
  private final MoveBandit roaming;
  private double freeing = 2;

  /** Price of a byte, on average over the items. */
  private double unit;

  /** Prices of memory that move with the choice. */
  private final double[] moving;

  private final int[] region;
  private final int[] seen;
  private int stamp;

  TreeMoveSearch(ReducedProblem model, SolverEffort effort, long seed, double[] price) {
    this.model = model;
    this.effort = effort;
    this.random = new SolverRandom(seed);
    this.state = new AssignmentState(model, new int[model.nodes]);
    this.move = new TreeMove(state, random, effort);
    this.memory = model.memoryCosts(price);
    this.arms = new MoveBandit(KINDS, SIZES, model.nodes);
    this.roaming = new MoveBandit(2, SIZES, model.nodes);
    this.region = new int[model.nodes];
    this.seen = new int[model.nodes];
    this.unit = meanPrice(price);
    this.moving = price.clone();
  }

  private double meanPrice(double[] price) {
    double[] prefix = ReducedProblem.prefix(price);
    double sum = 0;
    int items = model.item[model.nodes];
    for (int i = 0; i < items; i++) {
      sum += prefix[model.hi[i]] - prefix[model.lo[i]];
    }
    return items == 0 ? 0 : sum / items;
  }

  /** The best feasible choice, empty if there is none. */
  int[] best() {
    return best;
  }

  /**
   * The cost of {@link #best} without the model's constant; the largest number if there is none.
   */
  long bestCost() {
    return bestCost;
  }

  /** Continues from a feasible choice. */
  void startFrom(int[] choice) {
    state.reset(choice);
    accept();
  }

  private boolean isPossible() {
    // If entries are huge, even a possible choice may cost as much as an impossible one.
    return state.isFeasible()
        && (state.cost() < model.impossible || model.impossible(state.choice) == 0);
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
   * @param factor factor of the prices of memory
   * @param share the most work to do
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

  /**
   * Lowers the sum of the cost and the price of memory, beginning from a choice and ignoring
   * limits.
   */
  int[] polish(int[] start, long until) {
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

  /**
   * Lowers usage until no limit is broken, beginning from a choice. Returns whether that succeeded.
   */
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

  /**
   * Alternates sweeps of moves at the prices of memory with small changes of the prices: up where
   * the limit is broken, down where memory is left.
   */
  void descend(long share) {
    long until = effort.done() + share;
    double[] saved = memory;
    double[] now = moving;
    double scale = 1;
    for (long limit : model.limit) {
      scale = Math.max(scale, limit);
    }
    long each = 4 * model.entries + 100L * model.nodes;
    while (effort.done() < until && !effort.isSpent()) {
      memory = model.memoryCosts(now);
      effort.add(model.item[model.nodes] * 8L);
      roam(Math.min(each, until - effort.done()));
      accept();
      long[] excess = state.usage.excesses();
      for (int point = 0; point < excess.length; point++) {
        double over = excess[point] / scale;
        if (over > 0) {
          now[point] += RATE * unit * (0.02 + over);
        } else if (now[point] > 0) {
          now[point] = Math.max(0, now[point] * (1 + RATE * Math.max(-1, over)));
        }
      }
    }
    memory = saved;
  }

  /**
   * Lowers the sum of the cost and the price of memory by moves and by forced strategies, ignoring
   * limits.
   */
  private void roam(long share) {
    long until = effort.done() + share;
    state.price(memory);
    while (effort.done() < until && !effort.isSpent()) {
      int arm = roaming.draw(random);
      int size = SIZES[arm % SIZES.length];
      long begun = effort.done();
      double before = state.value();
      if (arm < SIZES.length) {
        move.apply(anywhere(), size, memory, 1, -1);
      } else {
        forceAtPrices(size, before);
      }
      double won = before - state.value();
      if (won >= 0) {
        state.mark();
      } else {
        state.rollBack();
        won = 0;
      }
      roaming.record(arm, won, effort.done() - begun);
    }
  }

  private void forceAtPrices(int size, double before) {
    int root = anywhere();
    int forced = otherStrategy(root);
    if (forced < 0) {
      return;
    }
    move.apply(root, size, memory, 1, forced);
    int moves = 3 + random.below(6);
    for (int count = 0; count < moves && state.value() >= before; count++) {
      move.apply(near(), smaller(size), memory, 1, -1);
    }
  }

  /** A possible strategy of a node, not the chosen one; -1 if none was drawn. */
  private int otherStrategy(int node) {
    int strategies = model.size(node);
    if (strategies < 2) {
      return -1;
    }
    int other = random.below(strategies - 1);
    other += other >= state.choice[node] ? 1 : 0;
    return model.cost[model.offset[node] + other] >= model.impossible ? -1 : other;
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

  /** Continues from the present choice until a share of work is done. */
  void search(long share) {
    long until = effort.done() + share;
    while (effort.done() < until && !effort.isSpent()) {
      int arm = arms.draw(random);
      long begun = effort.done();
      long before = state.cost();
      int size = SIZES[arm % SIZES.length];
      switch (arm / SIZES.length) {
        case 0 -> lower(size);
        case 1 -> force(size);
        case 2 -> trade(size);
        default -> oscillate(size);
      }
      boolean kept = isPossible() && state.cost() <= before;
      double won = 0;
      if (kept) {
        won = before - state.cost();
        accept();
      } else {
        state.rollBack();
      }
      arms.record(arm, won, effort.done() - begun);
    }
  }

  private int anywhere() {
    return random.below(model.nodes);
  }

  /** A changed node or a neighbour of one; any node if nothing changed. */
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

  /** Makes some nodes cheaper although that may break the limit; other nodes then free memory. */
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

  /** Moves a node to another strategy, and then improves the choice around the node. */
  private void force(int size) {
    int root = anywhere();
    int forced = otherStrategy(root);
    if (forced < 0) {
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

  /** Frees memory at a cost, then uses this memory to make other nodes cheaper. */
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

  /**
   * Makes memory cheap in a region of the graph, then expensive until the limit holds, and uses the
   * memory that is left.
   */
  private void oscillate(int size) {
    int count = gather(4 + size);
    double factor = random.unit();
    int small = 1 + random.below(12);
    sweep(count, small, factor);
    double[] price = new double[model.points];
    double raise = unit * (0.25 + random.unit());
    for (int round = 0; round < 12 && !state.isFeasible(); round++) {
      if (state.cost() > state.costAtMark() && round > 6) {
        return;
      }
      int worst = state.usage.worst();
      price[worst] += raise;
      raise *= 1.4;
      move.charge(ReducedProblem.prefix(price));
      effort.add(model.points);
      factor = Math.max(factor, 0.5 + random.unit());
      sweep(count, small, factor);
    }
    move.charge(new double[0]);
    if (!state.isFeasible()) {
      return;
    }
    for (int index = 0; index < count; index++) {
      int then = state.changes();
      long cost = state.cost();
      move.apply(region[index], small, memory, 0, -1);
      if (!state.isFeasible() || state.cost() >= cost) {
        state.rollBack(then, cost);
      }
    }
  }

  private void sweep(int count, int size, double factor) {
    int begin = random.below(count);
    for (int index = 0; index < count; index++) {
      move.apply(region[(begin + index) % count], size, memory, factor, -1);
    }
  }

  /** Gathers nodes around one, breadth first, and returns their number. */
  private int gather(int most) {
    stamp++;
    int root = anywhere();
    region[0] = root;
    seen[root] = stamp;
    int count = 1;
    for (int at = 0; at < count && count < most; at++) {
      int node = region[at];
      for (int i = model.incident[node]; i < model.incident[node + 1] && count < most; i++) {
        int next = model.other[i];
        if (seen[next] != stamp && random.below(4) > 0) {
          seen[next] = stamp;
          region[count++] = next;
        }
      }
      effort.add(model.incident[node + 1] - model.incident[node]);
    }
    return count;
  }
}
