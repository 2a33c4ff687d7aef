package io.github.shardsum.partition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.partition.text.CertificationText;
import io.github.shardsum.internal.partition.text.PlanLowerBound;
import io.github.shardsum.internal.partition.text.PlanTable;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.Reshards;
import io.github.shardsum.internal.reshard.Reshards.Stage;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The cheapest steps that reshard a value from one layout to another; an immutable value, equal for
 * equal arguments.
 *
 * <p>Steps are slices, all-gathers, all-to-alls, collective-permutes, all-reduces, reduce-scatters
 * and exchanges. They are found by Dijkstra's algorithm over the layouts to which they lead. If the
 * cheapest steps hold more than the memory limit, the largest layouts on the way are left out, one
 * after the other. A layout in which a device holds the whole value is visited only if the options
 * allow it, or if the first or the last layout is such a layout. A reshard ignores an order of sums
 * in the options.
 *
 * @param to the layout afterwards
 * @param plan the steps, with the value as operand 0
 * @param cost the price of the steps, in elements, or in seconds if there is a topology
 * @param lowerBound elements that some device must receive in any plan; 0 if the mesh has too many
 *     devices to count them
 * @param greedy whether steps were chosen one by one, since there were too many layouts to find the
 *     cheapest way
 */
public record ReshardPlan(Layout to, SpmdPlan plan, double cost, long lowerBound, boolean greedy) {
  /**
   * Plans a reshard.
   *
   * @param from the layout before
   * @param to the target layout; the same labels on the same mesh
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @param options the options by which plans are chosen
   * @return the plan
   * @throws IllegalArgumentException if labels, meshes or ranks differ, or a label is repeated
   * @throws PlanException if no way stays within the limits
   */
  public static ReshardPlan of(
      Layout from, Layout to, Shape shape, DType dtype, PlanOptions options) {
    check(from, to, shape);
    ReshardPlan plan = cheapest(from, to, shape, dtype, options);
    long limit = options.memoryLimit().orElse(Long.MAX_VALUE);
    return plan.plan.peakBytes() <= limit
        ? plan
        : cheapest(from, to, shape, dtype, options.withMemoryLimit(Long.MAX_VALUE))
            .within(limit, options);
  }

  /** The cheapest plan; a memory limit bounds the layouts on the way, and may be exceeded. */
  private static ReshardPlan cheapest(
      Layout from, Layout to, Shape shape, DType dtype, PlanOptions options) {
    Prices prices = Prices.of(from.mesh(), options);
    Reshards reshards = new Reshards(prices, options.withSums(SumOrder.FASTEST));
    Way way =
        reshards
            .way(from, to, shape, dtype)
            .orElseThrow(() -> reshards.none("operand 0", from, to));
    Optional<Origin.Alternative> other =
        way.stages().isEmpty()
            ? Optional.empty()
            : reshards
                .otherWay(from, to, shape, dtype, Set.of(way.stages().getFirst().action()))
                .map(
                    lost ->
                        new Origin.Alternative(
                            describe(lost), prices.total(lost.cost()), prices.isTimed()));
    PlannedValue value = new PlannedValue("0", dtype, shape, from);
    List<PlanStep> steps = new ArrayList<>();
    for (Stage stage : way.stages()) {
      Origin origin = new Origin("it must be " + to, steps.isEmpty() ? other : Optional.empty());
      steps.add(
          new PlanStep(stage.action(), List.of(steps.size()), value.in(stage.after()), origin));
    }
    SpmdPlan plan = new SpmdPlan(from.mesh(), List.of(value), steps, List.of(steps.size()));
    return new ReshardPlan(
        to, plan, prices.total(way.cost()), PlanLowerBound.most(from, to, shape), way.greedy());
  }

