package io.github.shardsum.internal.partition.text;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a device lacks of its block afterwards, which no way of bringing it can avoid. */
public final class Missing {
  /** Combinations of coordinates that are looked at one by one. */
  private static final int MOST_COORDINATES = 1 << 14;

  private Missing() {}

  /**
   * Elements that the device lacks which lacks the most.
   *
   * @param from the layout before
   * @param to the layout after
   * @param shape the value's shape
   * @return the number; 0 where there are too many coordinates to look at
   */
  public static long most(Layout from, Layout to, Shape shape) {
    Mesh mesh = from.mesh();
    boolean summed =
        from.partial().stream().anyMatch(a -> mesh.size(a) > 1 && !to.partial().contains(a));
    if (summed) {
      return to.largestShape(shape).elementCount();
    }
    Set<String> axes = new LinkedHashSet<>();
    for (int dim = 0; dim < shape.rank(); dim++) {
      axes.addAll(from.axes(dim));
      axes.addAll(to.axes(dim));
    }
    List<String> order = new ArrayList<>(axes);
    int count = mesh.size(order);
    long most = 0;
    for (int at = 0; at < count && count <= MOST_COORDINATES; at++) {
      most = Math.max(most, missing(from, to, shape, coordinates(mesh, order, at)));
    }
    return most;
  }

  private static Map<String, Integer> coordinates(Mesh mesh, List<String> axes, int number) {
    Map<String, Integer> coordinates = new HashMap<>();
    int rest = number;
    for (String axis : axes) {
      coordinates.put(axis, rest % mesh.size(axis));
      rest /= mesh.size(axis);
    }
    return coordinates;
  }

  private static long missing(Layout from, Layout to, Shape shape, Map<String, Integer> at) {
    long wanted = 1;
    long had = 1;
    for (int dim = 0; dim < shape.rank(); dim++) {
      Cut before = from.cut(dim, shape.size(dim));
      Cut after = to.cut(dim, shape.size(dim));
      int old = part(from, dim, at);
      int now = part(to, dim, at);
      wanted *= after.length(now);
      had *=
          Math.max(
              0,
              Math.min(before.end(old), after.end(now))
                  - Math.max(before.start(old), after.start(now)));
    }
    return wanted - had;
  }

  private static int part(Layout layout, int dim, Map<String, Integer> coordinates) {
    int part = 0;
    for (String axis : layout.axes(dim)) {
      part = part * layout.mesh().size(axis) + coordinates.getOrDefault(axis, 0);
    }
    return part;
  }
}
