package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Tensor;

/**
 * Rows of an operand of attention in an array, or panels of them.
 *
 * @param array the array
 * @param at the index of the first row or panel
 * @param step the distance between rows or panels
 */
record AttentionSide(float[] array, int at, int step) {
  static final AttentionSide NONE = new AttentionSide(new float[0], 0, 0);

  /** Rows where they are, if they are of f32, contiguous and in an array, or else copied. */
  static AttentionSide inPlace(Tensor rows, Scratch scratch, int slot) {
    ArrayRef from = ArrayRef.of(rows);
    int count = (int) rows.size(0);
    int columns = (int) rows.size(1);
    long step = rows.stride(0);
    boolean unit = columns <= 1 || rows.stride(1) == 1;
    boolean fits =
        step >= 0 && from.origin() + step * Math.max(0, count - 1) + columns <= Integer.MAX_VALUE;
    if (unit && fits && from.memory() instanceof F32Array(float[] array)) {
      return new AttentionSide(array, (int) from.origin(), (int) step);
    }
    float[] copy = scratch.floats(slot, count * columns);
    for (int i = 0; i < count; i++) {
      from.memory().load(from.origin() + i * step, rows.stride(1), columns, copy, i * columns, 1);
    }
    return new AttentionSide(copy, 0, columns);
  }

  /**
   * Transposes the rows of all keys into panels of as many keys as a tile of scores has columns.
   */
  AttentionSide transposed(AttentionSizes sizes, Scratch scratch, int slot) {
    int columns = sizes.scoring().columns();
    int panel = sizes.keyPanel();
    float[] to = scratch.floats(slot, sizes.packedKeys());
    for (int i = 0; i < sizes.keys(); i += columns) {
      int count = Math.min(columns, sizes.keys() - i);
      int toAt = i / columns * panel;
      KernelSelection.best()
          .floats()
          .transpose(array, at + i * step, step, count, sizes.width(), to, toAt, columns);
    }
    return new AttentionSide(to, 0, panel);
  }

  /** Distributes the rows of each block of keys over panels of columns. */
  AttentionSide inPanels(AttentionSizes sizes, Scratch scratch, int slot) {
    FloatMicrokernel summing = sizes.summing();
    int panel = sizes.valuePanel();
    float[] to = scratch.floats(slot, sizes.packedValues());
    for (int i = 0; i < sizes.keys(); i += sizes.block()) {
      int count = Math.min(sizes.block(), sizes.keys() - i);
      int toAt = i / sizes.block() * sizes.panelsOfValues() * panel;
      summing.packPanels(array, at + i * step, step, count, sizes.out(), to, toAt, panel);
    }
    return new AttentionSide(to, 0, panel);
  }

  /** The position of a row of a tensor {@code [t, r, ...]} in its memory. */
  static long position(Tensor tensor, long row) {
    long inner = tensor.size(1);
    return ArrayRef.of(tensor).origin()
        + row / inner * tensor.stride(0)
        + row % inner * tensor.stride(1);
  }
}
