package io.github.shardsum.cli.common;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder for the outputs of a run, each a file NAME.npy. Obstacles to writing any of them are
 * found before the run, so that either all are written or none.
 */
public final class OutputFolder {
  private final Path folder;

  public OutputFolder(Path folder) {
    this.folder = folder;
  }

  public Path file(String name) {
    return folder.resolve(name + ".npy");
  }

  /**
   * Checks beforehand that the files can be written.
   *
   * @throws IOException if the folder cannot be made or written to, or a name exists and is not a
   *     file
   */
  public void check(List<String> names) throws IOException {
    if (folder.toString().equals(InputArrays.STANDARD)) {
      throw refused(folder, "--out must be a folder, not standard output; a folder named - is ./-");
    }
    Path there = folder.toAbsolutePath();
    // A dangling link counts as present: no folder can be made in its place.
    while (!Files.exists(there, LinkOption.NOFOLLOW_LINKS) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw refused(there, "must be a folder or a name that is free");
    }
    if (!Files.isWritable(there)) {
      throw refused(there, "this user may not write here; choose another folder for --out");
    }
    for (String name : names) {
      Path file = file(name);
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        throw refused(file, "must be a regular file or a name that is free");
      }
    }
  }

  private static FileSystemException refused(Path file, String reason) {
    return new FileSystemException(file.toString(), null, reason);
  }

  public void make() throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (NoSuchFileException nowhere) {
      // As in /proc, where nothing is made.
      throw refused(folder, "no folder can be made there");
    }
  }
}
