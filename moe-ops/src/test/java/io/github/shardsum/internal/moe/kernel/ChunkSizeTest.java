package io.github.shardsum.internal.moe.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkSizeTest {
  /** Rows whose hidden values fill the given KiB of a cache, from 256 to 2048. */
  @ParameterizedTest
  @CsvSource({
    "4608, 8192, 576",
    "4608, 5632, 837",
    "4608, 2048, 2048",
    "4608, 32768, 256",
    "1152, 4096, 288",
    "36, 8192, 256",
    "4608, 0, 2048"
  })
  void aChunkIsWhatACacheHolds(int near, int perRow, int rows) {
    assertEquals(rows, ChunkSize.mostRows(near << 10, perRow));
  }
}
