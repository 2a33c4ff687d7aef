package io.github.shardsum.cli.program;

import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Files with the text of a program. */
public final class ProgramFile {
  /**
   * Limit of a program's size in bytes; a device or a wrong file is refused before it is parsed.
   */
  private static final int MOST_BYTES = 64 << 20;

  private ProgramFile() {}

  /**
   * Reads a program.
   *
   * @param file its text, {@code -} for standard input
   * @return the program
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if the file is not a program; the message names the file
   */
  public static Program read(Path file) throws IOException {
    byte[] bytes;
    // Reads one byte more than allowed, since a device has no size and may have no end.
    try (InputStream in = TextFiles.open(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    }
    if (bytes.length > MOST_BYTES) {
      throw new IllegalArgumentException(
          file + ": must be a program of at most " + MOST_BYTES + " bytes, got more");
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      return Program.parse(text);
    } catch (IllegalArgumentException bad) {
      throw new IllegalArgumentException(file + ": " + bad.getMessage(), bad);
    }
  }
}
