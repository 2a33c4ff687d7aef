package io.github.shardsum.cli.moe;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.random.Philox;
import java.util.Arrays;

/** A fixed random vector for each byte value: uniform, of variance 1 an element. */
final class MoeByteEmbedding {
  private static final int VALUES = 256;
  private static final long STREAM = 3;
  private static final int CHUNK = 4096;
  private static final double BOUND = Math.sqrt(3);

  private final int width;
  private final float[] table;

  MoeByteEmbedding(int width, long seed) {
    this.width = width;
    this.table = new float[VALUES * width];
    Philox philox = new Philox(seed);
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) ((2 * philox.uniform(i, STREAM) - 1) * BOUND);
    }
  }

  /** Writes the vectors of bytes one after another, and zeros for the rest of the tokens. */
  void write(byte[] bytes, int count, float[] rows, int tokens, Workers workers) {
    workers.run(
        Math.ceilDiv(tokens, CHUNK),
        (index, _) -> {
          int end = Math.min(tokens, (index + 1) * CHUNK);
          for (int token = index * CHUNK; token < end; token++) {
            if (token < count) {
              int row = Byte.toUnsignedInt(bytes[token]) * width;
              System.arraycopy(table, row, rows, token * width, width);
            } else {
              Arrays.fill(rows, token * width, (token + 1) * width, 0);
            }
          }
        });
  }
}
