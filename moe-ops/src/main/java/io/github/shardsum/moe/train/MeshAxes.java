package io.github.shardsum.moe.train;

import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The labels that the axes of a mesh split. Axis d splits sentences; axis x splits sentences and
 * experts; axis m splits heads, the vocabulary and hidden widths. An axis with another name is
 * treated as x. Immutable.
 *
 * @param mesh the devices
 * @param data axes that split only sentences
 * @param experts axes that split sentences and experts
 * @param hidden axes that split heads, the vocabulary and hidden widths
 */
public record MeshAxes(Mesh mesh, List<String> data, List<String> experts, List<String> hidden) {
  private static final String DATA = "d";
  private static final String HIDDEN = "m";

  /** Copies the lists. */
  public MeshAxes {
    Objects.requireNonNull(mesh, "mesh");
    data = List.copyOf(data);
    experts = List.copyOf(experts);
    hidden = List.copyOf(hidden);
  }

  /**
   * Assigns the axes of a mesh by their names.
   *
   * @param mesh the devices
   * @return the axes with the labels that they split
   */
  public static MeshAxes of(Mesh mesh) {
    List<String> data = new ArrayList<>();
    List<String> experts = new ArrayList<>();
    List<String> hidden = new ArrayList<>();
    for (String axis : mesh.axisNames()) {
      switch (axis) {
        case DATA -> data.add(axis);
        case HIDDEN -> hidden.add(axis);
        default -> experts.add(axis);
      }
    }
    return new MeshAxes(mesh, data, experts, hidden);
  }

  /**
   * The axes that split sentences and groups.
   *
   * @return the axes of data, then the axes of experts
   */
  public List<String> tokens() {
    List<String> all = new ArrayList<>(data);
    all.addAll(experts);
    return List.copyOf(all);
  }

  /**
   * A label with its axes, in the notation of annotations.
   *
   * @param label the label
   * @param axes the axes that split it, major first
   * @return {@code E@x}, or only the label if there are no axes
   */
  public static String split(String label, List<String> axes) {
    return axes.isEmpty() ? label : label + "@" + String.join(".", axes);
  }

  /**
   * Checks that all devices route the same number of groups.
   *
   * @param groups G, the number of groups into which a batch is routed
   * @throws IllegalArgumentException if the number of groups is not a multiple of the number of
   *     devices that split sentences
   */
  public void checkGroups(int groups) {
    long parts = mesh.size(tokens());
    if (groups % parts != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "mesh %s: the %d parts of sentences over %s must divide the model's %d groups",
              mesh.notation(),
              parts,
              String.join(" and ", tokens()),
              groups));
    }
  }
}
