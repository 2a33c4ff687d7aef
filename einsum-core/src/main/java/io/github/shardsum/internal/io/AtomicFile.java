package io.github.shardsum.internal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Objects;
import java.util.UUID;

/**
 * Writes a file whole or not at all: under another name in the same folder, then renamed in one
 * step, so that a reader sees the old file or the new one, and a file that is mapped stays.
 */
public final class AtomicFile {
  /** Links that are followed, as many as Linux follows. */
  private static final int MOST_LINKS = 40;

  private AtomicFile() {}

  /** Writes the bytes of a new file. */
  @FunctionalInterface
  public interface Content {
    /** Writes to a channel at position 0 of an empty file. */
    void write(FileChannel channel) throws IOException;
  }

  public static void write(Path path, Content content) throws IOException {
    Objects.requireNonNull(path, "path");
    Path target = target(path);
    // Not Files.createTempFile, whose files only their owner may read.
    Path part = target.resolveSibling(".shardsum-" + UUID.randomUUID() + ".part");
    try (ShutdownHook _ = ShutdownHook.of(() -> deleteQuietly(part))) {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.write(channel);
      }
      keepPermissions(target, part);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException failed) {
      Files.deleteIfExists(part);
      throw named(path, failed);
    } catch (ClosedByInterruptException interrupted) {
      Files.deleteIfExists(part);
      throw named(path, "the thread that wrote it was interrupted", interrupted);
    } catch (IOException failed) {
      // That of a full disk, or of a file that grows beyond a limit, names no file.
      Files.deleteIfExists(part);
      throw named(path, String.valueOf(failed.getMessage()), failed);
    } catch (Throwable failed) {
      Files.deleteIfExists(part);
      throw failed;
    }
  }

  /** A part of gigabytes must not stay, under a hidden name, where a write is broken off. */
  private static void deleteQuietly(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException leftBehind) {
      // The JVM is ending; no caller is left to tell.
    }
  }

  /** Who may read a file does not change because it is written anew. */
  private static void keepPermissions(Path target, Path part) throws IOException {
    PosixFileAttributeView old = Files.getFileAttributeView(target, PosixFileAttributeView.class);
    if (old != null && Files.exists(target)) {
      Files.setPosixFilePermissions(part, old.readAttributes().permissions());
    }
  }

  /** The same failure of the file that was asked for: the caller does not know the other name. */
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
    // A link stays a link: the file that it names is what is replaced, or made.
    Path target = Files.exists(path) ? path.toRealPath() : endOfLinks(path.toAbsolutePath());
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(path.toString(), null, "its folder does not exist");
    }
    return target;
  }

  /** The file that is not there yet, at the end of links perhaps. */
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

  /** Writes all bytes of a buffer where the channel stands. */
  public static void append(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
