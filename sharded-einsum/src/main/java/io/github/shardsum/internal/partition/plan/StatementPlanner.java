package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Chooses how one statement is split: each mesh axis splits at most one factor of its rule, or
 * stays partial on operands. The cost of a choice is that of the operands' reshards from the
 * layouts in which they exist, of the largest device's work, and of the results' reshards to their
 * default layouts. Addends are read only if that is cheaper than reading their sum.
 *
 * <p>Every axis may split every factor, whether or not an operand or a result has it there. If
 * there are too many ways, only axes that no operand and no result has may split any factor; if
 * these are still too many, no axis may.
 */
final class StatementPlanner {
  /** Most ways to split a statement that are all considered; with more, only some of them are. */
  private static final int MOST_WAYS = 20_000;

  /**
   * The share by which a way must be cheaper if it splits a factor that no value has split: a
   * little less work is no reason for another collective.
   */
  private static final double LEAST_GAIN = 0.004;

  /** Growth of the limit on a way's cost until ways are found. */
  private static final double GROWTH = 2;

  /** How often the limit grows before it is dropped. */
  private static final int MOST_TRIES = 64;

  /** Relative difference of two prices that counts as rounding, as sums in another order give. */
  private static final double ROUNDING = 1e-12;

  private final ReshardWays ways;
  private final Statement statement;
  private final FactorRule rule;
  private final FactorLayouts factors;
  private final TreeSplits tree;
  private final List<Supply> operands;
  private final List<Layout> homes;
  private final boolean isExact;
  private final boolean mayAdd;
  private final Set<String> askedOutside;

  /** The kernel of a composite, if the statement is one and has one. */
  private final Optional<CompositeCode> kernel;

  private final Mesh mesh;
  private final List<String> axes;
  private final int[] sizes;
  private final List<Map<String, Met>> met = new ArrayList<>();
  private final List<Map<String, Met>> made = new ArrayList<>();

  /** The choices that were found, cheapest first, as far as they are still needed. */
  private final List<Candidate> found = new ArrayList<>();

  /** How many choices are kept. */
  private int kept = 2;

  /** Ways above this cost are not considered. */
  private Cost most = Cost.MOST;

  /**
   * Plans a statement.
   *
   * @param ways the reshards and their prices
   * @param statement the statement
   * @param operands where its operands come from
   * @param homes the default layouts of its results; empty for a statement of a tree, whose result
   *     has none
   * @param isExact whether results must have all partial axes of their default layouts, or only
   *     those over which they are made as partial sums
   * @param mayAdd whether an axis may split a factor that no operand and no result has split
   * @param askedOutside axes and factors, as {@code x label}, that others of its tree ask for
   */
  StatementPlanner(
      ReshardWays ways,
      Statement statement,
      List<Supply> operands,
      List<Layout> homes,
      boolean isExact,
      boolean mayAdd,
      Set<String> askedOutside) {
    this.ways = ways;
    this.statement = statement;
    this.rule = ShardingRules.of(statement);
    this.mesh = ways.mesh();
    this.factors =
        new FactorLayouts(
            mesh, rule, ways.isAlone() && statement.operation() instanceof Contraction.Einsum);
    this.tree = TreeSplits.of(statement, rule, ways.sums());
    this.operands = operands;
    this.homes = homes;
    this.isExact = isExact;
    this.mayAdd = mayAdd;
    this.askedOutside = askedOutside;
    this.kernel =
        statement.operation() instanceof Nested.Composite composite
            ? ways.kernel(composite)
            : Optional.empty();
    this.axes = mesh.axisNames().stream().filter(axis -> mesh.size(axis) > 1).sorted().toList();
    this.sizes = axes.stream().mapToInt(mesh::size).toArray();
    operands.forEach(_ -> met.add(new HashMap<>()));
    statement.results().forEach(_ -> made.add(new HashMap<>()));
  }

