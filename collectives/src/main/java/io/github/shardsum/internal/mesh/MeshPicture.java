package io.github.shardsum.internal.mesh;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the devices of a mesh at their positions: the last axis to the right, the others downwards.
 */
public final class MeshPicture {
  /**
   * The largest number of columns, and of rows, that is drawn in full; of longer axes only the ends
   * are drawn.
   */
  private static final int FULL = 32;

  /** Columns or rows drawn at each end of a long axis. */
  private static final int END = 8;

  private static final int GAP = -1;

  private final Mesh mesh;
  private final int columns;
  private final int rows;
  private final int width;
  private final int margin;

  private MeshPicture(Mesh mesh) {
    this.mesh = mesh;
    int rank = mesh.axes().size();
    this.columns = rank == 0 ? 1 : mesh.axes().get(rank - 1).size();
    this.rows = mesh.size() / columns;
    this.width =
        Math.max(3, Math.max(Integer.toString(mesh.size() - 1).length(), label(columns).length()));
    this.margin = rank < 2 ? 0 : rowLabel(rows - 1).length();
  }

  public static String of(Mesh mesh) {
    return new MeshPicture(mesh).draw();
  }

  private String draw() {
    StringBuilder text = new StringBuilder("mesh ");
    text.append(mesh.axes().isEmpty() ? "of one device" : mesh.notation());
    if (!mesh.axes().isEmpty()) {
      text.append('\n').append(" ".repeat(margin));
      for (int column : shown(columns)) {
        cell(text, column == GAP ? "..." : label(column));
      }
    }
    for (int row : shown(rows)) {
      text.append('\n');
      if (row == GAP) {
        text.append("...");
      } else {
        row(text, row);
      }
    }
    return text.toString();
  }

  private void row(StringBuilder text, int row) {
    String label = margin == 0 ? "" : rowLabel(row);
    text.append(label).append(" ".repeat(margin - label.length()));
    for (int column : shown(columns)) {
      int position = row * columns + column;
      cell(text, column == GAP ? "..." : Integer.toString(mesh.deviceAt(position)));
    }
  }

  private void cell(StringBuilder text, String content) {
    text.append(" ".repeat(width + 1 - content.length())).append(content);
  }

  /** The last axis's name and a coordinate along it. */
  private String label(int coordinate) {
    return mesh.axes().isEmpty() ? "" : mesh.axes().getLast().name() + coordinate;
  }

  private String rowLabel(int row) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < mesh.axes().size() - 1; i++) {
      MeshAxis axis = mesh.axes().get(i);
      int coordinate = row * columns / mesh.stride(i) % axis.size();
      String digits = Integer.toString(coordinate);
      text.append(i == 0 ? "" : " ").append(axis.name()).append(digits);
      text.append(" ".repeat(Integer.toString(axis.size() - 1).length() - digits.length()));
    }
    return text.toString();
  }

  private static List<Integer> shown(int count) {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (count <= FULL || i < END || i >= count - END) {
        shown.add(i);
      } else if (i == END) {
        shown.add(GAP);
      }
    }
    return shown;
  }
}
