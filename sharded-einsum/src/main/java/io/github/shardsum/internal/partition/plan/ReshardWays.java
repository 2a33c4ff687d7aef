package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.LayoutBlocks;
import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.ReshardSources;
import io.github.shardsum.internal.reshard.Reshards;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.internal.reshard.StepCounts;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The cheapest ways from the layouts in which a value exists to other layouts. */
final class ReshardWays {
  private final Mesh mesh;
  private final PlanOptions options;
  private final Prices prices;
  private final Reshards reshards;
  private final CompositeCode.Finder kernels;
  private final PlanningPolicy policy;
  private final SumOrder sums;
  private final EqualStatements equal = new EqualStatements();

  ReshardWays(Mesh mesh, CompositeCode.Finder kernels, PlanOptions options, PlanningPolicy policy) {
    this.sums = options.sums();
    this.policy = policy;
    this.kernels = kernels;
    this.mesh = mesh;
    this.options = options;
    this.prices = Prices.of(mesh, options);
    this.reshards = new Reshards(prices, policy.reshards(options));
  }

  /**
   * The ways on the mesh of a region's members, which has no known network. Composites are split by
   * their sharding rules: the devices of one member could not agree with the other members on a
   * bound of received rows.
   */
  ReshardWays on(Mesh other) {
    PlanOptions inside = options.withoutTopology().withPartitions(PlanOptions.Partitions.NEVER);
    return new ReshardWays(other, kernels, inside, policy);
  }

