package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.common.SvgPage;
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
  private static final int LEFT = 220;
  private static final int ROW = 20;

  /** Bars of a timeline that are narrower than this share of it are left out. */
  private static final double NARROWEST = 1e-4;

  private static final int MOST_CELLS = 1024;

  private final SvgPage page;
  private final PlannedForms forms;
  private final Prediction prediction;

  private SimulatePage(PlannedForms forms) {
    this.forms = forms;
    prediction = forms.prediction();
    Job job = forms.job();
    page =
        new SvgPage(
            format(
                "%s on %d %s",
                job.model().name(), job.machine().devices(), job.machine().family().name()));
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
    summary(eta, tokens);
    terms();
    timelines();
    memory();
    mesh();
    compared();
    assumptions();
    return page.html();
  }

  private void summary(double eta, double tokens) {
    Job job = forms.job();
    page.heading("In short");
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
    page.table(rows.subList(1, rows.size()), false);
  }

  private void terms() {
    page.heading("A step, by what it is spent on");
    List<Term> terms = prediction.terms();
    double most = terms.stream().mapToDouble(Term::seconds).max().orElse(1);
    page.open(ROW * terms.size(), "terms of a step in milliseconds");
    for (int i = 0; i < terms.size(); i++) {
      Term term = terms.get(i);
      String kind = term.kind().name().toLowerCase(Locale.ROOT);
      double whole = term.seconds() / most * (SvgPage.WIDTH - LEFT - 250);
      double shown = term.exposed() / most * (SvgPage.WIDTH - LEFT - 250);
      page.text(LEFT - 6, i * ROW + 14, "end", term.name());
      page.rect(LEFT, i * ROW + 3, whole, ROW - 6, "hidden", "");
      page.rect(LEFT, i * ROW + 3, shown, ROW - 6, kind, term.name());
      page.text(
          LEFT + Math.max(whole, shown) + 6,
          i * ROW + 14,
          "start",
          format("%.2f ms, %.2f exposed", 1e3 * term.seconds(), 1e3 * term.exposed()));
    }
    page.close();
    page.paragraph(
        "Blue is computation, red exposed parts of collectives, pale their hidden parts.");
  }

  private void timelines() {
    page.heading("Timeline of each part, forward and backward, by its plan");
    for (PlannedBlock block : forms.blocks()) {
      Timeline time = Timeline.of(block.steps());
      Set<String> queues = new LinkedHashSet<>(List.of(PricedStep.COMPUTE));
      block.steps().forEach(step -> queues.add(step.queue()));
      double from = time.bars().stream().mapToDouble(Timeline.Bar::from).min().orElse(0);
      double to = time.bars().stream().mapToDouble(Timeline.Bar::to).max().orElse(1);
      double span = Math.max(to - from, 1e-12);
      page.paragraph(
          format(
              "%s, %.0f times: %.3f ms of computation, %.3f ms of collectives",
              block.block().name(),
              block.block().count(),
              1e3 * block.seconds(Kind.COMPUTE),
              1e3 * block.seconds(Kind.COLLECTIVE)));
      page.open(ROW * queues.size() + ROW, "timeline of " + block.block().name());
      List<String> order = new ArrayList<>(queues);
      for (int i = 0; i < order.size(); i++) {
        page.text(LEFT - 6, i * ROW + 14, "end", i == 0 ? order.get(i) : "over " + order.get(i));
      }
      for (Timeline.Bar bar : time.bars()) {
        double wide = (bar.to() - bar.from()) / span;
        if (wide > NARROWEST) {
          page.rect(
              LEFT + (bar.from() - from) / span * (SvgPage.WIDTH - LEFT - 10),
              order.indexOf(bar.step().queue()) * ROW + 3.0,
              wide * (SvgPage.WIDTH - LEFT - 10),
              ROW - 6,
              bar.step().collective() ? "collective" : "compute",
              format(
                  "%s: %s, %.3f ms",
                  bar.step().term(), bar.step().name(), 1e3 * bar.step().seconds()));
        }
      }
      page.text(LEFT, order.size() * ROW + 14, "start", format("%.3f ms", 1e3 * from));
      page.text(SvgPage.WIDTH - 10, order.size() * ROW + 14, "end", format("%.3f ms", 1e3 * to));
      page.close();
    }
  }

  private void memory() {
    page.heading("Memory of a device");
    Machine machine = forms.job().machine();
    double all = prediction.bytes().values().stream().mapToDouble(Double::doubleValue).sum();
    double there = machine.family().memory() / machine.perChip();
    double most = Math.max(all, there);
    List<Map.Entry<String, Double>> kinds = List.copyOf(prediction.bytes().entrySet());
    page.open(ROW * (kinds.size() + 2), "memory of a device in megabytes");
    double at = 0;
    for (int i = 0; i < kinds.size(); i++) {
      double wide = kinds.get(i).getValue() / most * (SvgPage.WIDTH - LEFT - 130);
      page.text(LEFT - 6, i * ROW + 14, "end", kinds.get(i).getKey());
      page.rect(LEFT + at, i * ROW + 3, wide, ROW - 6, "compute", kinds.get(i).getKey());
      page.text(
          LEFT + at + wide + 6,
          i * ROW + 14,
          "start",
          format("%,.0f MB", kinds.get(i).getValue() / 1e6));
      at += wide;
    }
    double wide = there / most * (SvgPage.WIDTH - LEFT - 130);
    page.text(LEFT - 6, kinds.size() * ROW + 14, "end", "there is");
    page.rect(LEFT, kinds.size() * ROW + 3, wide, ROW - 6, "other", "memory of a device");
    page.text(LEFT + wide + 6, kinds.size() * ROW + 14, "start", format("%,.0f MB", there / 1e6));
    page.text(
        LEFT,
        (kinds.size() + 1) * ROW + 14,
        "start",
        format("in all %,.0f MB%s", all / 1e6, all > there ? ": does not fit" : ""));
    page.close();
  }

  /** The chips of a slice, two axes of its torus at once, coloured by the mesh's first axis. */
  private void mesh() {
    page.heading("Mesh");
    Mesh mesh = forms.programs().getFirst().plan().mesh();
    List<Integer> sides = forms.job().machine().sides();
    int columns = sides.getLast();
    int rows = (int) Math.min(MOST_CELLS / Math.max(1, columns), product(sides) / columns);
    page.paragraph(
        format(
            "mesh %s on %s chips of a slice, %d slices; a colour is a coordinate of %s",
            mesh.notation(),
            String.join("x", sides.stream().map(String::valueOf).toList()),
            forms.job().machine().slices(),
            mesh.axisNames().getFirst()));
    int cell = Math.max(4, Math.min(24, (SvgPage.WIDTH - 20) / Math.max(1, columns)));
    page.open(rows * cell + 4, "chips of a slice");
    for (int row = 0; row < rows && columns * cell < SvgPage.WIDTH; row++) {
      for (int column = 0; column < columns; column++) {
        cell(mesh, row * columns + column, 2 + column * cell, 2 + row * cell, cell);
      }
    }
    page.close();
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
    page.cell(x, y, side - 1, hue, format("device %d: %s", device, at));
  }

  private static long product(List<Integer> sides) {
    return sides.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
  }

  private void compared() {
    page.heading("By the plan and by the formulas");
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
    page.table(rows, true);
    page.heading("Collectives of the plan");
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
    page.table(used, true);
  }

  private void assumptions() {
    page.heading("Assumptions");
    List<String> all = new ArrayList<>(forms.job().assumptions());
    all.addAll(Assumption.sentences());
    page.list(all);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
