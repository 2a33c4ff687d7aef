package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.Api;
import io.github.shardsum.internal.pjrt.Fields;
import io.github.shardsum.internal.pjrt.Memory;
import io.github.shardsum.internal.pjrt.Scratch;
import io.github.shardsum.internal.pjrt.Struct;
import java.lang.foreign.MemorySegment;

/** Layouts of host memory. */
final class Layout {
  private static final int TILED = 0;
  private static final long TILED_SIZE = 56;

  private Layout() {}

  /**
   * Row-major. Without it a plugin reads back in the device's own layout, which a compiler may have
   * chosen to be transposed. The variant is the tiled one with no tiles, since plugins refuse that
   * of strides.
   */
  static MemorySegment rowMajor(Api api, Scratch scratch, int rank) {
    long[] minorToMajor = new long[rank];
    for (int i = 0; i < rank; i++) {
      minorToMajor[i] = rank - 1L - i;
    }
    Fields layout =
        api.allocate(scratch, Struct.MEMORY_LAYOUT)
            .set("tiled_struct_size", TILED_SIZE)
            .set("minor_to_major", Memory.copy(scratch, minorToMajor))
            .set("minor_to_major_size", rank)
            .setInt("type", TILED);
    return layout.segment();
  }
}
