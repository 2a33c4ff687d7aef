package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.TensorFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files are written byte by byte, as numpy.save writes them. */
class ByteVectorsFileTest {
  @TempDir Path folder;

  private Path file(String descr, String fortran, String shape, byte... data) throws IOException {
    String text =
        "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': (" + shape + "), }";
    String padded = text + " ".repeat(127 - 10 - text.length()) + "\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0});
    bytes.writeBytes(padded.getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(data);
    Path file = folder.resolve("vectors.npy");
    Files.write(file, bytes.toByteArray());
    return file;
  }

  @Test
  void aFileOfSignedBytesIsMapped() throws IOException {
    Path file =
        file(
            "|i1",
            "False",
            "3, 2",
            (byte) -128,
            (byte) 127,
            (byte) 1,
            (byte) -1,
            (byte) 5,
            (byte) 0);
    try (Arena arena = Arena.ofConfined()) {
      ByteVectors vectors = ByteVectors.map(file, arena);
      assertEquals(3, vectors.count());
      assertEquals(2, vectors.dimensions());
      int[] scores = new int[3];
      vectors.dot(ByteVectors.of(new byte[] {2, -3}, 1, 2), MemorySegment.ofArray(scores));
      assertArrayEquals(new int[] {-256 - 381, 5, 10}, scores);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "|u1, False, '2, 1'",
    "<i2, False, '1, 1'",
    "|i1, True, '2, 1'",
    "|i1, False, '2,'",
    "|i1, False, '1, 1, 2'",
    "|i1, False, '3, 1'",
  })
  void anotherDtypeRankOrSizeIsRefused(String descr, String fortran, String shape)
      throws IOException {
    Path file = file(descr, fortran, shape, (byte) 1, (byte) 2);
    try (Arena arena = Arena.ofConfined()) {
      TensorFileException wrong =
          assertThrows(TensorFileException.class, () -> ByteVectors.map(file, arena));
      assertTrue(wrong.getMessage().contains("vectors.npy"), wrong.getMessage());
    }
  }
}
