package io.github.shardsum.cli.common;

import io.github.shardsum.io.WholeFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** A file that is written at the end of a run, which may take long. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Checks beforehand that the file can be written.
   *
   * @param option the option that names the file
   * @throws IOException if its folder is not there
   * @throws IllegalArgumentException if it, or its folder, cannot be written to
   */
  public static void check(String option, Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          option + ": must be a regular file or a name that is free, got " + file);
    }
    checkText(option, file);
  }

  /** Checks beforehand that a text can be written; a text may also go to a device. */
  public static void checkText(String option, Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(file.toString(), null, "its folder does not exist");
    }
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + ": must be a file, got the folder " + file);
    }
    // A new file is written into the same folder and then replaces the old one, so the folder must
    // be writable; a device is written itself.
    boolean device = Files.exists(file) && !Files.isRegularFile(file);
    for (Path written : device ? List.of(file) : List.of(file, folder)) {
      if (Files.exists(written) && !Files.isWritable(written)) {
        throw new IllegalArgumentException(
            option + ": this user may not write to " + written + "; choose another place");
      }
    }
  }

  /**
   * Writes all bytes, or leaves an old file unchanged if there is no room for all of them.
   *
   * @param file a file or a device, replaced
   * @throws FileSystemException if the file cannot be written; the message names the file, even if
   *     the disk is full
   */
  public static void write(Path file, byte... bytes) throws IOException {
    if (!Files.exists(file) || Files.isRegularFile(file)) {
      WholeFile.write(file, bytes);
      return;
    }
    try {
      Files.write(file, bytes);
    } catch (FileSystemException named) {
      throw named;
    } catch (IOException failed) {
      throw new FileSystemException(file.toString(), null, failed.getMessage());
    }
  }
}
