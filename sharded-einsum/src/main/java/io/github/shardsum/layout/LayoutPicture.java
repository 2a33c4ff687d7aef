package io.github.shardsum.layout;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A layout as a picture: which devices hold which block. The last two labels that are split are the
 * rows and columns of a grid, others are slices of it; the middle of long rows, columns and lists
 * of devices is left out.
 */
public final class LayoutPicture {
  /** Parts of a label that are shown: half at each end. */
  private static final int MOST_PARTS = 16;

  /** Devices of a block that are shown. */
  private static final int MOST_DEVICES = 4;

  private static final int CELL_WIDTH = 90;
  private static final int CELL_HEIGHT = 34;
  private static final int MARGIN = 70;

  private final Layout layout;
  private final Shape shape;
  private final List<Integer> split;

  private LayoutPicture(Layout layout, Shape shape) {
    this.layout = layout;
    this.shape = shape;
    layout.localShape(shape, layout.mesh().deviceAt(0));
    this.split =
        IntStream.range(0, layout.rank())
            .filter(dim -> layout.cut(dim, shape.size(dim)).count() > 1)
            .boxed()
            .toList();
  }

  /**
   * A layout as text.
   *
   * @param layout the layout
   * @param shape shape of the value
   * @return lines of text
   * @throws IllegalArgumentException if the shape has another rank
   */
  public static String of(Layout layout, Shape shape) {
    return new LayoutPicture(layout, shape).text();
  }

