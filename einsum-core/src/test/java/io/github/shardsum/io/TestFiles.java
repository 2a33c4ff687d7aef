package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/** Files for tests: the fixtures, and ones made by hand. */
public final class TestFiles {
  private TestFiles() {}

  static Path fixture(String name) {
    URL resource = TestFiles.class.getResource("fixtures/" + name);
    if (resource == null) {
      throw new AssertionError("no fixture " + name);
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** What a test does with a folder. */
  @FunctionalInterface
  interface Use {
    void in(Path folder) throws IOException;
  }

  /** Runs with a fresh folder that is gone afterwards. */
  static void inFolder(Use use) throws IOException {
    Path folder = Files.createTempDirectory("shardsum");
    try {
      use.in(folder);
    } finally {
      for (Path file : list(folder)) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }

  public static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** An .npy file with a header as given, not padded. */
  static byte[] npy(int version, String dict, int dataBytes) {
    byte[] text = dict.getBytes(StandardCharsets.ISO_8859_1);
    int lengthSize = version == 1 ? 2 : 4;
    ByteBuffer file =
        ByteBuffer.allocate(8 + lengthSize + text.length + dataBytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put("\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1));
    file.put((byte) version).put((byte) 0);
    if (version == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    return file.put(text).array();
  }

  static byte[] npy(String dict, int dataBytes) {
    return npy(1, dict, dataBytes);
  }

  /**
   * Runs something that must be refused as the file's fault, and checks all that the error says.
   */
  static TensorFileException refuses(Path file, long offset, String part, Executable use) {
    TensorFileException thrown = assertThrows(TensorFileException.class, use);
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.startsWith(file.toString()), message);
    assertTrue(message.contains(part), () -> "\"" + part + "\" in: " + message);
    assertTrue(message.contains(thrown.rule() + " at byte " + thrown.offset() + ", got "), message);
    assertEquals(offset, thrown.offset(), message);
    assertEquals(file, thrown.file());
    return thrown;
  }
}
