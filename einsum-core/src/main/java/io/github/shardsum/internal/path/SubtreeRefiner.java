package io.github.shardsum.internal.path;

import java.util.Arrays;

/**
 * Replaces subtrees of a few tensors by the best tree over the same tensors, until no subtree
 * improves (subtree reconfiguration, Gray and Kourtis 2021); confined to one thread.
 */
public final class SubtreeRefiner {
  private static final double GAIN = 1 - 1e-9;

  private final PathTree tree;
  private final int width;
  private final SubsetDp dp = new SubsetDp();
  private final PathKeySet settled = new PathKeySet();
  private final int[] frontier;
  private final int[] inner;
  private final int[] localOf;
  private double[] localSizes = new double[64];
  private int[] localLabels = new int[64];
  private int localCount;

  /** Prepares for subtrees of at most {@code width} tensors. */
  public SubtreeRefiner(PathTree tree, int width) {
    this.tree = tree;
    this.width = width;
    frontier = new int[width];
    inner = new int[width];
    localOf = new int[tree.problem.sizes().length];
    Arrays.fill(localOf, -1);
  }

  /** Walks over the tree until a walk gains nothing or the time is up. */
  public boolean refine(PathTimeBudget clock) {
    boolean gained = false;
    boolean again = true;
    while (again && !clock.expired()) {
      again = walk(clock);
      gained |= again;
    }
    return gained;
  }

  private boolean walk(PathTimeBudget clock) {
    boolean gained = false;
    for (int node : tree.postOrder()) {
      if (clock.expired()) {
        return gained;
      }
      gained |= improve(node);
    }
    return gained;
  }

  private boolean improve(int node) {
    int leaves = cut(node);
    if (leaves < 3 || !settled.add(cutKey(leaves))) {
      return false;
    }
    double old = 0;
    for (int k = 0; k < leaves - 1; k++) {
      old += tree.flops[inner[k]];
    }
    load(node, leaves);
    double best = dp.minimiseFlops(old, Double.POSITIVE_INFINITY);
    if (!(best < old * GAIN)) {
      return false;
    }
    rebuild(leaves);
    settled.add(cutKey(leaves));
    return true;
  }

  /**
   * Opens the most expensive contractions below a node, one by one, until there are enough tensors.
   */
  private int cut(int node) {
    int opened = 0;
    inner[opened++] = node;
    frontier[0] = tree.left[node];
    frontier[1] = tree.right[node];
    int leaves = 2;
    while (leaves < width) {
      int dearest = -1;
      for (int k = 0; k < leaves; k++) {
        if (!tree.isLeaf(frontier[k])
            && (dearest < 0 || tree.flops[frontier[k]] > tree.flops[frontier[dearest]])) {
          dearest = k;
        }
      }
      if (dearest < 0) {
        break;
      }
      int open = frontier[dearest];
      inner[opened++] = open;
      frontier[dearest] = tree.left[open];
      frontier[leaves++] = tree.right[open];
    }
    return leaves;
  }

  private long cutKey(int leaves) {
    long sum = 0;
    for (int k = 0; k < leaves; k++) {
      sum += PathSearchRandom.mix(tree.key[frontier[k]]);
    }
    return sum;
  }

  private void load(int node, int leaves) {
    localCount = 0;
    for (int k = 0; k < leaves; k++) {
      for (long leg : tree.legs[frontier[k]]) {
        addLocal(CompactNetwork.label(leg));
      }
    }
    int words = Math.max(1, (localCount + Long.SIZE - 1) / Long.SIZE);
    long[] bits = new long[leaves * words];
    for (int k = 0; k < leaves; k++) {
      setBits(tree.legs[frontier[k]], bits, k * words);
    }
    long[] output = new long[words];
    setBits(tree.legs[node], output, 0);
    dp.load(leaves, bits, output, Arrays.copyOf(localSizes, localCount));
    for (int k = 0; k < localCount; k++) {
      localOf[localLabels[k]] = -1;
    }
  }

  private void addLocal(int label) {
    if (localOf[label] >= 0) {
      return;
    }
    if (localCount == localLabels.length) {
      localLabels = Arrays.copyOf(localLabels, 2 * localCount);
      localSizes = Arrays.copyOf(localSizes, 2 * localCount);
    }
    localOf[label] = localCount;
    localLabels[localCount] = label;
    localSizes[localCount++] = tree.problem.sizes()[label];
  }

  private void setBits(long[] legs, long[] bits, int from) {
    for (long leg : legs) {
      int local = localOf[CompactNetwork.label(leg)];
      bits[from + (local >>> 6)] |= 1L << local;
    }
  }

  /** Reuses the opened nodes for the new tree; the top node stays the top. */
  private void rebuild(int leaves) {
    int[] setOf = new int[leaves - 1];
    setOf[0] = (1 << leaves) - 1;
    int used = 1;
    for (int k = 0; k < leaves - 1; k++) {
      int a = dp.split(setOf[k]);
      int b = setOf[k] ^ a;
      used = assign(a, setOf, used);
      used = assign(b, setOf, used);
    }
    for (int k = leaves - 2; k >= 0; k--) {
      int a = dp.split(setOf[k]);
      tree.join(inner[k], nodeOf(a, setOf, used), nodeOf(setOf[k] ^ a, setOf, used));
    }
  }

  private static int assign(int set, int[] setOf, int used) {
    if (Integer.bitCount(set) > 1) {
      setOf[used] = set;
      return used + 1;
    }
    return used;
  }

  private int nodeOf(int set, int[] setOf, int used) {
    if (Integer.bitCount(set) == 1) {
      return frontier[Integer.numberOfTrailingZeros(set)];
    }
    for (int k = 0; k < used; k++) {
      if (setOf[k] == set) {
        return inner[k];
      }
    }
    throw new AssertionError("a part of the tree was never made");
  }
}
