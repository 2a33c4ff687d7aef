package io.github.shardsum.internal.moe.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertChunkSizeTest {
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
    assertEquals(rows, ExpertChunkSize.mostRows(near << 10, perRow));
  }

  private static ExpertsForm form(int tokens, int experts, int hidden) {
    return new ExpertsForm(
        2, tokens, 1, experts, tokens, 512, hidden, DType.F32, Activation.RELU, false);
  }

  /** Machines of any caches need no more than planned, and one of them as much. */
  @ParameterizedTest
  @CsvSource({"2048, 1, 2048", "2048, 1, 64", "4096, 2, 1024", "4096, 16, 4096", "100, 3, 64"})
  void planIsForTheCachesOfAnyMachine(int tokens, int experts, int hidden) {
    ExpertsForm form = form(tokens, experts, hidden);
    for (int threads : new int[] {1, 2, 3, 16, 64}) {
      for (boolean backward : new boolean[] {false, true}) {
        long most = 0;
        for (int near = 32 << 10; near <= 9 << 19; near += 256) {
          int rows = ExpertChunkSize.rows(form, backward, threads, near);
          most = Math.max(most, ExpertChunkSize.bytesOfAll(form, backward, rows, threads, threads));
        }
        assertEquals(most, ExpertChunkSize.plannedBytes(form, backward, threads, threads));
      }
    }
  }

  /**
   * The 4096 rows of one expert give 16 threads a chunk each if a chunk has at most 273 rows. With
   * more there are fewer chunks, most of which are not longer than 282 rows.
   */
  @Test
  void smallerCachesMayTakeMoreMemory() {
    ExpertsForm form = form(2048, 1, 64);
    long row = 64 * Float.BYTES;
    int most = ExpertChunkSize.rows(form, false, 16, 9 << 19);
    assertEquals((most + 3 * 282) * row, ExpertChunkSize.bytesOfAll(form, false, most, 16, 16));
    assertEquals(16 * 273 * row, ExpertChunkSize.plannedBytes(form, false, 16, 16));
  }

  @Test
  void thisMachineKeepsToTheMost() {
    assertTrue(GroupedProduct.nearBytes() >= 32 << 10);
    assertTrue(GroupedProduct.nearBytes() <= GroupedProduct.MOST_NEAR_BYTES);
  }
}
