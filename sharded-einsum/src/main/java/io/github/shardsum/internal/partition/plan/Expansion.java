package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A statement whose operands together are much smaller than its result, as an iota, a one-hot, a
 * comparison of indices with an iota, or a broadcast. If another layout of the result is needed,
 * the operands may be resharded instead, and the statement applied once more.
 *
 * @param ways the prices
 * @param statement the statement, an expansion
 * @param operands the sources of its operands
 */
record Expansion(
    ReshardWays ways, Statement statement, FactorRule rule, List<OperandSupply> operands) {
  /**
   * The least number of elements of a result, as a multiple of the elements of all operands, or of
   * one element.
   */
  private static final long LARGER = 4;

  Expansion(ReshardWays ways, Statement statement, List<OperandSupply> operands) {
    this(ways, statement, ShardingRules.of(statement), operands);
  }

  /**
   * Whether a statement is an expansion.
   *
   * @param expanded whether a value is the result of an expansion, which may also be converted
   */
  static boolean isOne(Statement statement, Predicate<Value> expanded) {
    List<Value> operands = statement.operation().operands();
    return switch (statement.operation()) {
      case Pointwise.Convert(Value x, _) when expanded.test(x) -> true;
      case Source.Constant _,
          Source.Iota _,
          Selection.OneHot _,
          Pointwise _,
          Contraction.Einsum _ ->
          LARGER * Math.max(1, operands.stream().mapToLong(Expansion::elements).sum())
                  <= elements(statement.result())
              && isByElement(ShardingRules.of(statement));
      default -> false;
    };
  }

  private static long elements(Value value) {
    return value.type().shape().elementCount();
  }

  /** Whether each element of the result depends on one element of each operand. */
  private static boolean isByElement(FactorRule rule) {
    return rule.factors().stream()
            .allMatch(
                factor -> factor.kind() instanceof Kind.Pass || factor.kind() instanceof Kind.Make)
        && rule.operands().stream().allMatch(Expansion::isOneEach)
        && isOneEach(rule.results().getFirst());
  }

  /** Whether each dimension is one factor, and no factor is in two dimensions. */
  private static boolean isOneEach(List<Dim> dims) {
    return dims.stream().allMatch(dim -> dim.factors().size() == 1)
        && dims.stream().distinct().count() == dims.size();
  }

  /** The layouts that operands need for a layout of the result, which is no partial sum. */
  List<Layout> operands(Layout result) {
    List<Layout> layouts = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      List<Dim> dims = rule.operands().get(i);
      List<String> labels = statement.operation().operands().get(i).type().names();
      List<Axis> axes =
          IntStream.range(0, dims.size())
              .mapToObj(dim -> new Axis(labels.get(dim), axes(dims.get(dim), result)))
              .toList();
      layouts.add(new Layout(ways.mesh(), new Term(axes, List.of())));
    }
    return layouts;
  }

  private List<String> axes(Dim dim, Layout result) {
    int at = rule.results().getFirst().indexOf(dim);
    return at < 0 ? List.of() : result.axes(at);
  }

  /** The cost of resharding the operands and applying the statement, if it is within a limit. */
  Optional<Cost> cost(Layout result, Cost atMost) {
    if (!result.partial().isEmpty()) {
      return Optional.empty();
    }
    Cost cost = work(result);
    List<Layout> layouts = operands(result);
    for (int i = 0; i < layouts.size(); i++) {
      Optional<Cost> operand = operands.get(i).cost(layouts.get(i), atMost);
      if (operand.isEmpty()) {
        return operand;
      }
      cost = cost.plus(operand.get());
    }
    return Optional.of(cost).filter(all -> all.compareTo(atMost) <= 0);
  }

  /** A lower bound of the cost. */
  double least(Layout result) {
    List<Layout> layouts = operands(result);
    return IntStream.range(0, layouts.size())
        .mapToDouble(i -> operands.get(i).least(layouts.get(i)))
        .sum();
  }

  /** The work of the largest device. */
  Cost work(Layout result) {
    List<Dim> dims = rule.results().getFirst();
    StatementWork work = new StatementWork(statement, rule, Optional.empty());
    double multiplyAdds =
        work.multiplyAdds(factor -> ways.mesh().size(result.axes(FactorRule.dimOf(dims, factor))));
    return ways.work(multiplyAdds, statement.result().type().dtype());
  }
}
