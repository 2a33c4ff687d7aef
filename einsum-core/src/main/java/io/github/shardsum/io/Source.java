package io.github.shardsum.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes in sequence. Not thread-safe. */
interface Source {
  /**
   * Fills a heap buffer from its position to its limit.
   *
   * @throws TensorFileException if the bytes end before
   */
  void read(ByteBuffer into) throws IOException;
}
