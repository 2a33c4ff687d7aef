package io.github.shardsum.internal.partition.text;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Devices that compute nothing in a step, since an uneven split leaves them no part of a label. If
 * 6 experts are split over 4 devices, the first three devices have 2 each, and the last has none.
 * In a composite whose rows travel, such a device may still send its rows or compute other devices'
 * rows.
 */
final class IdleDevices {
  /** The most devices that are named. */
  private static final int MOST_NAMED = 4;

  private IdleDevices() {}

  /**
   * Describes the idle devices of a step that computes.
   *
   * @return one sentence for each label, such as {@code idle: x=3 of 4 along x, without a part of
   *     E=6}
   */
  static List<String> of(SpmdPlan plan, PlanStep step) {
    if (!computes(step.action())) {
      return List.of();
    }
    Set<String> sentences = new LinkedHashSet<>();
    Stream.concat(step.operands().stream().map(plan::value), step.results().stream())
        .forEach(value -> add(value, sentences));
    return List.copyOf(sentences);
  }

  private static boolean computes(Action action) {
    return action instanceof Action.Apply || action instanceof Action.Partitioned;
  }

  private static void add(PlannedValue value, Set<String> sentences) {
    Layout layout = value.layout();
    for (int dim = 0; dim < layout.rank(); dim++) {
      long size = value.shape().size(dim);
      List<String> axes = layout.axes(dim);
      // An even split gives every device a part.
      if (size > 0 && size % layout.mesh().size(axes) != 0) {
        List<Integer> empty = empty(layout.cut(dim, size));
        if (!empty.isEmpty()) {
          sentences.add(sentence(layout.mesh(), axes, empty, layout.label(dim) + "=" + size));
        }
      }
    }
  }

  private static List<Integer> empty(Cut cut) {
    List<Integer> empty = new ArrayList<>();
    for (int part = 0; part < cut.count(); part++) {
      if (cut.length(part) == 0) {
        empty.add(part);
      }
    }
    return empty;
  }

  private static String sentence(Mesh mesh, List<String> axes, List<Integer> parts, String label) {
    String named =
        parts.stream()
            .limit(MOST_NAMED)
            .map(part -> name(mesh, axes, part))
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "idle: %s%s, %d of %d along %s, without a part of %s",
        named,
        parts.size() > MOST_NAMED ? ", ..." : "",
        parts.size(),
        mesh.size(axes),
        String.join(".", axes),
        label);
  }

  /** The coordinates of a part, the major axis first. */
  private static String name(Mesh mesh, List<String> axes, int part) {
    List<String> coordinates = new ArrayList<>();
    int left = part;
    for (String axis : axes.reversed()) {
      coordinates.addFirst(axis + "=" + left % mesh.size(axis));
      left /= mesh.size(axis);
    }
    return String.join(" ", coordinates);
  }
}
