package io.github.shardsum.internal.rows;

import io.github.shardsum.internal.kernel.FloatMicrokernel;

/** Products of packed operands, tile by tile along the rows of the result. */
final class AttentionTiles {
  private AttentionTiles() {}

  /**
   * c[i, j] = the sum over terms of a[i, p] b[p, j], or is increased by it; the last tile of a
   * column may write more rows than there are.
   */
  static void multiply(
      FloatMicrokernel kernel,
      int rows,
      int terms,
      int columns,
      float[] a,
      float[] b,
      int bAt,
      int panel,
      float[] c,
      int cStride,
      boolean add) {
    int stride = kernel.blocking().aStride();
    for (int i = 0, height; i < rows; i += height) {
      height = kernel.height(rows - i);
      for (int j = 0; j < columns; j += kernel.columns()) {
        int at = bAt + j / kernel.columns() * panel;
        kernel.tile(height, terms, a, i * stride, b, at, c, i * cStride + j, cStride, add);
      }
    }
  }

  /**
   * Lets the JVM compile the tiles of a number of rows early.
   *
   * @param panels is read
   * @param out is overwritten
   */
  static void rehearse(FloatMicrokernel kernel, int rows, float[] panels, float[] out) {
    for (int i = 0, height; i < rows; i += height) {
      height = kernel.height(rows - i);
      kernel.precompile(height, panels, panels, out);
    }
  }
}
