package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Table;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A prediction as one page of HTML and SVG without script: the terms, a timeline of each part's
 * plan, the memory and the mesh.
 */
final class SimulatePage {
  private static final int LEFT = 220;
  private static final int ROW = 20;

  /** Least width of a bar in a timeline, in pixels; narrower bars are left out. */
  private static final double NARROWEST = 0.07;

  private static final int MOST_CELLS = 1024;

  /** The most chips of a row. */
  private static final int MOST_COLUMNS = 128;

  /** Between two planes of chips, in pixels. */
  private static final int PLANE_GAP = 12;

  private final Page page;
  private final PlannedForms forms;
  private final Prediction prediction;

  private SimulatePage(PlannedForms forms) {
    this.forms = forms;
    prediction = forms.prediction();
    Job job = forms.job();
    page =
        new Page(
            format(
                "%s on %d %s",
                job.model().name(), job.machine().devices(), job.machine().family().name()));
  }

  /**
   * The page.
   *
   * @param eta attainable share of peak
   * @param tokens the number of tokens to train on
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
    page.heading("Summary");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("weights", format("%,d", job.model().weights())));
    rows.add(List.of("layout", job.layout().notation()));
    rows.add(List.of("tokens a step", format("%,.0f", job.tokens())));
    rows.add(List.of("step", format("%.3f s, by the plan", prediction.seconds())));
    rows.add(List.of("tokens a second", format("%,.0f", prediction.tokensPerSecond())));
    rows.add(List.of("utilisation", format("%.1f %%", 100 * prediction.utilisation())));
    rows.add(
        List.of(
            format("days for %.3g tokens", tokens), format("%.2f", prediction.daysFor(tokens))));
    rows.add(List.of("device-years", format("%.2f", prediction.deviceYearsFor(tokens))));
    rows.add(List.of("large products reach", format("%.2f of peak", eta)));
    Table table = new Table(List.of(), Set.of(0, 1));
    rows.forEach(table::row);
    page.table(table);
  }

  private void terms() {
    page.heading("Time of a step by kind of work");
    List<Term> terms = prediction.terms();
    double most = terms.stream().mapToDouble(Term::seconds).max().orElse(1);
    Picture picture = new Picture(Picture.WIDTH, ROW * terms.size(), "terms of a step");
    for (int i = 0; i < terms.size(); i++) {
      Term term = terms.get(i);
      Ink ink =
          switch (term.kind()) {
            case COMPUTE -> Ink.BLUE;
            case COLLECTIVE -> Ink.RED;
            case OTHER -> Ink.GREY;
          };
      double whole = term.seconds() / most * (Picture.WIDTH - LEFT - 250);
      double shown = term.exposed() / most * (Picture.WIDTH - LEFT - 250);
      picture.text(LEFT - 6, i * ROW + 14, Anchor.END, term.name());
      picture.shade(LEFT, i * ROW + 3, whole, ROW - 6, Ink.RED, 0.3, "");
      picture.rect(LEFT, i * ROW + 3, shown, ROW - 6, ink, term.name());
      picture.text(
          LEFT + Math.max(whole, shown) + 6,
          i * ROW + 14,
          Anchor.START,
          Unit.SECONDS.text(term.seconds())
              + (term.exposed() < term.seconds()
                  ? ", " + Unit.SECONDS.text(term.exposed()) + " exposed"
                  : ""));
    }
    page.picture(picture);
    page.paragraph(
        "Blue is computation, red the exposed part of a collective, pale red its hidden part.");
  }

  private void timelines() {
    page.heading("Timeline of each part, forward and backward, by its plan");
    for (PlannedBlock block : forms.blocks()) {
      page.paragraph(
          format(
              "%s, %s: %s of computation, %s of collectives",
              block.block().name(),
              block.block().count() == 1 ? "once" : format("%.0f times", block.block().count()),
              Unit.SECONDS.text(block.seconds(Kind.COMPUTE)),
              Unit.SECONDS.text(block.seconds(Kind.COLLECTIVE))));
      page.picture(timeline(block));
    }
  }

  private static Picture timeline(PlannedBlock block) {
    BlockTimeline time = BlockTimeline.of(block.steps());
    Set<String> queues = new LinkedHashSet<>(List.of(SimulatedStep.COMPUTE));
    block.steps().forEach(step -> queues.add(step.queue()));
    List<String> lanes = List.copyOf(queues);
    double ahead = -time.bars().stream().mapToDouble(BlockTimeline.Bar::from).min().orElse(0);
    double most = time.bars().stream().mapToDouble(BlockTimeline.Bar::to).max().orElse(1);
    int bottom = ROW * lanes.size() + 4;
    Picture picture =
        new Picture(Picture.WIDTH, bottom + 40, "timeline of " + block.block().name());
    Axis axis =
        new Axis(
            ahead > 0 ? "time from the first gather; dashed: computation begins" : "time",
            Unit.SECONDS,
            false,
            0,
            Math.max(ahead + most, 1e-12),
            LEFT,
            Picture.WIDTH - 40);
    picture.horizontal(axis, 0, bottom);
    if (ahead > 0) {
      double begins = axis.at(ahead);
      picture.path(
          List.of(new double[] {begins, 0}, new double[] {begins, bottom}), Ink.AXIS, true);
    }
    for (int i = 0; i < lanes.size(); i++) {
      String lane = i == 0 ? lanes.get(i) : "over " + lanes.get(i);
      picture.text(LEFT - 6, i * ROW + 14, Anchor.END, lane);
    }
    for (BlockTimeline.Bar bar : time.bars()) {
      double wide = axis.at(bar.to()) - axis.at(bar.from());
      if (wide > NARROWEST) {
        String name = bar.step().term() + ": " + bar.step().name();
        picture.bar(
            axis.at(ahead + bar.from()),
            lanes.indexOf(bar.step().queue()) * ROW + 3.0,
            wide,
            ROW - 4,
            bar.step().collective() ? Ink.RED : Ink.BLUE,
            name,
            name + ", " + Unit.SECONDS.text(bar.step().seconds()));
      }
    }
    return picture;
  }

  private void memory() {
    page.heading("Memory of a device");
    Machine machine = forms.job().machine();
    double all = prediction.bytes().values().stream().mapToDouble(Double::doubleValue).sum();
    double there = machine.family().memory() / machine.perChip();
    double most = Math.max(all, there);
    List<Map.Entry<String, Double>> kinds = List.copyOf(prediction.bytes().entrySet());
    Picture picture = new Picture(Picture.WIDTH, ROW * (kinds.size() + 2), "memory of a device");
    double at = 0;
    for (int i = 0; i < kinds.size(); i++) {
      double bytes = kinds.get(i).getValue();
      double wide = bytes / most * (Picture.WIDTH - LEFT - 130);
      amount(picture, i, at, wide, kinds.get(i).getKey(), bytes, Ink.BLUE);
      at += wide;
    }
    double wide = there / most * (Picture.WIDTH - LEFT - 130);
    amount(picture, kinds.size(), 0, wide, "memory of the device", there, Ink.GREY);
    picture.text(
        LEFT,
        (kinds.size() + 1) * ROW + 14,
        Anchor.START,
        "in all " + Unit.BYTES.text(all) + (all > there ? ": does not fit" : ""));
    page.picture(picture);
    PlannedReport.beyondEvenSplit(forms).ifPresent(page::paragraph);
  }

  private static void amount(
      Picture picture, int row, double at, double wide, String name, double bytes, Ink ink) {
    picture.text(LEFT - 6, row * ROW + 14, Anchor.END, name);
    picture.rect(LEFT + at, row * ROW + 3, wide, ROW - 6, ink, name);
    picture.text(LEFT + at + wide + 6, row * ROW + 14, Anchor.START, Unit.BYTES.text(bytes));
  }

  /** The chips of a slice, its planes side by side, coloured by the mesh's first axis. */
  private void mesh() {
    page.heading("Mesh");
    Mesh mesh = forms.programs().getFirst().plan().mesh();
    List<Integer> sides = forms.job().machine().sides();
    int slices = forms.job().machine().slices();
    page.paragraph(
        format(
            "Mesh %s on %s chips of %s. Darker chips have larger coordinates along %s.",
            mesh.notation(),
            String.join("x", sides.stream().map(String::valueOf).toList()),
            slices == 1 ? "one slice" : format("each of %d slices", slices),
            mesh.axisNames().getFirst()));
    Chips chips = Chips.of(sides);
    int cell = Math.clamp((Picture.WIDTH - 20) / chips.columns(), 4, chips.planes() > 1 ? 12 : 24);
    int wide = chips.columns() * cell + PLANE_GAP;
    int high = chips.rows() * cell + PLANE_GAP;
    int beside = Math.max(1, Picture.WIDTH / wide);
    Picture picture =
        new Picture(
            Picture.WIDTH, Math.ceilDiv(chips.planes(), beside) * high + 4, "chips of a slice");
    for (int plane = 0; plane < chips.planes(); plane++) {
      int x = 2 + plane % beside * wide;
      int y = 2 + plane / beside * high;
      for (int i = 0; i < chips.rows() * chips.columns(); i++) {
        int row = i / chips.columns();
        int column = i % chips.columns();
        long chip = chips.number(plane, row, column);
        if (chip < chips.count()) {
          cell(picture, mesh, chip, x + column * cell, y + row * cell, cell);
        }
      }
    }
    page.picture(picture);
    if (chips.drawn() < chips.count()) {
      page.paragraph(format("The first %,d of %,d chips are drawn.", chips.drawn(), chips.count()));
    }
  }

