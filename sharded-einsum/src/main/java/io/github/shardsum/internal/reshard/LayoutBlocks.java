package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.List;

/**
 * The blocks of a value that devices have in a layout. A device that has one block and needs
 * another must receive the missing elements, on every way between the two layouts.
 */
public final class LayoutBlocks {
  /**
   * The largest number of devices that are all examined. On more devices only the device with the
   * largest block is.
   */
  private static final int MOST_DEVICES = 256;

  private final boolean isPartial;
  private final Layout layout;
  private final long[][] starts;
  private final long[][] ends;

  /**
   * The blocks of a layout.
   *
   * @param shape the value's shape
   */
  public LayoutBlocks(Layout layout, Shape shape) {
    Mesh mesh = layout.mesh();
    int devices = mesh.size() <= MOST_DEVICES ? mesh.size() : 1;
    this.layout = layout;
    this.isPartial = !layout.partial().isEmpty();
    this.starts = new long[layout.rank()][devices];
    this.ends = new long[layout.rank()][devices];
    for (int dim = 0; dim < starts.length; dim++) {
      if (devices == 1) {
        ends[dim][0] = layout.cut(dim, shape.size(dim)).longest();
      } else {
        bounds(dim, shape.size(dim));
      }
    }
  }

  private void bounds(int dim, long size) {
    Mesh mesh = layout.mesh();
    int[] parts = parts(mesh, layout.axes(dim));
    long[] bounds = ChunkBounds.of(size, layout.axes(dim).stream().map(mesh::size).toList());
    for (int device = 0; device < parts.length; device++) {
      starts[dim][device] = bounds[parts[device]];
      ends[dim][device] = bounds[parts[device] + 1];
    }
  }

  /** The part of a dimension at each position of the mesh. */
  private static int[] parts(Mesh mesh, List<String> axes) {
    int[] parts = new int[mesh.size()];
    for (String axis : axes) {
      int size = mesh.size(axis);
      int stride = mesh.stride(mesh.indexOf(axis));
      for (int position = 0; position < parts.length; position++) {
        parts[position] = parts[position] * size + position / stride % size;
      }
    }
    return parts;
  }

  /**
   * The most elements that a device must receive on any way to this layout.
   *
   * @param from the blocks that devices have
   * @return the number; for an incomplete sum the elements of the largest block
   */
  public long lacking(LayoutBlocks from) {
    boolean isSummed =
        from.isPartial
            && from.layout.partial().stream()
                .anyMatch(axis -> layout.mesh().size(axis) > 1 && !layout.partial().contains(axis));
    long most = 0;
    for (int device = 0; device < devices(); device++) {
      long wanted = 1;
      long had = isSummed ? 0 : 1;
      for (int dim = 0; dim < starts.length; dim++) {
        long start = Math.max(starts[dim][device], from.starts[dim][device]);
        long end = Math.min(ends[dim][device], from.ends[dim][device]);
        wanted *= ends[dim][device] - starts[dim][device];
        had *= Math.max(0, end - start);
      }
      most = Math.max(most, wanted - had);
    }
    return most;
  }

  private int devices() {
    return starts.length == 0 ? 1 : starts[0].length;
  }
}
