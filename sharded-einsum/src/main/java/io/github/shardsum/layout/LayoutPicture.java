package io.github.shardsum.layout;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.picture.Ink;
import io.github.shardsum.picture.Picture;
import io.github.shardsum.picture.Picture.Anchor;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Draws which devices hold which block of a layout. The last two labels that are split are the rows
 * and columns of a grid; each part of the other split labels has a separate grid. The middle of
 * long rows, columns and lists of devices is left out.
 */
public final class LayoutPicture {
  /** The most parts of a label that are shown: half at each end. */
  private static final int MOST_PARTS = 16;

  /** The most devices of a block that are shown. */
  private static final int MOST_DEVICES = 4;

  private static final int CELL_WIDTH = 96;
  private static final int CELL_HEIGHT = 40;

  /** Width or height of a part that has no elements. */
  private static final int SLIVER = 10;

  /** Pixels of a mesh axis at the edge of a block. */
  private static final int STRIP = 7;

  private static final int LEFT = 90;
  private static final int HEAD = 62;
  private static final int FOOT = 14;

  /** Height of an arrow from one layout to the next. */
  private static final int ARROW = 44;

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
   * Layouts as one SVG image, one below another. Each mesh axis has a colour, drawn along the edges
   * of the blocks that the axis splits and darker for later parts. Parts without elements are
   * slivers.
   *
   * @param layouts the layouts, of one rank
   * @param shape shape of the value
   * @return the image, a whole document
   * @throws IllegalArgumentException if the shape has another rank
   */
  public static String svg(List<Layout> layouts, Shape shape) {
    return svg(layouts, List.of(), shape);
  }

