package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.layout.PaddedWindow;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositePlan;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlannedValue;
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

/**
 * Chooses how one statement is split: each mesh axis splits at most one factor of the statement's
 * rule, or stays partial on operands. The cost of a choice is the sum of three costs: the operands'
 * reshards from the layouts in which they exist, the largest device's work, and the results'
 * reshards to their default layouts. A statement reads addends only if that is cheaper than reading
 * their sum.
 *
 * <p>Searches for reshards end early: a way is dropped as soon as its work, its known prices and
 * lower bounds of its other prices exceed the best known cost.
 */
final class StatementPlanner {
  /**
   * The share by which a way must be cheaper if it splits a factor that no value has split:
   * slightly less work does not justify another collective.
   */
  private static final double LEAST_GAIN = 0.004;

  /** Factor by which the limit on a way's cost grows until ways are found. */
  private static final double GROWTH = 1.25;

  /** The number of times that the limit grows before the search goes on without it. */
  private static final int MOST_TRIES = 100;

  /**
   * Two prices count as equal if their relative difference is below this, since sums in another
   * order differ so little.
   */
  private static final double ROUNDING = 1e-12;

  private final ReshardWays ways;
  private final Statement statement;
  private final FactorRule rule;
  private final FactorLayouts factors;
  private final SumOrderSplits tree;
  private final SplitSpace.Asked asked;
  private final List<OperandSupply> operands;
  private final List<Layout> homes;
  private final boolean isExact;
  private final SplitSpace space;
  private final StatementWork work;
  private final Mesh mesh;
  private final List<String> axes;
  private final int[] sizes;
  private final List<Map<String, PricedLayout>> read = new ArrayList<>();
  private final List<Map<String, PricedLayout>> made = new ArrayList<>();

  /** The choices that were found and are still needed, the cheapest first. */
  private final List<StatementCandidate> found = new ArrayList<>();

  /** The number of choices that are kept. */
  private int kept = 2;

  /** The labels along which operands keep their splits. */
  private List<String> staying;

  /** The cheapest way with the axes of operands and results, once all such ways are known. */
  private Optional<StatementCandidate> asIs = Optional.empty();

  /** Ways above this cost are not considered. */
  private Cost most = Cost.MOST;

  /**
   * Plans a statement.
   *
   * @param ways the reshards and their prices
   * @param operands the sources of its operands
   * @param homes the default layouts of its results; empty for a statement of a tree, whose result
   *     has no default layout
   * @param isExact whether results must be partial sums over all partial axes of their default
   *     layouts; otherwise they may be complete over some
   * @param mayAdd whether an axis may split a factor that no operand and no result has split
   * @param askedOutside axes and factors that other statements of its tree ask for, such as {@code
   *     x label}
   */
  StatementPlanner(
      ReshardWays ways,
      Statement statement,
      List<OperandSupply> operands,
      List<Layout> homes,
      boolean isExact,
      boolean mayAdd,
      Set<String> askedOutside) {
    this.ways = ways;
    this.statement = statement;
    this.rule = ShardingRules.of(statement);
    this.mesh = ways.mesh();
    this.factors =
        new FactorLayouts(mesh, rule, statement.operation() instanceof Contraction.Einsum);
    this.tree = SumOrderSplits.of(statement, rule, ways.sums());
    this.operands = operands;
    this.homes = homes;
    this.isExact = isExact;
    Optional<Nested.Composite> composite =
        statement.operation() instanceof Nested.Composite own ? Optional.of(own) : Optional.empty();
    Optional<CompositeCode> kernel = composite.flatMap(ways::kernel);
    this.staying = composite.map(ways::staying).orElse(List.of());
    this.work = new StatementWork(statement, rule, kernel);
    this.axes = mesh.axisNames().stream().filter(axis -> mesh.size(axis) > 1).sorted().toList();
    this.asked = new SplitSpace.Asked(rule, operands, homes, askedOutside);
    boolean mayTakeParts =
        composite.isEmpty()
            || kernel.isPresent()
            || PaddedWindow.of(statement.operation()).isPresent();
    this.space = new SplitSpace(statement, factors, tree, asked, axes, mayAdd, mayTakeParts);
    this.sizes = axes.stream().mapToInt(mesh::size).toArray();
    operands.forEach(_ -> read.add(new HashMap<>()));
    statement.results().forEach(_ -> made.add(new HashMap<>()));
  }