  /**
   * The cheapest plan within a limit: this one, which is planned without a limit, or one through
   * smaller layouts. Every limit leads to the same sequence of plans, so a plan exists for the peak
   * that the error names.
   */
  private ReshardPlan within(long limit, PlanOptions options) {
    PlannedValue value = plan.inputs().getFirst();
    Optional<ReshardPlan> tried = Optional.of(this);
    long least = Long.MAX_VALUE;
    while (tried.isPresent()) {
      SpmdPlan steps = tried.get().plan;
      if (steps.peakBytes() <= limit) {
        return tried.get();
      }
      least = Math.min(least, steps.peakBytes());
      long ends =
          Math.max(value.localElements(), steps.value(steps.outputs().getFirst()).localElements());
      long most = steps.values().stream().mapToLong(PlannedValue::localElements).max().orElse(ends);
      tried =
          most > ends
              ? below(options.withMemoryLimit((most - 1) * value.dtype().byteSize()))
              : Optional.empty();
    }
    throw new PlanException(
        String.format(
            Locale.ROOT,
            "reshard of operand 0 from %s to %s: no way stays within the memory limit of %d bytes;"
                + " the least found needs %d",
            from(),
            to,
            limit,
            least));
  }

  private Optional<ReshardPlan> below(PlanOptions smaller) {
    PlannedValue value = plan.inputs().getFirst();
    try {
      return Optional.of(cheapest(from(), to, value.shape(), value.dtype(), smaller));
    } catch (PlanException _) {
      return Optional.empty();
    }
  }

  private static String describe(Way way) {
    return way.stages().stream()
        .map(stage -> PlanTable.describe(stage.action(), stage.after()))
        .collect(Collectors.joining(", "));
  }

  private static void check(Layout from, Layout to, Shape shape) {
    if (!from.mesh().equals(to.mesh())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "reshard: both layouts must be of one mesh, got \"%s\" and \"%s\"",
              from.mesh().notation(),
              to.mesh().notation()));
    }
    if (!from.whole().equals(to.whole())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "reshard: both layouts must have the same labels in the same order, where every word"
                  + " is one label, got \"%s\" and \"%s\"",
              from,
              to));
    }
    if (shape.rank() != from.rank()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "reshard: the shape must have a size for each label of \"%s\", got %s",
              from,
              shape));
    }
    Set<String> labels = new HashSet<>();
    for (int dim = 0; dim < from.rank(); dim++) {
      if (!labels.add(from.label(dim))) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "reshard: every label must occur once, got \"%s\"", from));
      }
    }
  }

  /**
   * The layout before.
   *
   * @return the layout
   */
  public Layout from() {
    return plan.inputs().getFirst().layout();
  }

  /**
   * Follows the plan with a checker that shares no code with the planner.
   *
   * @return the certificate
   * @throws IllegalStateException if the plan is refused, which is a defect of the planner; the
   *     message names the step and the layouts of its values
   */
  public String certify() {
    return CertificationText.of(
        plan, new Equation(List.of(from().term()), to.term()), plan.inputs().getFirst().dtype());
  }

  /**
   * The plan as JSON, an object on one line. The value is operand 0; the result has its local shape
   * afterwards.
   *
   * @return the text
   */
  public String toJson() {
    return plan.toJson(PlanOptions.defaults());
  }

  /**
   * The plan's table, and the distance from the lower bound.
   *
   * @return lines of text
   */
  public String explain() {
    return String.format(Locale.ROOT, "%s%n%s", plan.explain(), notes());
  }

  /**
   * Compares the received elements of the plan with the lower bound.
   *
   * @return a line, or two if steps were chosen one by one
   */
  public String notes() {
    long received = plan.elementsReceived();
    String ratio =
        lowerBound > 0
            ? String.format(Locale.ROOT, ", %.2f times that", (double) received / lowerBound)
            : "";
    return String.format(
        Locale.ROOT,
        "lower bound %d elements%s%s",
        lowerBound,
        ratio,
        greedy
            ? String.format(Locale.ROOT, "%ntoo many layouts: steps were chosen one by one")
            : "");
  }

  /** The same text as {@link #explain()}. */
  @Override
  public String toString() {
    return explain();
  }
}
