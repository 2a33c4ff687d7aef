package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import java.util.List;

/** One dimension that is cut by the same axes in two orders. */
public final class AxisReordering {
  private final Cut from;
  private final Cut to;
  private final int[] partAfter;

  private AxisReordering(Cut from, Cut to, int[] partAfter) {
    this.from = from;
    this.to = to;
    this.partAfter = partAfter;
  }

  /**
   * The reordering of a dimension between two layouts.
   *
   * @param dim the dimension
   */
  public static AxisReordering of(Layout before, Layout after, int dim, long size) {
    List<String> axes = before.axes(dim);
    Mesh mesh = before.mesh();
    Cut from = before.cut(dim, size);
    int[] partAfter = new int[from.count()];
    for (int part = 0; part < partAfter.length; part++) {
      int number = 0;
      for (String axis : after.axes(dim)) {
        int stride = mesh.size(axes.subList(axes.indexOf(axis) + 1, axes.size()));
        number = number * mesh.size(axis) + part / stride % mesh.size(axis);
      }
      partAfter[part] = number;
    }
    return new AxisReordering(from, after.cut(dim, size), partAfter);
  }

  /** The most indices that a part must receive for its new interval. */
  public long most() {
    long most = 0;
    for (int part = 0; part < partAfter.length; part++) {
      int then = partAfter[part];
      long start = Math.max(from.start(part), to.start(then));
      long end = Math.min(from.end(part), to.end(then));
      most = Math.max(most, to.length(then) - Math.max(0, end - start));
    }
    return most;
  }
}
