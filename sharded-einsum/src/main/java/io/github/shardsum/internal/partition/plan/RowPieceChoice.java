package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.internal.reshard.PartSizes;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import java.util.List;
import java.util.Optional;

/**
 * Cuts the rows of composites with their own partition into pieces: chunks of a device's experts.
 * One piece then travels while another is computed. The buffers stay as large.
 */
final class RowPieceChoice {
  private static final int MOST_PIECES = 8;
  private static final double LEAST_FLOPS = 1e6;

  private final PartitionFinder finder;
  private final PlanOptions options;
  private final Prices prices;

  private RowPieceChoice(PartitionFinder finder, PlanOptions options, Prices prices) {
    this.finder = finder;
    this.options = options;
    this.prices = prices;
  }

  /**
   * The plan, with rows in pieces in the cases of {@link Windows}.
   *
   * @param planned the plan
   * @param finder knows the composites whose kernels compute pieces
   * @param options the options of planning
   */
  static Planned of(Planned planned, PartitionFinder finder, PlanOptions options) {
    SpmdPlan plan = planned.plan();
    if (options.windows() == Windows.NEVER) {
      return planned;
    }
    Prices prices = Prices.of(plan.mesh(), options);
    SpmdPlan changed = new RowPieceChoice(finder, options, prices).changed(plan);
    if (changed.equals(plan)) {
      return planned;
    }
    double saved = StepTimeline.of(plan, prices).end() - StepTimeline.of(changed, prices).end();
    return new Planned(planned.program(), changed, planned.cost() - saved);
  }

  private SpmdPlan changed(SpmdPlan plan) {
    SpmdPlan inner =
        PlanEditor.inBodies(
            plan,
            loop ->
                loop.statement().operation() instanceof Nested.Scan
                    ? changed(loop.body())
                    : loop.body());
    PlanEditor editor = new PlanEditor(inner);
    for (int i = 0; i < inner.steps().size(); i++) {
      PlanStep step = inner.steps().get(i);
      editor.put(
          i,
          step.action() instanceof Action.Partitioned whole
              ? inPieces(inner, step, whole).orElse(step)
              : step);
    }
    return editor.plan();
  }

  private Optional<PlanStep> inPieces(SpmdPlan plan, PlanStep step, Action.Partitioned whole) {
    List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
    boolean may =
        whole.parts().pieces() == 1
            && finder.partition(whole.composite()).map(CompositePartition::hasPieces).orElse(false);
    double price = prices.total(prices.parts(PartFigures.of(whole, read)));
    double least = options.windows() == Windows.ALWAYS ? Double.POSITIVE_INFINITY : price;
    Optional<PlanStep> best = Optional.empty();
    long most = may ? Math.min(MOST_PIECES, columns(whole, read)) : 0;
    for (int count = 2; count <= most; count = count == most ? count + 1 : next(count, most)) {
      Optional<CompositeParts> parts = RowPieces.of(whole.parts(), count);
      if (parts.isEmpty()) {
        return Optional.empty();
      }
      Action.Partitioned cut = new Action.Partitioned(whole.statement(), parts.get());
      double inPieces = prices.exposed(cut, read);
      if (inPieces < least && isWorthIt(cut, read)) {
        least = inPieces;
        best = Optional.of(step(cut, step, price));
      }
    }
    return best;
  }

  /** Twice as many pieces, or the largest number that is allowed. */
  private static int next(int count, long most) {
    return (int) Math.min(2L * count, most);
  }

  /** The largest number of columns of counts on any device. */
  private static long columns(Action.Partitioned whole, List<PlannedValue> read) {
    PartSizes sizes = new PartSizes(read.getFirst().layout().mesh(), read);
    return whole.parts().buffers().stream()
        .filter(buffer -> buffer.extents().getFirst() instanceof Extent.Members)
        .mapToLong(buffer -> sizes.largest(buffer.extents().getLast()))
        .max()
        .orElse(0);
  }

  private boolean isWorthIt(Action.Partitioned cut, List<PlannedValue> read) {
    if (options.windows() == Windows.ALWAYS) {
      return true;
    }
    PartSizes sizes = new PartSizes(read.getFirst().layout().mesh(), read);
    boolean isLarge =
        options.topology().isPresent()
            || cut.parts().buffers().stream()
                .anyMatch(buffer -> bytes(buffer, sizes) > PlanOptions.WINDOW_BYTES);
    return isLarge
        && cut.parts().parts().stream()
            .filter(Part.Overlapped.class::isInstance)
            .map(part -> ((Part.Overlapped) part).run())
            .allMatch(run -> 2 * PartFigures.multiplyAdds(cut, run, sizes) >= LEAST_FLOPS);
  }

  private static double bytes(Buffer buffer, PartSizes sizes) {
    double bytes = buffer.dtype().byteSize();
    for (Extent extent : buffer.extents()) {
      bytes *= sizes.largest(extent);
    }
    return bytes;
  }

  private PlanStep step(Action.Partitioned cut, PlanStep in, double whole) {
    String why =
        options.windows() == Windows.ALWAYS
            ? "in pieces"
            : options.topology().isPresent() ? "cheaper in pieces" : "large: in pieces";
    Origin origin =
        new Origin(
            in.origin().cause() + "; " + why,
            Optional.of(
                new Origin.Alternative("all rows at once", whole, options.topology().isPresent())));
    return new PlanStep(cut, in.operands(), in.results(), origin);
  }
}
