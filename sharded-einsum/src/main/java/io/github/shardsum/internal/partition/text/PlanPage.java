package io.github.shardsum.internal.partition.text;

import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Table;
import io.github.shardsum.picture.Unit;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A plan as one HTML page without script, to be read without a network. */
public final class PlanPage {
  /** The table's columns of words: the step, its values and its reason. */
  private static final Set<Integer> WORDS = Set.of(0, 1, 8);

  private final SpmdPlan plan;
  private final PlanFigures figures;
  private final boolean isTimed;
  private final Page page;

  private PlanPage(String title, SpmdPlan plan, PlanFigures figures) {
    this.plan = plan;
    this.figures = figures;
    this.isTimed = figures.isTimed();
    this.page = new Page(title);
  }

  /**
   * The page.
   *
   * @param title the name of the program or einsum
   * @param options the options of the planner
   * @param notes lines below the table, such as the result of the checker
   * @return a whole document
   */
  public static String of(String title, SpmdPlan plan, PlanOptions options, List<String> notes) {
    return new PlanPage(title, plan, plan.figures(options)).whole(notes);
  }

  private String whole(List<String> notes) {
    page.paragraph(
        String.format(
            Locale.ROOT,
            "Mesh %s, %d devices. The busiest device receives %,d elements, the largest computes %s"
                + " and holds at most %s.",
            plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation(),
            plan.mesh().size(),
            figures.elementsReceived(),
            Unit.FLOP.text(figures.flops()),
            Unit.BYTES.text(figures.peakBytes())));
    values("Given", plan.inputs());
    if (!figures.steps().isEmpty()) {
      TimelinePicture.draw(page, plan, figures);
    }
    page.heading("Steps");
    page.table(table());
    values("Results", plan.outputs().stream().map(plan::value).toList());
    notes.forEach(page::paragraph);
    return page.html();
  }

  private void values(String head, List<PlannedValue> values) {
    page.heading(head);
    page.list(
        values.stream()
            .map(
                value ->
                    PlanNames.of(value)
                        + " "
                        + value.dtype()
                        + value.shape()
                        + " "
                        + value.layout())
            .toList());
  }

  private Table table() {
    Table table =
        new Table(
            List.of(
                "step",
                "values, as the largest device has them",
                "received",
                "sent",
                "at least",
                "FLOP",
                isTimed ? "time" : "price",
                "held",
                "why"),
            WORDS);
    rows(table, figures.steps(), 0);
    return table;
  }

  /**
   * The steps under the statements that they belong to; the steps of a loop's body are indented.
   */
  private void rows(Table table, List<PlanFigures.Step> of, int depth) {
    String group = "";
    for (PlanFigures.Step step : of) {
      if (!step.group().equals(group)) {
        group = step.group();
        table.section(depth, group);
      }
      table.row(depth + 1, cells(step), instead(step));
      if (!step.body().isEmpty()) {
        table.section(depth + 2, "in each of " + step.rounds() + " rounds");
        rows(table, step.body(), depth + 2);
      }
    }
  }

  private List<String> cells(PlanFigures.Step step) {
    return List.of(
        step.text(),
        step.values(),
        PlanTableCells.bytes(step.bytesReceived()),
        PlanTableCells.bytes(step.bytesSent()),
        PlanTableCells.bytes(step.lowerBound()),
        PlanTableCells.operations(step.flops()),
        PlanTableCells.price(step.price(), isTimed),
        PlanTableCells.bytes(step.heldBytes()),
        step.cause());
  }

  private String instead(PlanFigures.Step step) {
    return step.runnerUp().map(way -> PlanTable.instead(way, isTimed)).orElse("");
  }
}
