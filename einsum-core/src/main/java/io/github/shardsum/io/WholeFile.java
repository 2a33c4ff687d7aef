package io.github.shardsum.io;

import io.github.shardsum.internal.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Writes a file whole or not at all. Its bytes are on the disk before the call returns. A reader
 * sees either the old file or the new one, even after a full disk or a power cut.
 */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Writes a file. If the path is a link, the link stays and its target is replaced. Permissions
   * are kept. A JVM that ends meanwhile deletes the unfinished file, unless a shutdown hook waits
   * for the call.
   *
   * @param path a regular file, which is replaced, or a name without a file
   * @param bytes the whole contents
   * @throws java.nio.file.FileSystemException if it cannot be written, for example because the disk
   *     is full; the old file is then unchanged
   * @throws IOException if the folder cannot be read
   */
  public static void write(Path path, byte... bytes) throws IOException {
    AtomicFile.write(path, channel -> AtomicFile.append(channel, ByteBuffer.wrap(bytes)));
  }

  /**
   * Deletes the unfinished files that killed processes left in a folder. Such files come from this
   * class or from writers of tensors.
   *
   * @param folder the folder; no other process may write into it now
   * @throws IOException if something cannot be deleted
   */
  public static void deleteParts(Path folder) throws IOException {
    AtomicFile.deleteParts(folder);
  }
}
