package io.github.shardsum.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Elements of f32 in blocks, one after another. Tensors over them are read-only.
 *
 * @param format the format of the blocks
 * @param bytes the blocks, in memory of any kind and alignment
 */
public record Blocks(BlockFormat format, MemorySegment bytes) {
  /**
   * Checks that there are whole blocks.
   *
   * @throws IllegalArgumentException if the last block is not whole
   */
  public Blocks {
    Objects.requireNonNull(format, "format");
    if (bytes.byteSize() % format.bytes() != 0) {
      throw new IllegalArgumentException(
          "blocks: bytes of "
              + format
              + " must be a multiple of "
              + format.bytes()
              + ", got "
              + bytes.byteSize());
    }
  }

  /**
   * The number of elements.
   *
   * @return elements of all blocks
   */
  public long count() {
    return bytes.byteSize() / format.bytes() * format.elements();
  }
}