  /** A chosen candidate, and its runner-up. */
  record Chosen(StatementCandidate candidate, Optional<Origin.Alternative> runnerUp) {}

  /**
   * The cheapest ways. For {@code einsum "m k, k n -> m n"} on the mesh {@code x=2,y=2} with equal
   * sizes and the result's default layout {@code m@x n}:
   *
   * <pre>
   * operands exist as    first way           its reshards
   * m@x k, k n           split as m@x        none
   * m@x k@y, k@y n       split as k@y m@x    all-reduce of the result over y
   * m@x k, k@x n         split as m@x n@y    slice n and all-gather k of the second operand,
   *                                          all-gather n of the result
   * </pre>
   *
   * @param count the most choices to return, at least one
   * @return the choices, at least one, each with its runner-up
   * @throws PlanException if no choice is within the limits
   */
  List<Chosen> choose(int count) {
    kept = count + 1;
    partitioned();
    if (found.isEmpty() || !ways.prefersPartitions()) {
      split();
    }
    while (found.isEmpty() && !staying.isEmpty()) {
      staying = staying.subList(0, staying.size() - 1);
      read.forEach(Map::clear);
      split();
    }
    if (found.isEmpty()) {
      throw new PlanException(
          String.format(
                  Locale.ROOT,
                  "statement %s: no way to split it stays within the limits; allow whole values on"
                      + " the way",
                  statement)
              + " with PlanOptions.withReplication()");
    }
    List<Chosen> chosen = new ArrayList<>();
    for (int i = 0; i < Math.min(count, found.size()); i++) {
      chosen.add(new Chosen(found.get(i), alternative(i + 1)));
    }
    return chosen;
  }

  /** Considers the ways of the statement's rule. */
  private void split() {
    Splits asked = space.splits(false);
    // Searches for reshards go up to the limit on a way's cost, so the limit is low until some ways
    // are found.
    double amount = Math.max(least(asked), ways.work(1, dtype()).amount());
    for (int tries = 0; tries < MOST_TRIES && found.size() < kept; tries++) {
      most = new Cost(amount, Integer.MAX_VALUE);
      asked.forEach(this::consider);
      amount *= GROWTH;
    }
    most = found.size() < kept ? Cost.MOST : most;
    asIs = found.stream().findFirst();
    space.splits(true).forEach(this::consider);
  }

  /** A lower bound of the cost of every way of a space. */
  private double least(Splits space) {
    double[] least = {Double.MAX_VALUE};
    space.forEach(
        at ->
            paths(at)
                .ifPresent(
                    paths -> least[0] = Math.min(least[0], work(at).amount() + paths.least())));
    return least[0];
  }

  private Optional<Origin.Alternative> alternative(int place) {
    return place >= found.size()
        ? Optional.empty()
        : Optional.of(
            new Origin.Alternative(
                found.get(place).description(),
                ways.total(found.get(place).cost()),
                ways.isTimed()));
  }

