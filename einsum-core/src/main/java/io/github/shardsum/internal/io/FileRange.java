package io.github.shardsum.internal.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A region of an open file, whose bytes existed when the region was made. Offsets count from the
 * region's start. Thread-safe: the channel's position does not change.
 */
public record FileRange(FileLocation place, FileChannel channel, long size) {
  /**
   * Opens a file for reading.
   *
   * @throws FileSystemException if the file is not regular: a pipe would block, and has no size
   */
  public static FileChannel open(Path path) throws IOException {
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      throw new FileSystemException(path.toString(), null, "expected a regular file");
    }
    return FileChannel.open(path, StandardOpenOption.READ);
  }

  public static FileRange whole(Path path, FileChannel channel) throws IOException {
    FileLocation place = FileLocation.of(path);
    try {
      return new FileRange(place, channel, channel.size());
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted(place, interrupted);
    }
  }

  /** The exception with the file's name, which the JDK's exception lacks. */
  private static FileSystemException interrupted(
      FileLocation place, ClosedByInterruptException cause) {
    FileSystemException named =
        new FileSystemException(place.toString(), null, "the thread that read it was interrupted");
    named.initCause(cause);
    return named;
  }

  /** A part of this region; the caller has checked its bounds. */
  public FileRange part(String entry, long offset, long length) {
    return new FileRange(
        new FileLocation(place.file(), entry, place.base() + offset), channel, length);
  }

  /** Maps bytes that were checked to be in the region. */
  public MemorySegment map(long offset, long length, Arena arena) throws IOException {
    try {
      return channel.map(MapMode.READ_ONLY, place.base() + offset, length, arena);
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted(place, interrupted);
    }
  }

  /** The bytes at an offset; the caller has limited their number. */
  public byte[] bytes(long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    read(ByteBuffer.wrap(bytes), offset);
    return bytes;
  }

  private void read(ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int count = into.remaining() > size - at ? -1 : readOnce(into, at);
      if (count < 0) {
        throw place.broken("expected " + into.remaining() + " more bytes", at, "the end");
      }
      at += count;
    }
  }

  private int readOnce(ByteBuffer into, long at) throws IOException {
    try {
      return channel.read(into, place.base() + at);
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted(place, interrupted);
    }
  }

  /** The bytes from an offset on, in sequence. */
  public ByteSource from(long offset) {
    return new ByteSource() {
      private long at = offset;

      @Override
      public void read(ByteBuffer into) throws IOException {
        int count = into.remaining();
        FileRange.this.read(into, at);
        at += count;
      }
    };
  }
}
