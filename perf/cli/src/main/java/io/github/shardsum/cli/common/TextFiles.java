package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;

/** Text that a command line names: a file of UTF-8, or {@code -} for standard input. */
public final class TextFiles {
  /**
   * The byte-order marks that some editors write at the start of a file, in hexadecimal, and the
   * encoding of each.
   */
  private static final Map<String, String> MARKS =
      Map.of("efbbbf", "UTF-8", "feff", "UTF-16, big-endian", "fffe", "UTF-16, little-endian");

  private static final int LONGEST_MARK = 3;

  private TextFiles() {}

  /**
   * Opens a text.
   *
   * @param file its name, {@code -} for standard input
   * @throws IllegalArgumentException if the text begins with a byte-order mark
   * @throws IOException if the file cannot be read
   */
  public static InputStream open(Path file) throws IOException {
    if (file.toString().equals(InputArrays.STANDARD)) {
      return withoutMark("standard input", System.in);
    }
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "must be a file, got a folder");
    }
    InputStream in = Files.newInputStream(file);
    try {
      return withoutMark(file.toString(), in);
    } catch (IOException | IllegalArgumentException refused) {
      in.close();
      throw refused;
    }
  }

  /**
   * Writes a text in UTF-8 by {@link OutputFile#write}.
   *
   * @param file a file, which is replaced, or a device
   * @throws IOException if the file cannot be written; the message names the file, even if the disk
   *     is full
   */
  public static void write(Path file, String text) throws IOException {
    OutputFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static InputStream withoutMark(String name, InputStream in) throws IOException {
    byte[] first = in.readNBytes(LONGEST_MARK);
    for (int length = 2; length <= first.length; length++) {
      String bytes = HexFormat.of().formatHex(first, 0, length);
      if (MARKS.containsKey(bytes)) {
        throw wrongArgument(
            "%s: must be UTF-8 without a byte-order mark, got the mark of %s; remove it",
            name, MARKS.get(bytes));
      }
    }
    PushbackInputStream whole = new PushbackInputStream(in, LONGEST_MARK);
    whole.unread(first);
    return whole;
  }
}
