package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.internal.partition.plan.ComputeSharding.Choice;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Chooses how one statement is split: each mesh axis splits at most one factor of its rule, one on
 * which an operand or the home of a result has it. What a choice costs is the reshards of the
 * operands from any layout in which they exist, the work of the largest device, and the reshard of
 * the results to their homes. Addends are read only where that is cheaper than their sum.
 */
final class StatementPlanner {
  private final ReshardWays ways;
  private final Statement statement;
  private final FactorRule rule;
  private final FactorLayouts factors;
  private final List<Holding> operands;
  private final List<Layout> homes;
  private final Mesh mesh;

  StatementPlanner(
      ReshardWays ways, Statement statement, List<Holding> operands, List<Layout> homes) {
    this.ways = ways;
    this.statement = statement;
    this.rule = ShardingRules.of(statement);
    this.mesh = ways.mesh();
    this.factors = new FactorLayouts(mesh, rule);
    this.operands = operands;
    this.homes = homes;
  }

  /**
   * A way to compute the statement.
   *
   * @param sharding how its factors are split
   * @param operands the layouts in which operands are met
   * @param results the layouts in which results are made
   * @param halo what devices read of each other, if there is such
   * @param cost of it all
   */
  record Candidate(
      ComputeSharding sharding,
      List<Layout> operands,
      List<Layout> results,
      Optional<Halo> halo,
      Cost cost) {}

  /** What was chosen, and the next best. */
  record Chosen(Candidate candidate, Optional<Origin.Alternative> runnerUp) {}

  Chosen choose() {
    List<Candidate> candidates = new ArrayList<>();
    ComputeSharding.forEach(choices(), sharding -> candidate(sharding).ifPresent(candidates::add));
    candidates.sort(
        Comparator.comparing(this::weighed)
            .thenComparing(c -> c.sharding().kept().size())
            .thenComparing(c -> c.sharding().toString()));
    if (candidates.isEmpty()) {
      throw new PlanException(
          String.format(
                  Locale.ROOT,
                  "statement %s: no way to split it stays within the limits; allow whole values on the way",
                  statement)
              + " with PlanOptions.withReplication()");
    }
    Optional<Origin.Alternative> other =
        candidates.size() < 2
            ? Optional.empty()
            : Optional.of(
                new Origin.Alternative(
                    candidates.get(1).sharding().toString(), ways.total(candidates.get(1).cost())));
    return new Chosen(candidates.getFirst(), other);
  }

  private Cost weighed(Candidate way) {
    return ways.weighed(way.cost(), operands, way.operands(), statement.results(), way.results());
  }

