package io.github.shardsum.internal.assign;

import java.util.Arrays;

/**
 * A choice with its cost and its usage. Labels are changed one by one, and changes can be undone.
 */
final class AssignmentState {
  final ReducedProblem model;
  final int[] choice;
  final AssignmentUsage usage;

  /** The cost without the model's constant; an impossible entry adds the model's number for it. */
  private long cost;

  /** Prices of memory by strategy, and the sum of prices of the choice. */
  private double[] memory = new double[0];

  private double paid;
  private double paidAtMark;
  private int[] changed = new int[64];
  private int[] before = new int[64];
  private int changes;
  private long costAtMark;

  AssignmentState(ReducedProblem model, int[] start) {
    this.model = model;
    this.choice = start.clone();
    this.usage = new AssignmentUsage(model, start);
    this.cost = model.cost(start);
    this.costAtMark = cost;
  }

  long cost() {
    return cost;
  }

  boolean isFeasible() {
    return usage.excess() <= 0;
  }

  /** Takes another choice, and forgets changes. */
  void reset(int[] start) {
    System.arraycopy(start, 0, choice, 0, choice.length);
    usage.reset(start);
    cost = model.cost(start);
    memory = new double[0];
    paid = 0;
    mark();
  }

  /** Sets the prices that {@link #value} counts. */
  void price(double[] prices) {
    memory = prices;
    paid = 0;
    for (int node = 0; node < model.nodes; node++) {
      paid += memory[model.offset[node] + choice[node]];
    }
    mark();
  }

  /** Cost and priced memory. */
  double value() {
    return cost + paid;
  }

  /** Accepts all changes so far. */
  void mark() {
    changes = 0;
    costAtMark = cost;
    paidAtMark = paid;
  }

  int changes() {
    return changes;
  }

  int changed(int index) {
    return changed[index];
  }

  long costAtMark() {
    return costAtMark;
  }

  /** Changes a label, and returns the work. */
  long set(int node, int strategy) {
    int old = choice[node];
    if (old == strategy) {
      return 0;
    }
    if (changes == changed.length) {
      changed = Arrays.copyOf(changed, 2 * changes);
      before = Arrays.copyOf(before, 2 * changes);
    }
    changed[changes] = node;
    before[changes++] = old;
    cost += change(node, old, strategy);
    if (memory.length > 0) {
      paid += memory[model.offset[node] + strategy] - memory[model.offset[node] + old];
    }
    choice[node] = strategy;
    return (long) usage.change(node, old, strategy)
        + model.incident[node + 1]
        - model.incident[node];
  }

  private long change(int node, int old, int strategy) {
    int at = model.offset[node];
    long change = model.cost[at + strategy] - model.cost[at + old];
    for (int i = model.incident[node]; i < model.incident[node + 1]; i++) {
      int e = model.edge[i];
      int of = choice[model.other[i]];
      change += model.at(e, node, strategy, of) - model.at(e, node, old, of);
    }
    return change;
  }

  /** Undoes changes until a number of them is left. */
  void rollBack(int left, long costThen) {
    while (changes > left) {
      changes--;
      int node = changed[changes];
      usage.change(node, choice[node], before[changes]);
      choice[node] = before[changes];
    }
    cost = costThen;
  }

  void rollBack() {
    rollBack(0, costAtMark);
    paid = paidAtMark;
  }
}
