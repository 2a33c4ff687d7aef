package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.ContractionPath.Pair;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The labels that each step of a path takes, keeps and sums. They are the network's own labels.
 *
 * @param network the contraction
 * @param path the order of the steps
 * @param operands the labels of each operand, without labels that no other term has: these are
 *     summed first
 * @param lefts the labels of the left tensor of each step
 * @param rights the labels of the right tensor of each step
 * @param results the labels of each step's result; for the last step, those of the output
 */
public record LabelFlow(
    Network network,
    ContractionPath path,
    List<List<Integer>> operands,
    List<List<Integer>> lefts,
    List<List<Integer>> rights,
    List<List<Integer>> results) {

  public static LabelFlow of(Network network, ContractionPath path) {
    checkOperands(network, path);
    int[] holders = holders(network);
    var tensors = new ArrayList<List<Integer>>(2 * path.operandCount());
    for (List<Integer> operand : network.operands()) {
      tensors.add(path.operandCount() == 1 ? network.output() : reduced(operand, holders));
    }
    var lefts = new ArrayList<List<Integer>>(path.pairs().size());
    var rights = new ArrayList<List<Integer>>(path.pairs().size());
    for (Pair pair : path.pairs()) {
      List<Integer> left = tensors.get(pair.left());
      List<Integer> right = tensors.get(pair.right());
      boolean last = lefts.size() == path.operandCount() - 2;
      lefts.add(left);
      rights.add(right);
      tensors.add(last ? network.output() : contracted(left, right, holders));
    }
    int n = path.operandCount();
    return new LabelFlow(
        network,
        path,
        List.copyOf(tensors.subList(0, n)),
        List.copyOf(lefts),
        List.copyOf(rights),
        List.copyOf(tensors.subList(n, tensors.size())));
  }

  /** The labels of each sparse operand that is the right partner of another sparse operand. */
  public List<List<Integer>> densified() {
    var densified = new ArrayList<List<Integer>>();
    for (Pair pair : path.pairs()) {
      if (network.sparse().contains(pair.left()) && network.sparse().contains(pair.right())) {
        densified.add(network.operands().get(pair.right()));
      }
    }
    return densified;
  }

  public static void checkOperands(Network network, ContractionPath path) {
    if (path.operandCount() != network.operandCount()) {
      throw new PathException(
          String.format(
              Locale.ROOT,
              "path: must be for the network's %d operands, got %d",
              network.operandCount(),
              path.operandCount()));
    }
  }

  /** The number of operands with a label, plus one if the output has the label. */
  private static int[] holders(Network network) {
    int[] holders = new int[network.labelCount()];
    for (List<Integer> operand : network.operands()) {
      for (int label : operand) {
        holders[label]++;
      }
    }
    for (int label : network.output()) {
      holders[label]++;
    }
    return holders;
  }

  private static List<Integer> reduced(List<Integer> operand, int[] holders) {
    var kept = new ArrayList<Integer>(operand.size());
    for (int label : operand) {
      if (holders[label] > 1) {
        kept.add(label);
      }
    }
    return kept.size() == operand.size() ? operand : List.copyOf(kept);
  }

  /**
   * Replaces the two tensors by their result in the counts of holders. Returns the labels of the
   * result: those that other tensors still hold.
   */
  private static List<Integer> contracted(List<Integer> left, List<Integer> right, int[] holders) {
    for (int label : left) {
      holders[label]--;
    }
    for (int label : right) {
      holders[label]--;
    }
    var kept = new ArrayList<Integer>(left.size() + right.size());
    // a label of both tensors is kept once, at its place in the left one
    keepHeld(left, holders, kept);
    int fromLeft = kept.size();
    for (int k = 0; k < fromLeft; k++) {
      holders[kept.get(k)] = -holders[kept.get(k)];
    }
    keepHeld(right, holders, kept);
    for (int k = 0; k < kept.size(); k++) {
      int label = kept.get(k);
      holders[label] = Math.abs(holders[label]) + 1;
    }
    return List.copyOf(kept);
  }

  private static void keepHeld(List<Integer> labels, int[] holders, List<Integer> kept) {
    for (int label : labels) {
      if (holders[label] > 0) {
        kept.add(label);
      }
    }
  }
}
