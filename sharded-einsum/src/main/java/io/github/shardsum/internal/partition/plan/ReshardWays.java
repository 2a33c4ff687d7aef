package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Counting;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.Reshards;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The cheapest ways from the layouts in which a value exists to others. */
final class ReshardWays {
  private final Mesh mesh;
  private final Prices prices;
  private final Reshards reshards;
  private final Predicate<Composite> kernels;
  private final Policy policy;

  ReshardWays(Mesh mesh, Predicate<Composite> kernels, PlanOptions options, Policy policy) {
    this.policy = policy;
    this.kernels = kernels;
    this.mesh = mesh;
    this.prices = Prices.of(mesh, options);
    this.reshards = new Reshards(prices, policy.reshards(options));
  }

  /** A way, and the place of the layout that it begins with. */
  record From(int place, Way way) {}

  boolean isKernel(Composite composite) {
    return kernels.test(composite);
  }

  Policy policy() {
    return policy;
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

  /** What it costs to combine the addends of a value. */
  Cost reduction(PlannedValue value, List<String> axes, ReduceKind by) {
    return reduction(List.of(value), axes, by);
  }

  /** The same of values of one dtype that travel together. */
  Cost reduction(List<PlannedValue> values, List<String> axes, ReduceKind by) {
    Action action = new Action.AllReduce(axes, by);
    PlannedValue value = values.getFirst();
    return prices.collective(
        () -> action,
        Counting.received(action, values, value),
        Counting.elements(values),
        value.dtype().byteSize(),
        value::layout,
        value::layout);
  }

  /** What it costs that devices get what they lack of neighbours. */
  Cost halo(Halo halo, DType dtype) {
    return prices.halo(halo, dtype.byteSize());
  }

  /** The dtype in which a value is stored: partial sums of bf16 in f32. */
  static DType stored(DType dtype, Layout layout) {
    boolean partial = layout.partial().stream().anyMatch(axis -> layout.mesh().size(axis) > 1);
    return dtype == DType.BF16 && partial ? DType.F32 : dtype;
  }

  /** A layout without partial axes that a value made in another cannot have. */
  Layout reachable(Layout wanted, Layout made) {
    List<String> partial =
        wanted.partial().stream().filter(axis -> made.partial().contains(axis)).toList();
    return new Layout(mesh, new Term(wanted.term().axes(), partial));
  }

  /** The cheapest way, the first of equals. */
  Optional<From> from(Holding value, Layout wanted) {
    ValueType type = value.value().type();
    int place = value.place(wanted);
    if (place >= 0) {
      return Optional.of(new From(place, new Way(List.of(), Cost.NOTHING, false)));
    }
    Optional<From> best = Optional.empty();
    for (int i = 0; i < value.layouts().size(); i++) {
      Layout from = value.layouts().get(i);
      Optional<Way> way = reshards.way(from, wanted, type.shape(), stored(type.dtype(), from));
      if (way.isPresent()
          && (best.isEmpty() || way.get().cost().compareTo(best.get().way().cost()) < 0)) {
        best = Optional.of(new From(i, way.get()));
      }
    }
    return best;
  }

  Optional<Cost> cost(Holding value, Layout wanted) {
    return from(value, wanted).map(from -> from.way().cost());
  }

  /**
   * What a way to compute a statement counts in the choice: its cost, and by the policy the bytes
   * that the largest device holds of operands that are brought for it and of its results.
   */
  Cost weighed(
      Cost cost, List<Holding> operands, List<Layout> met, List<Value> results, List<Layout> made) {
    if (policy.elementsPerByte() == 0) {
      return cost;
    }
    long bytes = 0;
    for (int i = 0; i < met.size(); i++) {
      boolean exists = operands.get(i).place(met.get(i)) >= 0;
      bytes += exists ? 0 : bytes(operands.get(i).value(), met.get(i));
    }
    for (int i = 0; i < made.size(); i++) {
      bytes += bytes(results.get(i), made.get(i));
    }
    return new Cost(
        cost.amount() + prices.elements(policy.elementsPerByte() * bytes), cost.collectives());
  }

  private static long bytes(Value value, Layout layout) {
    DType dtype = stored(value.type().dtype(), layout);
    return layout.largestShape(value.type().shape()).elementCount() * dtype.byteSize();
  }

  PlanException none(Holding value, Layout wanted) {
    return reshards.none("value " + value.value().name(), value.layouts().getLast(), wanted);
  }
}
