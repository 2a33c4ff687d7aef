package io.github.shardsum.internal.kernel;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Sizes in bytes of the caches that a core uses, read from Linux; typical sizes where Linux does
 * not provide them.
 */
public final class CacheSizes {
  private static final String FOLDER = "/sys/devices/system/cpu/cpu0/cache/index";

  /** The second level, at most 2 MiB: a larger cache is shared by several cores. */
  public static final int SECOND_LEVEL = Math.min(2 << 20, bytes(2, 128 << 10, 1 << 20));

  /** The third level, which several cores share. */
  public static final int THIRD_LEVEL = bytes(3, 1 << 20, 32 << 20);

  private CacheSizes() {}

  private static int bytes(int index, int least, int usual) {
    try (InputStream file = new FileInputStream(FOLDER + index + "/size")) {
      String size = new String(file.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return parse(size, least, usual);
    } catch (IOException | RuntimeException notTold) {
      return usual;
    }
  }

  /**
   * Reads a size.
   *
   * @param size such as {@code 1024K}
   * @param least the least plausible number of bytes
   * @param usual the result if the size is in another unit or below the least
   * @return bytes, at most 2^30
   */
  static int parse(String size, int least, int usual) {
    long bytes = Long.parseLong(size.substring(0, size.length() - 1)) << 10;
    boolean known = size.endsWith("K") && bytes >= least;
    return known ? (int) Math.min(1 << 30, bytes) : usual;
  }
}
