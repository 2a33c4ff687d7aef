package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.Network;
import io.github.shardsum.path.PathFinder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * An equation as a tree of einsums of two operands, by the path on logical sizes, so that sums are
 * the same as without layouts.
 *
 * <p>An axis of an ellipsis and an axis of size 1 that stands for a larger label become labels of
 * their own.
 */
final class EquationTree {
  private final BoundEquation bound;
  private final List<Term> terms;
  private final Map<String, Long> sizes = new TreeMap<>();
  private final Set<String> taken;
  private final Map<Integer, String> ellipsisNames = new HashMap<>();
  private final List<EquationTreeNode> operands = new ArrayList<>();

  /**
   * Reads the labels.
   *
   * @param bound the equation without layouts, with shapes
   * @param terms the operands' terms with their layouts
   */
  EquationTree(BoundEquation bound, List<Term> terms) {
    this.bound = bound;
    this.terms = terms;
    this.taken = new HashSet<>(bound.equation().labels());
    for (int i = 0; i < terms.size(); i++) {
      operands.add(operand(i));
    }
  }

  private EquationTreeNode operand(int number) {
    List<String> labels = new ArrayList<>();
    for (int dim = 0; dim < bound.operandRank(number); dim++) {
      boolean one = bound.isBroadcast(number, dim);
      String label = one ? fresh("one") : name(bound.operandLabel(number, dim));
      sizes.put(label, bound.operandShape(number).size(dim));
      labels.add(label);
    }
    return EquationTreeNode.operand(number, labels, distinct(labels));
  }

  private String name(int label) {
    String name = bound.labelName(label);
    return name.startsWith("...")
        ? ellipsisNames.computeIfAbsent(label, _ -> fresh("dots" + name.substring(3)))
        : name;
  }

  private String fresh(String like) {
    String name = like;
    for (int i = 2; !taken.add(name); i++) {
      name = like + "_" + i;
    }
    return name;
  }

  private List<String> distinct(List<String> labels) {
    List<String> names = new ArrayList<>();
    for (String label : labels) {
      names.add(names.contains(label) ? fresh(label + "_2") : label);
    }
    return names;
  }

  /** Size of every label. */
  Map<String, Long> sizes() {
    return sizes;
  }

  /** The operands. */
  List<EquationTreeNode> operands() {
    return operands;
  }

  /** The einsum whose value is the result. */
  EquationTreeNode root() {
    List<String> output = new ArrayList<>();
    for (int dim = 0; dim < bound.outputRank(); dim++) {
      String label = name(bound.outputLabel(dim));
      sizes.putIfAbsent(label, bound.outputShape().size(dim));
      output.add(label);
    }
    List<String> names = distinct(output);
    if (operands.size() <= 2) {
      return EquationTreeNode.of(output, names, operands);
    }
    List<EquationTreeNode> values = new ArrayList<>(operands);
    List<ContractionPath.Pair> pairs = path(output).pairs();
    Set<Integer> open = new HashSet<>();
    for (int i = 0; i < operands.size(); i++) {
      open.add(i);
    }
    for (ContractionPath.Pair pair : pairs) {
      open.removeAll(List.of(pair.left(), pair.right()));
      EquationTreeNode left = values.get(pair.left());
      EquationTreeNode right = values.get(pair.right());
      List<EquationTreeNode> parts = List.of(left, right);
      if (open.isEmpty()) {
        return EquationTreeNode.of(output, names, parts);
      }
      Set<String> wanted = new HashSet<>(output);
      open.forEach(other -> wanted.addAll(values.get(other).labels()));
      List<String> kept = new ArrayList<>();
      parts.forEach(
          part ->
              part.labels().stream()
                  .filter(label -> wanted.contains(label) && !kept.contains(label))
                  .forEach(kept::add));
      open.add(values.size());
      values.add(EquationTreeNode.of(kept, kept, parts));
    }
    throw new IllegalStateException("path: expected a last pair, got " + pairs);
  }

  private ContractionPath path(List<String> output) {
    List<String> all = new ArrayList<>(sizes.keySet());
    List<List<Integer>> network =
        operands.stream()
            .map(o -> o.labels().stream().map(all::indexOf).distinct().toList())
            .toList();
    Set<Integer> had = new HashSet<>();
    network.forEach(had::addAll);
    List<Integer> out = output.stream().map(all::indexOf).distinct().filter(had::contains).toList();
    List<Long> counts = all.stream().map(label -> sizes.getOrDefault(label, 1L)).toList();
    return PathFinder.auto().find(new Network(network, out, counts));
  }

  /** The mesh axes of each dimension of a term; an ellipsis stands for several dimensions. */
  static List<List<String>> axes(Term term, int rank) {
    List<List<String>> axes = new ArrayList<>();
    for (Axis axis : term.axes()) {
      if (axis.isEllipsis()) {
        for (int i = 0; i <= rank - term.size(); i++) {
          axes.add(List.of());
        }
      } else {
        axes.add(axis.mesh());
      }
    }
    return axes;
  }

  /** The mesh axes of each dimension of an operand. */
  List<List<String>> operandAxes(int number) {
    return axes(terms.get(number), bound.operandRank(number));
  }
}
