package io.github.shardsum.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Every kind of memory that a tensor may be stored in. */
public enum TensorStorages {
  /** The Java array of the dtype. */
  ARRAY,
  /** The middle of a longer Java array. */
  ARRAY_SLICE,
  /** An array of bytes. */
  BYTES,
  /** An array of bytes, off by one. */
  BYTES_UNALIGNED,
  /** An array of another element type, at a position that is no multiple of the dtype's size. */
  SHORTS_UNALIGNED,
  /** Native memory. */
  NATIVE,
  /** Native memory, off by one. */
  NATIVE_UNALIGNED,
  /** A file. */
  MAPPED;

  private MemorySegment allocate(Arena arena, DType dtype, long count) {
    int bytes = Math.toIntExact(count * dtype.byteSize());
    return switch (this) {
      case ARRAY -> Tensor.zeros(dtype, count).segment();
      case ARRAY_SLICE -> Tensor.zeros(dtype, count + 3).segment().asSlice(dtype.byteSize(), bytes);
      case BYTES -> MemorySegment.ofArray(new byte[bytes]);
      case BYTES_UNALIGNED -> MemorySegment.ofArray(new byte[bytes + 9]).asSlice(1, bytes);
      case SHORTS_UNALIGNED -> MemorySegment.ofArray(new short[bytes / 2 + 9]).asSlice(2, bytes);
      case NATIVE -> arena.allocate(bytes, 64);
      case NATIVE_UNALIGNED -> arena.allocate(bytes + 9L, 64).asSlice(1, bytes);
      case MAPPED -> map(arena, bytes);
    };
  }

  private static MemorySegment map(Arena arena, int bytes) {
    try {
      Path file = Files.createTempFile("shardsum", ".bin");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(MapMode.READ_WRITE, 0, bytes, arena);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * A copy of a tensor in this kind of memory, in C order, bit for bit.
   *
   * @param arena owns what is not on the heap
   * @param source what to copy
   * @return the copy, writable
   */
  public Tensor copy(Arena arena, Tensor source) {
    MemorySegment segment = allocate(arena, source.dtype(), source.shape().elementCount());
    segment.copyFrom(source.copy().segment());
    return Tensor.of(source.dtype(), segment, source.shape().toArray());
  }
}
