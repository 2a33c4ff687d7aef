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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The layouts of a statement's operands and results that follow from how its factors are split. */
final class FactorLayouts {
  private final Mesh mesh;
  private final FactorRule rule;
  private final boolean narrows;

  /** The sets of operands that may be partial sums together, in a fixed order. */
  private final List<Set<Integer>> linear;

  /**
   * Reads a rule.
   *
   * @param mesh the devices
   * @param rule a statement's rule
   * @param narrows whether a label that an operand has twice may be split: its first dimension is
   *     split, and the other is narrowed by the reader
   */
  FactorLayouts(Mesh mesh, FactorRule rule, boolean narrows) {
    this.mesh = mesh;
    this.narrows = narrows;
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
   * Whether axes may split a factor: a factor that passes, is summed or made, or whose neighbours
   * are read. All other factors are whole. So is a factor that a value has twice, since only its
   * diagonal counts.
   */
  boolean isSplittable(int factor) {
    boolean kind =
        switch (rule.factors().get(factor).kind()) {
          case Kind.Pass _, Kind.Reduce _, Kind.Make _, Kind.Neighbour _ -> true;
          case Kind.Scan _, Kind.Search _, Kind.Normalize _, Kind.Whole _ -> false;
        };
    return kind
        && (narrows || rule.operands().stream().noneMatch(dims -> isTwice(dims, factor)))
        && rule.results().stream().noneMatch(dims -> isTwice(dims, factor));
  }

  private static boolean isTwice(List<Dim> dims, int factor) {
    return dims.stream().filter(dim -> dim.factors().contains(factor)).count() > 1;
  }

  /** Whether an operand is in each linear set. */
  List<Boolean> isKept(int operand) {
    return linear.stream().map(set -> set.contains(operand)).toList();
  }

  /** The layout of an operand; empty if no layout describes it. */
  Optional<Layout> operand(int index, Value operand, Splits at, List<String> axes) {
    return layout(
        rule.operands().get(index), operand, at, axes, names(axes, at.kept(isKept(index))));
  }

  /** The axes over which a result is computed as a partial sum, a bit for each. */
  long summed(int index, Splits at) {
    List<Dim> dims = rule.results().get(index);
    long summed = at.kept(linear.stream().map(_ -> true).toList());
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      if (rule.factors().get(factor).kind() instanceof Kind.Reduce
          && FactorRule.dimOf(dims, factor) < 0) {
        summed |= at.mask(factor);
      }
    }
    return summed;
  }

  /** The layout in which a result is made; empty if no layout describes it. */
  Optional<Layout> result(int index, Value result, Splits at, List<String> axes) {
    return layout(rule.results().get(index), result, at, axes, names(axes, summed(index, at)));
  }

  private static List<String> names(List<String> axes, long mask) {
    return IntStream.range(0, axes.size())
        .filter(axis -> (mask >> axis & 1) == 1)
        .mapToObj(axes::get)
        .toList();
  }

  private Optional<Layout> layout(
      List<Dim> dims, Value value, Splits at, List<String> axes, List<String> partial) {
    List<Axis> placed = new ArrayList<>();
    Set<Integer> had = new HashSet<>();
    for (int dim = 0; dim < dims.size(); dim++) {
      // Only the first of two equal labels is split.
      Optional<List<String>> own =
          had.containsAll(dims.get(dim).factors()) && !dims.get(dim).factors().isEmpty()
              ? Optional.of(List.of())
              : axes(dims.get(dim), at, axes);
      if (own.isEmpty()) {
        return Optional.empty();
      }
      had.addAll(dims.get(dim).factors());
      placed.add(new Axis(value.type().names().get(dim), own.get()));
    }
    return Optional.of(new Layout(mesh, new Term(placed, partial)));
  }

  /**
   * Axes of a dimension: the axes of its factors, one factor after the other. A split factor that
   * is not the last of the dimension must be split evenly. Every factor before a split one must be
   * split completely. Otherwise a device would hold strips of the dimension, which no layout
   * describes.
   */
  private Optional<List<String>> axes(Dim dim, Splits at, List<String> names) {
    List<String> axes = new ArrayList<>();
    List<Integer> factors = dim.factors();
    boolean isComplete = true;
    for (int i = 0; i < factors.size(); i++) {
      Factor factor = rule.factors().get(factors.get(i));
      List<String> own = at.axes(factors.get(i)).stream().map(names::get).toList();
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
}
