package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.partition.plan.ComputeSharding.Choice;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.Reshards;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Plans an einsum by a search over compute shardings: each mesh axis splits at most one label, one
 * on which an operand or the result has it. What a choice costs is the reshards of the operands,
 * the multiply-adds of the largest device, and the reshard of the result. Of an einsum of several
 * pairs the cheapest way to each layout of what is between is kept, so the choice is the best of
 * all.
 */
public final class EinsumPlanner {
  /** Searches for a plan of less memory, each for less than the one before found. */
  private static final int MOST_TRIES = 16;

  private final Mesh mesh;
  private final DType dtype;
  private final Prices prices;
  private Reshards reshards;
  private final PlanOptions options;
  private final ContractionTree tree;
  private final List<Layout> layouts = new ArrayList<>();
  private final Contraction root;
  private final Layout home;
  private final Map<Contraction, Map<Layout, Realization>> known = new HashMap<>();

  /** Bytes that a step may need for its operands and result. */
  private long most = Long.MAX_VALUE;

  /**
   * Reads what is to be planned.
   *
   * @param equation the equation with its layouts
   * @param mesh the devices
   * @param bound the equation without layouts, with shapes
   * @param dtype of operands and result
   * @param options what plans are chosen by
   */
  public EinsumPlanner(
      Equation equation, Mesh mesh, BoundEquation bound, DType dtype, PlanOptions options) {
    this.mesh = mesh;
    this.dtype = dtype;
    this.options = options;
    this.prices = Prices.of(mesh, options);
    this.reshards = new Reshards(prices, Policy.CHEAPEST.reshards(options));
    this.tree = new ContractionTree(bound, equation.operands());
    for (Contraction operand : tree.operands()) {
      int number = operand.operand();
      layouts.add(
          layout(operand.names(), tree.operandAxes(number), equation.operand(number).partial()));
    }
    this.root = tree.root();
    this.home =
        layout(
            root.names(),
            ContractionTree.axes(equation.output(), bound.outputRank()),
            equation.output().partial());
  }

