package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.reshard.Timeline;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A plan as one HTML page without script, to be read without a network. */
public final class PlanPage {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 120;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c9d1d9; --bar: #3b7dd8; --wait: #d8803b; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #11161c; --line: #3a434d; } }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em; }
      h1 { font-size: 1.4em; } h2 { font-size: 1.1em; }
      table { border-collapse: collapse; } td, th { padding: .2em .7em; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
      td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
      code, td.s { font-family: ui-monospace, monospace; font-size: .93em; }
      .c { fill: var(--bar); } .w { fill: var(--wait); } .a { stroke: var(--line); } .e { fill: url(#x); stroke: var(--wait); } .h { stroke: var(--wait); stroke-width: 3; } text { fill: var(--ink); font-size: 12px; }
      """;

  private final SpmdPlan plan;
  private final StepFigures.All figures;
  private final List<StepFigures> steps;
  private final boolean isTimed;
  private final StringBuilder page = new StringBuilder();

  private PlanPage(SpmdPlan plan, PlanOptions options) {
    this.plan = plan;
    this.figures = StepFigures.of(plan, options);
    this.steps = figures.steps();
    this.isTimed = options.topology().isPresent();
  }

  /**
   * The page.
   *
   * @param title what is planned
   * @param plan the plan
   * @param options what it was chosen by
   * @param notes lines below the table, as what the checker proved
   * @return a whole document
   */
  public static String of(String title, SpmdPlan plan, PlanOptions options, List<String> notes) {
    return new PlanPage(plan, options).text(title, notes);
  }

  private String text(String title, List<String> notes) {
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
        .append(escaped(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1><code>")
        .append(escaped(title))
        .append("</code></h1>\n");
    paragraph(
        String.format(
            Locale.ROOT,
            "Mesh %s, %d devices. The busiest device receives %,d elements, the largest computes %s FLOP and holds at most %,d bytes.",
            plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation(),
            plan.mesh().size(),
            figures.received(),
            Units.operations(figures.flops()),
            figures.peakBytes()));
    values("Given", plan.inputs());
    table();
    values("Results", plan.outputs().stream().map(plan::value).toList());
    notes.forEach(this::paragraph);
    if (!steps.isEmpty()) {
      memory();
      timeline();
    }
    return page.append("</body></html>\n").toString();
  }

  private void paragraph(String text) {
    page.append("<p>").append(escaped(text)).append("</p>\n");
  }

  private void values(String head, List<PlannedValue> values) {
    page.append("<h2>").append(head).append("</h2>\n<ul>\n");
    for (PlannedValue value : values) {
      page.append("<li><code>")
          .append(
              escaped(
                  PlanNames.of(value) + " " + value.dtype() + value.shape() + " " + value.layout()))
          .append("</code></li>\n");
    }
    page.append("</ul>\n");
  }

  private void table() {
    page.append("<h2>Steps</h2>\n<table><thead><tr><th>step</th>")
        .append("<th>values, as the largest device has them</th><th class=\"n\">received</th>")
        .append("<th class=\"n\">sent</th><th class=\"n\">at least</th>")
        .append("<th class=\"n\">FLOP</th><th class=\"n\">")
        .append(isTimed ? "time" : "price")
        .append("</th><th class=\"n\">held</th><th>why</th></tr></thead><tbody>\n");
    rows(steps, 0);
    page.append("</tbody></table>\n");
  }

  /** The steps under the statements that they are for; those of a loop's body further in. */
  private void rows(List<StepFigures> of, int depth) {
    String group = "";
    for (StepFigures step : of) {
      if (!step.group().equals(group)) {
        group = step.group();
        heading(group, depth);
      }
      row(step, depth + 1);
      if (!step.body().isEmpty()) {
        heading("in each of " + step.rounds() + " rounds", depth + 2);
        rows(step.body(), depth + 2);
      }
    }
  }

  private void heading(String text, int depth) {
    page.append(String.format(Locale.ROOT, "<tr><th colspan=\"9\" style=\"%s\">", margin(depth)))
        .append(escaped(text))
        .append("</th></tr>\n");
  }

  private static String margin(int depth) {
    return String.format(Locale.ROOT, "padding-left: %.1fem", 0.7 + 1.2 * Math.min(depth, 20));
  }

  private void row(StepFigures step, int depth) {
    page.append(String.format(Locale.ROOT, "<tr><td class=\"s\" style=\"%s\">", margin(depth)))
        .append(escaped(step.step()))
        .append("</td>");
    cell("s", step.values());
    cell("n", Units.bytes(step.bytesReceived()));
    cell("n", Units.bytes(step.bytesSent()));
    cell("n", Units.bytes(step.lowerBound()));
    cell("n", Units.operations(step.flops()));
    cell("n", price(step));
    cell("n", Units.bytes(step.heldBytes()));
    page.append("<td>");
    if (step.runnerUp().isPresent()) {
      page.append("<details><summary>")
          .append(escaped(step.cause()))
          .append("</summary>instead ")
          .append(escaped(step.runnerUp().get().description()))
          .append(" at ")
          .append(Units.price(step.runnerUp().get().cost(), isTimed))
          .append("</details>");
    } else {
      page.append(escaped(step.cause()));
    }
    page.append("</td></tr>\n");
  }

  private String price(StepFigures step) {
    return Units.price(step.price(), isTimed);
  }

  private void cell(String kind, String text) {
    page.append("<td class=\"").append(kind).append("\">").append(escaped(text)).append("</td>");
  }

  /** A bar a step, as high as what is held. */
  private void memory() {
    long most = Math.max(1, steps.stream().mapToLong(StepFigures::heldBytes).max().orElse(0));
    double width = (double) WIDTH / steps.size();
    open("Bytes that the largest device holds, step by step");
    for (int i = 0; i < steps.size(); i++) {
      double height = (double) HEIGHT * steps.get(i).heldBytes() / most;
      bar(
          "c",
          i * width,
          HEIGHT - height,
          width,
          height,
          steps.get(i),
          Units.bytes(steps.get(i).heldBytes()));
    }
    page.append("</svg>\n");
  }

  /** A lane for computing and one for each mesh axis; what is waited for is hatched. */
  private void lanes() {
    List<String> lanes = new ArrayList<>(List.of("compute"));
    lanes.addAll(plan.mesh().axisNames());
    double height = (double) HEIGHT / lanes.size();
    open(isTimed ? "Seconds, computing and links" : "Price, computing and links");
    page.append(
        "<defs><pattern id=\"x\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\""
            + " patternTransform=\"rotate(45)\"><line class=\"h\" y2=\"6\"/></pattern></defs>\n");
    for (int i = 0; i < steps.size(); i++) {
      StepFigures step = steps.get(i);
      Optional<Timeline.Entry> entry = step.schedule();
      if (entry.isEmpty()) {
        continue;
      }
      Timeline.Entry at = entry.get();
      List<String> axes = plan.steps().get(i).action().groupAxes();
      String says = says(at);
      for (int lane = 0; lane < lanes.size(); lane++) {
        if (at.isTransfer() ? axes.contains(lanes.get(lane)) : lane == 0) {
          String kind = at.exposed() > 0 ? "e" : at.isTransfer() ? "w" : "c";
          double scale = figures.price() == 0 ? 0 : WIDTH / figures.price();
          bar(
              kind,
              at.begin() * scale,
              lane * height,
              (at.end() - at.begin()) * scale,
              height - 2,
              step,
              says);
        }
      }
    }
    for (int lane = 0; lane < lanes.size(); lane++) {
      page.append(
          String.format(
              Locale.ROOT,
              "<text x=\"2\" y=\"%.1f\">%s</text>%n",
              lane * height + 12,
              escaped(lanes.get(lane))));
    }
    page.append("</svg>\n");
  }

  /** As {@code begins at 10, ends at 30, 5 of it waited for}. */
  private String says(Timeline.Entry at) {
    return "begins at "
        + orNone(Units.price(at.begin(), isTimed))
        + ", ends at "
        + orNone(Units.price(at.end(), isTimed))
        + (at.exposed() == 0 ? "" : ", " + Units.price(at.exposed(), isTimed) + " exposed");
  }

  private static String orNone(String figure) {
    return figure.isEmpty() ? "0" : figure;
  }

  /** A bar a step, as long as its price; communication in another colour. */
  private void timeline() {
    if (steps.getFirst().schedule().isPresent()) {
      lanes();
      return;
    }
    double all = steps.stream().mapToDouble(StepFigures::price).sum();
    open(isTimed ? "Seconds, one step after the other" : "Price, one step after the other");
    double at = 0;
    for (StepFigures step : steps) {
      double width = all == 0 ? 0 : WIDTH * step.price() / all;
      boolean waits = step.received() > 0;
      bar(waits ? "w" : "c", at, waits ? HEIGHT / 2.0 : 0, width, HEIGHT / 2.0, step, price(step));
      at += width;
    }
    page.append("</svg>\n");
  }

  private void open(String head) {
    page.append("<h2>")
        .append(head)
        .append(
            String.format(
                Locale.ROOT,
                "</h2>\n<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">",
                WIDTH,
                HEIGHT,
                WIDTH))
        .append(
            String.format(
                Locale.ROOT,
                "<line class=\"a\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                HEIGHT,
                WIDTH,
                HEIGHT));
  }

  private void bar(
      String kind, double x, double y, double width, double height, StepFigures step, String says) {
    page.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>%s: %s</title></rect>%n",
            kind,
            x,
            y,
            Math.max(0.5, width - 1),
            height,
            escaped(step.step()),
            says));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
