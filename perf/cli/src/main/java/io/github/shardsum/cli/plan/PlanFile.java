package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.partition.SpmdPlan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Plans that {@code plan --json} wrote. */
final class PlanFile {
  private static final int MOST_BYTES = 1 << 26;

  private PlanFile() {}

  /** The text of a file, {@code -} for standard input. */
  static String text(Path file) throws IOException {
    try (InputStream in = TextFiles.open(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw wrongArgument("%s: must have at most %d bytes, got more", file, MOST_BYTES);
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** The plan of a file. */
  static SpmdPlan read(Path file) throws IOException {
    return plan(file, text(file));
  }

  /**
   * The plan of a file's text.
   *
   * @throws IllegalArgumentException if the text is not a plan; the message names the file
   */
  static SpmdPlan plan(Path file, String text) {
    try {
      return SpmdPlan.parse(text);
    } catch (IllegalArgumentException bad) {
      throw new IllegalArgumentException(
          ProgramFile.isNamed(file.toString())
              ? file + ": must be a plan, as plan --json prints it, got a program"
              : file + ": " + bad.getMessage(),
          bad);
    }
  }
}