  private Optional<Candidate> candidate(ComputeSharding sharding) {
    List<Layout> met = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Optional<Layout> layout = factors.operand(i, operand(i), sharding);
      if (layout.isEmpty()) {
        return Optional.empty();
      }
      met.add(layout.get());
    }
    List<Layout> made = new ArrayList<>();
    for (int i = 0; i < homes.size(); i++) {
      Optional<Layout> layout = factors.result(i, statement.results().get(i), sharding);
      if (layout.isEmpty()) {
        return Optional.empty();
      }
      made.add(layout.get());
    }
    Optional<Halo> halo = halo(sharding, met, made);
    if (halo.isPresent() && (!sharding.kept().isEmpty() || isForNothing(halo.get()))) {
      return Optional.empty();
    }
    return cost(sharding, met, made)
        .map(
            cost -> {
              Cost all = halo.map(what -> cost.plus(ways.halo(what, dtype()))).orElse(cost);
              return new Candidate(sharding, met, made, halo, all);
            });
  }

  /** What devices read of each other, if a label of which neighbours are read is split. */
  private Optional<Halo> halo(ComputeSharding sharding, List<Layout> met, List<Layout> made) {
    int factor = Halo.factor(rule);
    return factor < 0 || sharding.axes(rule.factors().get(factor).name()).isEmpty()
        ? Optional.empty()
        : Optional.of(Halo.of(statement, met, made.getFirst()));
  }

  /** Whether all that would be exchanged is there already: each device has the operands whole. */
  private boolean isForNothing(Halo halo) {
    List<Integer> exchanged = halo.exchanged();
    return !exchanged.isEmpty()
        && exchanged.stream()
            .allMatch(
                i ->
                    operands.get(i).layouts().stream()
                        .anyMatch(
                            layout -> mesh.size(layout.axes(halo.operands().get(i).dim())) == 1));
  }

  private DType dtype() {
    return statement.result().type().dtype();
  }

  private Optional<Cost> cost(ComputeSharding sharding, List<Layout> met, List<Layout> made) {
    Cost cost = work(sharding);
    for (int i = 0; i < met.size(); i++) {
      // An operand that stands twice is brought once.
      if (operands.indexOf(operands.get(i)) == i || !met.subList(0, i).contains(met.get(i))) {
        Optional<Cost> bring = ways.cost(operands.get(i), met.get(i));
        if (bring.isEmpty()) {
          return Optional.empty();
        }
        cost = cost.plus(bring.get());
      }
    }
    for (int i = 0; i < made.size(); i++) {
      Optional<Cost> home =
          ways.cost(
              new Holding(statement.results().get(i), made.get(i), 0),
              ways.reachable(homes.get(i), made.get(i)));
      if (home.isEmpty()) {
        return Optional.empty();
      }
      cost = cost.plus(home.get());
    }
    return Optional.of(cost);
  }

  private Value operand(int i) {
    return statement.operation().operands().get(i);
  }

  /** What the largest device computes. */
  Cost work(ComputeSharding sharding) {
    return ways.work(multiplyAdds(sharding), dtype());
  }

  /** Multiply-adds of an einsum, else elements of the largest operand or result. */
  private double multiplyAdds(ComputeSharding sharding) {
    if (statement.operation() instanceof Contraction.Einsum) {
      double product = 1;
      for (FactorRule.Factor factor : rule.factors()) {
        product *= Math.ceilDiv(factor.size(), mesh.size(sharding.axes(factor.name())));
      }
      return product;
    }
    double most = 0;
    for (List<Dim> dims : rule.operands()) {
      most = Math.max(most, elements(dims, sharding));
    }
    for (List<Dim> dims : rule.results()) {
      most = Math.max(most, elements(dims, sharding));
    }
    return most;
  }

  private double elements(List<Dim> dims, ComputeSharding sharding) {
    double product = 1;
    for (Dim dim : dims) {
      for (int factor : dim.factors()) {
        FactorRule.Factor one = rule.factors().get(factor);
        product *= Math.ceilDiv(one.size(), mesh.size(sharding.axes(one.name())));
      }
    }
    return product;
  }

  /** What each axis may do: nothing, or what an operand or a result has it for. */
  private Map<String, List<Choice>> choices() {
    Map<String, List<Choice>> choices = new TreeMap<>();
    for (String axis : mesh.axisNames()) {
      if (mesh.size(axis) > 1) {
        List<Choice> may = new ArrayList<>();
        may.add(new Choice.None());
        for (int factor = 0; factor < rule.factors().size(); factor++) {
          if (isSplittable(factor) && isAsked(axis, factor)) {
            may.add(new Choice.Split(rule.factors().get(factor).name()));
          }
        }
        keeps(axis, may);
        choices.put(axis, may);
      }
    }
    return choices;
  }

  private boolean isSplittable(int factor) {
    return factors.isSplittable(factor)
        && (!(statement.operation() instanceof Nested.Composite composite)
            || (ways.isKernel(composite) && isPromised(composite, factor)));
  }

  /** Whether a kernel can take a part of a label, and of those that results have in its place. */
  private boolean isPromised(Nested.Composite composite, int factor) {
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

  /** Partial sums of bf16 are f32, so an operation that keeps its dtype cannot read them. */
  private void keeps(String axis, List<Choice> may) {
    for (int set = 0; set < factors.linear().size(); set++) {
      Set<Integer> together = factors.linear().get(set);
      boolean all =
          together.stream()
              .allMatch(
                  i ->
                      operand(i).type().dtype() != DType.BF16
                          && operands.get(i).layouts().stream()
                              .anyMatch(layout -> layout.partial().contains(axis)));
      if (all && !together.isEmpty()) {
        may.add(new Choice.Keep(set));
      }
    }
  }

  private boolean isAsked(String axis, int factor) {
    boolean isSummed = rule.factors().get(factor).kind() instanceof FactorRule.Kind.Reduce;
    for (int i = 0; i < homes.size(); i++) {
      Layout home = homes.get(i);
      if (isAsked(axis, factor, rule.results().get(i), home)
          || (isSummed && home.partial().contains(axis))) {
        return true;
      }
    }
    for (int i = 0; i < operands.size(); i++) {
      for (Layout layout : operands.get(i).layouts()) {
        if (isAsked(axis, factor, rule.operands().get(i), layout)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isAsked(String axis, int factor, List<Dim> dims, Layout layout) {
    for (int dim = 0; dim < dims.size(); dim++) {
      if (dims.get(dim).factors().contains(factor) && layout.axes(dim).contains(axis)) {
        return true;
      }
    }
    return false;
  }
}
