package io.github.shardsum.cli.program;

import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.ImportedProgram;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Files with the text of a program. */
public final class ProgramFile {
  /**
   * Limit of a program's size in bytes; a device or a wrong file is refused before it is parsed.
   */
  private static final int MOST_BYTES = 64 << 20;

  /** The beginning of a module: locations and comments, then its name. */
  private static final Pattern STABLEHLO =
      Pattern.compile("(?:\\s+|//[^\\n]*\\n|#[^\\n]*\\n)*+module\\b");

  private ProgramFile() {}

  /**
   * Whether the name of a file is that of a program, not an equation.
   *
   * @param name the name of a file, or an equation
   * @return whether it ends with {@code .program} or {@code .mlir}
   */
  public static boolean isNamed(String name) {
    return name.endsWith(".program") || name.endsWith(".mlir");
  }

  /**
   * Reads a program, or StableHLO text as a program.
   *
   * @param file its text, {@code -} for standard input
   * @return the program
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if the file is neither; the message names the file
   */
  public static Program read(Path file) throws IOException {
    String text = text(file);
    return parsed(
        file,
        () ->
            STABLEHLO.matcher(text).lookingAt()
                ? ImportedProgram.parse(text).program()
                : Program.parse(text));
  }

  /**
   * Reads StableHLO text.
   *
   * @param file the text, {@code -} for standard input
   * @return the program and its mesh
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if the text cannot be imported; the message names the file
   */
  static ImportedProgram imported(Path file) throws IOException {
    String text = text(file);
    return parsed(file, () -> ImportedProgram.parse(text));
  }

  private static <T> T parsed(Path file, Supplier<T> parser) {
    try {
      return parser.get();
    } catch (IllegalArgumentException bad) {
      throw new IllegalArgumentException(file + ": " + bad.getMessage(), bad);
    }
  }

  private static String text(Path file) throws IOException {
    byte[] bytes;
    // Reads one byte more than allowed, since a device has no size and may have no end.
    try (InputStream in = TextFiles.open(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    }
    if (bytes.length > MOST_BYTES) {
      throw new IllegalArgumentException(
          file + ": must be a program of at most " + MOST_BYTES + " bytes, got more");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
