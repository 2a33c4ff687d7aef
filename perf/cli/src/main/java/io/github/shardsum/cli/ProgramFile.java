package io.github.shardsum.cli;

import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files with the text of a program. */
final class ProgramFile {
  /** Far more than anybody writes; a device or a wrong file is refused before it is read. */
  private static final long MOST_BYTES = 64L << 20;

  private ProgramFile() {}

  static Program read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MOST_BYTES) {
      throw new IllegalArgumentException(
          file + ": a program of at most " + MOST_BYTES + " bytes is wanted, got " + size);
    }
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    try {
      return Program.parse(text);
    } catch (IllegalArgumentException bad) {
      throw new IllegalArgumentException(file + ": " + bad.getMessage(), bad);
    }
  }

  /** The names given, or else those of all floating values. */
  static List<String> namesOr(List<String> given, List<Value> values) {
    return given.isEmpty()
        ? values.stream()
            .filter(value -> value.type().dtype().isFloating())
            .map(Value::name)
            .toList()
        : given;
  }
}
