package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.PairSplit;
import io.github.shardsum.cli.train.score.ChrF;
import io.github.shardsum.cli.train.score.TranslationEvaluation;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.picture.Axis;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Page;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.picture.Unit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The page of a training: curves, loads and tables. */
final class TrainPage {
  private static final int LEFT = 70;
  private static final int RIGHT = Picture.WIDTH - 150;
  private static final int TOP = 26;
  private static final int CELL = 16;

  /** The most cells of a row of loads; if there are more, neighbours are added up. */
  private static final int COLUMNS = 200;

  private final Page page;

  TrainPage(String title) {
    page = new Page(title);
  }

  TrainPage heading(String text) {
    page.heading(text);
    return this;
  }

  TrainPage paragraph(String text) {
    page.paragraph(text);
    return this;
  }

  /** A table; the first row is its head. */
  TrainPage table(List<List<String>> rows) {
    page.table(rows);
    return this;
  }

  /** A table of words; the first row is its head. */
  TrainPage words(List<List<String>> rows) {
    page.table(
        rows, IntStream.range(0, rows.getFirst().size()).boxed().collect(Collectors.toSet()));
    return this;
  }

  /** Curves over steps in one picture; without any finite point no picture. */
  TrainPage curves(
      String label, String axis, boolean isLog, Map<String, List<TrainHistory.Point>> curves) {
    if (LossCurves.finite(curves).values().stream().anyMatch(points -> !points.isEmpty())) {
      page.picture(LossCurves.of(label, axis, isLog, curves));
    }
    return this;
  }

  /** The difference of each curve from the first. */
  TrainPage differences(String label, Map<String, List<TrainHistory.Point>> curves) {
    if (curves.size() > 1) {
      page.picture(LossCurves.differences(label, curves));
    }
    return this;
  }

  /**
   * The share of each expert or device over time: a row each, time from left to right.
   *
   * @param row the name of a row, such as {@code expert}
   */
  TrainPage load(String label, String row, List<TrainHistory.Load> loads) {
    int rows = loads.getFirst().tokens().size();
    int each = Math.ceilDiv(loads.size(), COLUMNS);
    int bottom = TOP + rows * CELL;
    Picture picture = new Picture(Picture.WIDTH, bottom + 40, label);
    Axis steps = new Axis("steps", Unit.NUMBER, false, 0, loads.getLast().step(), LEFT, RIGHT);
    double from = 0;
    for (int i = 0; i < loads.size(); i += each) {
      List<TrainHistory.Load> some = loads.subList(i, Math.min(loads.size(), i + each));
      long[] tokens = new long[rows];
      some.forEach(load -> Arrays.setAll(tokens, e -> tokens[e] + load.tokens().get(e)));
      double to = some.getLast().step();
      for (int e = 0; e < rows; e++) {
        double wide = steps.at(to) - steps.at(from) + 0.3;
        cell(picture, steps.at(from), TOP + e * CELL, wide, share(tokens, e));
      }
      from = to;
    }
    picture.horizontal(steps, bottom, bottom);
    rowNames(picture, row, rows);
    scale(picture, RIGHT);
    page.picture(picture);
    return this;
  }

  private static void rowNames(Picture picture, String row, int rows) {
    picture.text(LEFT - 6, TOP - 8, Anchor.END, row);
    for (int e = 0; e < rows; e++) {
      picture.text(LEFT - 6, TOP + e * CELL + CELL - 4, Anchor.END, Integer.toString(e));
    }
  }

  /** Draws the scale of darkness, at the right of the cells. */
  private static void scale(Picture picture, int right) {
    List<Double> shares = List.of(0.0, 1.0, 2.0);
    List<String> names = List.of("no tokens", "the mean", "twice the mean");
    for (int i = 0; i < shares.size(); i++) {
      cell(picture, right + 12, TOP + i * (CELL + 2), CELL, shares.get(i));
      picture.text(right + 18 + CELL, TOP + i * (CELL + 2) + CELL - 4, Anchor.START, names.get(i));
    }
  }

  /** Tokens of an expert or a device in units of the mean. */
  private static double share(long[] tokens, int row) {
    return tokens[row] * tokens.length / Math.max(1.0, Arrays.stream(tokens).sum());
  }