  private Layout layout(List<String> names, List<List<String>> axes, List<String> partial) {
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < names.size(); dim++) {
      dims.add(new Axis(names.get(dim), axes.get(dim)));
    }
    return new Layout(mesh, new Term(dims, partial));
  }

  /**
   * A way to compute an einsum.
   *
   * @param sharding how it is split
   * @param operands the layouts in which operands are met
   * @param sources the realizations of the operands that these come from
   * @param natural the layout of what is computed
   * @param cost of all up to it
   */
  record Realization(
      ComputeSharding sharding,
      List<Layout> operands,
      List<Realization> sources,
      Layout natural,
      Cost cost) {}

  /** A plan's price and what it was chosen over. */
  private record Candidate(Realization realization, Cost cost) {}

  /**
   * The cheapest plan.
   *
   * @return the plan with its price
   * @throws PlanException if there is none within the limits
   */
  public Planned plan() {
    List<Candidate> candidates = candidates(Long.MAX_VALUE);
    if (candidates.isEmpty()) {
      throw none();
    }
    return options.memoryLimit().isEmpty()
        ? planned(candidates, 0)
        : within(options.memoryLimit().getAsLong());
  }

  /** Plans of which no step alone needs more than some bytes, the cheapest first. */
  private List<Candidate> candidates(long bytes) {
    known.clear();
    most = bytes;
    List<Candidate> candidates = new ArrayList<>();
    for (Realization way : realizations(root).values()) {
      way(root, way.natural(), home)
          .ifPresent(last -> candidates.add(new Candidate(way, way.cost().plus(last.cost()))));
    }
    // Ties go to what is made in the result's own layout, then to the first in order of text.
    candidates.sort(
        Comparator.comparing(Candidate::cost)
            .thenComparing(c -> c.realization().sharding().toString()));
    return candidates;
  }

  /**
   * The cheapest plan of those that the limit lets the search find; else of plans of ever smaller
   * peaks, whichever the limit is, the first that stays within it.
   */
  private Planned within(long limit) {
    long least = Long.MAX_VALUE;
    for (boolean isTight : new boolean[] {false, true}) {
      reshards = new Reshards(prices, new Policy(0, true, isTight).reshards(options));
      Fitting asked = fitting(candidates(limit), limit);
      if (asked.planned().isPresent()) {
        return asked.planned().get();
      }
      long most = Long.MAX_VALUE;
      for (int tries = 0; tries < MOST_TRIES; tries++) {
        Fitting fitting = fitting(candidates(most), limit);
        if (fitting.planned().isPresent()) {
          return fitting.planned().get();
        }
        least = Math.min(least, fitting.least());
        if (fitting.least() >= most) {
          break;
        }
        most = fitting.least() - 1;
      }
    }
    throw new PlanException(
        String.format(
            Locale.ROOT,
            "einsum %s: no plan stays within the memory limit of %d bytes a device; the least found"
                + " needs %d",
            root.equation(),
            limit,
            least));
  }

  /** The first plan within a limit, or the least peak of all. */
  private record Fitting(Optional<Planned> planned, long least) {}

  private Fitting fitting(List<Candidate> candidates, long limit) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < candidates.size(); i++) {
      Planned planned = planned(candidates, i);
      long peak = planned.plan().peakBytes();
      if (peak <= limit) {
        return new Fitting(Optional.of(planned), peak);
      }
      least = Math.min(least, peak);
    }
    return new Fitting(Optional.empty(), least);
  }

  /**
   * A plan and its price.
   *
   * @param plan the plan
   * @param cost the price in elements or seconds
   */
  public record Planned(SpmdPlan plan, double cost) {}

  private Planned planned(List<Candidate> candidates, int chosen) {
    Candidate candidate = candidates.get(chosen);
    Optional<Origin.Alternative> other =
        candidates.size() > chosen + 1
            ? Optional.of(alternative(candidates.get(chosen + 1)))
            : Optional.empty();
    PlanBuilder builder = new PlanBuilder(this, layouts, other);
    SpmdPlan plan = builder.build(root, candidate.realization(), home);
    return new Planned(plan, prices.total(candidate.cost()));
  }

  private Origin.Alternative alternative(Candidate candidate) {
    return new Origin.Alternative(
        candidate.realization().sharding().toString(), prices.total(candidate.cost()));
  }

  private PlanException none() {
    boolean partial = !home.partial().isEmpty();
    return new PlanException(
        String.format(
            Locale.ROOT,
            "einsum %s: no plan gives the result as %s%s",
            root.equation(),
            home,
            partial
                ? "; a partial axis needs a label that is summed over, or a partial operand"
                : " within the limits"));
  }

  Mesh mesh() {
    return mesh;
  }

  List<Contraction> operands() {
    return tree.operands();
  }

  /** The cheapest reshard of a value. */
  Optional<Way> way(Contraction value, Layout from, Layout to) {
    return from.isEquivalent(to)
        ? Optional.of(new Way(List.of(), Cost.NOTHING, false))
        : reshards.way(from, to, shape(value), stored(from));
  }

  /** The dtype in which a value is stored: partial sums of bf16 in f32. */
  DType stored(Layout layout) {
    boolean partial = layout.partial().stream().anyMatch(axis -> mesh.size(axis) > 1);
    return dtype == DType.BF16 && partial ? DType.F32 : dtype;
  }

  Shape shape(Contraction value) {
    return Shape.of(value.labels().stream().mapToLong(this::size).toArray());
  }

  private long size(String label) {
    return tree.sizes().getOrDefault(label, 1L);
  }

  private Map<Layout, Realization> realizations(Contraction einsum) {
    Map<Layout, Realization> ways = known.get(einsum);
    if (ways == null) {
      ways = einsum.isOperand() ? given(einsum) : search(einsum);
      known.put(einsum, ways);
    }
    return ways;
  }

  private Map<Layout, Realization> given(Contraction operand) {
    Layout layout = layouts.get(operand.operand());
    ComputeSharding nothing = new ComputeSharding(Map.of(), Map.of());
    return Map.of(layout, new Realization(nothing, List.of(), List.of(), layout, Cost.NOTHING));
  }

  private Map<Layout, Realization> search(Contraction einsum) {
    Map<Layout, Realization> best = new LinkedHashMap<>();
    ComputeSharding.forEach(
        choices(einsum),
        sharding -> {
          Layout natural = natural(einsum, sharding);
          Realization old = best.get(natural);
          realize(einsum, sharding, natural, Optional.ofNullable(old))
              .ifPresent(better -> best.put(natural, better));
        });
    return best;
  }

  /** The realization of a sharding, unless one of the same natural layout is as cheap. */
  private Optional<Realization> realize(
      Contraction einsum, ComputeSharding sharding, Layout natural, Optional<Realization> old) {
    Cost cost = prices.multiplyAdds(multiplyAdds(einsum, sharding), dtype.byteSize());
    List<Layout> met = new ArrayList<>();
    List<Realization> sources = new ArrayList<>();
    for (int i = 0; i < einsum.parts().size(); i++) {
      Contraction part = einsum.parts().get(i);
      Layout wanted = wanted(part, i, sharding);
      Optional<Candidate> source = cheapest(part, wanted);
      if (source.isEmpty()) {
        return Optional.empty();
      }
      cost = cost.plus(source.get().cost());
      if (old.isPresent() && old.get().cost().compareTo(cost) <= 0) {
        return Optional.empty();
      }
      met.add(wanted);
      sources.add(source.get().realization());
    }
    if (most < Long.MAX_VALUE && bytes(einsum, met, natural) > most) {
      return Optional.empty();
    }
    return Optional.of(new Realization(sharding, met, sources, natural, cost));
  }

  /** What a step holds on the largest device. */
  private long bytes(Contraction einsum, List<Layout> met, Layout natural) {
    long bytes = bytes(einsum, natural);
    for (int i = 0; i < met.size(); i++) {
      bytes += bytes(einsum.parts().get(i), met.get(i));
    }
    return bytes;
  }

  private long bytes(Contraction value, Layout layout) {
    return layout.largestShape(shape(value)).elementCount() * stored(layout).byteSize();
  }

  private Optional<Candidate> cheapest(Contraction part, Layout wanted) {
    Optional<Candidate> best = Optional.empty();
    for (Realization source : realizations(part).values()) {
      if (best.isPresent() && best.get().cost().compareTo(source.cost()) <= 0) {
        continue;
      }
      Optional<Way> way = way(part, source.natural(), wanted);
      if (way.isPresent()) {
        Cost cost = source.cost().plus(way.get().cost());
        if (best.isEmpty() || cost.compareTo(best.get().cost()) < 0) {
          best = Optional.of(new Candidate(source, cost));
        }
      }
    }
    return best;
  }

  private double multiplyAdds(Contraction einsum, ComputeSharding sharding) {
    double product = 1;
    for (String label : einsum.allLabels()) {
      product *= Math.ceilDiv(size(label), mesh.size(sharding.axes(label)));
    }
    return product;
  }

  /** The layout in which an einsum meets an operand: of a repeated label the first is split. */
  private Layout wanted(Contraction part, int index, ComputeSharding sharding) {
    List<List<String>> axes = new ArrayList<>();
    for (int dim = 0; dim < part.labels().size(); dim++) {
      String label = part.labels().get(dim);
      axes.add(part.labels().indexOf(label) == dim ? sharding.axes(label) : List.of());
    }
    List<String> kept =
        sharding.kept().entrySet().stream()
            .filter(entry -> entry.getValue() == index)
            .map(Map.Entry::getKey)
            .toList();
    return layout(part.names(), axes, kept);
  }

  private Layout natural(Contraction einsum, ComputeSharding sharding) {
    List<String> partial = new ArrayList<>(sharding.kept().keySet());
    sharding
        .axes()
        .forEach(
            (label, axes) -> {
              if (!einsum.has(label)) {
                partial.addAll(axes);
              }
            });
    return layout(einsum.names(), einsum.labels().stream().map(sharding::axes).toList(), partial);
  }

  /** What each axis may do: nothing, or what an operand or the result has it for. */
  private Map<String, List<Choice>> choices(Contraction einsum) {
    Map<String, List<Choice>> choices = new TreeMap<>();
    for (String axis : mesh.axisNames()) {
      if (mesh.size(axis) > 1) {
        List<Choice> may = new ArrayList<>();
        may.add(new Choice.None());
        for (String label : einsum.allLabels()) {
          if (!einsum.repeats(label) && splits(axis, label, einsum)) {
            may.add(new Choice.Split(label));
          }
        }
        for (int i = 0; i < einsum.parts().size(); i++) {
          if (isPartial(einsum.parts().get(i), axis)) {
            may.add(new Choice.Keep(i));
          }
        }
        choices.put(axis, may);
      }
    }
    return choices;
  }

  private boolean splits(String axis, String label, Contraction einsum) {
    boolean asked = !einsum.has(label) && home.partial().contains(axis);
    for (int dim = 0; dim < root.labels().size(); dim++) {
      asked |= root.labels().get(dim).equals(label) && home.axes(dim).contains(axis);
    }
    for (Contraction operand : tree.operands()) {
      for (int dim = 0; dim < operand.labels().size(); dim++) {
        asked |=
            operand.labels().get(dim).equals(label)
                && layouts.get(operand.operand()).axes(dim).contains(axis);
      }
    }
    return asked;
  }

  private boolean isPartial(Contraction part, String axis) {
    return realizations(part).keySet().stream().anyMatch(way -> way.partial().contains(axis));
  }
}
