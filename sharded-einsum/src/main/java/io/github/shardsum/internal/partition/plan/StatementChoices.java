package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * All ways to split each statement of a program and the prices of reshards between them, for a
 * search that chooses for all statements together.
 */
public final class StatementChoices {
  /** If a statement has more ways than this, not all of them are listed. */
  private static final int MOST_WAYS = 700;

  private final ReshardWays ways;
  private final Mesh mesh;
  private final List<String> axes;
  private final int[] sizes;

  /**
   * The choices on a mesh.
   *
   * @param mesh the devices
   * @param kernels finds the code of composites, and their partitions
   * @param options prices and limits of reshards
   */
  public StatementChoices(Mesh mesh, PartitionFinder kernels, PlanOptions options) {
    this.ways = new ReshardWays(mesh, kernels, options, PlanningPolicy.CHEAPEST);
    this.mesh = mesh;
    this.axes = mesh.axisNames().stream().filter(axis -> mesh.size(axis) > 1).sorted().toList();
    this.sizes = axes.stream().mapToInt(mesh::size).toArray();
  }

  /**
   * One way.
   *
   * @param operands the layouts in which operands are read
   * @param results the layouts in which results are made
   * @param work price of the largest device's work, as planners use it for choices
   * @param shown the part of this price that a plan's price contains: the work of einsums
   * @param neighbours price of the elements that devices read from each other
   * @param chunked approximate price of combining the results of chunks, for a label that is
   *     normalised, scanned or searched
   */
  public record Choice(
      List<Layout> operands,
      List<Layout> results,
      double work,
      double shown,
      double neighbours,
      double chunked) {}

  /**
   * The ways of a statement.
   *
   * @param choices the ways, at least one; no two have the same layouts
   * @param isComplete whether the list has every way of a planner
   */
  public record Choices(List<Choice> choices, boolean isComplete) {}

  /**
   * Lists the ways of a statement: each mesh axis splits one factor, stays partial on operands, or
   * does nothing. The choices of a composite's own partition are not listed.
   *
   * @param statement any statement but a loop or an annotation
   * @return the ways, in a fixed order
   */
  public Choices of(Statement statement) {
    if (statement.operation() instanceof Nested.Manual manual) {
      return region(statement, manual);
    }
    FactorRule rule = ShardingRules.of(statement);
    FactorLayouts layouts = new FactorLayouts(mesh, rule, false);
    IntPredicate may = factor -> isSplittable(statement, rule, layouts, factor);
    Splits all = splits(statement, rule, layouts, may, true);
    if (all.count(MOST_WAYS) <= MOST_WAYS) {
      return new Choices(list(statement, rule, layouts, all), !hasPartition(statement));
    }
    Splits even =
        splits(
            statement,
            rule,
            layouts,
            factor -> may.test(factor) && rule.factors().get(factor).size() > 1,
            false);
    if (even.count(MOST_WAYS) <= MOST_WAYS) {
      return new Choices(list(statement, rule, layouts, even), false);
    }
    return new Choices(list(statement, rule, layouts, largest(statement, rule, may)), false);
  }

  private boolean hasPartition(Statement statement) {
    return statement.operation() instanceof Nested.Composite composite
        && ways.partition(composite).isPresent();
  }

