package io.github.shardsum.moe.train;

import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The labels that the axes of a mesh split: axis d splits sentences, x sentences and experts, m
 * heads and hidden widths. An axis of another name is treated as x. Immutable.
 *
 * @param mesh the devices
 * @param data axes that split only sentences
 * @param experts axes that split sentences and experts
 * @param hidden axes over which heads, vocabulary and hidden widths are split
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
   * The axes of a mesh by their names.
   *
   * @param mesh the devices
   * @return the parts that its axes split
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
   * The axes over which sentences and groups are split.
   *
   * @return the axes of data, then the axes of experts
   */
  public List<String> tokens() {
    List<String> all = new ArrayList<>(data);
    all.addAll(experts);
    return List.copyOf(all);
  }

  /**
   * A label with axes as annotations write it.
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
   * @param groups G, into which a batch is routed
   * @throws IllegalArgumentException if the devices that sentences are split over do not divide the
   *     groups
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