  /**
   * The cheapest way to each layout of the statement's only result, without a reshard of the
   * result.
   */
  Map<Layout, StatementCandidate> realizations() {
    Map<Layout, StatementCandidate> best = new LinkedHashMap<>();
    space
        .splits(true)
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

  /** Keeps a way if it is among the best. */
  private void consider(Splits at) {
    candidate(at).ifPresent(this::keep);
  }

  private void keep(StatementCandidate candidate) {
    if (found.stream().anyMatch(f -> f.description().equals(candidate.description()))) {
      return;
    }
    int place = 0;
    while (place < found.size() && !candidate.beats(found.get(place))) {
      place++;
    }
    found.add(place, candidate);
    if (found.size() > kept) {
      found.removeLast();
    }
    if (found.size() == kept) {
      Cost worse = found.getLast().weighed();
      most = new Cost(worse.amount() * (1 + ROUNDING), worse.collectives());
    }
  }

  /**
   * The layouts of a way.
   *
   * @param operands the layouts in which operands are read
   * @param results the layouts in which results are made
   * @param paid the operands that have a price: a value that is read twice is moved once
   */
  private record Paths(
      List<PricedLayout> operands, List<PricedLayout> results, List<PricedLayout> paid) {
    double least() {
      double least = 0;
      for (PricedLayout each : paid) {
        least += each.least + each.weight;
      }
      return least;
    }

    double weight() {
      double weight = 0;
      for (PricedLayout each : paid) {
        weight += each.weight;
      }
      return weight;
    }
  }

  private Optional<Paths> paths(Splits at) {
    if (!tree.allows(at, sizes)) {
      return Optional.empty();
    }
    Paths paths = new Paths(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < operands.size(); i++) {
      PricedLayout operand = operand(at, i);
      if (operand.layout.isEmpty()) {
        return Optional.empty();
      }
      if (!isBrought(i, operand.layout.get(), paths.operands())) {
        paths.paid().add(operand);
      }
      paths.operands().add(operand);
    }
    for (int i = 0; i < statement.results().size(); i++) {
      PricedLayout result = result(at, i);
      if (result.layout.isEmpty()) {
        return Optional.empty();
      }
      paths.paid().add(result);
      paths.results().add(result);
    }
    return Optional.of(paths);
  }

  private Cost work(Splits at) {
    return ways.work(work.multiplyAdds(factor -> at.parts(factor, sizes)), dtype());
  }

  /** A candidate, unless it costs more than the limit. */
  private Optional<StatementCandidate> candidate(Splits at) {
    return paths(at)
        .flatMap(paths -> price(work(at), paths).flatMap(cost -> candidate(at, paths, cost)));
  }

  /** The cost of work and reshards, unless it is more than the limit. */
  private Optional<Cost> price(Cost work, Paths paths) {
    Cost cost = work;
    double rest = paths.least();
    for (PricedLayout each : paths.paid()) {
      if (!isWithin(cost, rest)) {
        return Optional.empty();
      }
      rest -= each.least;
      Optional<Cost> price = each.cost(left(cost, rest));
      if (price.isEmpty()) {
        return Optional.empty();
      }
      cost = cost.plus(price.get());
    }
    return isWithin(cost, rest) ? Optional.of(cost) : Optional.empty();
  }

  private static List<Layout> layouts(List<PricedLayout> of) {
    return of.stream().map(each -> each.layout.orElseThrow()).toList();
  }

  private Optional<StatementCandidate> candidate(Splits at, Paths paths, Cost cost) {
    List<Layout> operandsMet = layouts(paths.operands());
    List<Layout> resultsMade = layouts(paths.results());
    if (bytes(operandsMet, resultsMade) > ways.policy().mostBytes()) {
      return Optional.empty();
    }
    Optional<Halo> halo = halo(at, operandsMet, resultsMade);
    if (halo.isPresent() && (at.keeps() || isForNothing(halo.get()))) {
      return Optional.empty();
    }
    Cost all = halo.map(what -> cost.plus(ways.halo(what, dtype()))).orElse(cost);
    int unasked = space.unasked(at);
    double gain = unasked == 0 ? 1 : 1 + LEAST_GAIN;
    double amount = (all.amount() + paths.weight()) * gain;
    if (unasked > 0 && onlySavesWork(all, work(at))) {
      amount = Math.max(amount, asIs.orElseThrow().weighed().amount());
    }
    Cost weighed = new Cost(amount, all.collectives());
    if (weighed.compareTo(most) > 0) {
      return Optional.empty();
    }
    ComputeSharding sharding =
        at.sharding(rule.factors().stream().map(FactorRule.Factor::name).toList());
    return Optional.of(
        new StatementCandidate(
            sharding, operandsMet, resultsMade, halo, Optional.empty(), all, weighed, unasked));
  }

  /**
   * Whether a way moves more than the cheapest way with the axes of operands and results, and saves
   * less work than its further collectives cost.
   */
  private boolean onlySavesWork(Cost all, Cost work) {
    return asIs.filter(way -> all.amount() - work.amount() > way.cost().amount() - workOf(way))
        .filter(way -> ways.total(all) > ways.total(way.cost()))
        .isPresent();
  }

  private double workOf(StatementCandidate way) {
    return work(way.sharding()).amount();
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

  /** Considers the ways of a composite's own partition. */
  private void partitioned() {
    if (statement.operation() instanceof Nested.Composite composite) {
      ways.partition(composite)
          .ifPresent(
              own ->
                  own.ways(composite, mesh, held(), ways.raggedBound())
                      .forEach(way -> partitioned(way).ifPresent(this::keep)));
    }
  }

  /** For each operand the layouts in which it exists. */
  private List<List<Layout>> held() {
    List<List<Layout>> all = new ArrayList<>();
    for (OperandSupply operand : operands) {
      List<Layout> layouts = new ArrayList<>();
      operand.exists(
          layout -> {
            layouts.add(layout);
            return false;
          });
      all.add(List.copyOf(layouts));
    }
    return all;
  }

  private Optional<StatementCandidate> partitioned(CompositePlan way) {
    Paths paths = new Paths(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int i = 0; i < operands.size(); i++) {
      PricedLayout operand = brought(i, way.operands().get(i));
      if (!isBrought(i, way.operands().get(i), paths.operands())) {
        paths.paid().add(operand);
      }
      paths.operands().add(operand);
    }
    List<PlannedValue> read = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      read.add(PlanState.value(operand(i), way.operands().get(i)));
    }
    for (int i = 0; i < statement.results().size(); i++) {
      PricedLayout result = made(i, way.results().get(i));
      paths.paid().add(result);
      paths.results().add(result);
    }
    if (bytes(way.operands(), way.results()) > ways.policy().mostBytes()) {
      return Optional.empty();
    }
    ComputeSharding sharding = sharding(way);
    Cost moved = ways.parts(new Action.Partitioned(statement, way.parts()), read);
    return price(work(sharding).plus(moved), paths)
        .map(
            cost ->
                new StatementCandidate(
                    sharding,
                    way.operands(),
                    way.results(),
                    Optional.empty(),
                    Optional.of(way.parts()),
                    cost,
                    new Cost(cost.amount() + paths.weight(), cost.collectives()),
                    0));
  }

  /**
   * The split from which a device's share of the work follows, if rows are spread evenly: each
   * split label of an operand with its axes. An axis counts only for the first label that it
   * splits.
   */
  private ComputeSharding sharding(CompositePlan way) {
    Map<String, List<String>> split = new LinkedHashMap<>();
    Set<String> used = new HashSet<>();
    for (Layout layout : way.operands()) {
      for (int dim = 0; dim < layout.rank(); dim++) {
        List<String> on = layout.axes(dim).stream().filter(axis -> mesh.size(axis) > 1).toList();
        boolean isNew = !on.isEmpty() && !split.containsKey(layout.label(dim));
        if (isNew && on.stream().noneMatch(used::contains)) {
          split.put(layout.label(dim), on);
          used.addAll(on);
        }
      }
    }
    return new ComputeSharding(split, Map.of());
  }

  /** The part of the limit that is left for the rest of a way. */
  private Cost left(Cost cost, double weight) {
    double amount = most.amount() - cost.amount() - weight;
    return new Cost(amount + Math.abs(most.amount()) * ROUNDING, Integer.MAX_VALUE);
  }

  private boolean isBrought(int i, Layout layout, List<PricedLayout> before) {
    return operands.indexOf(operands.get(i)) < i
        && before.stream().anyMatch(other -> layout.equals(other.layout.orElseThrow()));
  }

  private PricedLayout operand(Splits at, int i) {
    long partial = at.kept(factors.isKept(i));
    String key = at.key(rule.operands().get(i), partial);
    PricedLayout known = read.get(i).get(key);
    if (known == null) {
      known =
          factors
              .operand(i, operand(i), at, axes)
              .filter(layout -> stays(operands.get(i), layout))
              .map(layout -> brought(i, layout))
              .orElseGet(PricedLayout::none);
      read.get(i).put(key, known);
    }
    return known;
  }

  /**
   * Whether a layout keeps the splits of labels that must stay split: every axis that splits such a
   * label in an existing layout splits it here too.
   */
  private boolean stays(OperandSupply operand, Layout to) {
    for (int dim = 0; dim < to.rank(); dim++) {
      if (staying.contains(to.label(dim)) && !stays(operand, dim, to.axes(dim))) {
        return false;
      }
    }
    return true;
  }

  private boolean stays(OperandSupply operand, int dim, List<String> over) {
    return operand.exists(
        from ->
            from.axes(dim).stream().allMatch(axis -> over.contains(axis) || mesh.size(axis) == 1));
  }

  private PricedLayout brought(int i, Layout to) {
    OperandSupply operand = operands.get(i);
    double weight = operand.exists(to) ? 0 : ways.weight(operand(i), to);
    return new PricedLayout(
        Optional.of(to), weight, operand.least(to), atMost -> operand.cost(to, atMost));
  }

  private PricedLayout result(Splits at, int i) {
    String key = at.key(rule.results().get(i), factors.summed(i, at));
    PricedLayout known = made.get(i).get(key);
    if (known == null) {
      known =
          factors
              .result(i, statement.results().get(i), at, axes)
              .map(layout -> made(i, layout))
              .orElseGet(PricedLayout::none);
      made.get(i).put(key, known);
    }
    return known;
  }

  private PricedLayout made(int i, Layout made) {
    Value result = statement.results().get(i);
    double weight = ways.weight(result, made);
    if (homes.isEmpty()) {
      return new PricedLayout(Optional.of(made), weight, 0, _ -> Optional.of(Cost.NOTHING));
    }
    Layout home = isExact ? homes.get(i) : ways.reachable(homes.get(i), made);
    return new PricedLayout(
        Optional.of(made),
        weight,
        ways.leastHome(result, made, home, kind()),
        atMost -> ways.home(result, made, home, kind(), atMost));
  }

  /** The kind of reduction that completes a result which is partial over devices. */
  private ReduceKind kind() {
    return statement.operation() instanceof Contraction.Reduce(ReduceKind by, _, _)
        ? by
        : ReduceKind.SUM;
  }

  /**
   * The elements that devices read from each other, if a split label is read at neighbouring
   * indices.
   */
  private Optional<Halo> halo(Splits at, List<Layout> met, List<Layout> made) {
    int factor = Halo.factor(rule);
    return factor < 0 || !at.isSplit(factor)
        ? Optional.empty()
        : Optional.of(Halo.of(statement, met, made.getFirst()));
  }

  /** Whether every device has the operands whole, so that nothing must be exchanged. */
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

  /**
   * The reason why a label is whole although operands have it split, if the order of sums demands
   * it.
   *
   * @param sharding how the statement is split
   */
  Optional<String> whole(ComputeSharding sharding) {
    for (int factor = 0; factor < rule.factors().size(); factor++) {
      if (sharding.axes(rule.factors().get(factor).name()).isEmpty()) {
        Optional<String> why = tree.whole(factor, parts(factor));
        if (why.isPresent()) {
          return why;
        }
      }
    }
    return Optional.empty();
  }

  /** Sizes of the axes that split a factor in the operands, major to minor. */
  private List<Integer> parts(int factor) {
    List<String> split = asked.split(factor);
    List<String> all = axes.stream().filter(axis -> asked.isAsked(axis, factor)).toList();
    return (split.isEmpty() ? all : split).stream().map(mesh::size).toList();
  }

  /** The cost of the largest device's work. */
  Cost work(ComputeSharding sharding) {
    return ways.work(
        work.multiplyAdds(factor -> mesh.size(sharding.axes(rule.factors().get(factor).name()))),
        dtype());
  }
}
