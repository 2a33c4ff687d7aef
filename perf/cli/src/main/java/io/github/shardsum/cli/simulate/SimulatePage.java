package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A prediction as one page of HTML and SVG without script: the terms, a timeline of each part's
 * plan, the memory and the mesh.
 */
final class SimulatePage {
  private static final int WIDTH = 900;
  private static final int LEFT = 220;
  private static final int ROW = 20;

  /** Bars of a timeline that are narrower than this share of it are left out. */
  private static final double NARROWEST = 1e-4;

  private static final int MOST_CELLS = 1024;

  private final StringBuilder html = new StringBuilder();
  private final PlannedForms forms;
  private final Prediction prediction;

  private SimulatePage(PlannedForms forms) {
    this.forms = forms;
    prediction = forms.prediction();
  }

  /**
   * The page.
   *
   * @param eta attainable share of peak
   * @param tokens to train on
   */
  static String of(PlannedForms forms, double eta, double tokens) {
    return new SimulatePage(forms).page(eta, tokens);
  }

  private String page(double eta, double tokens) {
    Job job = forms.job();
    String title =
        format(
            "%s on %d %s",
            job.model().name(), job.machine().devices(), job.machine().family().name());
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escaped(title))
        .append("</title><style>:root{color-scheme:light dark}body{font:15px/1.45 sans-serif;")
        .append("max-width:62em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}")
        .append("td,th{padding:.15em .7em;border-bottom:1px solid #8886;text-align:right}")
        .append("td:first-child,th:first-child{text-align:left}svg{display:block;margin:.5em 0}")
        .append("text{font:12px sans-serif;fill:currentColor}.compute{fill:#1f6fb2}")
        .append(
            ".collective{fill:#c4452c}.other{fill:#888}.hidden{fill:#c4452c66}</style></head><body>\n<h1>")
        .append(escaped(title))
        .append("</h1>\n");
    summary(eta, tokens);
    terms();
    timelines();
    memory();
    mesh();
    compared();
    assumptions();
    return html.append("</body></html>\n").toString();
  }

  private void summary(double eta, double tokens) {
    Job job = forms.job();
    heading("In short");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", ""));
    rows.add(List.of("weights", format("%,d", job.model().weights())));
    rows.add(List.of("layout", job.layout().notation()));
    rows.add(List.of("tokens a step", format("%,.0f", job.tokens())));
    rows.add(List.of("step", format("%.3f s", prediction.seconds())));
    rows.add(List.of("tokens a second", format("%,.0f", prediction.tokensPerSecond())));
    rows.add(List.of("utilisation", format("%.1f %%", 100 * prediction.utilisation())));
    rows.add(
        List.of(
            format("days for %.3g tokens", tokens), format("%.2f", prediction.daysFor(tokens))));
    rows.add(List.of("device-years", format("%.2f", prediction.deviceYearsFor(tokens))));
    rows.add(List.of("large products reach", format("%.2f of peak", eta)));
    table(rows.subList(1, rows.size()), false);
  }

  private void terms() {
    heading("A step, by what it is spent on");
    List<Term> terms = prediction.terms();
    double most = terms.stream().mapToDouble(Term::seconds).max().orElse(1);
    open(ROW * terms.size(), "terms of a step in milliseconds");
    for (int i = 0; i < terms.size(); i++) {
      Term term = terms.get(i);
      String kind = term.kind().name().toLowerCase(Locale.ROOT);
      double whole = term.seconds() / most * (WIDTH - LEFT - 250);
      double shown = term.exposed() / most * (WIDTH - LEFT - 250);
      text(LEFT - 6, i * ROW + 14, "end", term.name());
      rect(LEFT, i * ROW + 3, whole, ROW - 6, "hidden", "");
      rect(LEFT, i * ROW + 3, shown, ROW - 6, kind, term.name());
      text(
          LEFT + Math.max(whole, shown) + 6,
          i * ROW + 14,
          "start",
          format("%.2f ms, %.2f exposed", 1e3 * term.seconds(), 1e3 * term.exposed()));
    }
    close();
    paragraph(
        "Blue is computation, red what collectives are not hidden by it, pale what is hidden.");
  }

  private void timelines() {
    heading("Timeline of each part, forward and backward, by its plan");
    for (PlannedBlock block : forms.blocks()) {
      Timeline time = Timeline.of(block.steps());
      Set<String> queues = new LinkedHashSet<>(List.of(PricedStep.COMPUTE));
      block.steps().forEach(step -> queues.add(step.queue()));
      double from = time.bars().stream().mapToDouble(Timeline.Bar::from).min().orElse(0);
      double to = time.bars().stream().mapToDouble(Timeline.Bar::to).max().orElse(1);
      double span = Math.max(to - from, 1e-12);
      paragraph(
          format(
              "%s, %.0f times: %.3f ms of computation, %.3f ms of collectives",
              block.block().name(),
              block.block().count(),
              1e3 * block.seconds(Kind.COMPUTE),
              1e3 * block.seconds(Kind.COLLECTIVE)));
      open(ROW * queues.size() + ROW, "timeline of " + block.block().name());
      List<String> order = new ArrayList<>(queues);
      for (int i = 0; i < order.size(); i++) {
        text(LEFT - 6, i * ROW + 14, "end", i == 0 ? order.get(i) : "over " + order.get(i));
      }
      for (Timeline.Bar bar : time.bars()) {
        double wide = (bar.to() - bar.from()) / span;
        if (wide > NARROWEST) {
          rect(
              LEFT + (bar.from() - from) / span * (WIDTH - LEFT - 10),
              order.indexOf(bar.step().queue()) * ROW + 3.0,
              wide * (WIDTH - LEFT - 10),
              ROW - 6,
              bar.step().collective() ? "collective" : "compute",
              format(
                  "%s: %s, %.3f ms",
                  bar.step().term(), bar.step().name(), 1e3 * bar.step().seconds()));
        }
      }
      text(LEFT, order.size() * ROW + 14, "start", format("%.3f ms", 1e3 * from));
      text(WIDTH - 10, order.size() * ROW + 14, "end", format("%.3f ms", 1e3 * to));
      close();
    }
  }

  private void memory() {
    heading("Memory of a device");
    Machine machine = forms.job().machine();
    double all = prediction.bytes().values().stream().mapToDouble(Double::doubleValue).sum();
    double there = machine.family().memory() / machine.perChip();
    double most = Math.max(all, there);
    List<Map.Entry<String, Double>> kinds = List.copyOf(prediction.bytes().entrySet());
    open(ROW * (kinds.size() + 2), "memory of a device in megabytes");
    double at = 0;
    for (int i = 0; i < kinds.size(); i++) {
      double wide = kinds.get(i).getValue() / most * (WIDTH - LEFT - 130);
      text(LEFT - 6, i * ROW + 14, "end", kinds.get(i).getKey());
      rect(LEFT + at, i * ROW + 3, wide, ROW - 6, "compute", kinds.get(i).getKey());
      text(
          LEFT + at + wide + 6,
          i * ROW + 14,
          "start",
          format("%,.0f MB", kinds.get(i).getValue() / 1e6));
      at += wide;
    }
    double wide = there / most * (WIDTH - LEFT - 130);
    text(LEFT - 6, kinds.size() * ROW + 14, "end", "there is");
    rect(LEFT, kinds.size() * ROW + 3, wide, ROW - 6, "other", "memory of a device");
    text(LEFT + wide + 6, kinds.size() * ROW + 14, "start", format("%,.0f MB", there / 1e6));
    text(
        LEFT,
        (kinds.size() + 1) * ROW + 14,
        "start",
        format("in all %,.0f MB%s", all / 1e6, all > there ? ": does not fit" : ""));
    close();
  }

  /** The chips of a slice, two axes of its torus at once, coloured by the mesh's first axis. */
  private void mesh() {
    heading("Mesh");
    Mesh mesh = forms.programs().getFirst().plan().mesh();
    List<Integer> sides = forms.job().machine().sides();
    int columns = sides.getLast();
    int rows = (int) Math.min(MOST_CELLS / Math.max(1, columns), product(sides) / columns);
    paragraph(
        format(
            "mesh %s on %s chips of a slice, %d slices; a colour is a coordinate of %s",
            mesh.notation(),
            String.join("x", sides.stream().map(String::valueOf).toList()),
            forms.job().machine().slices(),
            mesh.axisNames().getFirst()));
    int cell = Math.max(4, Math.min(24, (WIDTH - 20) / Math.max(1, columns)));
    open(rows * cell + 4, "chips of a slice");
    for (int row = 0; row < rows && columns * cell < WIDTH; row++) {
      for (int column = 0; column < columns; column++) {
        cell(mesh, row * columns + column, 2 + column * cell, 2 + row * cell, cell);
      }
    }
    close();
  }

  private void cell(Mesh mesh, int chip, int x, int y, int side) {
    int device = Math.min(mesh.size() - 1, chip * forms.job().machine().perChip());
    Map<String, Integer> at = new LinkedHashMap<>();
    int rest = device;
    for (String axis : mesh.axisNames().reversed()) {
      at.put(axis, rest % mesh.size(axis));
      rest /= mesh.size(axis);
    }
    String first = mesh.axisNames().getFirst();
    double hue = 330.0 * at.getOrDefault(first, 0) / mesh.size(first);
    html.append(
        format(
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"hsl(%.0f 55%% 55%%)\"><title>device %d: %s</title></rect>\n",
            x, y, side - 1, side - 1, hue, device, escaped(at.toString())));
  }

  private static long product(List<Integer> sides) {
    return sides.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  private void compared() {
    heading("By the plan and by the formulas");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("term", "plan ms", "formula ms", "why they differ"));
    for (PlannedReport.Compared each : PlannedReport.compared(forms)) {
      rows.add(
          List.of(
              each.name(),
              format("%.2f", 1e3 * each.plan()),
              format("%.2f", 1e3 * each.formula()),
              each.reason()));
    }
    table(rows, true);
    heading("Collectives of the plan");
    List<List<String>> used = new ArrayList<>();
    used.add(List.of("step", "of", "times", "MB each", "ms in all"));
    for (PlannedReport.Used each : PlannedReport.collectives(forms)) {
      used.add(
          List.of(
              each.name(),
              each.block(),
              format("%.0f", each.times()),
              format("%.2f", each.bytes() / 1e6),
              format("%.3f", 1e3 * each.seconds())));
    }
    table(used, true);
  }

  private void assumptions() {
    heading("Assumptions");
    List<String> all = new ArrayList<>(forms.job().assumptions());
    all.addAll(Assumption.sentences());
    html.append("<ul>");
    all.forEach(each -> html.append("<li>").append(escaped(each)).append("</li>\n"));
    html.append("</ul>\n");
  }

  private void heading(String text) {
    html.append("<h2>").append(escaped(text)).append("</h2>\n");
  }

  private void paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>\n");
  }

  private void table(List<List<String>> rows, boolean head) {
    html.append("<table>\n");
    for (int i = 0; i < rows.size(); i++) {
      String cell = head && i == 0 ? "th" : "td";
      html.append("<tr>");
      for (String text : rows.get(i)) {
        html.append(format("<%s>%s</%s>", cell, escaped(text), cell));
      }
      html.append("</tr>\n");
    }
    html.append("</table>\n");
  }

  private void open(int height, String label) {
    html.append(
        format(
            "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" role=\"img\" aria-label=\"%s\">\n",
            WIDTH, height, escaped(label)));
  }

  private void close() {
    html.append("</svg>\n");
  }

  private void rect(double x, double y, double wide, double high, String kind, String title) {
    html.append(
        format(
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>%s</title></rect>\n",
            kind, x, y, Math.max(0, wide), high, escaped(title)));
  }

  private void text(double x, double y, String anchor, String text) {
    html.append(
        format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x, y, anchor, escaped(text)));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
