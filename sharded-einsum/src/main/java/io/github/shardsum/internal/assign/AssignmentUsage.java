package io.github.shardsum.internal.assign;

/**
 * Usage above the limit at each point, as a tree of range additions. The largest excess is at the
 * root.
 */
final class AssignmentUsage {
  private final ReducedProblem model;
  private final int size;
  private final long[] most;
  private final long[] add;

  AssignmentUsage(ReducedProblem model, int[] choice) {
    this.model = model;
    int leaves = 1;
    while (leaves < model.points) {
      leaves *= 2;
    }
    size = leaves;
    most = new long[2 * size];
    add = new long[2 * size];
    reset(choice);
  }

  void reset(int[] choice) {
    long[] usage = model.usage(choice);
    java.util.Arrays.fill(add, 0);
    for (int point = 0; point < size; point++) {
      most[size + point] =
          point < model.points ? usage[point] - model.limit[point] : Long.MIN_VALUE / 4;
    }
    for (int at = size - 1; at > 0; at--) {
      most[at] = Math.max(most[2 * at], most[2 * at + 1]);
    }
  }

  /** The largest excess over the limit; feasible if 0 or less. */
  long excess() {
    return model.points == 0 ? 0 : most[1];
  }

  /** Changes a node's strategy, and returns an estimate of the work. */
  int change(int node, int from, int to) {
    int count = 0;
    for (int i = model.item[node]; i < model.item[node + 1]; i++) {
      long change = model.use[i][to] - model.use[i][from];
      if (change != 0) {
        add(model.lo[i], model.hi[i], change);
        count += 8;
      }
    }
    return count + model.item[node + 1] - model.item[node];
  }

  private void add(int lo, int hi, long change) {
    int left = lo + size;
    int right = hi + size - 1;
    int l = left;
    int r = right + 1;
    while (l < r) {
      if ((l & 1) == 1) {
        put(l++, change);
      }
      if ((r & 1) == 1) {
        put(--r, change);
      }
      l >>= 1;
      r >>= 1;
    }
    rebuild(left);
    rebuild(right);
  }

  private void put(int at, long change) {
    most[at] += change;
    add[at] += change;
  }

  private void rebuild(int leaf) {
    for (int at = leaf >> 1; at > 0; at >>= 1) {
      most[at] = Math.max(most[2 * at], most[2 * at + 1]) + add[at];
    }
  }

  /** Returns usage above the limit at each point. */
  long[] excesses() {
    long[] sum = new long[2 * size];
    long[] excess = new long[model.points];
    for (int at = 1; at < size; at++) {
      sum[2 * at] = sum[at] + add[at];
      sum[2 * at + 1] = sum[at] + add[at];
    }
    for (int point = 0; point < excess.length; point++) {
      excess[point] = sum[size + point] + most[size + point];
    }
    return excess;
  }

  /** Returns a point of largest excess. */
  int worst() {
    int at = 1;
    while (at < size) {
      at = most[2 * at] >= most[2 * at + 1] ? 2 * at : 2 * at + 1;
    }
    return at - size;
  }
}
