package io.github.shardsum.internal.partition.text;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A picture of a plan over time: a lane for computation, a lane for each mesh axis, and memory
 * below them. The body of each loop has a separate picture.
 */
final class TimelinePicture {
  private static final int LEFT = 110;
  private static final int RIGHT = Picture.WIDTH - 20;
  private static final int LANE = 26;
  private static final int TOP = 6;
  private static final int MEMORY = 90;
  private static final int GAP = 26;
  private static final int FOOT = 40;

  private final SpmdPlan plan;
  private final List<PlanFigures.Step> steps;
  private final List<Span> spans;
  private final List<String> lanes;
  private final long peak;
  private final boolean isTimed;

  /** The times of a step. */
  private record Span(double begin, double end, double exposed, boolean isTransfer) {}

  private TimelinePicture(SpmdPlan plan, List<PlanFigures.Step> steps, long peak, boolean isTimed) {
    this.plan = plan;
    this.steps = steps;
    this.peak = peak;
    this.isTimed = isTimed;
    this.spans = spans(plan, steps);
    this.lanes = new ArrayList<>(List.of("compute"));
    lanes.addAll(plan.mesh().axisNames());
  }

  /** Adds the pictures of a plan and of its loops. */
  static void draw(Page page, SpmdPlan plan, PlanFigures figures) {
    page.heading(figures.isTimed() ? "Time and memory" : "Price and memory");
    page.paragraph(
        "Blue is computation, red communication over the axis of its lane; pale parts"
            + " are waited for.");
    page.picture(picture(plan, figures));
    loops(page, plan, figures.steps(), figures.isTimed());
  }

  /** The picture of the plan, without the bodies of its loops. */
  static Picture picture(SpmdPlan plan, PlanFigures figures) {
    return new TimelinePicture(plan, figures.steps(), figures.peakBytes(), figures.isTimed())
        .whole();
  }

  private static void loops(
      Page page, SpmdPlan plan, List<PlanFigures.Step> steps, boolean isTimed) {
    for (int i = 0; i < steps.size(); i++) {
      PlanFigures.Step step = steps.get(i);
      if (plan.steps().get(i).action() instanceof Action.Loop loop && !step.body().isEmpty()) {
        long most = step.body().stream().mapToLong(PlanFigures.Step::heldBytes).max().orElse(0);
        page.heading("One of " + step.rounds() + " rounds of " + step.group());
        page.picture(new TimelinePicture(loop.body(), step.body(), most, isTimed).whole());
        loops(page, loop.body(), step.body(), isTimed);
      }
    }
  }

  /** Times by the schedule, or one step after the other if a plan starts no transfer. */
  private static List<Span> spans(SpmdPlan plan, List<PlanFigures.Step> steps) {
    List<Span> spans = new ArrayList<>();
    double at = 0;
    for (int i = 0; i < steps.size(); i++) {
      PlanFigures.Step step = steps.get(i);
      double begin = step.schedule().map(PlanFigures.Schedule::begin).orElse(at);
      double end = step.schedule().map(PlanFigures.Schedule::end).orElse(at + step.price());
      double exposed = step.schedule().map(PlanFigures.Schedule::exposed).orElse(0.0);
      boolean isTransfer =
          step.schedule()
              .map(PlanFigures.Schedule::isTransfer)
              .orElse(plan.steps().get(i).action().isCollective());
      spans.add(new Span(begin, end, exposed, isTransfer));
      at = end;
    }
    return spans;
  }

  private Picture whole() {
    int below = TOP + LANE * lanes.size();
    int foot = below + GAP + MEMORY;
    Picture picture = new Picture(Picture.WIDTH, foot + FOOT, "lanes of steps, and memory below");
    Axis time = time();
    Axis memory = Axis.linear("", Unit.BYTES, 0, Math.max(1, most()), foot, below + GAP);
    picture.horizontal(time, TOP, foot);
    memory(picture, time, memory);
    for (int lane = 0; lane < lanes.size(); lane++) {
      picture.text(LEFT - 8, TOP + LANE * lane + 16, Anchor.END, laneName(lane));
      bars(picture, time, lane);
    }
    return picture;
  }

  private String laneName(int lane) {
    return lane == 0 ? lanes.getFirst() : "over " + lanes.get(lane);
  }

  private Axis time() {
    double begin = spans.stream().mapToDouble(Span::begin).min().orElse(0);
    double end = spans.stream().mapToDouble(Span::end).max().orElse(1);
    double most = end > begin ? end : begin + 1;
    return new Axis(
        isTimed ? "time" : "price, in elements",
        isTimed ? Unit.SECONDS : Unit.NUMBER,
        false,
        Math.min(0, begin),
        most,
        LEFT,
        RIGHT);
  }

  private double most() {
    return Math.max(peak, steps.stream().mapToLong(PlanFigures.Step::heldBytes).max().orElse(0));
  }

  private void bars(Picture picture, Axis time, int lane) {
    double y = TOP + LANE * lane + 2.0;
    for (int i : on(lane)) {
      Span span = spans.get(i);
      String name = steps.get(i).group() + ": " + steps.get(i).text();
      double from = time.at(span.begin());
      double wide = Math.max(1, time.at(span.end()) - from - 1);
      if (span.exposed() > 0) {
        picture.shade(from, y, wide, LANE - 4.0, Ink.RED, 0.3, name + ": " + says(span));
      } else if (span.end() > span.begin()) {
        Ink ink = span.isTransfer() ? Ink.RED : Ink.BLUE;
        picture.bar(from, y, wide, LANE - 4.0, ink, name, name + ": " + says(span));
      }
    }
  }

  /** The steps of a lane: transfers over its axis; the first lane has all other steps. */
  private int[] on(int lane) {
    return IntStream.range(0, steps.size())
        .filter(
            i ->
                spans.get(i).isTransfer()
                    ? plan.steps().get(i).action().groupAxes().contains(lanes.get(lane))
                    : lane == 0)
        .toArray();
  }

  /** The text of a step's times, such as {@code 2 us from 10 us on, 5 us of it exposed}. */
  private String says(Span span) {
    Unit unit = isTimed ? Unit.SECONDS : Unit.NUMBER;
    return unit.text(span.end() - span.begin())
        + " from "
        + unit.text(span.begin())
        + " on"
        + (span.exposed() == 0 ? "" : ", " + unit.text(span.exposed()) + " of it exposed");
  }

  /** Memory of the largest device while each step runs, and a line at the peak of the plan. */
  private void memory(Picture picture, Axis time, Axis memory) {
    double bottom = memory.from();
    for (int i = 0; i < steps.size(); i++) {
      Span span = spans.get(i);
      double from = time.at(span.begin());
      double y = memory.at(steps.get(i).heldBytes());
      String title = steps.get(i).text() + ": holds " + Unit.BYTES.text(steps.get(i).heldBytes());
      picture.shade(
          from, y, Math.max(1, time.at(span.end()) - from), bottom - y, Ink.VIOLET, 0.5, title);
    }
    double y = memory.at(peak);
    picture.path(List.of(new double[] {LEFT, y}, new double[] {RIGHT, y}), Ink.VIOLET, true);
    picture.text(RIGHT, y - 5, Anchor.END, "peak " + Unit.BYTES.text(peak));
    picture.text(LEFT - 8, (bottom + memory.to()) / 2 + 4, Anchor.END, "memory");
  }
}