  /**
   * The drawn chips of a slice: planes of rows of columns. A line of chips is folded into rows.
   *
   * @param width chips of a whole row, drawn or not
   * @param height rows of a whole plane, drawn or not
   * @param count all chips
   */
  private record Chips(int planes, int rows, int columns, long width, long height, long count) {
    static Chips of(List<Integer> sides) {
      long count = sides.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
      long width = sides.size() == 1 ? Math.min(count, MOST_COLUMNS) : sides.getLast();
      long height = sides.size() == 1 ? Math.ceilDiv(count, width) : sides.get(sides.size() - 2);
      long planes = sides.size() == 3 ? sides.getFirst() : 1;
      int columns = (int) Math.min(width, MOST_COLUMNS);
      int rows = (int) Math.min(height, MOST_CELLS / columns);
      return new Chips(
          (int) Math.clamp(MOST_CELLS / (rows * columns), 1, planes),
          rows,
          columns,
          width,
          height,
          count);
    }

    long number(int plane, int row, int column) {
      return (plane * height + row) * width + column;
    }

    long drawn() {
      return Math.min(count, (long) planes * rows * columns);
    }
  }

  private void cell(Picture picture, Mesh mesh, long chip, int x, int y, int side) {
    int device = (int) Math.min(mesh.size() - 1, chip * forms.job().machine().perChip());
    Map<String, Integer> at = new LinkedHashMap<>();
    int rest = device;
    for (String axis : mesh.axisNames().reversed()) {
      at.put(axis, rest % mesh.size(axis));
      rest /= mesh.size(axis);
    }
    String first = mesh.axisNames().getFirst();
    double share = (at.getOrDefault(first, 0) + 1.0) / mesh.size(first);
    picture.shade(x, y, side - 1, side - 1, Ink.BLUE, share, format("device %d: %s", device, at));
  }

  private void compared() {
    page.heading("By the plan and by the formulas").paragraph(PlannedReport.BELIEVE);
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
    rows.add(
        List.of(
            "step",
            format("%.2f", 1e3 * prediction.seconds()),
            format("%.2f", 1e3 * forms.closed().seconds()),
            ""));
    page.table(rows, Set.of(0, 3));
    page.heading("Collectives of the plan");
    List<List<String>> used = new ArrayList<>();
    used.add(List.of("step", "of", "times", "MB each", "ms in all"));
    for (PlannedReport.Used each : PlannedReport.collectives(forms)) {
      used.add(
          List.of(
              each.name(),
              each.of(),
              format("%.0f", each.times()),
              format("%.2f", each.bytesReceived() / 1e6),
              format("%.3f", 1e3 * each.seconds())));
    }
    page.table(used, Set.of(0, 1));
  }

  private void assumptions() {
    page.heading("Assumptions");
    List<String> all = new ArrayList<>(forms.job().assumptions());
    all.addAll(Assumption.sentences());
    page.list(all);
  }
}