  private static void cell(Picture picture, double x, double y, double wide, double share) {
    String title = format("%.2f of the mean", share);
    picture.shade(x, y, wide, CELL - 1.0, Ink.BLUE, Math.min(1, share / 2), title);
  }

  /** Experts by language: a row a language. */
  TrainPage heat(String label, Map<String, long[]> tokens) {
    int experts = tokens.values().stream().mapToInt(counts -> counts.length).max().orElse(0);
    // The width of a cell: wide if there are few, narrow if there are many.
    int width = Math.max(6, Math.min(3 * CELL, (RIGHT - LEFT) / Math.max(1, experts)));
    int right = Math.max(RIGHT, LEFT + experts * width);
    Picture picture = new Picture(right + 150, TOP + tokens.size() * CELL + CELL, label);
    int row = 0;
    for (Map.Entry<String, long[]> language : tokens.entrySet()) {
      int y = TOP + row++ * CELL;
      picture.text(LEFT - 6, y + CELL - 4.0, Anchor.END, language.getKey());
      for (int e = 0; e < experts; e++) {
        cell(picture, LEFT + e * width, y, width - 1.0, share(language.getValue(), e));
      }
    }
    int every = Math.max(1, Math.ceilDiv(24, width));
    for (int e = 0; e < experts; e += every) {
      picture.text(LEFT + (e + 0.5) * width, TOP - 8, Anchor.MIDDLE, Integer.toString(e));
    }
    picture.text(LEFT - 6, TOP - 8, Anchor.END, "expert");
    scale(picture, right);
    page.picture(picture);
    return this;
  }

  /** The table of each system's scores on held-back texts; no table if nothing was held back. */
  void scores(TranslationEvaluation evaluation, PairSplit split) {
    List<TranslationEvaluation.Row> families = evaluation.rows(split);
    if (families.isEmpty()) {
      return;
    }
    List<String> head = new ArrayList<>(List.of("family", "texts"));
    evaluation.systems().forEach(system -> head.addAll(List.of(system + ", % exact", "chrF")));
    List<List<String>> rows = new ArrayList<>(List.of(head));
    for (TranslationEvaluation.Row family : families) {
      List<String> row = new ArrayList<>(List.of(family.name()));
      for (String system : evaluation.systems()) {
        ChrF score = evaluation.score(system, split, family.languages());
        if (row.size() == 1) {
          row.add(Integer.toString(score.texts()));
        }
        row.add(format("%.1f", 100 * score.exact()));
        row.add(format("%.1f", 100 * score.score()));
      }
      rows.add(row);
    }
    heading("Held back: " + split).table(rows);
  }

  /** Collectives of a step, with the rows that travel and their bound. */
  void mesh(Training.Traffic traffic) {
    heading("A step on the mesh").paragraph(TrainReport.step(traffic));
    traffic.rows().ifPresent(rows -> paragraph(TrainReport.rows(rows)));
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("collective", "over", "how many", "bytes a device receives"));
    for (Training.Kind kind : traffic.kinds()) {
      rows.add(
          List.of(
              kind.op(),
              String.join(", ", kind.axes()),
              Long.toString(kind.count()),
              format("%,d", kind.receivedBytes())));
    }
    words(rows);
  }

  /** The share of each device over time, in each layer. */
  void deviceLoads(TrainHistory history, MeshAxes axes) {
    history
        .loads()
        .forEach(
            (layer, loads) ->
                heading("Load of devices over time: " + layer)
                    .load(
                        "load by device of " + layer, "device", TrainDeviceLoads.of(loads, axes)));
  }

  /** Translations of a sample. */
  void samples(List<TrainReport.Sample> samples) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "language", "source", "translation", "right"));
    for (TrainReport.Sample sample : samples) {
      Pair pair = sample.item().pair();
      rows.add(
          List.of(
              sample.mark(), pair.language(), pair.source(), sample.text(), sample.references()));
    }
    heading("Samples chosen by hash").words(rows);
  }

  /** The page. */
  @Override
  public String toString() {
    return page.html();
  }
}