  /**
   * A way to compute the statement.
   *
   * @param sharding how its factors are split
   * @param operands the layouts in which operands are read
   * @param results the layouts in which results are made
   * @param halo the elements that devices read of each other, if any
   * @param cost of reshards and work
   * @param weighed the cost with the policy's weights, by which the choice is made
   * @param unasked axes that split a factor which they split neither in an operand nor in a default
   *     layout
   */
  record Candidate(
      ComputeSharding sharding,
      List<Layout> operands,
      List<Layout> results,
      Optional<Halo> halo,
      Cost cost,
      Cost weighed,
      int unasked) {
    boolean beats(Candidate other) {
      int order = weighed.compareTo(other.weighed);
      order =
          order != 0
              ? order
              : Integer.compare(sharding.kept().size(), other.sharding.kept().size());
      order = order != 0 ? order : Integer.compare(unasked, other.unasked);
      return order < 0
          || (order == 0 && sharding.toString().compareTo(other.sharding.toString()) < 0);
    }
  }

  /** The chosen candidate, and the next best. */
  record Chosen(Candidate candidate, Optional<Origin.Alternative> runnerUp) {}

  /** A layout of an operand or result, if there is one, and the least that is known of its cost. */
  private static final class Met {
    final Optional<Layout> layout;
    final double weight;
    Optional<Cost> cost = Optional.empty();

    Met(Optional<Layout> layout, double weight) {
      this.layout = layout;
      this.weight = weight;
    }
  }

  /**
   * The cheapest ways.
   *
   * @param count how many at the most, at least one
   * @return one or more, each with the next
   * @throws PlanException if there is none within the limits
   */
  List<Chosen> choose(int count) {
    kept = count + 1;
    Splits asked = splits(false);
    // Searches for reshards go as far as a way may cost, so it may cost little until two are found.
    double amount = ways.work(1, dtype()).amount();
    for (int tries = 0; tries < MOST_TRIES && found.size() < kept; tries++) {
      amount *= GROWTH;
      most = new Cost(amount, Integer.MAX_VALUE);
      asked.forEach(this::consider);
    }
    most = found.size() < kept ? Cost.MOST : most;
    splits(true).forEach(this::consider);
    if (found.isEmpty()) {
      throw new PlanException(
          String.format(
                  Locale.ROOT,
                  "statement %s: no way to split it stays within the limits; allow whole values on the way",
                  statement)
              + " with PlanOptions.withReplication()");
    }
    List<Chosen> chosen = new ArrayList<>();
    for (int i = 0; i < Math.min(count, found.size()); i++) {
      chosen.add(new Chosen(found.get(i), alternative(i + 1)));
    }
    return chosen;
  }

  private Optional<Origin.Alternative> alternative(int place) {
    return place >= found.size()
        ? Optional.empty()
        : Optional.of(
            new Origin.Alternative(
                found.get(place).sharding().toString(), ways.total(found.get(place).cost())));
  }

  /** The cheapest way to each layout of the one result, without a reshard of it. */
  Map<Layout, Candidate> realizations() {
    Map<Layout, Candidate> best = new LinkedHashMap<>();
    splits(true)
        .forEach(
            at ->
                candidate(at)
                    .ifPresent(
                        way ->
                            best.merge(
                                way.results().getFirst(),
                                way,
                                (old, now) -> now.beats(old) ? now : old)));
    return best;
  }

  /** Keeps a way if it is one of the best. */
  private void consider(Splits at) {
    Optional<Candidate> candidate = candidate(at);
    if (candidate.isEmpty()
        || found.stream().anyMatch(f -> f.sharding().equals(candidate.get().sharding()))) {
      return;
    }
    int place = 0;
    while (place < found.size() && !candidate.get().beats(found.get(place))) {
      place++;
    }
    found.add(place, candidate.get());
    if (found.size() > kept) {
      found.removeLast();
    }
    if (found.size() == kept) {
      Cost worse = found.getLast().weighed();
      most = new Cost(worse.amount() * (1 + ROUNDING), worse.collectives());
    }
  }

