package io.github.shardsum.cli.tpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that is written at the end of what may take long. */
final class OutputFile {
  private OutputFile() {}

  /**
   * Finds out beforehand what would keep it from being written.
   *
   * @throws IOException if its folder is not there
   * @throws IllegalArgumentException if it, or its folder, cannot be written to
   */
  static void check(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(file.toString(), null, "its folder does not exist");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "-o: expected a regular file or a name that is free, got " + file);
    }
    Path written = Files.exists(file) ? file : folder;
    if (!Files.isWritable(written)) {
      throw new IllegalArgumentException(
          "-o: this user may not write to " + written + "; choose another place");
    }
  }
}
