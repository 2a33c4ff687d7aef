package io.github.shardsum.internal.propagate;

import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the values that can be partial sums over a mesh axis: inputs whose type says so, sums over
 * a label, and results that are linear in such values.
 */
final class PropagatedPartialSums {
  private final List<PropagationNode> nodes;
  private final Map<String, ValueType> types;
  private final Map<String, Movement.Annotate> annotations;
  private final Map<String, PropagationNode> producers = new HashMap<>();

  PropagatedPartialSums(PropagationNodes nodes) {
    this.nodes = nodes.nodes();
    types = nodes.types();
    annotations = nodes.annotations();
    for (PropagationNode node : nodes.nodes()) {
      node.results().forEach(result -> producers.putIfAbsent(result, node));
    }
  }

  /** The origin of a value before its annotations, for a reader. */
  String origin(String value) {
    PropagationNode node = producers.get(value);
    if (node == null) {
      return "input " + value + " of type " + types.get(value);
    }
    return annotations.containsKey(value) ? origin(node.operands().getFirst()) : node.text();
  }

  boolean canBe(String value, String axis) {
    return canBe(value, axis, new HashMap<>());
  }

  private boolean canBe(String value, String axis, Map<String, Boolean> known) {
    Boolean before = known.get(value);
    if (before != null) {
      return before;
    }
    PropagationNode node = producers.get(value);
    boolean isOther =
        annotations.containsKey(value)
            && !annotations.get(value).annotation().partial().contains(axis);
    boolean can =
        !isOther
            && (node == null
                ? isGiven(value, axis)
                : sums(node) || linear(node, axis, known).isPresent());
    known.put(value, can);
    return can;
  }

  private boolean isGiven(String value, String axis) {
    ValueType type = types.get(value);
    return type != null && type.labels().partial().contains(axis);
  }

  /**
   * Carries a request for a partial sum from an annotation back to the sums, through all operations
   * that are linear.
   */
  void backward(Map<String, KnownSplits> values) {
    for (PropagationNode node : nodes.reversed()) {
      for (String result : node.results()) {
        for (String axis : splits(values, result).partial()) {
          if (!sums(node)) {
            linear(node, axis, new HashMap<>())
                .ifPresent(
                    together ->
                        together.forEach(
                            place -> ask(splits(values, node.operands().get(place)), axis)));
          }
        }
      }
    }
  }

  private static KnownSplits splits(Map<String, KnownSplits> values, String value) {
    return Objects.requireNonNull(values.get(value), value);
  }

  private static void ask(KnownSplits splits, String axis) {
    if (!splits.uses(axis)) {
      List<String> partial = new ArrayList<>(splits.partial());
      partial.add(axis);
      splits.setPartial(partial);
    }
  }

  private static boolean sums(PropagationNode node) {
    return node.rule().factors().stream()
        .anyMatch(
            factor -> factor.kind() instanceof Kind.Reduce(ReduceKind by) && by == ReduceKind.SUM);
  }

  /**
   * A set of operands that may be partial sums over an axis together, so that the result is a
   * partial sum.
   */
  private Optional<Set<Integer>> linear(
      PropagationNode node, String axis, Map<String, Boolean> known) {
    return node.rule().linear().stream()
        .filter(together -> !together.isEmpty())
        .sorted(Comparator.comparing(together -> new TreeSet<>(together).toString()))
        .filter(
            together ->
                together.stream().allMatch(place -> canBe(node.operands().get(place), axis, known)))
        .findFirst();
  }
}
