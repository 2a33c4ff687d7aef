package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.ContractionPath.Pair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A mutable tree of contractions that the refinements rewrite in place; confined to one thread.
 *
 * <p>Nodes 0 to n-1 are the operands, n to 2n-2 the contractions, in no order. All walks are
 * iterative: a chain of ten thousand operands is a tree ten thousand deep.
 */
public final class PathTree {
  public final CompactNetwork problem;
  public final PairCost merger;
  public final int operandCount;
  public final int[] left;
  public final int[] right;
  public final int[] parent;
  public final long[][] legs;
  public final double[] size;
  public final double[] flops;

  /** A hash of the operands below a node, for each node. */
  public final long[] key;

  public final int root;

  public PathTree(CompactNetwork problem, int[] ids) {
    this.problem = problem;
    merger = new PairCost(problem);
    operandCount = problem.operandCount();
    int nodes = 2 * operandCount - 1;
    left = new int[nodes];
    right = new int[nodes];
    parent = new int[nodes];
    legs = Arrays.copyOf(problem.legs(), nodes);
    size = new double[nodes];
    flops = new double[nodes];
    key = new long[nodes];
    root = nodes - 1;
    Arrays.fill(parent, -1);
    for (int i = 0; i < operandCount; i++) {
      size[i] = problem.size(legs[i]);
      key[i] = PathSearchRandom.mix(i + 1L);
    }
    for (int step = 0; step < operandCount - 1; step++) {
      join(operandCount + step, ids[2 * step], ids[2 * step + 1]);
    }
  }

  /** Makes a node the contraction of two others and measures it. */
  public void join(int node, int a, int b) {
    left[node] = a;
    right[node] = b;
    parent[a] = node;
    parent[b] = node;
    merger.merge(legs[a], legs[b]);
    legs[node] = merger.legs();
    size[node] = merger.size;
    flops[node] = merger.flops;
    key[node] = key[a] + key[b];
  }

  public boolean isLeaf(int node) {
    return node < operandCount;
  }

  public double totalFlops() {
    double total = 0;
    for (int node = operandCount; node <= root; node++) {
      total += flops[node];
    }
    return total;
  }

  /** The contractions, each after those below it. */
  public int[] postOrder() {
    int[] order = new int[operandCount - 1];
    int[] stack = new int[operandCount];
    int depth = 0;
    int at = order.length;
    if (!isLeaf(root)) {
      stack[depth++] = root;
    }
    // parents are visited before children and written from the end, so children precede parents
    while (depth > 0) {
      int node = stack[--depth];
      order[--at] = node;
      if (!isLeaf(left[node])) {
        stack[depth++] = left[node];
      }
      if (!isLeaf(right[node])) {
        stack[depth++] = right[node];
      }
    }
    return order;
  }

  /** The SSA ids of the contractions, in the order with the fewest live elements at the peak. */
  public int[] ids() {
    double[] peak = peaks();
    int[] order = new int[operandCount - 1];
    int[] stack = new int[2 * operandCount];
    int depth = 0;
    int at = order.length;
    stack[depth++] = root;
    while (depth > 0) {
      int node = stack[--depth];
      if (isLeaf(node)) {
        continue;
      }
      order[--at] = node;
      // the child that is pushed last is visited first and therefore contracted last
      boolean leftFirst = first(node, peak) == left[node];
      stack[depth++] = leftFirst ? left[node] : right[node];
      stack[depth++] = leftFirst ? right[node] : left[node];
    }
    return numbered(order);
  }

  public ContractionPath path() {
    int[] ids = ids();
    List<Pair> pairs = new ArrayList<>(operandCount - 1);
    for (int step = 0; step < operandCount - 1; step++) {
      pairs.add(new Pair(ids[2 * step], ids[2 * step + 1]));
    }
    return new ContractionPath(operandCount, pairs);
  }

  private int[] numbered(int[] order) {
    int[] idOf = new int[root + 1];
    int[] ids = new int[2 * order.length];
    for (int step = 0; step < order.length; step++) {
      int node = order[step];
      idOf[node] = operandCount + step;
      int a = isLeaf(left[node]) ? left[node] : idOf[left[node]];
      int b = isLeaf(right[node]) ? right[node] : idOf[right[node]];
      ids[2 * step] = Math.min(a, b);
      ids[2 * step + 1] = Math.max(a, b);
    }
    return ids;
  }

  /**
   * The peak of live elements below each node, if the better of its two children is computed first.
   */
  private double[] peaks() {
    double[] peak = new double[root + 1];
    for (int node : postOrder()) {
      int first = first(node, peak);
      int second = first == left[node] ? right[node] : left[node];
      double held = isLeaf(first) ? 0 : size[first];
      double both = held + (isLeaf(second) ? 0 : size[second]) + size[node];
      peak[node] = Math.max(peak[first], Math.max(held + peak[second], both));
    }
    return peak;
  }

  /**
   * The child to compute first: the one whose peak exceeds its result by more (Sethi and Ullman
   * 1970).
   */
  private int first(int node, double[] peak) {
    double a = peak[left[node]] - (isLeaf(left[node]) ? 0 : size[left[node]]);
    double b = peak[right[node]] - (isLeaf(right[node]) ? 0 : size[right[node]]);
    if (a == b) {
      return lowerKey(node);
    }
    return a > b ? left[node] : right[node];
  }

  private int lowerKey(int node) {
    return key[left[node]] < key[right[node]] ? left[node] : right[node];
  }
}
