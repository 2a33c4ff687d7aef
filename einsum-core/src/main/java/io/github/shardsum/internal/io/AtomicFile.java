package io.github.shardsum.internal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Objects;
import java.util.UUID;

/**
 * Writes a file completely or not at all. The file is written under another name in the same folder
 * and then renamed in one step. So a reader sees the old file or the new one, and a mapped old file
 * stays unchanged.
 */
public final class AtomicFile {
  /** The largest number of links that are followed, as in Linux. */
  private static final int MOST_LINKS = 40;

  private static final String PREFIX = ".shardsum-";
  private static final String SUFFIX = ".part";

  private AtomicFile() {}

  /** Writes the bytes of a new file. */
  @FunctionalInterface
  public interface Content {
    /** Writes to a channel at position 0 of an empty file. */
    void write(FileChannel channel) throws IOException;
  }

  /**
   * Forces bytes to the disk: those of a file before its rename, those of the folder after the
   * rename.
   */
  interface Disk {
    void force(FileChannel file) throws IOException;

    void force(Path folder);
  }

  private enum OwnDisk implements Disk {
    DISK;

    @Override
    public void force(FileChannel file) throws IOException {
      file.force(true);
    }

    /**
     * Forces the folder to the device. Without this a power cut may restore the old file; in both
     * cases the file is complete.
     */
    @Override
    public void force(Path folder) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      } catch (IOException unsupported) {
        // Some file systems cannot open a folder. The file already has its name.
      }
    }
  }

  /**
   * Writes a file, which is on the disk when this returns. If the JVM ends during the write, even
   * by a signal, other shutdown hooks run first: a hook that waits for the write gets the file.
   */
  public static void write(Path path, Content content) throws IOException {
    write(path, content, OwnDisk.DISK);
  }

  static void write(Path path, Content content, Disk disk) throws IOException {
    Objects.requireNonNull(path, "path");
    Path target = target(path);
    // Not Files.createTempFile, whose files only their owner may read.
    Path part = target.resolveSibling(PREFIX + UUID.randomUUID() + SUFFIX);
    try (ShutdownHook _ = ShutdownHook.of(() -> deleteAtExit(part))) {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        keepPermissions(target, part);
        content.write(channel);
        disk.force(channel);
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      disk.force(Objects.requireNonNull(target.getParent()));
    } catch (FileSystemException failed) {
      Files.deleteIfExists(part);
      throw named(path, failed);
    } catch (ClosedByInterruptException interrupted) {
      Files.deleteIfExists(part);
      throw named(path, "the thread that wrote it was interrupted", interrupted);
    } catch (IOException failed) {
      // The exception of a full disk, or of a file beyond a size limit, names no file.
      Files.deleteIfExists(part);
      throw named(path, String.valueOf(failed.getMessage()), failed);
    } catch (Throwable failed) {
      Files.deleteIfExists(part);
      throw failed;
    }
  }

  /**
   * Registers the temporary file for deletion at exit, since an interrupted write must not leave a
   * hidden file of gigabytes. The JDK deletes the file after all hooks have ended, and a hook may
   * wait for this write.
   */
  private static void deleteAtExit(Path part) {
    if (part.getFileSystem().equals(FileSystems.getDefault())) {
      try {
        part.toFile().deleteOnExit();
      } catch (IllegalStateException deleted) {
        // The JVM ends: it has already deleted its files, and stops before much is written.
      }
    }
  }

  /**
   * Deletes the temporary files that a killed process left in a folder. No other process may write
   * there.
   *
   * @throws IOException if a file cannot be deleted
   */
  public static void deleteParts(Path folder) throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
      for (Path part : parts) {
        Files.deleteIfExists(part);
      }
    } catch (DirectoryIteratorException failed) {
      throw failed.getCause();
    }
  }

  /** Gives a file, as yet empty, the permissions of the file that it replaces. */
  private static void keepPermissions(Path target, Path part) throws IOException {
    PosixFileAttributeView old = Files.getFileAttributeView(target, PosixFileAttributeView.class);
    if (old != null && Files.exists(target)) {
      Files.setPosixFilePermissions(part, old.readAttributes().permissions());
    }
  }

  /**
   * The same failure with the name of the requested file, since the caller does not know the
   * temporary one.
   */
  private static FileSystemException named(Path path, FileSystemException failed) {
    String reason =
        switch (failed) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> "no file can be made there";
          default -> failed.getReason() == null ? failed.toString() : failed.getReason();
        };
    return named(path, reason, failed);
  }

  private static FileSystemException named(Path path, String reason, IOException failed) {
    FileSystemException named = new FileSystemException(path.toString(), null, reason);
    named.initCause(failed);
    return named;
  }

  private static Path target(Path path) throws IOException {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new FileSystemException(
          path.toString(), null, "expected a regular file or a name that is free");
    }
    // A link stays a link: its target is replaced or created.
    Path target = Files.exists(path) ? path.toRealPath() : endOfLinks(path.toAbsolutePath());
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(path.toString(), null, "its folder does not exist");
    }
    return target;
  }

  /** The path at the end of all symbolic links; its file need not exist. */
  private static Path endOfLinks(Path path) throws IOException {
    Path at = path;
    for (int links = 0; Files.isSymbolicLink(at); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemException(path.toString(), null, "its symbolic links have no end");
      }
      at = at.resolveSibling(Files.readSymbolicLink(at));
    }
    return at;
  }

  /** Writes all bytes of a buffer at the channel's position. */
  public static void append(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
