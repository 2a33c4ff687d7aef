package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Factor;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The layouts of a statement's operands and results that follow from how its factors are split. */
final class FactorLayouts {
  private final Mesh mesh;
  private final FactorRule rule;

  /** The sets of operands that may be partial sums together, in a fixed order. */
  private final List<Set<Integer>> linear;

  FactorLayouts(Mesh mesh, FactorRule rule) {
    this.mesh = mesh;
    this.rule = rule;
    this.linear =
        rule.linear().stream()
            .sorted(
                (a, b) ->
                    a.stream()
                        .sorted()
                        .toList()
                        .toString()
                        .compareTo(b.stream().sorted().toList().toString()))
            .toList();
  }

  List<Set<Integer>> linear() {
    return linear;
  }

  /**
   * Whether axes may split a factor: one that passes, is summed or made, or of which neighbours are
   * read. All others are whole, and so is one that a value has twice, of which only the diagonal
   * counts.
   */
  boolean isSplittable(int factor) {
    boolean kind =
        switch (rule.factors().get(factor).kind()) {
          case Kind.Pass _, Kind.Reduce _, Kind.Make _, Kind.Neighbour _ -> true;
          case Kind.Scan _, Kind.Search _, Kind.Normalize _, Kind.Whole _ -> false;
        };
    return kind && rule.operands().stream().noneMatch(dims -> isTwice(dims, factor));
  }

  private static boolean isTwice(List<Dim> dims, int factor) {
    return dims.stream().filter(dim -> dim.factors().contains(factor)).count() > 1;
  }

  /** The layout of an operand; empty if no layout is so. */
  Optional<Layout> operand(int index, Value operand, ComputeSharding sharding) {
    List<String> partial =
        sharding.kept().entrySet().stream()
            .filter(kept -> linear.get(kept.getValue()).contains(index))
            .map(java.util.Map.Entry::getKey)
            .toList();
    return layout(rule.operands().get(index), operand, sharding, partial);
  }

  /** The layout in which a result is made; empty if no layout is so. */
  Optional<Layout> result(int index, Value result, ComputeSharding sharding) {
    List<Dim> dims = rule.results().get(index);
    List<String> partial = new ArrayList<>(sharding.kept().keySet());
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      Factor one = rule.factors().get(factor);
      if (one.kind() instanceof Kind.Reduce && FactorRule.dimOf(dims, factor) < 0) {
        partial.addAll(sharding.axes(one.name()));
      }
    }
    return layout(dims, result, sharding, partial);
  }

  private Optional<Layout> layout(
      List<Dim> dims, Value value, ComputeSharding sharding, List<String> partial) {
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < dims.size(); dim++) {
      Optional<List<String>> own = axes(dims.get(dim), sharding);
      if (own.isEmpty()) {
        return Optional.empty();
      }
      axes.add(new Axis(value.type().names().get(dim), own.get()));
    }
    return Optional.of(new Layout(mesh, new Term(axes, partial)));
  }

  /**
   * Axes of a dimension: those of its factors one after the other. A factor before the last that is
   * split must be split evenly, and completely where a later one is split too: else a device would
   * hold strips of the dimension, which no layout says.
   */
  private Optional<List<String>> axes(Dim dim, ComputeSharding sharding) {
    List<String> axes = new ArrayList<>();
    List<Integer> factors = dim.factors();
    boolean isComplete = true;
    for (int i = 0; i < factors.size(); i++) {
      Factor factor = rule.factors().get(factors.get(i));
      List<String> own = sharding.axes(factor.name());
      long parts = mesh.size(own);
      boolean even = factor.size() % parts == 0;
      if (!own.isEmpty() && (!isComplete || (i < factors.size() - 1 && !even))) {
        return Optional.empty();
      }
      axes.addAll(own);
      isComplete &= parts == factor.size();
    }
    return Optional.of(axes);
  }

  /**
   * For each dimension that an axis splits, the factors that it may stand for: of a merged
   * dimension each of them.
   */
  List<Integer> factors(List<Dim> dims, int dim) {
    return dims.get(dim).factors().stream().filter(this::isSplittable).toList();
  }
}
