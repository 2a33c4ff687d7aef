package io.github.shardsum.io;

import static io.github.shardsum.io.TestFiles.refuses;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that the gguf package wrote and files made by hand; its own values are the oracle. */
class GgufTest {
  @TempDir private Path folder;

  /** Equal numbers of the same sign of zero, or not numbers both. */
  private static int[] bits(Tensor tensor) {
    double[] values = tensor.toDoubleArray();
    return Arrays.stream(values).mapToInt(value -> Float.floatToIntBits((float) value)).toArray();
  }

  @Test
  void everyFormatHasTheBitsOfThePackageThatDefinesIt() throws IOException {
    try (Gguf file = Gguf.open(TestFiles.fixture("blocks.gguf"));
        Safetensors expected = Safetensors.open(TestFiles.fixture("blocks.safetensors"));
        Arena arena = Arena.ofConfined()) {
      assertEquals(9, expected.names().size());
      for (String name : expected.names()) {
        Tensor tensor = file.map(name, arena);
        assertEquals(name, file.format(name));
        assertEquals(Shape.of(4, 512), file.shape(name));
        assertEquals(DType.F32, tensor.dtype());
        assertArrayEquals(bits(expected.read(name)), bits(tensor), name);
      }
    }
  }

  @Test
  void keysHaveTheirTypes() throws IOException {
    try (Gguf file = Gguf.open(TestFiles.fixture("blocks.gguf"))) {
      var metadata = file.metadata();
      assertEquals("llama", metadata.get("general.architecture"));
      assertEquals(255L, metadata.get("small"));
      assertEquals(-128L, metadata.get("negative"));
      assertEquals(Long.MAX_VALUE, metadata.get("large"));
      assertEquals((double) (1 / 3f), metadata.get("third"));
      assertEquals(1 / 3.0, metadata.get("exact"));
      assertEquals(true, metadata.get("truth"));
      assertEquals(List.of("größe", "", "\uD83D\uDE00"), metadata.get("words"));
      assertEquals(List.of(1L, -2L, 3L), metadata.get("numbers"));
    }
  }

  @Test
  void aFormatThatIsNotReadIsListedAndRefusedByName() throws IOException {
    Path path = TestFiles.fixture("blocks.gguf");
    try (Gguf file = Gguf.open(path);
        Arena arena = Arena.ofConfined()) {
      assertEquals("IQ2_XXS", file.format("unread"));
      var thrown = assertThrows(TensorFileException.class, () -> file.map("unread", arena));
      String message = String.valueOf(thrown.getMessage());
      assertTrue(message.contains("MXFP4] for tensor \"unread\""), message);
      assertTrue(message.endsWith("got IQ2_XXS"), message);
      assertThrows(IllegalArgumentException.class, () -> file.map("nothing", arena));
    }
  }

  /** A header with one tensor. */
  private static ByteBuffer header(long tensors, long keys) {
    return ByteBuffer.allocate(256)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("GGUF".getBytes(StandardCharsets.US_ASCII))
        .putInt(3)
        .putLong(tensors)
        .putLong(keys);
  }

  private Path file(ByteBuffer bytes) throws IOException {
    byte[] content = new byte[bytes.capacity()];
    bytes.duplicate().clear().get(content);
    return Files.write(folder.resolve("hostile.gguf"), content);
  }

  private static ByteBuffer tensor(ByteBuffer at, int format, long offset, long... innermostFirst) {
    at.putLong(1).put((byte) 'x').putInt(innermostFirst.length);
    Arrays.stream(innermostFirst).forEach(at::putLong);
    return at.putInt(format).putLong(offset);
  }

  @Test
  void countsAndLengthsMustFitInTheFile() throws IOException {
    Path many = file(header(1L << 60, 0));
    refuses(many, 8, "at most 10 tensors", () -> Gguf.open(many));
    Path keys = file(header(0, -1));
    refuses(keys, 16, "keys", () -> Gguf.open(keys));
    Path name = file(header(0, 1).putLong(1L << 40));
    refuses(name, 24, "at most 224 bytes", () -> Gguf.open(name));
    Path array = file(header(0, 1).putLong(0).putInt(9).putInt(10).putLong(1L << 33));
    refuses(array, 40, "at most 26 elements", () -> Gguf.open(array));
    Path nested = file(header(0, 1).putLong(0).putInt(9).putInt(9).putLong(1));
    refuses(nested, 36, "expected an array of numbers", () -> Gguf.open(nested));
    Path type = file(header(0, 1).putLong(0).putInt(77));
    refuses(type, 36, "from 0 to 12", () -> Gguf.open(type));
    Path twice = file(header(0, 2).putLong(0).putInt(0).put((byte) 1).putLong(0).putInt(0));
    refuses(twice, 37, "each key once", () -> Gguf.open(twice));
  }

  @Test
  void aTensorMustLieInTheFileInWholeBlocks() throws IOException {
    Path large = file(tensor(header(1, 0), 0, 0, 1 << 20, 1 << 20));
    refuses(large, 24, "blocks of F32", () -> Gguf.open(large));
    Path overflow = file(tensor(header(1, 0), 0, 0, 1L << 40, 1L << 40));
    refuses(overflow, 24, "2^62", () -> Gguf.open(overflow));
    Path negative = file(tensor(header(1, 0), 0, 0, -32));
    refuses(negative, 24, "shape", () -> Gguf.open(negative));
    Path rows = file(tensor(header(1, 0), 8, 0, 33));
    refuses(rows, 24, "multiple of 32 elements", () -> Gguf.open(rows));
    Path far = file(tensor(header(1, 0), 0, 1L << 62, 1));
    refuses(far, 24, "offset inside the file", () -> Gguf.open(far));
    Path odd = file(tensor(header(1, 0), 0, 8, 1));
    refuses(odd, 24, "a multiple of 32", () -> Gguf.open(odd));
    Path deep = file(tensor(header(1, 0), 0, 0, 1, 1, 1, 1, 1));
    refuses(deep, 24, "at most 4 axes", () -> Gguf.open(deep));
  }

  /** A changed or missing byte gives a file or the error of a file, and nothing else. */
  @Test
  void anyDamageIsTheFilesFault() throws IOException {
    byte[] whole = Files.readAllBytes(TestFiles.fixture("blocks.gguf"));
    int header = 1000;
    Random random = new Random(49);
    int opened = 0;
    for (int i = 0; i < 2000; i++) {
      int length = i % 4 == 0 ? random.nextInt(whole.length) : whole.length;
      byte[] damaged = Arrays.copyOf(whole, length);
      for (int change = 0; damaged.length > header && change < i % 3 + i % 4; change++) {
        damaged[random.nextInt(header)] = (byte) random.nextInt();
      }
      Path path = Files.write(folder.resolve("damaged.gguf"), damaged);
      try (Gguf file = Gguf.open(path);
          Arena arena = Arena.ofConfined()) {
        opened++;
        for (String name : file.names()) {
          assertEquals(file.shape(name), file.map(name, arena).shape());
        }
      } catch (TensorFileException malformed) {
        assertEquals(path, malformed.file());
      }
    }
    assertTrue(opened > 100, "some damage is in names and numbers: " + opened);
  }
}
