package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes in sequence. Not thread-safe. */
public interface ByteSource {
  /**
   * Fills a heap buffer from its position to its limit.
   *
   * @throws TensorFileException if the bytes end before
   */
  void read(ByteBuffer into) throws IOException;
}
