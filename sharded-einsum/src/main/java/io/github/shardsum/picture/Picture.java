package io.github.shardsum.picture;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An SVG picture without script. Places are pixels from the upper left corner. Each shape has a
 * title, perhaps empty, which a browser shows under the pointer. Not thread-safe.
 */
public final class Picture {
  /** Width of the pictures of a page, in pixels. */
  public static final int WIDTH = 900;

  /** Approximate width of a letter, in pixels; used only for texts inside bars. */
  private static final double LETTER = 6.3;

  /** The fewest letters to which a name is cut. */
  private static final int FEWEST_LETTERS = 3;

  private final int width;
  private final int height;
  private final String label;
  private final StringBuilder body = new StringBuilder();

  /** The part of a text that is at the text's place. */
  public enum Anchor {
    /** The beginning of the text. */
    START,
    /** The middle of the text. */
    MIDDLE,
    /** The end of the text. */
    END
  }

  /**
   * An empty picture.
   *
   * @param width the width in pixels
   * @param height the height in pixels
   * @param label a description of the picture, for readers who do not see it
   */
  public Picture(int width, int height, String label) {
    this.width = width;
    this.height = height;
    this.label = label;
  }

  /**
   * A rectangle.
   *
   * @param x left edge
   * @param y upper edge
   * @param wide width; a negative one counts as 0
   * @param high height; a negative one counts as 0
   * @param ink colour
   * @param title a text that a pointer over it shows
   * @return this picture
   */
  public Picture rect(double x, double y, double wide, double high, Ink ink, String title) {
    return rectangle(x, y, wide, high, "class=\"f-" + ink.word() + "\"", title);
  }

  /**
   * A rectangle whose darkness shows a share.
   *
   * @param x left edge
   * @param y upper edge
   * @param wide width
   * @param high height
   * @param ink colour
   * @param share from 0, nearly the background colour, to 1, the full colour
   * @param title a text that a pointer over it shows
   * @return this picture
   */
  public Picture shade(
      double x, double y, double wide, double high, Ink ink, double share, String title) {
    String look =
        format(
            "class=\"f-%s\" opacity=\"%.2f\"", ink.word(), 0.06 + 0.94 * Math.clamp(share, 0, 1));
    return rectangle(x, y, wide, high, look, title);
  }

  /**
   * A frame without a filling.
   *
   * @param x left edge
   * @param y upper edge
   * @param wide width
   * @param high height
   * @param ink colour
   * @return this picture
   */
  public Picture frame(double x, double y, double wide, double high, Ink ink) {
    return rectangle(x, y, wide, high, "class=\"l-" + ink.word() + "\"", "");
  }

  /**
   * A bar with a name inside; a name that does not fit is cut or left out.
   *
   * @param x left edge
   * @param y upper edge
   * @param wide width
   * @param high height
   * @param ink colour
   * @param name written on the bar
   * @param title a text that a pointer over it shows
   * @return this picture
   */
  public Picture bar(
      double x, double y, double wide, double high, Ink ink, String name, String title) {
    rect(x, y, wide, high, ink, title);
    int fits = (int) ((wide - 6) / LETTER);
    if (fits < Math.min(name.length(), FEWEST_LETTERS) || name.isEmpty()) {
      return this;
    }
    String shown = name.length() <= fits ? name : name.substring(0, fits - 1) + "…";
    body.append(
        format(
            "<text class=\"f-paper small\" pointer-events=\"none\" x=\"%.1f\""
                + " y=\"%.1f\">%s</text>\n",
            x + 3, y + high / 2 + 4, escaped(shown)));
    return this;
  }

  private Picture rectangle(
      double x, double y, double wide, double high, String look, String title) {
    body.append(
        format(
            "<rect %s x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"%s\n",
            look, x, y, Math.max(0, wide), Math.max(0, high), end("rect", title)));
    return this;
  }

  private static String end(String tag, String title) {
    return title.isEmpty() ? "/>" : "><title>" + escaped(title) + "</title></" + tag + ">";
  }

  /**
   * A dot.
   *
   * @param x its middle
   * @param y its middle
   * @param radius the radius in pixels
   * @param ink colour
   * @param title a text that a pointer over it shows
   * @return this picture
   */
  public Picture dot(double x, double y, double radius, Ink ink, String title) {
    body.append(
        format(
            "<circle class=\"f-%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"%s\n",
            ink.word(), x, y, radius, end("circle", title)));
    return this;
  }

