package io.github.shardsum.internal.kernel;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The size of a core's second-level cache. */
final class SecondLevelCache {
  private static final String FILE = "/sys/devices/system/cpu/cpu0/cache/index2/size";

  /** The size in bytes that is assumed where the machine does not give it. */
  private static final int USUAL = 1 << 20;

  private static final int MOST = 2 << 20;

  private SecondLevelCache() {}

  /** The size in bytes, at most 2 MiB: a larger cache is shared by several cores. */
  static int bytes() {
    try (InputStream file = new FileInputStream(FILE)) {
      return parse(new String(file.readAllBytes(), StandardCharsets.US_ASCII).strip());
    } catch (IOException | RuntimeException notTold) {
      return USUAL;
    }
  }

  private static int parse(String size) {
    int kibibytes = Integer.parseInt(size.substring(0, size.length() - 1));
    boolean known = size.endsWith("K") && kibibytes >= 128;
    return known ? (int) Math.min(MOST, kibibytes * 1024L) : USUAL;
  }
}
