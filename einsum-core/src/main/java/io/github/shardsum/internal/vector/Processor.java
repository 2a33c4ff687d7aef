package io.github.shardsum.internal.vector;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux tells about the processor that the Vector API does not. */
final class Processor {
  private static final Path FILE = Path.of("/proc/cpuinfo");

  /** Lines of the first processor, with some room. */
  private static final int LINES = 10;

  private Processor() {}

  /**
   * Whether vectors of 512 bits are computed in two halves, one after the other: AMD's family 25,
   * of which only Zen 4 has such vectors. False where nothing is told.
   */
  static boolean halvesVectors() {
    try (var lines = Files.lines(FILE)) {
      return halvesVectors(lines.limit(LINES).toList());
    } catch (IOException | RuntimeException notTold) {
      return false;
    }
  }

  /** The same of the lines of that file. */
  static boolean halvesVectors(List<String> lines) {
    return lines.stream().anyMatch(line -> line.matches("vendor_id\\s*: AuthenticAMD"))
        && lines.stream().anyMatch(line -> line.matches("cpu family\\s*: 25"));
  }
}
