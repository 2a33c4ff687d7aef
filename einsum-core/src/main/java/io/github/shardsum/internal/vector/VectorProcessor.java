package io.github.shardsum.internal.vector;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Facts about the processor that Linux reports and the Vector API does not. */
final class VectorProcessor {
  private static final String FILE = "/proc/cpuinfo";

  /**
   * Bytes to read: they contain the lines in question. The whole file has about a page of text for
   * each processor.
   */
  private static final int BYTES = 512;

  private VectorProcessor() {}

  /**
   * Whether vectors of 512 bits are computed in two halves, one after the other: AMD's family 25,
   * of which only Zen 4 has such vectors. False if the file says nothing.
   */
  static boolean halvesVectors() {
    try (InputStream file = new FileInputStream(FILE)) {
      String text = new String(file.readNBytes(BYTES), StandardCharsets.US_ASCII);
      return halvesVectors(List.of(text.split("\n")));
    } catch (IOException | RuntimeException notTold) {
      return false;
    }
  }

  /** As {@link #halvesVectors()}, from the lines of the file. */
  static boolean halvesVectors(List<String> lines) {
    return value(lines, "vendor_id").equals("AuthenticAMD")
        && value(lines, "cpu family").equals("25");
  }

  /** The text after the colon; empty if there is no such line. */
  private static String value(List<String> lines, String key) {
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon >= 0 && line.substring(0, colon).strip().equals(key)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "";
  }
}
