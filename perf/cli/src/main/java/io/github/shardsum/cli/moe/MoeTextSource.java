package io.github.shardsum.cli.moe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Bytes to be read in pieces. */
sealed interface MoeTextSource extends AutoCloseable {
  /** Describes the text for the report. */
  String description();

  /** Number of bytes. */
  long size();

  /** Reads a piece; any position and length within the size. */
  void read(long position, byte[] into, int length) throws IOException;

  @Override
  default void close() throws IOException {}

  /** A text in memory. */
  record InMemory(String description, byte[] bytes) implements MoeTextSource {
    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long position, byte[] into, int length) {
      System.arraycopy(bytes, Math.toIntExact(position), into, 0, length);
    }
  }

  /** An open file. */
  record InFile(Path path, FileChannel channel, long size) implements MoeTextSource {
    @Override
    public String description() {
      return path.toString();
    }

    @Override
    public void read(long position, byte[] into, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(into, 0, length);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, position + buffer.position()) < 0) {
          throw new IOException(
              path
                  + ": "
                  + size
                  + " bytes were there, now it is shorter; do not change it during the run");
        }
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /**
   * Opens a file.
   *
   * @throws IllegalArgumentException if the file is empty or is not a regular file
   */
  static MoeTextSource open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException("text: must be a regular file, got " + path);
    }
    FileChannel channel = FileChannel.open(path);
    if (channel.size() == 0) {
      channel.close();
      throw new IllegalArgumentException("text: must have at least one byte, got none in " + path);
    }
    return new InFile(path, channel, channel.size());
  }
}