  /**
   * Layouts as one SVG image, like {@link #svg(List, Shape)}, with an arrow from each layout to the
   * next.
   *
   * @param layouts the layouts, of one rank
   * @param moves texts of the arrows, one fewer than layouts; an empty list for no arrows
   * @param shape shape of the value
   * @return the image, a whole document
   * @throws IllegalArgumentException if the shape has another rank, or the number of moves is wrong
   */
  public static String svg(List<Layout> layouts, List<String> moves, Shape shape) {
    if (!moves.isEmpty() && moves.size() != layouts.size() - 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "moves: must be one fewer than the %d layouts, got %d",
              layouts.size(),
              moves.size()));
    }
    List<LayoutPicture> pictures =
        layouts.stream().map(layout -> new LayoutPicture(layout, shape)).toList();
    int arrow = moves.isEmpty() ? 0 : ARROW;
    int height = pictures.stream().mapToInt(LayoutPicture::height).sum() + arrow * moves.size();
    int width = pictures.stream().mapToInt(LayoutPicture::width).max().orElse(0);
    Picture picture =
        new Picture(Math.max(560, width), Math.max(1, height), "which devices hold which block");
    int top = 0;
    for (int i = 0; i < pictures.size(); i++) {
      for (int[] slice : pictures.get(i).slices()) {
        top = pictures.get(i).grid(picture, slice, top);
      }
      if (i < moves.size()) {
        picture.arrow(LEFT + 24, top + 2, LEFT + 24, top + ARROW - 6, Ink.RED);
        picture.text(LEFT + 40, top + ARROW / 2.0 + 2, Anchor.START, moves.get(i));
        top += ARROW;
      }
    }
    return picture.svg();
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

  /** Every shown combination of parts of the split labels except for the last two. */
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

  /** The parts that are shown; -1 stands for the parts left out. */
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

  private int height() {
    return slices().size()
        * (HEAD + FOOT + rows().stream().mapToInt(row -> extent(rowDim(), row, CELL_HEIGHT)).sum());
  }

  private int width() {
    int cells =
        columns().stream().mapToInt(column -> extent(columnDim(), column, CELL_WIDTH)).sum();
    int words = 7 * head(new int[0]).length();
    return LEFT + Math.max(cells, words) + 20;
  }

  /** The dimension of the rows, if two dimensions are split. */
  private Optional<Integer> rowDim() {
    return split.size() < 2 ? Optional.empty() : Optional.of(split.get(split.size() - 2));
  }

  /** The dimension of the columns, if a dimension is split. */
  private Optional<Integer> columnDim() {
    return split.isEmpty() ? Optional.empty() : Optional.of(split.getLast());
  }

  private int extent(Optional<Integer> dim, int part, int whole) {
    return isEmpty(dim, part) ? SLIVER : whole;
  }

  private boolean isEmpty(Optional<Integer> dim, int part) {
    if (dim.isEmpty() || part < 0) {
      return false;
    }
    Cut cut = layout.cut(dim.get(), shape.size(dim.get()));
    return cut.start(part) == cut.end(part);
  }

  /** Draws one slice, and returns the beginning of the next slice. */
  private int grid(Picture picture, int[] slice, int top) {
    picture.text(10, top + 16, Anchor.START, head(slice));
    legend(picture, top + 22);
    int y = top + HEAD;
    int x = LEFT;
    for (int column : columns()) {
      int wide = extent(columnDim(), column, CELL_WIDTH);
      if (wide > SLIVER) {
        picture.text(x + 2, y - 6, Anchor.START, columnName(column));
      }
      x += wide;
    }
    for (int row : rows()) {
      int high = extent(rowDim(), row, CELL_HEIGHT);
      if (high > SLIVER) {
        picture.text(LEFT - 8, y + high / 2.0 + 4, Anchor.END, rowName(row));
      }
      x = LEFT;
      for (int column : columns()) {
        int wide = extent(columnDim(), column, CELL_WIDTH);
        block(picture, slice, row, column, new int[] {x, y, wide, high});
        x += wide;
      }
      y += high;
    }
    return y + FOOT;
  }

  /** The legend: each mesh axis with its colour and its effect. */
  private void legend(Picture picture, int y) {
    int x = 10;
    for (String axis : layout.mesh().axisNames()) {
      String does = axis + " " + role(axis);
      picture.rect(x, y + 3, 10, 10, ink(axis), "");
      picture.text(x + 15, y + 12, Anchor.START, does);
      x += 15 + 7 * does.length() + 16;
    }
  }

  private String role(String axis) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      if (layout.axes(dim).contains(axis)) {
        return "splits " + layout.label(dim);
      }
    }
    return layout.partial().contains(axis) ? "has partial sums" : "has copies";
  }

  private Ink ink(String axis) {
    return Ink.series(layout.mesh().axisNames().indexOf(axis));
  }

  /** A block: its frame, a strip for each axis that splits it, and the devices that hold it. */
  private void block(Picture picture, int[] slice, int row, int column, int... place) {
    boolean isSliver = place[2] == SLIVER || place[3] == SLIVER;
    String devices = cell(slice, row, column);
    String name = (rowName(row) + " " + columnName(column)).strip();
    double x = place[0] + 1.0;
    double y = place[1] + 1.0;
    double wide = place[2] - 2.0;
    double high = place[3] - 2.0;
    String title = (isSliver ? "empty: " : "") + name + ": devices " + devices;
    picture.shade(x, y, wide, high, Ink.GREY, isSliver ? 0.3 : 0.08, title);
    if (row < 0 || column < 0 || isSliver) {
      return;
    }
    int strip = 0;
    for (Map.Entry<String, Double> at : shares(columnDim(), column).entrySet()) {
      double top = y + STRIP * strip++;
      picture.shade(x, top, wide, STRIP - 1.0, ink(at.getKey()), at.getValue(), "");
    }
    double below = y + STRIP * strip;
    strip = 0;
    for (Map.Entry<String, Double> at : shares(rowDim(), row).entrySet()) {
      double left = x + STRIP * strip++;
      picture.shade(
          left, below, STRIP - 1.0, y + high - below, ink(at.getKey()), at.getValue(), "");
    }
    picture.text(x + STRIP * strip + 6, (below + y + high) / 2 + 4, Anchor.START, devices);
  }

  /** The position of a part along each of its axes, above 0 and up to 1. */
  private Map<String, Double> shares(Optional<Integer> dim, int part) {
    Map<String, Double> shares = new LinkedHashMap<>();
    if (dim.isPresent()) {
      List<String> axes = layout.axes(dim.get());
      int rest = part;
      for (String axis : axes.reversed()) {
        int size = layout.mesh().size(axis);
        shares.put(axis, (rest % size + 1.0) / size);
        rest /= size;
      }
    }
    return shares;
  }
}
