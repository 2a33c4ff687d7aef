package io.github.shardsum.internal.partition.text;

import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.List;
import java.util.Locale;

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
      .c { fill: var(--bar); } .w { fill: var(--wait); } .a { stroke: var(--line); } text { fill: var(--ink); font-size: 12px; }
      """;

  private final SpmdPlan plan;
  private final List<StepFigures> steps;
  private final boolean isTimed;
  private final StringBuilder page = new StringBuilder();

  private PlanPage(SpmdPlan plan, PlanOptions options) {
    this.plan = plan;
    this.steps = StepFigures.of(plan, options);
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
            "Mesh %s, %d devices. The busiest device receives %d elements, the largest computes %.4g FLOPs and holds %d bytes at most.",
            plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation(),
            plan.mesh().size(),
            plan.elementsReceived(),
            plan.flops(),
            plan.peakBytes()));
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
      page.append("<li><code>").append(escaped(value.toString())).append("</code></li>\n");
    }
    page.append("</ul>\n");
  }

  private void table() {
    page.append("<h2>Steps</h2>\n<table><thead><tr><th>value</th><th>step</th><th>of</th>")
        .append("<th>local shapes</th><th class=\"n\">bytes received</th>")
        .append("<th class=\"n\">bytes sent</th><th class=\"n\">at least</th>")
        .append("<th class=\"n\">FLOPs</th><th class=\"n\">")
        .append(isTimed ? "seconds" : "price")
        .append("</th><th class=\"n\">bytes live</th><th>why</th></tr></thead><tbody>\n");
    for (StepFigures step : steps) {
      page.append("<tr>");
      cell("s", step.results());
      cell("s", step.step());
      cell("s", step.operands());
      cell("s", step.shapes());
      cell("n", Long.toString(step.bytesReceived()));
      cell("n", Long.toString(step.bytesSent()));
      cell("n", Long.toString(step.lowerBound()));
      cell("n", number(step.flops()));
      cell("n", number(step.price()));
      cell("n", Long.toString(step.liveBytes()));
      page.append("<td>");
      if (step.runnerUp().isPresent()) {
        page.append("<details><summary>")
            .append(escaped(step.cause()))
            .append("</summary>instead ")
            .append(escaped(step.runnerUp().get().toString()))
            .append("</details>");
      } else {
        page.append(escaped(step.cause()));
      }
      page.append("</td></tr>\n");
    }
    page.append("</tbody></table>\n");
  }

  private void cell(String kind, String text) {
    page.append("<td class=\"").append(kind).append("\">").append(escaped(text)).append("</td>");
  }

  private static String number(double value) {
    return value == 0 ? "" : String.format(Locale.ROOT, "%.4g", value);
  }

  /** A bar a step, as high as what is held. */
  private void memory() {
    long most = Math.max(1, steps.stream().mapToLong(StepFigures::liveBytes).max().orElse(0));
    double width = (double) WIDTH / steps.size();
    open("Bytes that the largest device holds, step by step");
    for (int i = 0; i < steps.size(); i++) {
      double height = (double) HEIGHT * steps.get(i).liveBytes() / most;
      bar(
          "c",
          i * width,
          HEIGHT - height,
          width,
          height,
          steps.get(i),
          steps.get(i).liveBytes() + " bytes");
    }
    page.append("</svg>\n");
  }

  /** A bar a step, as long as its price; communication in another colour. */
  private void timeline() {
    double all = steps.stream().mapToDouble(StepFigures::price).sum();
    open(isTimed ? "Seconds, one step after the other" : "Price, one step after the other");
    double at = 0;
    for (StepFigures step : steps) {
      double width = all == 0 ? 0 : WIDTH * step.price() / all;
      boolean waits = step.received() > 0;
      bar(
          waits ? "w" : "c",
          at,
          waits ? HEIGHT / 2.0 : 0,
          width,
          HEIGHT / 2.0,
          step,
          number(step.price()));
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