  /** A candidate, unless it costs more than the limit. */
  private Optional<Candidate> candidate(Splits at) {
    if (!tree.allows(at, sizes)) {
      return Optional.empty();
    }
    Cost cost = ways.work(multiplyAdds(at), dtype());
    double weight = 0;
    List<Met> operandsMet = new ArrayList<>();
    for (int i = 0; i < operands.size() && isWithin(cost, weight); i++) {
      Met operand = operand(at, i);
      if (operand.layout.isEmpty()) {
        return Optional.empty();
      }
      // An operand that stands twice is brought once.
      if (!isBrought(i, operand.layout.get(), operandsMet)) {
        Optional<Cost> bring = bring(i, operand, left(cost, weight));
        if (bring.isEmpty()) {
          return Optional.empty();
        }
        cost = cost.plus(bring.get());
        weight += operand.weight;
      }
      operandsMet.add(operand);
    }
    List<Met> resultsMade = new ArrayList<>();
    for (int i = 0; i < statement.results().size() && isWithin(cost, weight); i++) {
      Met result = result(at, i);
      Optional<Cost> home =
          result.layout.isEmpty() ? Optional.empty() : home(i, result, left(cost, weight));
      if (home.isEmpty()) {
        return Optional.empty();
      }
      cost = cost.plus(home.get());
      weight += result.weight;
      resultsMade.add(result);
    }
    return isWithin(cost, weight)
        ? candidate(at, layouts(operandsMet), layouts(resultsMade), cost, weight)
        : Optional.empty();
  }

  private static List<Layout> layouts(List<Met> of) {
    return of.stream().map(each -> each.layout.orElseThrow()).toList();
  }

  private Optional<Candidate> candidate(
      Splits at, List<Layout> operandsMet, List<Layout> resultsMade, Cost cost, double weight) {
    if (bytes(operandsMet, resultsMade) > ways.policy().mostBytes()) {
      return Optional.empty();
    }
    Optional<Halo> halo = halo(at, operandsMet, resultsMade);
    if (halo.isPresent() && (at.keeps() || isForNothing(halo.get()))) {
      return Optional.empty();
    }
    Cost all = halo.map(what -> cost.plus(ways.halo(what, dtype()))).orElse(cost);
    int unasked = unasked(at);
    double gain = unasked == 0 ? 1 : 1 + LEAST_GAIN;
    Cost weighed = new Cost((all.amount() + weight) * gain, all.collectives());
    if (weighed.compareTo(most) > 0) {
      return Optional.empty();
    }
    ComputeSharding sharding =
        at.sharding(rule.factors().stream().map(FactorRule.Factor::name).toList());
    return Optional.of(
        new Candidate(sharding, operandsMet, resultsMade, halo, all, weighed, unasked));
  }

  /** Bytes that the statement holds on the largest device, if the policy limits them. */
  private long bytes(List<Layout> operandsMet, List<Layout> resultsMade) {
    long bytes = 0;
    if (ways.policy().mostBytes() < Long.MAX_VALUE) {
      for (int i = 0; i < operandsMet.size(); i++) {
        bytes += ReshardWays.bytes(operand(i), operandsMet.get(i));
      }
      for (int i = 0; i < resultsMade.size(); i++) {
        bytes += ReshardWays.bytes(statement.results().get(i), resultsMade.get(i));
      }
    }
    return bytes;
  }

  private boolean isWithin(Cost cost, double weight) {
    return cost.amount() + weight <= most.amount();
  }

  /** The rest of the limit that a way may cost. */
  private Cost left(Cost cost, double weight) {
    double amount = most.amount() - cost.amount() - weight;
    return new Cost(amount + Math.abs(most.amount()) * ROUNDING, Integer.MAX_VALUE);
  }

