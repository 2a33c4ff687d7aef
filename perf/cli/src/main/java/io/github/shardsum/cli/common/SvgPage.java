package io.github.shardsum.cli.common;

import java.util.List;
import java.util.Locale;

/**
 * One self-contained page of HTML and SVG without script, for both themes. Not thread-safe;
 * pictures are {@link #WIDTH} wide, in pixels from their upper left corner.
 */
public final class SvgPage {
  /** Width of every picture. */
  public static final int WIDTH = 900;

  private final StringBuilder html = new StringBuilder();

  /** A page with its title as the first heading. */
  public SvgPage(String title) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escaped(title))
        .append("</title><style>:root{color-scheme:light dark}body{font:15px/1.45 sans-serif;")
        .append("max-width:62em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}")
        .append("td,th{padding:.15em .7em;border-bottom:1px solid #8886;text-align:right}")
        .append("td:first-child,th:first-child{text-align:left}svg{display:block;margin:.5em 0}")
        .append("text{font:12px sans-serif;fill:currentColor}.compute{fill:#1f6fb2}")
        .append(
            ".collective{fill:#c4452c}.other{fill:#888}.hidden{fill:#c4452c66}.good{fill:#2f8f4e}")
        .append(".grid{stroke:#8884;fill:none}.axis{stroke:#888;fill:none}")
        .append(".real{stroke:#1f6fb2;fill:none;stroke-width:2}")
        .append(".dashed{stroke:#c4452c;fill:none;stroke-width:2;stroke-dasharray:6 4}")
        .append("</style></head><body>\n<h1>")
        .append(escaped(title))
        .append("</h1>\n");
  }

  /** A heading of a part. */
  public SvgPage heading(String text) {
    html.append("<h2>").append(escaped(text)).append("</h2>\n");
    return this;
  }

  /** A paragraph. */
  public SvgPage paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>\n");
    return this;
  }

  /** A list with dots. */
  public SvgPage list(List<String> lines) {
    html.append("<ul>");
    lines.forEach(each -> html.append("<li>").append(escaped(each)).append("</li>\n"));
    html.append("</ul>\n");
    return this;
  }

  /** A table, its first row a head or not. */
  public SvgPage table(List<List<String>> rows, boolean head) {
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
    return this;
  }

  /** Begins a picture. */
  public SvgPage open(int height, String label) {
    html.append(
        format(
            "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" role=\"img\" aria-label=\"%s\">\n",
            WIDTH, height, escaped(label)));
    return this;
  }

  /** Ends a picture. */
  public SvgPage close() {
    html.append("</svg>\n");
    return this;
  }

  /** A rectangle of a kind, with what a pointer over it shows. */
  public SvgPage rect(double x, double y, double wide, double high, String kind, String title) {
    html.append(
        format(
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>%s</title></rect>\n",
            kind, x, y, Math.max(0, wide), Math.max(0, high), escaped(title)));
    return this;
  }

  /** A rectangle of a hue, from 0 to 360. */
  public SvgPage cell(int x, int y, int side, double hue, String title) {
    html.append(
        format(
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"hsl(%.0f 55%% 55%%)\"><title>%s</title></rect>\n",
            x, y, side, side, hue, escaped(title)));
    return this;
  }

  /** A dot of a kind. */
  public SvgPage dot(double x, double y, double radius, String kind, String title) {
    html.append(
        format(
            "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.1f\"><title>%s</title></circle>\n",
            kind, x, y, radius, escaped(title)));
    return this;
  }

  /** A line of a kind. */
  public SvgPage line(double x1, double y1, double x2, double y2, String kind) {
    html.append(
        format(
            "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n",
            kind, x1, y1, x2, y2));
    return this;
  }

  /** Lines from point to point, each {@code {x, y}}. */
  public SvgPage path(List<double[]> points, String kind) {
    StringBuilder places = new StringBuilder();
    points.forEach(point -> places.append(format("%.2f,%.2f ", point[0], point[1])));
    html.append(
        format("<polyline class=\"%s\" points=\"%s\"/>\n", kind, places.toString().strip()));
    return this;
  }

  /** A text that starts, ends or has its middle at a place. */
  public SvgPage text(double x, double y, String anchor, String text) {
    html.append(
        format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x, y, anchor, escaped(text)));
    return this;
  }

  /** The whole page. */
  public String html() {
    return html + "</body></html>\n";
  }

  /** The first picture as a file of its own, on white. */
  public String picture() {
    int from = html.indexOf("<svg ");
    int to = html.indexOf("</svg>", from);
    if (from < 0 || to < 0) {
      throw new IllegalStateException("page: expected a picture, got none");
    }
    String style =
        "<style>text{font:12px sans-serif;fill:#222}.compute{fill:#1f6fb2}.collective{fill:#c4452c}"
            + ".other{fill:#888}.good{fill:#2f8f4e}.axis{stroke:#888;fill:none}</style>"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>";
    String svg = html.substring(from, to);
    int head = svg.indexOf('>') + 1;
    return svg.substring(0, head).replace("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ")
        + style
        + svg.substring(head)
        + "</svg>\n";
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