  /**
   * A line.
   *
   * @param x1 its beginning
   * @param y1 its beginning
   * @param x2 its end
   * @param y2 its end
   * @param ink colour
   * @return this picture
   */
  public Picture line(double x1, double y1, double x2, double y2, Ink ink) {
    body.append(
        format(
            "<line class=\"l-%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            ink.word(), x1, y1, x2, y2));
    return this;
  }

  /**
   * A line with a head at its end.
   *
   * @param x1 its beginning
   * @param y1 its beginning
   * @param x2 its end
   * @param y2 its end
   * @param ink colour
   * @return this picture
   */
  public Picture arrow(double x1, double y1, double x2, double y2, Ink ink) {
    double length = Math.max(1e-9, Math.hypot(x2 - x1, y2 - y1));
    double dx = (x2 - x1) / length;
    double dy = (y2 - y1) / length;
    double size = Math.min(8, length);
    double footX = x2 - size * dx;
    double footY = y2 - size * dy;
    line(x1, y1, footX, footY, ink);
    double side = size / 2;
    body.append(
        format(
            "<polygon class=\"f-%s\" points=\"%.1f,%.1f %.1f,%.1f %.1f,%.1f\"/>\n",
            ink.word(),
            x2,
            y2,
            footX - side * dy,
            footY + side * dx,
            footX + side * dy,
            footY - side * dx));
    return this;
  }

  /**
   * Lines from point to point.
   *
   * @param points the points, each {@code {x, y}}
   * @param ink colour
   * @param isDashed whether the line is dashed, as for predictions
   * @return this picture
   */
  public Picture path(List<double[]> points, Ink ink, boolean isDashed) {
    StringBuilder places = new StringBuilder();
    points.forEach(point -> places.append(format("%.1f,%.1f ", point[0], point[1])));
    body.append(
        format(
            "<polyline class=\"l-%s bold%s\" points=\"%s\"/>\n",
            ink.word(), isDashed ? " dash" : "", places.toString().strip()));
    return this;
  }

  /**
   * A pale band between two edges, which may show a flow.
   *
   * @param x1 the left end
   * @param top1 the upper edge at the left end
   * @param x2 the right end
   * @param top2 the upper edge at the right end
   * @param high height at both ends
   * @param ink colour
   * @param title a text that a pointer over it shows
   * @return this picture
   */
  public Picture band(
      double x1, double top1, double x2, double top2, double high, Ink ink, String title) {
    double middle = (x1 + x2) / 2;
    body.append(
        format(
            "<path class=\"f-%s pale\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f"
                + " %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f %.1fZ\"%s\n",
            ink.word(),
            x1,
            top1,
            middle,
            top1,
            middle,
            top2,
            x2,
            top2,
            top2 + high,
            middle,
            top2 + high,
            middle,
            top1 + high,
            x1,
            top1 + high,
            end("path", title)));
    return this;
  }

  /**
   * A text.
   *
   * @param x its place
   * @param y its base line
   * @param anchor the part of the text that is at the place
   * @param text one line
   * @return this picture
   */
  public Picture text(double x, double y, Anchor anchor, String text) {
    String place = anchor == Anchor.START ? "" : " text-anchor=\"" + word(anchor) + "\"";
    body.append(format("<text x=\"%.1f\" y=\"%.1f\"%s>%s</text>\n", x, y, place, escaped(text)));
    return this;
  }

  private static String word(Anchor anchor) {
    return anchor.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The horizontal axis with its grid, figures and name.
   *
   * @param axis the axis, from left to right
   * @param top upper end of the grid
   * @param bottom the place of the axis; its figures and name take 34 pixels below
   * @return this picture
   */
  public Picture horizontal(Axis axis, double top, double bottom) {
    for (double tick : axis.ticks()) {
      line(axis.at(tick), top, axis.at(tick), bottom, Ink.GRID);
      text(axis.at(tick), bottom + 15, Anchor.MIDDLE, axis.unit().tick(tick));
    }
    line(axis.from(), bottom, axis.to(), bottom, Ink.AXIS);
    return text((axis.from() + axis.to()) / 2, bottom + 31, Anchor.MIDDLE, axis.name());
  }

  /**
   * The vertical axis with its grid, figures and name.
   *
   * @param axis the axis, from bottom to top
   * @param left the place of the axis; its figures take 60 pixels to its left, its name 16 above it
   * @param right right end of the grid
   * @return this picture
   */
  public Picture vertical(Axis axis, double left, double right) {
    for (double tick : axis.ticks()) {
      line(left, axis.at(tick), right, axis.at(tick), Ink.GRID);
      text(left - 6, axis.at(tick) + 4, Anchor.END, axis.unit().tick(tick));
    }
    line(left, axis.from(), left, axis.to(), Ink.AXIS);
    return text(left, Math.min(axis.from(), axis.to()) - 8, Anchor.START, axis.name());
  }

  /**
   * A legend with one line for each entry.
   *
   * @param x left edge
   * @param y upper edge
   * @param entries names and colours, in order
   * @return this picture
   */
  public Picture legend(double x, double y, Map<String, Ink> entries) {
    double at = y;
    for (Map.Entry<String, Ink> entry : entries.entrySet()) {
      rect(x, at + 3, 10, 10, entry.getValue(), "");
      text(x + 16, at + 12, Anchor.START, entry.getKey());
      at += 17;
    }
    return this;
  }

  /** The picture inside a page. */
  String inside() {
    return format(
            "<svg viewBox=\"0 0 %d %d\" style=\"max-width:%dpx\" role=\"img\" aria-label=\"%s\">\n",
            width, height, width, escaped(label))
        + body
        + "</svg>\n";
  }

  /**
   * The picture as a separate file, with its background.
   *
   * @return a whole document
   */
  public String svg() {
    return format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
            width, height, width, height, escaped(label))
        + "<style>"
        + Ink.rules()
        + "</style>\n<rect class=\"f-paper\" width=\"100%\" height=\"100%\"/>\n"
        + body
        + "</svg>\n";
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** A text without characters that HTML interprets. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