  private boolean isBrought(int i, Layout layout, List<Met> before) {
    return operands.indexOf(operands.get(i)) < i
        && before.stream().anyMatch(other -> layout.equals(other.layout.orElseThrow()));
  }

  private Met operand(Splits at, int i) {
    long partial = at.kept(factors.isKept(i));
    return met.get(i)
        .computeIfAbsent(
            at.key(rule.operands().get(i), partial),
            _ -> {
              Optional<Layout> layout = factors.operand(i, operand(i), at, axes);
              return new Met(
                  layout,
                  layout
                      .filter(to -> !operands.get(i).exists(to))
                      .map(to -> weight(operand(i), to))
                      .orElse(0.0));
            });
  }

  private Met result(Splits at, int i) {
    Value result = statement.results().get(i);
    return made.get(i)
        .computeIfAbsent(
            at.key(rule.results().get(i), factors.summed(i, at)),
            _ -> {
              Optional<Layout> layout = factors.result(i, result, at, axes);
              return new Met(layout, layout.map(to -> weight(result, to)).orElse(0.0));
            });
  }

  private double weight(Value value, Layout layout) {
    return ways.weight(value, layout);
  }

  private Optional<Cost> bring(int i, Met operand, Cost left) {
    if (operand.cost.isEmpty()) {
      operand.cost = operands.get(i).cost(operand.layout.orElseThrow(), left);
    }
    return operand.cost;
  }

  private Optional<Cost> home(int i, Met result, Cost left) {
    if (homes.isEmpty()) {
      return Optional.of(Cost.NOTHING);
    }
    if (result.cost.isEmpty()) {
      Layout made = result.layout.orElseThrow();
      Layout home = isExact ? homes.get(i) : ways.reachable(homes.get(i), made);
      result.cost = ways.home(statement.results().get(i), made, home, kind(), left);
    }
    return result.cost;
  }

  /** How a result that is partial over devices is combined. */
  private ReduceKind kind() {
    return statement.operation() instanceof Contraction.Reduce(ReduceKind by, _, _)
        ? by
        : ReduceKind.SUM;
  }

