package io.github.shardsum.internal.mpi;

import java.util.Arrays;

/**
 * Which bytes of a buffer belong to which process.
 *
 * @param offsets where each process's block begins, in bytes
 * @param lengths its length in bytes
 */
record Blocks(long[] offsets, long[] lengths) {
  /** Blocks of given lengths one behind the other. */
  static Blocks packed(long[] lengths) {
    long[] offsets = new long[lengths.length];
    for (int i = 1; i < lengths.length; i++) {
      offsets[i] = offsets[i - 1] + lengths[i - 1];
    }
    return new Blocks(offsets, lengths);
  }

  /** The end of the last block, which is the size of a packed buffer. */
  long end() {
    long end = 0;
    for (int i = 0; i < offsets.length; i++) {
      end = Math.max(end, offsets[i] + lengths[i]);
    }
    return end;
  }

  @Override
  public String toString() {
    return Arrays.toString(offsets) + " + " + Arrays.toString(lengths);
  }
}