  /** The cost of a plan's collectives. */
  Cost cost(SpmdPlan plan) {
    Cost cost = Cost.NOTHING;
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      if (step.action() instanceof Action.Loop loop) {
        cost = cost.plus(cost(loop.body()).times(loop.rounds()));
      } else if (step.action() instanceof Action.Neighbour neighbour) {
        List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
        cost = cost.plus(halo(Halo.of(neighbour, read, step.result()), step.result().dtype()));
      } else if (step.action() instanceof Action.Partitioned partitioned) {
        List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
        cost = cost.plus(prices.parts(PartFigures.of(partitioned, read)));
      } else if (step.action().isCollective()) {
        List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
        cost =
            cost.plus(
                prices.collective(
                    step::action,
                    plan.elementsReceived(i),
                    StepCounts.elements(read),
                    read.getFirst().dtype().byteSize(),
                    () -> read.getFirst().layout(),
                    () -> step.result().layout()));
      }
    }
    return cost;
  }

  /** The cost of a plan's einsums. */
  Cost products(SpmdPlan plan) {
    Cost cost = Cost.NOTHING;
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      cost =
          cost.plus(
              step.action() instanceof Action.Loop loop
                  ? products(loop.body()).times(loop.rounds())
                  : work(plan.flops(i) / 2, step.result().dtype()));
    }
    return cost;
  }

  /** A way, and the index of its first layout among the layouts in which the value exists. */
  record From(int place, Way way) {}

  /**
   * The kernel of a composite, if there is one. Devices may use the kernel for parts of the
   * composite.
   */
  Optional<CompositeCode> kernel(Composite composite) {
    return kernels.find(composite);
  }

  /** The order of floating-point sums. If the order is a tree, a plan must keep it. */
  SumOrder sums() {
    return sums;
  }

  PlanningPolicy policy() {
    return policy;
  }

  /** The choices made so far for statements, with these prices and limits. */
  EqualStatements equal() {
    return equal;
  }

  Mesh mesh() {
    return mesh;
  }

  double total(Cost cost) {
    return prices.total(cost);
  }

  Cost work(double multiplyAdds, DType dtype) {
    return prices.multiplyAdds(multiplyAdds, dtype.byteSize());
  }

  /** The work of the searches so far. */
  Reshards.Work searched() {
    return reshards.work();
  }

  boolean isTimed() {
    return prices.isTimed();
  }

  /** The price of receiving elements of four bytes, without the fixed cost of a collective. */
  double elements(double count) {
    return prices.elements(count);
  }

  /** The cost of combining the addends of a value. */
  Cost reduction(PlannedValue value, List<String> axes, ReduceKind by) {
    return reduction(List.of(value), axes, by);
  }

  /** The cost of combining the addends of values of one dtype that travel together. */
  Cost reduction(List<PlannedValue> values, List<String> axes, ReduceKind by) {
    Action action = new Action.AllReduce(axes, by);
    PlannedValue value = values.getFirst();
    return prices.collective(
        () -> action,
        StepCounts.received(action, values, value),
        StepCounts.elements(values),
        value.dtype().byteSize(),
        value::layout,
        value::layout);
  }

  /** The cost of the rows that a composite with its own partition moves. */
  Cost parts(Action.Partitioned action, List<PlannedValue> operands) {
    return prices.parts(PartFigures.of(action, operands));
  }

  /** The composite's own partition, if its kernel defines one. */
  Optional<CompositePartition> partition(Composite composite) {
    return kernels instanceof PartitionFinder finder
            && options.partitions() != PlanOptions.Partitions.NEVER
        ? finder.partition(composite)
        : Optional.empty();
  }

  /** Labels along which a composite's operands keep their splits. */
  List<String> staying(Composite composite) {
    return kernels instanceof PartitionFinder finder ? finder.staying(composite) : List.of();
  }

  /** Whether a composite with its own partitions is computed by one of these. */
  boolean prefersPartitions() {
    return options.partitions() == PlanOptions.Partitions.ALWAYS;
  }

  /** The bound of received rows, as a multiple of the rows of the largest device. */
  double raggedBound() {
    return options.raggedBound();
  }

  /** The cost of receiving missing elements from neighbours. */
  Cost halo(Halo halo, DType dtype) {
    return prices.halo(halo, dtype.byteSize());
  }

  /**
   * The requested layout without the partial axes over which the computed value is not a partial
   * sum.
   */
  Layout reachable(Layout wanted, Layout made) {
    List<String> partial =
        wanted.partial().stream().filter(axis -> made.partial().contains(axis)).toList();
    return new Layout(mesh, new Term(wanted.term().axes(), partial));
  }

  /** The cheapest way; the first one if several cost the same. */
  Optional<From> from(HeldLayouts value, Layout wanted) {
    int best = -1;
    Cost least = Cost.MOST;
    for (int i = 0; i < value.layouts().size(); i++) {
      Optional<Cost> cost = cost(value, i, wanted, least);
      if (cost.isPresent() && cost.get().compareTo(least) < 0) {
        best = i;
        least = cost.get();
      }
    }
    int place = best;
    return best < 0 ? Optional.empty() : way(value, place, wanted).map(way -> new From(place, way));
  }

  private Optional<Way> way(HeldLayouts value, int place, Layout wanted) {
    Layout from = value.layouts().get(place);
    ValueType type = value.value().type();
    return from.isEquivalent(wanted)
        ? Optional.of(new Way(List.of(), Cost.NOTHING, false))
        : reshards.way(from, wanted, type.shape(), from.stored(type.dtype()));
  }

  private Optional<Cost> cost(HeldLayouts value, int place, Layout wanted, Cost atMost) {
    Layout from = value.layouts().get(place);
    ValueType type = value.value().type();
    return from.isEquivalent(wanted)
        ? Optional.of(Cost.NOTHING)
        : reshards.cost(from, wanted, type.shape(), from.stored(type.dtype()), atMost);
  }

  /** The cost of the cheapest way. */
  Optional<Cost> cost(HeldLayouts value, Layout wanted) {
    return cost(value, wanted, Cost.MOST);
  }

  /** The cost of the cheapest way; none if every way costs more than the limit. */
  Optional<Cost> cost(HeldLayouts value, Layout wanted, Cost atMost) {
    Optional<Cost> best = Optional.empty();
    for (int i = 0; i < value.layouts().size(); i++) {
      Optional<Cost> cost = cost(value, i, wanted, best.orElse(atMost));
      if (cost.isPresent() && (best.isEmpty() || cost.get().compareTo(best.get()) < 0)) {
        best = cost;
      }
    }
    return best;
  }

  /** A lower bound of the cost of every way; 0 if prices are seconds. */
  double least(HeldLayouts value, Layout wanted) {
    return prices.isTimed() ? 0 : value.lacking(blocks(value.value(), wanted));
  }

  /**
   * A lower bound of the cost of moving a result to its default layout; 0 if prices are seconds or
   * addends are combined other than by a sum.
   */
  double leastHome(Value result, Layout made, Layout home, ReduceKind by) {
    return prices.isTimed() || (by != ReduceKind.SUM && !made.partial().isEmpty())
        ? 0
        : blocks(result, home).lacking(blocks(result, made));
  }

  private static LayoutBlocks blocks(Value value, Layout layout) {
    return new LayoutBlocks(layout, value.type().shape());
  }

  /**
   * The cheapest ways to make a value and reshard it to a layout, if the value can be made in many
   * layouts.
   */
  ReshardSources sources(Value value, Map<Layout, Cost> from) {
    DType dtype = value.type().dtype();
    return new ReshardSources(reshards, from, value.type().shape(), layout -> layout.stored(dtype));
  }

  /** The cost of resharding a result from the layout of its computation to its default layout. */
  Optional<Cost> home(Value result, Layout made, Layout home, ReduceKind by, Cost atMost) {
    if (by != ReduceKind.SUM && !made.partial().isEmpty()) {
      Layout done = new Layout(mesh, new Term(made.term().axes(), List.of()));
      Cost reduced = reduction(PlanState.value(result, made), made.partial(), by);
      return home(result, done, reachable(home, done), ReduceKind.SUM, atMost).map(reduced::plus);
    }
    DType dtype = made.stored(result.type().dtype());
    return made.isEquivalent(home)
        ? Optional.of(Cost.NOTHING)
        : reshards.costInto(made, home, result.type().shape(), dtype, atMost);
  }

  /**
   * The weight of a layout in a choice, in addition to its cost: the price of the value's bytes on
   * the largest device, 0 if the policy sets no price for bytes.
   */
  double weight(Value value, Layout layout) {
    return policy.elementsPerByte() == 0
        ? 0
        : prices.elements(policy.elementsPerByte() * bytes(value, layout));
  }

  /** Bytes of a value on the largest device. */
  static long bytes(Value value, Layout layout) {
    DType dtype = layout.stored(value.type().dtype());
    return layout.largestShape(value.type().shape()).elementCount() * dtype.byteSize();
  }

  PlanException none(HeldLayouts value, Layout wanted) {
    return reshards.none("value " + value.value().name(), value.layouts().getLast(), wanted);
  }
}