  /**
   * The elements that devices read of each other, if a label whose neighbouring indices are read is
   * split.
   */
  private Optional<Halo> halo(Splits at, List<Layout> met, List<Layout> made) {
    int factor = Halo.factor(rule);
    return factor < 0 || !at.isSplit(factor)
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
                    operands
                        .get(i)
                        .exists(
                            layout -> mesh.size(layout.axes(halo.operands().get(i).dim())) == 1));
  }

  private DType dtype() {
    return statement.result().type().dtype();
  }

  private Value operand(int i) {
    return statement.operation().operands().get(i);
  }

  /** The work of the largest device. */
  Cost work(ComputeSharding sharding) {
    return ways.work(
        multiplyAdds(factor -> mesh.size(sharding.axes(rule.factors().get(factor).name()))),
        dtype());
  }

  private double multiplyAdds(Splits at) {
    return multiplyAdds(factor -> at.parts(factor, sizes));
  }

  /** Why summed labels are whole that operands have split, if an order of sums asks for it. */
  Optional<String> whole() {
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      long parts = 1;
      for (int axis = 0; axis < sizes.length; axis++) {
        parts *= isAsked(axes.get(axis), factor) ? sizes[axis] : 1;
      }
      Optional<String> why = tree.whole(factor, parts);
      if (why.isPresent()) {
        return why;
      }
    }
    return Optional.empty();
  }

  /** Multiply-adds of an einsum or a kernel, else elements of the largest operand or result. */
  private double multiplyAdds(IntToLongFunction parts) {
    if (statement.operation() instanceof Contraction.Einsum) {
      double product = 1;
      for (int factor = 0; factor < rule.factors().size(); factor++) {
        product *= Math.ceilDiv(rule.factors().get(factor).size(), parts.applyAsLong(factor));
      }
      return product;
    }
    double most = ofKernel(parts);
    for (List<Dim> dims : rule.operands()) {
      most = Math.max(most, elements(dims, parts));
    }
    for (List<Dim> dims : rule.results()) {
      most = Math.max(most, elements(dims, parts));
    }
    return most;
  }

  /** Multiply-adds of the kernel's largest part: labels share its work evenly. */
  private double ofKernel(IntToLongFunction parts) {
    double share = kernel.map(CompositeCode::flops).orElse(0.0) / 2;
    for (int factor = 0; factor < rule.factors().size() && share > 0; factor++) {
      double size = rule.factors().get(factor).size();
      share *= size == 0 ? 0 : Math.ceilDiv((long) size, parts.applyAsLong(factor)) / size;
    }
    return share;
  }

  private double elements(List<Dim> dims, IntToLongFunction parts) {
    double product = 1;
    for (Dim dim : dims) {
      for (int factor : dim.factors()) {
        product *= Math.ceilDiv(rule.factors().get(factor).size(), parts.applyAsLong(factor));
      }
    }
    return product;
  }

  /** The ways to look at: all of them as far as they are not too many, or those asked for. */
  private Splits splits(boolean all) {
    if (all && mayAdd) {
      Splits every = new Splits(axes, choices((_, _) -> true), rule.factors().size());
      if (every.count(MOST_WAYS) <= MOST_WAYS) {
        return every;
      }
      Splits idle =
          new Splits(
              axes,
              choices((axis, factor) -> isAsked(axis, factor) || isIdle(axis)),
              rule.factors().size());
      if (idle.count(MOST_WAYS) <= MOST_WAYS) {
        return idle;
      }
    }
    return new Splits(axes, choices(this::isAsked), rule.factors().size());
  }

  private int[][] choices(BiPredicate<String, Integer> may) {
    int[][] choices = new int[axes.size()][];
    for (int axis = 0; axis < choices.length; axis++) {
      String name = axes.get(axis);
      IntStream.Builder of = IntStream.builder().add(Splits.NONE);
      for (int factor = 0; factor < rule.factors().size(); factor++) {
        if (isSplittable(factor) && may.test(name, factor)) {
          of.add(factor);
        }
      }
      keeps(name, of);
      choices[axis] = of.build().toArray();
    }
    return choices;
  }

  private boolean isIdle(String axis) {
    return IntStream.range(0, rule.factors().size()).noneMatch(f -> isAsked(axis, f));
  }

  private int unasked(Splits at) {
    int count = 0;
    for (int axis = 0; axis < axes.size(); axis++) {
      int choice = at.choice(axis);
      count += choice >= 0 && !isAsked(axes.get(axis), choice) ? 1 : 0;
    }
    return count;
  }

  private boolean isSplittable(int factor) {
    return factors.isSplittable(factor)
        && tree.mayCut(factor)
        && (homes.isEmpty() || !ways.whole().contains(rule.factors().get(factor).name()))
        && (!(statement.operation() instanceof Nested.Composite composite)
            || (kernel.isPresent() && isPromised(composite, factor)));
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
  private void keeps(String axis, IntStream.Builder may) {
    for (int set = 0; tree.mayKeep() && set < factors.linear().size(); set++) {
      Set<Integer> together = factors.linear().get(set);
      boolean all =
          together.stream()
              .allMatch(
                  i ->
                      (ways.isAlone() || operand(i).type().dtype() != DType.BF16)
                          && operands.get(i).exists(layout -> layout.partial().contains(axis)));
      if (all && !together.isEmpty()) {
        may.add(Splits.keep(set));
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
      List<Dim> dims = rule.operands().get(i);
      if (operands.get(i).asks(layout -> isAsked(axis, factor, dims, layout))) {
        return true;
      }
    }
    return askedOutside.contains(axis + " " + rule.factors().get(factor).name());
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
