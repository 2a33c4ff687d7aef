package io.github.shardsum.internal.assign;

/**
 * A node that a reduction removed, and the function that gives its label from the labels of
 * remaining nodes.
 */
sealed interface EliminatedNode {
  /** Sets the label of the removed node. */
  void apply(int[] labels);

  /** The label is always the same. */
  record Fixed(int node, int label) implements EliminatedNode {
    @Override
    public void apply(int[] labels) {
      labels[node] = label;
    }
  }

  /** The label follows from the label of one other node. */
  record ByOne(int node, int other, int[] otherLabels, int[] label) implements EliminatedNode {
    @Override
    public void apply(int[] labels) {
      labels[node] = label[indexOf(otherLabels, labels[other])];
    }
  }

  /** The label follows from the labels of two other nodes. */
  record ByTwo(int node, int one, int[] oneLabels, int two, int[] twoLabels, int[] label)
      implements EliminatedNode {
    @Override
    public void apply(int[] labels) {
      int row = indexOf(oneLabels, labels[one]);
      labels[node] = label[row * twoLabels.length + indexOf(twoLabels, labels[two])];
    }
  }

  private static int indexOf(int[] labels, int label) {
    for (int index = 0; index < labels.length; index++) {
      if (labels[index] == label) {
        return index;
      }
    }
    throw new IllegalStateException("label must be one of the other node's, got " + label);
  }
}
