package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CachesTest {
  @ParameterizedTest
  @CsvSource({
    "1024K, 1048576",
    "128K, 131072",
    "64K, 7",
    "32768K, 33554432",
    "4194304K, 1073741824",
    "2M, 7"
  })
  void sizesOfLinux(String size, int bytes) {
    assertEquals(bytes, Caches.parse(size, 128 << 10, 7));
  }

  /** Blocks of every machine hold some rows of A and some columns of B. */
  @ParameterizedTest
  @CsvSource({"512, 4", "256, 4", "128, 4", "512, 8", "256, 8", "128, 8", "0, 8"})
  void blocksHoldRowsAndColumns(int bits, int bytes) {
    Blocking blocking = Blocking.of(bits, bytes);
    assertTrue(blocking.near() >= 1, blocking::toString);
    assertTrue(blocking.far() >= blocking.near(), blocking::toString);
    assertTrue(blocking.columns(blocking.k(), 1) >= 4, blocking::toString);
  }
}
