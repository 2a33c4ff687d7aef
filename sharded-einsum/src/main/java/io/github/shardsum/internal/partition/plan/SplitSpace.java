package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;

/**
 * The ways to split a statement that the planner considers. At first every axis may split every
 * factor, whether or not an operand or a result has the axis there. If that gives too many ways, an
 * axis that some operand or result has may split only the factors that it splits there; all other
 * axes may still split every factor. If that also gives too many ways, the other axes split
 * nothing.
 */
final class SplitSpace {
  /**
   * The most ways to split a statement that are all considered. If there are more, only some of
   * them are considered.
   */
  private static final int MOST_WAYS = 20_000;

  private final Statement statement;
  private final FactorLayouts factors;
  private final SumOrderSplits tree;
  private final Asked asked;
  private final List<String> axes;
  private final boolean mayAdd;
  private final boolean mayTakeParts;

  /**
   * The ways of a statement.
   *
   * @param factors the factors that the rule of the statement allows to split
   * @param tree the splits that an order of sums allows
   * @param asked the axes that the statement's operands and results have
   * @param axes names of the mesh axes
   * @param mayAdd whether an axis may split a factor that no operand and no result has split
   * @param mayTakeParts whether parts of the operands suffice to compute the statement
   */
  SplitSpace(
      Statement statement,
      FactorLayouts factors,
      SumOrderSplits tree,
      Asked asked,
      List<String> axes,
      boolean mayAdd,
      boolean mayTakeParts) {
    this.statement = statement;
    this.factors = factors;
    this.tree = tree;
    this.asked = asked;
    this.axes = axes;
    this.mayAdd = mayAdd;
    this.mayTakeParts = mayTakeParts;
  }

  /**
   * The axes that operands have in their layouts, or results in their default layouts.
   *
   * @param rule the statement's rule
   * @param operands the sources of its operands
   * @param homes the default layouts of its results, or none
   * @param outside axes and factors that other statements of its tree ask for, such as {@code x
   *     label}
   */
  record Asked(
      FactorRule rule, List<OperandSupply> operands, List<Layout> homes, Set<String> outside) {
    boolean isAsked(String axis, int factor) {
      boolean isSummed = rule.factors().get(factor).kind() instanceof FactorRule.Kind.Reduce;
      for (int i = 0; i < homes.size(); i++) {
        Layout home = homes.get(i);
        if (isAsked(axis, factor, rule.results().get(i), home)
            || (isSummed && home.partial().contains(axis))) {
          return true;
        }
      }
      for (int i = 0; i < operands.size(); i++) {
        List<Dim> dims = rule.operands().get(i);
        if (operands.get(i).asks(layout -> isAsked(axis, factor, dims, layout))) {
          return true;
        }
      }
      return outside.contains(axis + " " + rule.factors().get(factor).name());
    }

    private static boolean isAsked(String axis, int factor, List<Dim> dims, Layout layout) {
      for (int dim = 0; dim < dims.size(); dim++) {
        if (dims.get(dim).factors().contains(factor) && layout.axes(dim).contains(axis)) {
          return true;
        }
      }
      return false;
    }

    /**
     * The axes that split a factor, major to minor: those of the first operand in which the factor
     * is split.
     */
    List<String> split(int factor) {
      List<String> split = new ArrayList<>();
      for (int i = 0; i < operands.size(); i++) {
        List<Dim> dims = rule.operands().get(i);
        if (operands.get(i).asks(layout -> split.addAll(split(factor, dims, layout)))) {
          return split;
        }
      }
      return split;
    }

    private static List<String> split(int factor, List<Dim> dims, Layout layout) {
      return IntStream.range(0, dims.size())
          .filter(dim -> dims.get(dim).factors().contains(factor))
          .mapToObj(layout::axes)
          .filter(axes -> layout.mesh().size(axes) > 1)
          .findFirst()
          .orElse(List.of());
    }

    boolean isIdle(String axis) {
      return IntStream.range(0, rule.factors().size()).noneMatch(f -> isAsked(axis, f));
    }
  }

  /**
   * The ways to consider: all of them, or only ways with the axes of operands and results if there
   * are too many.
   */
  Splits splits(boolean all) {
    if (all && mayAdd) {
      Splits every = new Splits(axes, choices((_, _) -> true), asked.rule().factors().size());
      if (every.count(MOST_WAYS) <= MOST_WAYS) {
        return every;
      }
      Splits idle =
          new Splits(
              axes,
              choices((axis, factor) -> asked.isAsked(axis, factor) || asked.isIdle(axis)),
              asked.rule().factors().size());
      if (idle.count(MOST_WAYS) <= MOST_WAYS) {
        return idle;
      }
    }
    return new Splits(axes, choices(asked::isAsked), asked.rule().factors().size());
  }

  private int[][] choices(BiPredicate<String, Integer> may) {
    int[][] choices = new int[axes.size()][];
    for (int axis = 0; axis < choices.length; axis++) {
      String name = axes.get(axis);
      IntStream.Builder of = IntStream.builder().add(Splits.NONE);
      for (int factor = 0; factor < asked.rule().factors().size(); factor++) {
        if (isSplittable(factor) && may.test(name, factor)) {
          of.add(factor);
        }
      }
      keeps(name, of);
      choices[axis] = of.build().toArray();
    }
    return choices;
  }

  /**
   * Axes that split a factor although they split it in no operand and in no result's default
   * layout.
   */
  int unasked(Splits at) {
    int count = 0;
    for (int axis = 0; axis < axes.size(); axis++) {
      int choice = at.choice(axis);
      count += choice >= 0 && !asked.isAsked(axes.get(axis), choice) ? 1 : 0;
    }
    return count;
  }

  private boolean isSplittable(int factor) {
    return factors.isSplittable(factor)
        && tree.mayCut(factor)
        && (!(statement.operation() instanceof Nested.Composite composite)
            || (mayTakeParts
                && (isAlongNeighbours(factor)
                    || isPromised(statement, composite, asked.rule(), factor))));
  }

  private boolean isAlongNeighbours(int factor) {
    return asked.rule().factors().get(factor).kind() instanceof FactorRule.Kind.Neighbour;
  }

  /**
   * Whether a kernel accepts a part of a label, and a part of each label that replaces this label
   * in results.
   */
  static boolean isPromised(
      Statement statement, Nested.Composite composite, FactorRule rule, int factor) {
    Set<String> labels = new HashSet<>(Set.of(rule.factors().get(factor).name()));
    for (int i = 0; i < rule.results().size(); i++) {
      List<String> names = statement.results().get(i).type().names();
      for (int dim = 0; dim < names.size(); dim++) {
        if (rule.results().get(i).get(dim).factors().contains(factor)) {
          labels.add(names.get(dim));
        }
      }
    }
    return composite.splittable().containsAll(labels);
  }

  /**
   * Partial sums of bf16 are f32. An einsum reads them in f32; other operations keep their dtype
   * and cannot read them.
   */
  private void keeps(String axis, IntStream.Builder may) {
    boolean isEinsum = statement.operation() instanceof Contraction.Einsum;
    for (int set = 0; tree.mayKeep() && set < factors.linear().size(); set++) {
      Set<Integer> together = factors.linear().get(set);
      boolean all =
          together.stream()
              .allMatch(
                  i ->
                      (isEinsum
                              || statement.operation().operands().get(i).type().dtype()
                                  != DType.BF16)
                          && asked
                              .operands()
                              .get(i)
                              .exists(layout -> layout.partial().contains(axis)));
      if (all && !together.isEmpty()) {
        may.add(Splits.keep(set));
      }
    }
  }
}
