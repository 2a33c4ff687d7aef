package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.function.Function;

/**
 * Sizes of the buffers of a composite with its own partition.
 *
 * @param mesh the devices
 * @param operands the step's operands
 */
public record PartSizes(Mesh mesh, List<PlannedValue> operands) {
  /** Copies the list. */
  public PartSizes {
    operands = List.copyOf(operands);
  }

  /** A buffer of a device. */
  public Shape shape(Buffer buffer, int device) {
    return Shape.of(buffer.extents().stream().mapToLong(extent -> size(extent, device)).toArray());
  }

  /** The largest size that an extent has on any device. */
  public long largest(Extent extent) {
    return switch (extent) {
      case Extent.Local local ->
          product(local, value -> value.layout().largestShape(value.shape()));
      case Extent.Bounded bounded -> bound(bounded);
      case Extent.Members members -> mesh.size(members.axes());
      case Extent.Fixed fixed -> fixed.count();
      case Extent.Chunk chunk -> Math.ceilDiv(chunk.size(), mesh.size(chunk.axes()));
    };
  }

  /** The size that an extent has on a device. */
  public long size(Extent extent, int device) {
    return switch (extent) {
      case Extent.Local local ->
          product(local, value -> value.layout().localShape(value.shape(), device));
      case Extent.Chunk chunk ->
          chunks(chunk.size(), chunk.axes()).length(member(chunk.axes(), device));
      case Extent.Bounded _, Extent.Members _, Extent.Fixed _ -> largest(extent);
    };
  }

  /** The most rows that a device may receive. */
  public long bound(Extent.Bounded bounded) {
    long rows = largest(bounded.rows());
    double all = Math.ceil(bounded.factor() * rows);
    long most = Math.multiplyExact(rows, mesh.size(bounded.axes()));
    return all < most ? (long) all : most;
  }

  /**
   * A size cut over axes.
   *
   * @param size the whole
   * @param axes the axes, major to minor
   */
  public Cut chunks(long size, List<String> axes) {
    return Cut.chunks(size, axes.stream().map(mesh::size).toList());
  }

  /**
   * A device's index along axes.
   *
   * @param axes the axes, major to minor
   */
  public int member(List<String> axes, int device) {
    return mesh.part(axes, device);
  }

  private long product(Extent.Local local, Function<PlannedValue, Shape> shapes) {
    PlannedValue value = operands.get(local.operand());
    Layout layout = value.layout();
    Shape shape = shapes.apply(value);
    long product = 1;
    for (String label : local.labels()) {
      product = Math.multiplyExact(product, shape.size(layout.dim(label)));
    }
    return product;
  }
}
