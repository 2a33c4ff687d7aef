package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes the elements of a tensor in C order, little-endian. Confined to its thread. */
public final class TensorBytes implements AutoCloseable {
  /**
   * Number of bytes written at once: enough to hide a system call, few enough for the second-level
   * cache.
   */
  private static final int BLOCK = 1 << 18;

  /** The destination of bytes. */
  @FunctionalInterface
  public interface Sink {
    /** Takes all bytes between position and limit. */
    void write(ByteBuffer bytes) throws IOException;
  }

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment block = arena.allocate(BLOCK, 64);
  private final Sink sink;

  public TensorBytes(Sink sink) {
    this.sink = sink;
  }

  public void write(Tensor tensor) throws IOException {
    long bytes = byteSize(tensor);
    if (bytes <= BLOCK) {
      writeBlock(tensor, bytes);
      return;
    }
    long size = tensor.size(0);
    long rowBytes = bytes / size;
    if (rowBytes > BLOCK) {
      for (long i = 0; i < size; i++) {
        write(tensor.select(0, i));
      }
      return;
    }
    long rows = BLOCK / rowBytes;
    for (long from = 0; from < size; from += rows) {
      Tensor part = tensor.slice(0, from, Math.min(size, from + rows));
      writeBlock(part, byteSize(part));
    }
  }

  public static long byteSize(Tensor tensor) {
    return Math.multiplyExact(tensor.shape().elementCount(), (long) tensor.dtype().byteSize());
  }

  private void writeBlock(Tensor part, long bytes) throws IOException {
    MemorySegment staged = block.asSlice(0, bytes);
    if (part.isContiguous() && part.dtype() != DType.BOOL && part.blocks().isEmpty()) {
      long at = part.offset() * part.dtype().byteSize();
      MemorySegment.copy(part.segment(), at, staged, 0, bytes);
    } else {
      // Reads through the tensor, which also turns every true into a 1.
      Tensor.of(part.dtype(), staged, part.shape().toArray()).assign(part);
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      StoredType type = StoredType.of(part.dtype());
      int count = (int) (bytes / type.byteSize());
      type.decode(staged, ByteOrder.LITTLE_ENDIAN, count, staged, 0);
    }
    sink.write(staged.asByteBuffer());
  }

  @Override
  public void close() {
    arena.close();
  }
}