  /**
   * Layouts as one SVG image, one below the other.
   *
   * @param layouts the layouts, of one rank
   * @param shape shape of the value
   * @return the image, a whole document
   * @throws IllegalArgumentException if the shape has another rank
   */
  public static String svg(List<Layout> layouts, Shape shape) {
    StringBuilder body = new StringBuilder();
    int height = 20;
    int width = 300;
    for (Layout layout : layouts) {
      LayoutPicture picture = new LayoutPicture(layout, shape);
      for (int[] slice : picture.slices()) {
        body.append(picture.grid(slice, height));
        height += picture.rows().size() * CELL_HEIGHT + MARGIN;
        width = Math.max(width, picture.columns().size() * CELL_WIDTH + MARGIN + 20);
      }
    }
    return String.format(
        Locale.ROOT,
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
        font-family="monospace" font-size="12">
        <rect width="100%%" height="100%%" fill="white"/>
        %3$s</svg>
        """,
        width,
        height,
        body);
  }

  private String head(int[] slice) {
    StringBuilder text = new StringBuilder(layout.toString()).append(" of ").append(shape);
    for (int i = 0; i < slice.length; i++) {
      text.append(", ").append(interval(split.get(i), slice[i]));
    }
    return text.toString();
  }

  private String interval(int dim, int part) {
    Cut cut = layout.cut(dim, shape.size(dim));
    return String.format(
        Locale.ROOT, "%s %d:%d", layout.label(dim), cut.start(part), cut.end(part));
  }

  private int count(int dim) {
    return layout.cut(dim, shape.size(dim)).count();
  }

  /** Parts of the split labels but the last two, in every combination that is shown. */
  private List<int[]> slices() {
    List<int[]> slices = new ArrayList<>(List.of(new int[0]));
    for (int i = 0; i < split.size() - 2; i++) {
      List<int[]> more = new ArrayList<>();
      for (int[] slice : slices) {
        for (int part : shown(count(split.get(i)))) {
          int[] longer = Arrays.copyOf(slice, slice.length + 1);
          longer[slice.length] = part;
          more.add(longer);
        }
      }
      slices = more;
    }
    return slices;
  }

  /** The parts that are shown; -1 for those left out. */
  private static List<Integer> shownWithGap(int count) {
    if (count <= MOST_PARTS) {
      return IntStream.range(0, count).boxed().toList();
    }
    List<Integer> parts = new ArrayList<>();
    IntStream.range(0, MOST_PARTS / 2).forEach(parts::add);
    parts.add(-1);
    IntStream.range(count - MOST_PARTS / 2, count).forEach(parts::add);
    return parts;
  }

  private static List<Integer> shown(int count) {
    return shownWithGap(count).stream().filter(part -> part >= 0).toList();
  }

  private List<Integer> rows() {
    return split.size() < 2 ? List.of(0) : shownWithGap(count(split.get(split.size() - 2)));
  }

  private List<Integer> columns() {
    return split.isEmpty() ? List.of(0) : shownWithGap(count(split.getLast()));
  }

  private String rowName(int row) {
    return split.size() < 2 ? "" : row < 0 ? "..." : interval(split.get(split.size() - 2), row);
  }

  private String columnName(int column) {
    return split.isEmpty() ? "all" : column < 0 ? "..." : interval(split.getLast(), column);
  }

  /** The devices that hold a block. */
  private String cell(int[] slice, int row, int column) {
    if (row < 0 || column < 0) {
      return "...";
    }
    List<Integer> devices = new ArrayList<>();
    for (int device = 0; device < layout.mesh().size(); device++) {
      if (holds(device, slice, row, column)) {
        devices.add(device);
      }
    }
    String first =
        devices.stream().limit(MOST_DEVICES).map(String::valueOf).collect(Collectors.joining(" "));
    return devices.size() > MOST_DEVICES ? first + " ..." + devices.getLast() : first;
  }

  private boolean holds(int device, int[] slice, int row, int column) {
    boolean holds = split.isEmpty() || layout.part(split.getLast(), device) == column;
    holds &= split.size() < 2 || layout.part(split.get(split.size() - 2), device) == row;
    for (int i = 0; i < slice.length; i++) {
      holds &= layout.part(split.get(i), device) == slice[i];
    }
    return holds;
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int[] slice : slices()) {
      text.append(text.isEmpty() ? "" : "\n").append(head(slice)).append('\n');
      List<List<String>> table = new ArrayList<>();
      List<String> names = new ArrayList<>(List.of(""));
      columns().forEach(column -> names.add(columnName(column)));
      table.add(names);
      for (int row : rows()) {
        List<String> line = new ArrayList<>(List.of(rowName(row)));
        columns().forEach(column -> line.add(cell(slice, row, column)));
        table.add(line);
      }
      text.append(aligned(table));
    }
    return text.toString().stripTrailing();
  }

  private static String aligned(List<List<String>> table) {
    StringBuilder text = new StringBuilder();
    for (List<String> line : table) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < line.size(); i++) {
        int at = i;
        int width = table.stream().mapToInt(other -> other.get(at).length()).max().orElse(0);
        row.append(i == 0 ? "" : " | ")
            .append(line.get(i))
            .append(" ".repeat(width - line.get(i).length()));
      }
      text.append(row.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private String grid(int[] slice, int top) {
    StringBuilder svg = new StringBuilder();
    svg.append(words(10, top + 4, head(slice)));
    List<Integer> columns = columns();
    List<Integer> rows = rows();
    for (int j = 0; j < columns.size(); j++) {
      svg.append(words(MARGIN + j * CELL_WIDTH + 4, top + 24, columnName(columns.get(j))));
    }
    for (int i = 0; i < rows.size(); i++) {
      int y = top + 30 + i * CELL_HEIGHT;
      svg.append(words(4, y + 20, rowName(rows.get(i))));
      for (int j = 0; j < columns.size(); j++) {
        String devices = cell(slice, rows.get(i), columns.get(j));
        svg.append(rectangle(MARGIN + j * CELL_WIDTH, y, devices));
      }
    }
    return svg.toString();
  }

  private static String words(int x, int y, String text) {
    return String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, text);
  }

  private static String rectangle(int x, int y, String devices) {
    int hue = Math.floorMod(devices.hashCode() * 47, 360);
    return String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"hsl(%d,60%%,85%%)\""
                + " stroke=\"black\"/>%n",
            x,
            y,
            CELL_WIDTH,
            CELL_HEIGHT,
            hue)
        + words(x + 6, y + 20, devices);
  }
}