  /**
   * A region reads and returns values in the layouts that it names; ways to split its body along
   * other axes are not listed.
   */
  private Choices region(Statement statement, Nested.Manual manual) {
    boolean isOnMesh =
        manual.axes().stream().allMatch(axis -> mesh.axisNames().contains(axis.name()));
    List<Layout> operands = new ArrayList<>();
    for (int i = 0; i < manual.operands().size(); i++) {
      Term whole = manual.operands().get(i).type().labels().withoutLayout();
      operands.add(new Layout(mesh, isOnMesh ? manual.in().get(i) : whole));
    }
    List<Layout> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Term whole = statement.results().get(i).type().labels().withoutLayout();
      results.add(new Layout(mesh, isOnMesh ? manual.out().get(i) : whole));
    }
    return new Choices(List.of(new Choice(operands, results, 0, 0, 0, 0)), false);
  }

  /** Splits of the largest factors, as many as the limit of ways allows. */
  private Splits largest(Statement statement, FactorRule rule, IntPredicate may) {
    FactorLayouts layouts = new FactorLayouts(mesh, rule, false);
    List<Integer> bySize =
        IntStream.range(0, rule.factors().size())
            .filter(may)
            .boxed()
            .sorted(
                (a, b) -> Long.compare(rule.factors().get(b).size(), rule.factors().get(a).size()))
            .toList();
    Splits best = splits(statement, rule, layouts, _ -> false, false);
    for (int count = 1; count <= bySize.size(); count++) {
      Set<Integer> those = Set.copyOf(bySize.subList(0, count));
      Splits more = splits(statement, rule, layouts, those::contains, false);
      if (more.count(MOST_WAYS) > MOST_WAYS) {
        break;
      }
      best = more;
    }
    return best;
  }

  private Splits splits(
      Statement statement,
      FactorRule rule,
      FactorLayouts layouts,
      IntPredicate may,
      boolean isAll) {
    int[][] choices = new int[axes.size()][];
    for (int axis = 0; axis < choices.length; axis++) {
      IntStream.Builder of = IntStream.builder().add(Splits.NONE);
      for (int factor = 0; factor < rule.factors().size(); factor++) {
        if (may.test(factor) && (isAll || rule.factors().get(factor).size() % sizes[axis] == 0)) {
          of.add(factor);
        }
      }
      if (isAll) {
        keeps(statement, layouts, of);
      }
      choices[axis] = of.build().toArray();
    }
    return new Splits(axes, choices, rule.factors().size());
  }

  private static void keeps(Statement statement, FactorLayouts layouts, IntStream.Builder may) {
    List<Value> operands = statement.operation().operands();
    for (int set = 0; set < layouts.linear().size(); set++) {
      Set<Integer> together = layouts.linear().get(set);
      if (!together.isEmpty()
          && together.stream().noneMatch(i -> operands.get(i).type().dtype() == DType.BF16)) {
        may.add(Splits.keep(set));
      }
    }
  }

  private boolean isSplittable(
      Statement statement, FactorRule rule, FactorLayouts layouts, int factor) {
    if (isChunked(statement, rule, factor)) {
      return true;
    }
    return layouts.isSplittable(factor)
        && (!(statement.operation() instanceof Nested.Composite composite)
            || (ways.kernel(composite).isPresent()
                && SplitSpace.isPromised(statement, composite, rule, factor)));
  }

  private static boolean isChunked(Statement statement, FactorRule rule, int factor) {
    return ChunkedForm.label(statement.operation())
        .filter(label -> label.equals(rule.factors().get(factor).name()))
        .isPresent();
  }

  private List<Choice> list(
      Statement statement, FactorRule rule, FactorLayouts layouts, Splits splits) {
    Map<List<List<Layout>>, Choice> best = new LinkedHashMap<>();
    splits.forEach(
        at ->
            choice(statement, rule, layouts, at)
                .ifPresent(
                    choice ->
                        best.merge(
                            List.of(choice.operands(), choice.results()),
                            choice,
                            (old, now) -> price(now) < price(old) ? now : old)));
    return List.copyOf(best.values());
  }

  private static double price(Choice choice) {
    return choice.work() + choice.neighbours() + choice.chunked();
  }

  private Optional<Choice> choice(
      Statement statement, FactorRule rule, FactorLayouts layouts, Splits at) {
    List<Layout> operands = new ArrayList<>();
    for (int i = 0; i < statement.operation().operands().size(); i++) {
      Optional<Layout> read = layouts.operand(i, statement.operation().operands().get(i), at, axes);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      operands.add(read.get());
    }
    List<Layout> results = new ArrayList<>();
    for (int i = 0; i < statement.results().size(); i++) {
      Optional<Layout> made = layouts.result(i, statement.results().get(i), at, axes);
      if (made.isEmpty()) {
        return Optional.empty();
      }
      results.add(made.get());
    }
    return Optional.of(
        new Choice(
            operands,
            results,
            ways.total(ways.work(work(statement, rule, at), dtype(statement))),
            statement.operation() instanceof Contraction.Einsum
                ? ways.total(ways.work(work(statement, rule, at), dtype(statement)))
                : 0,
            neighbours(statement, rule, at, operands, results),
            chunked(statement, rule, at, results)));
  }

  private static DType dtype(Statement statement) {
    return statement.result().type().dtype();
  }

  private double neighbours(
      Statement statement,
      FactorRule rule,
      Splits at,
      List<Layout> operands,
      List<Layout> results) {
    int factor = Halo.factor(rule);
    return factor < 0 || !at.isSplit(factor) || at.keeps()
        ? 0
        : ways.total(ways.halo(Halo.of(statement, operands, results.getFirst()), dtype(statement)));
  }

  /**
   * The cost of a maximum and a sum over devices; each has the size of the result's largest block,
   * without the label.
   */
  private double chunked(Statement statement, FactorRule rule, Splits at, List<Layout> results) {
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      if (at.isSplit(factor) && isChunked(statement, rule, factor)) {
        long parts = at.parts(factor, sizes);
        double elements =
            results.getFirst().largestShape(statement.result().type().shape()).elementCount();
        double label = Math.ceilDiv(rule.factors().get(factor).size(), parts);
        return ways.total(new Cost(ways.elements(2 * elements / label), 2));
      }
    }
    return 0;
  }

  private double work(Statement statement, FactorRule rule, Splits at) {
    return new StatementWork(statement, rule, Optional.empty())
        .multiplyAdds(factor -> at.parts(factor, sizes));
  }

  /**
   * The cost of moving a value from its layout to another.
   *
   * @param to the other layout
   * @param by how addends of the value are combined
   * @return the cost; none if there is no way
   */
  public Optional<Cost> reshard(Value value, Layout from, Layout to, ReduceKind by) {
    boolean isLacking = to.partial().stream().anyMatch(axis -> !from.partial().contains(axis));
    return isLacking ? Optional.empty() : ways.home(value, from, to, by, Cost.MOST);
  }

  /**
   * A cost as one number.
   *
   * @return elements, with 1,000 elements for each collective; or seconds
   */
  public double total(Cost cost) {
    return ways.total(cost);
  }

  /**
   * A cost as one number, without the start of any collective.
   *
   * @return elements; 0 on a network, whose prices do not separate the start from the rest
   */
  public double unstarted(Cost cost) {
    return ways.isTimed() ? 0 : cost.amount();
  }

  /**
   * Whether a sum over devices is so short that sums may travel together.
   *
   * @param addends the layout with the partial axes
   * @return whether the sum may be packed with others
   */
  public static boolean isPackable(Value value, Layout addends) {
    return !addends.partial().isEmpty()
        && ReshardWays.bytes(value, addends) <= PackedAllReduces.SHORT;
  }

  /**
   * The layout without its partial axes.
   *
   * @param layout any layout
   * @return the same splits
   */
  public static Layout summed(Layout layout) {
    return layout.partial().isEmpty()
        ? layout
        : new Layout(layout.mesh(), new Term(layout.term().axes(), List.of()));
  }
}
