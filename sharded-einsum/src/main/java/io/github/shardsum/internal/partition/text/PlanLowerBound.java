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
import java.util.stream.IntStream;

/**
 * Elements that a device must receive for its block of another layout, by any sequence of
 * collectives.
 */
public final class PlanLowerBound {
  /** The most combinations of coordinates that are enumerated. */
  private static final int MOST_COORDINATES = 1 << 16;

  private PlanLowerBound() {}

  /**
   * The most elements that any device must receive.
   *
   * @param from the layout before
   * @param to the layout after
   * @param shape the value's shape
   * @return the number; 0 if there are too many coordinates to enumerate
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
    List<Dim> dims =
        IntStream.range(0, shape.rank()).mapToObj(dim -> Dim.of(from, to, shape, dim)).toList();
    long most = 0;
    for (int at = 0; at < count && count <= MOST_COORDINATES; at++) {
      most = Math.max(most, missing(dims, coordinates(mesh, order, at)));
    }
    return most;
  }

  /** A dimension, with its cut in both layouts. */
  private record Dim(Mesh mesh, List<String> old, Cut before, List<String> now, Cut after) {
    static Dim of(Layout from, Layout to, Shape shape, int dim) {
      long size = shape.size(dim);
      return new Dim(
          from.mesh(), from.axes(dim), from.cut(dim, size), to.axes(dim), to.cut(dim, size));
    }

    int part(List<String> axes, Map<String, Integer> coordinates) {
      int part = 0;
      for (String axis : axes) {
        part = part * mesh.size(axis) + coordinates.getOrDefault(axis, 0);
      }
      return part;
    }
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

  private static long missing(List<Dim> dims, Map<String, Integer> at) {
    long wanted = 1;
    long had = 1;
    for (Dim dim : dims) {
      Cut before = dim.before();
      Cut after = dim.after();
      int old = dim.part(dim.old(), at);
      int now = dim.part(dim.now(), at);
      wanted *= after.length(now);
      had *=
          Math.max(
              0,
              Math.min(before.end(old), after.end(now))
                  - Math.max(before.start(old), after.start(now)));
    }
    return wanted - had;
  }
}
