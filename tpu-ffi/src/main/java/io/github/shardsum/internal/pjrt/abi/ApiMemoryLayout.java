package io.github.shardsum.internal.pjrt.abi;

import java.lang.foreign.MemorySegment;

/** Layouts of host memory. */
public final class ApiMemoryLayout {
  private static final int TILED = 0;
  private static final long TILED_SIZE = 56;

  private ApiMemoryLayout() {}

  /**
   * The row-major layout. Without it a plugin reads back in the device's own layout, which the
   * compiler may have transposed. The struct is the variant for tiles, without tiles, since plugins
   * refuse the variant for strides.
   */
  public static MemorySegment rowMajor(Api api, CallArena scratch, int rank) {
    long[] minorToMajor = new long[rank];
    for (int i = 0; i < rank; i++) {
      minorToMajor[i] = rank - 1L - i;
    }
    Fields layout =
        api.allocate(scratch, Struct.MEMORY_LAYOUT)
            .set("tiled_struct_size", TILED_SIZE)
            .set("minor_to_major", NativeMemory.copy(scratch, minorToMajor))
            .set("minor_to_major_size", rank)
            .setInt("type", TILED);
    return layout.segment();
  }
}
