package io.github.shardsum.internal.path;

/**
 * Simulated annealing by exchanges of neighbouring subtrees (TreeSA, Kalachev, Panteleev and Yung
 * 2021); confined to one thread.
 *
 * <p>A contraction of (a b) with c becomes one of (a c) with b. The more the costs of the two steps
 * grow, the less probable is the exchange.
 */
public final class Annealer {
  private final PathTree tree;
  private final PathSearchRandom random;
  private final PairCost upper;
  private final PairCost lower;

  public Annealer(PathTree tree, PathSearchRandom random) {
    this.tree = tree;
    this.random = random;
    upper = new PairCost(tree.problem);
    lower = new PairCost(tree.problem);
  }

  /** Tries one exchange at every contraction. */
  public void sweep(double temperature) {
    for (int node = tree.operandCount; node <= tree.root; node++) {
      long bits = random.next();
      int x = (bits & 1) == 0 ? tree.left[node] : tree.right[node];
      if (tree.isLeaf(x)) {
        x = tree.left[node] + tree.right[node] - x;
      }
      if (!tree.isLeaf(x)) {
        exchange(node, x, (bits & 2) == 0, temperature);
      }
    }
  }

  private void exchange(int node, int x, boolean keepLeft, double temperature) {
    int c = tree.left[node] + tree.right[node] - x;
    int a = keepLeft ? tree.left[x] : tree.right[x];
    int b = tree.left[x] + tree.right[x] - a;
    lower.merge(tree.legs[a], tree.legs[c]);
    double old = tree.flops[node] + tree.flops[x];
    double limit = old * allowance(temperature);
    if (lower.flops > limit) {
      return;
    }
    long[] legs = lower.legs();
    upper.merge(legs, tree.legs[b]);
    if (lower.flops + upper.flops > limit) {
      return;
    }
    tree.left[x] = a;
    tree.right[x] = c;
    tree.parent[c] = x;
    tree.left[node] = x;
    tree.right[node] = b;
    tree.parent[b] = node;
    tree.legs[x] = legs;
    tree.size[x] = lower.size;
    tree.flops[x] = lower.flops;
    tree.flops[node] = upper.flops;
    tree.key[x] = tree.key[a] + tree.key[c];
  }

  /** A random bound for the ratio of new to old cost: an exchange up to the bound is accepted. */
  private double allowance(double temperature) {
    double bits = -PathSearchRandom.log2(random.unit()) * temperature;
    return PathSearchRandom.exp2(Math.max(0, bits));
  }
}
