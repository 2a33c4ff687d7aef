package io.github.shardsum.einsum;

import io.github.shardsum.internal.einsum.LabelSyntax;
import java.util.HashSet;
import java.util.List;

/**
 * One axis of a term: either a label with the mesh axes that split it, or an ellipsis for any
 * number of axes. An immutable value.
 *
 * @param label the label, or {@code ...}
 * @param mesh names of the mesh axes that split this axis, major to minor; empty if it is not split
 */
public record Axis(String label, List<String> mesh) {
  private static final String DOTS = "...";

  /** The ellipsis. */
  public static final Axis ELLIPSIS = new Axis(DOTS, List.of());

  /**
   * Copies and checks the names.
   *
   * @throws IllegalArgumentException if a name is empty or has a character other than letters,
   *     digits, underscores and combining marks, a mesh axis occurs twice, or an ellipsis is split
   */
  public Axis {
    mesh = List.copyOf(mesh);
    if (!label.equals(DOTS)) {
      LabelSyntax.check("label", label);
    } else if (!mesh.isEmpty()) {
      throw new IllegalArgumentException(
          "axis: an ellipsis cannot be split over mesh axes, got " + mesh + "; name its axes");
    }
    for (String name : mesh) {
      LabelSyntax.check("mesh axis", name);
    }
    if (new HashSet<>(mesh).size() < mesh.size()) {
      throw new IllegalArgumentException(
          "axis: a mesh axis can split a label once, got " + mesh + " on " + label);
    }
  }

  /**
   * An axis that is not split.
   *
   * @param label the label
   * @return the axis
   */
  public static Axis of(String label) {
    return label.equals(DOTS) ? ELLIPSIS : new Axis(label, List.of());
  }

  /**
   * Whether this is the ellipsis.
   *
   * @return true for {@link #ELLIPSIS}
   */
  public boolean isEllipsis() {
    return label.equals(DOTS);
  }

  /** The notation of the spaced form, as in {@code n}, {@code n@x.y} or {@code ...}. */
  @Override
  public String toString() {
    return mesh.isEmpty() ? label : label + "@" + String.join(".", mesh);
  }
}
