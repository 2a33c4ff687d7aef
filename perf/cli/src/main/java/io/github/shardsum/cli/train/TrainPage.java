package io.github.shardsum.cli.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The page of a training: curves, loads and tables in one file of HTML and SVG, without script. */
final class TrainPage {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 260;
  private static final int LEFT = 48;
  private static final int BOTTOM = 28;
  private static final int TOP = 12;
  private static final int RIGHT = 130;
  private static final int CELL = 14;
  private static final int TICKS = 5;

  /** Steps of a curve that are drawn as one point, so that the page stays small. */
  private static final int POINTS = 300;

  private static final List<String> COLOURS =
      List.of("#1f6fb2", "#c4452c", "#2f8f4e", "#8a55b5", "#b8860b", "#4a4a4a");

  private final StringBuilder html = new StringBuilder();

  TrainPage(String title) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escaped(title))
        .append(
            "</title><style>body{font:15px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}")
        .append(
            "table{border-collapse:collapse;margin:1em 0}td,th{padding:.15em .7em;border-bottom:1px solid #ddd;text-align:right}")
        .append(
            "td:first-child,th:first-child{text-align:left}svg{display:block;margin:.5em 0}text{font:11px sans-serif;fill:#333}")
        .append("</style></head><body>\n<h1>")
        .append(escaped(title))
        .append("</h1>\n");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  TrainPage heading(String text) {
    html.append("<h2>").append(escaped(text)).append("</h2>\n");
    return this;
  }

  TrainPage paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>\n");
    return this;
  }

  /** A table; the first row is its head. */
  TrainPage table(List<List<String>> rows) {
    html.append("<table>\n");
    for (int i = 0; i < rows.size(); i++) {
      String cell = i == 0 ? "th" : "td";
      html.append("<tr>");
      rows.get(i)
          .forEach(
              text ->
                  html.append('<')
                      .append(cell)
                      .append('>')
                      .append(escaped(text))
                      .append("</")
                      .append(cell)
                      .append('>'));
      html.append("</tr>\n");
    }
    html.append("</table>\n");
    return this;
  }

  /** Curves over steps in one picture. */
  TrainPage curves(String label, Map<String, List<History.Point>> curves) {
    List<History.Point> all = curves.values().stream().flatMap(List::stream).toList();
    if (all.isEmpty()) {
      return this;
    }
    double last = Math.max(1, all.stream().mapToLong(History.Point::step).max().orElse(1));
    double highest = all.stream().mapToDouble(History.Point::value).max().orElse(1);
    double lowest = Math.min(0, all.stream().mapToDouble(History.Point::value).min().orElse(0));
    Axes axes = new Axes(last, lowest, highest > lowest ? highest - lowest : 1);
    open(WIDTH, HEIGHT, label);
    grid(axes);
    int number = 0;
    for (Map.Entry<String, List<History.Point>> curve : curves.entrySet()) {
      curve(axes, number++, curve.getKey(), curve.getValue());
    }
    html.append("</svg>\n");
    return this;
  }

  /** Steps from 0 to the last, and values from the lowest over a span. */
  private record Axes(double last, double lowest, double span) {}

  private void grid(Axes axes) {
    for (int i = 0; i <= TICKS; i++) {
      double share = i / (double) TICKS;
      double y = y(share);
      html.append(
          format(
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e3e3e3\"/>",
              LEFT, WIDTH - RIGHT, y, y));
      html.append(
          format(
              "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>",
              LEFT - 5, y + 4, axes.lowest() + axes.span() * share));
      html.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>",
              x(share), HEIGHT - 10, axes.last() * share));
    }
  }

  private void curve(Axes axes, int number, String name, List<History.Point> points) {
    String colour = COLOURS.get(number % COLOURS.size());
    String places =
        thinned(points).stream()
            .map(
                point ->
                    format(
                        "%.1f,%.1f",
                        x(point.step() / axes.last()),
                        y((point.value() - axes.lowest()) / axes.span())))
            .collect(Collectors.joining(" "));
    html.append(
        format(
            "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"%s\"/>",
            colour, places));
    html.append(
        format(
            "<text x=\"%d\" y=\"%d\" style=\"fill:%s\">%s</text>",
            WIDTH - RIGHT + 8, TOP + 14 * (number + 1), colour, escaped(name)));
  }

  private static double x(double share) {
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double share) {
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
  }

  /** Means of neighbours, where there are many. */
  private static List<History.Point> thinned(List<History.Point> points) {
    int each = Math.max(1, points.size() / POINTS);
    List<History.Point> thinned = new ArrayList<>();
    for (int from = 0; from < points.size(); from += each) {
      List<History.Point> some = points.subList(from, Math.min(points.size(), from + each));
      double mean = some.stream().mapToDouble(History.Point::value).average().orElse(0);
      thinned.add(new History.Point(some.getLast().step(), mean));
    }
    return thinned;
  }

  /** The share of each expert over time: a row an expert, time from left to right. */
  TrainPage load(String label, List<History.Load> loads) {
    int experts = loads.getFirst().tokens().size();
    double width = (double) (WIDTH - LEFT - RIGHT) / loads.size();
    int height = TOP + experts * CELL + BOTTOM;
    open(WIDTH, height, label);
    for (int i = 0; i < loads.size(); i++) {
      List<Long> tokens = loads.get(i).tokens();
      double sum = Math.max(1, tokens.stream().mapToLong(Long::longValue).sum());
      for (int e = 0; e < experts; e++) {
        cell(LEFT + i * width, TOP + e * CELL, width + 0.3, tokens.get(e) * experts / sum);
      }
    }
    for (int e = 0; e < experts; e++) {
      html.append(
          format(
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%d</text>",
              LEFT - 5, TOP + e * CELL + CELL - 3, e));
    }
    html.append(
        format(
            "<text x=\"%d\" y=\"%d\">step 1 to %d; white: no tokens, dark: twice the mean or more</text></svg>\n",
            LEFT, height - 10, loads.getLast().step()));
    return this;
  }

  /** A share in units of the mean. */
  private void cell(double x, double y, double width, double share) {
    int light = (int) Math.round(255 - 205 * Math.min(1, share / 2));
    html.append(
        format(
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"rgb(%d,%d,255)\"/>",
            x, y, width, CELL, light, Math.min(255, light + 30)));
  }

  /** Experts by language: a row a language. */
  TrainPage heat(String label, Map<String, long[]> tokens) {
    int experts = tokens.values().stream().mapToInt(counts -> counts.length).max().orElse(0);
    // Wide enough for a few, and not too wide for many.
    int width = Math.max(6, Math.min(3 * CELL, (WIDTH - LEFT) / Math.max(1, experts)));
    int height = 2 * TOP + tokens.size() * CELL + BOTTOM;
    open(LEFT + experts * width + TOP, height, label);
    int row = 0;
    for (Map.Entry<String, long[]> language : tokens.entrySet()) {
      double sum = Math.max(1, Arrays.stream(language.getValue()).sum());
      int y = 2 * TOP + row++ * CELL;
      html.append(
          format(
              "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
              LEFT - 5, y + CELL - 3, escaped(language.getKey())));
      for (int e = 0; e < experts; e++) {
        cell(LEFT + e * width, y, width, language.getValue()[e] * experts / sum);
      }
    }
    for (int e = 0; e < experts; e++) {
      html.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>",
              LEFT + (e + 0.5) * width, 2 * TOP - 4, e));
    }
    html.append("</svg>\n");
    return this;
  }

  private void open(int width, int height, String label) {
    html.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"%s\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">",
            escaped(label), width, height, width, height));
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** The page. */
  @Override
  public String toString() {
    return html + "</body></html>\n";
  }
}
