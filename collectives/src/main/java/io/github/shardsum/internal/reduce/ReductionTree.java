package io.github.shardsum.internal.reduce;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The order in which the members of a group are combined: a binary tree whose leaves 0 to n - 1 are
 * the members by their coordinates, row-major in the order of the mesh's axes. An immutable value.
 */
public final class ReductionTree {
  private final int leaves;
  private final List<int[]> children = new ArrayList<>();
  private final int root;
  private final int depth;

  private ReductionTree(List<Integer> sizes) {
    this.leaves = sizes.stream().reduce(1, (a, b) -> a * b);
    this.root = build(sizes, 0, 0);
    this.depth = depth(root);
  }

  /**
   * The tree over axes of the given sizes, major to minor. Over one axis, the left part is the
   * largest power of two below the size. Each leaf of an axis's tree is the tree over the axes
   * after it.
   */
  public static ReductionTree of(List<Integer> sizes) {
    return new ReductionTree(sizes);
  }

  private int build(List<Integer> sizes, int axis, int first) {
    if (axis == sizes.size()) {
      return first;
    }
    int inner = sizes.subList(axis + 1, sizes.size()).stream().reduce(1, (a, b) -> a * b);
    return join(0, sizes.get(axis), i -> build(sizes, axis + 1, first + i * inner));
  }

  private int join(int from, int to, IntFunction<Integer> leaf) {
    if (to - from == 1) {
      return leaf.apply(from);
    }
    int half = Integer.highestOneBit(to - from - 1);
    int left = join(from, from + half, leaf);
    int right = join(from + half, to, leaf);
    children.add(new int[] {left, right});
    return leaves + children.size() - 1;
  }

  private int depth(int node) {
    return isLeaf(node) ? 0 : 1 + Math.max(depth(left(node)), depth(right(node)));
  }

  /** Number of leaves. */
  public int leaves() {
    return leaves;
  }

  /** Number of nodes: leaves are 0 to leaves - 1, the others follow. */
  public int nodes() {
    return leaves + children.size();
  }

  /** The node that combines all members. */
  public int root() {
    return root;
  }

  /** Whether a node is a leaf, that is a member. */
  public boolean isLeaf(int node) {
    return node < leaves;
  }

  /** The first part of a node that is not a leaf. */
  public int left(int node) {
    return children.get(node - leaves)[0];
  }

  /** The second part of a node that is not a leaf. */
  public int right(int node) {
    return children.get(node - leaves)[1];
  }

  /**
   * The largest number of tiles that a reduction may hold: two for each level of the tree, plus
   * four.
   */
  int levels() {
    return 2 * depth + 4;
  }
}
