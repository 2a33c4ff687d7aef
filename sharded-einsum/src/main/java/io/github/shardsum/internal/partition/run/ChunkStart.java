package io.github.shardsum.internal.partition.run;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.PlannedValue;
import java.util.List;

/**
 * The start of a device's chunk of a dimension, an input of local programs.
 *
 * @param axes the mesh axes that cut the dimension, major to minor
 * @param size its logical size
 */
record ChunkStart(List<String> axes, long size) {
  static ChunkStart of(PlannedValue value, int dim) {
    return new ChunkStart(value.layout().axes(dim), value.shape().size(dim));
  }

  /** Whether the start is 0 on every device. */
  boolean isZero(Layout layout) {
    return layout.mesh().size(axes) == 1;
  }

  /** The first index of a device's chunk; any layout on the mesh serves as argument. */
  long on(Layout layout, int device) {
    Cut chunks = Cut.chunks(size, axes.stream().map(layout.mesh()::size).toList());
    return chunks.start(layout.mesh().part(axes, device));
  }
}
