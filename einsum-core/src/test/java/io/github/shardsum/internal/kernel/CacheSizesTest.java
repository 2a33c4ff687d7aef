package io.github.shardsum.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheSizesTest {
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
    assertEquals(bytes, CacheSizes.parse(size, 128 << 10, 7));
  }

  /**
   * Of caches of given sizes: elements of B in half of the second level, and whole packed rows of A
   * in a quarter of it and in a seventh of the third level, of which 4.5 MiB are the most.
   */
  @ParameterizedTest
  @CsvSource({
    // KiB of both caches, bits, bytes, then a row of A in bytes by its distance, and the three.
    "1024, 32768, 512, 4, 4160, 131072, 63, 1134",
    "1024, 32768, 256, 4, 2112, 131072, 124, 2234",
    "1024, 32768, 128, 8, 4224, 65536, 62, 1117",
    "1024, 32768, 0, 8, 4224, 65536, 62, 1117",
    "2048, 262144, 512, 8, 8320, 131072, 63, 567",
    "512, 8192, 256, 8, 4224, 32768, 31, 279",
    "128, 1024, 512, 4, 4160, 16384, 7, 35",
    "128, 1024, 512, 8, 8320, 8192, 3, 17",
    // The second level may be the larger one.
    "2048, 1024, 512, 4, 4160, 262144, 126, 126"
  })
  void blocksFillTheirShareOfTheCaches(
      int second, int third, int bits, int bytes, int rowBytes, int panels, int near, int far) {
    Blocking blocking = Blocking.of(bits, bytes, second << 10, third << 10);
    assertEquals(rowBytes, bytes * blocking.aStride(), blocking::toString);
    assertEquals(panels, blocking.panels(), blocking::toString);
    assertEquals(near, blocking.near(), blocking::toString);
    assertEquals(far, blocking.far(), blocking::toString);
  }

  /** Blocks of every machine hold some rows of A and some columns of B. */
  @ParameterizedTest
  @CsvSource({"512, 4", "256, 4", "128, 4", "512, 8", "256, 8", "128, 8", "0, 8"})
  void blocksHoldRowsAndColumns(int bits, int bytes) {
    Blocking blocking = Blocking.of(bits, bytes);
    // A second level below 128 KiB is not believed.
    assertTrue(blocking.near() >= 3, blocking::toString);
    assertTrue(blocking.far() >= blocking.near(), blocking::toString);
    assertTrue(blocking.columns(blocking.k(), 1) >= 4, blocking::toString);
  }
}
