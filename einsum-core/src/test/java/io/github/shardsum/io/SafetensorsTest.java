package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that the reference wrote, and files equal to what it would write. */
class SafetensorsTest {
  private static final double[] REAL = {-1.5, 0, 0.5, 1, 2.5, 100};
  private static final double[] WHOLE = {-100, -1, 0, 1, 2, 100};
  private static final double[] COUNT = {100, 1, 0, 1, 2, 100};

  @TempDir private Path folder;

  private static void assertHolds(
      Safetensors file, String name, DType dtype, double[] values, long... shape)
      throws IOException {
    assertEquals(Shape.of(shape), file.shape(name));
    assertEquals(dtype, file.dtype(name));
    try (Arena arena = Arena.ofConfined()) {
      for (Tensor tensor : List.of(file.read(name), file.map(name, arena))) {
        assertEquals(dtype, tensor.dtype());
        assertEquals(Shape.of(shape), tensor.shape());
        assertArrayEquals(values, tensor.toDoubleArray());
      }
    }
  }

  @Test
  void aFileIsTheSameInALocaleWithDigitsOfItsOwn() throws IOException {
    Map<String, Tensor> tensors = Map.of("a", Tensor.full(DType.F32, 3, 12, 345));
    Path file = folder.resolve("a.safetensors");
    Safetensors.write(file, tensors, Map.of("step", "\u0001"));
    byte[] plain = Files.readAllBytes(file);
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.of("ar", "EG"));
      assertEquals(
          "\u0661",
          String.format(Locale.getDefault(), "%d", 1),
          "the locale has digits of its own");
      Safetensors.write(file, tensors, Map.of("step", "\u0001"));
    } finally {
      Locale.setDefault(before);
    }
    assertArrayEquals(plain, Files.readAllBytes(file));
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(Map.of("step", "\u0001"), read.metadata());
      assertEquals(Shape.of(12, 345), read.shape("a"));
    }
  }

  @Test
  void theReferencesFilesAreRead() throws IOException {
    try (Safetensors file = Safetensors.open(TestFiles.fixture("same.safetensors"))) {
      assertEquals(Map.of("format", "np"), file.metadata());
      assertEquals(9, file.names().size());
      assertHolds(file, "real", DType.F32, REAL, 2, 3);
      assertHolds(file, "double", DType.F64, REAL, 2, 3);
      assertHolds(file, "bf16", DType.BF16, REAL, 2, 3);
      assertHolds(file, "whole", DType.I64, WHOLE, 2, 3);
      assertHolds(file, "Whole", DType.I32, WHOLE, 2, 3);
      assertHolds(file, "truth", DType.BOOL, new double[] {1, 0, 0, 0, 1, 1}, 2, 3);
      assertHolds(file, "größe\n\"", DType.I32, WHOLE, 2, 3);
      assertHolds(file, "scalar", DType.F64, new double[] {2.5});
      assertHolds(file, "empty", DType.F32, new double[0], 0, 3);
    }
  }

  /** Counting a tensor's place in the header from its start took a quarter of an hour here. */
  @Test
  @Timeout(300)
  void aHeaderOfManyTensorsIsReadInTimeThatGrowsWithItsLength() throws IOException {
    int count = 400_000;
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < count; i++) {
      header
          .append(i == 0 ? "" : ",")
          .append("\"a.long.name.of.a.tensor.")
          .append(i)
          .append("\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[")
          .append(i + "," + (i + 1) + "]}");
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + count).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    Path path = Files.write(folder.resolve("many.safetensors"), bytes.array());
    try (Safetensors file = Safetensors.open(path)) {
      assertEquals(count, file.names().size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"same.safetensors", "no_metadata.safetensors", "no_tensors.safetensors"})
  void whatIsWrittenIsByteForByteWhatTheReferenceWrites(String name) throws IOException {
    Path original = TestFiles.fixture(name);
    Path copy = folder.resolve("copy.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (Safetensors file = Safetensors.open(original)) {
      for (String tensor : file.names().reversed()) {
        tensors.put(tensor, file.read(tensor));
      }
      Safetensors.write(copy, tensors, file.metadata());
    }
    assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(copy));
  }

  @ParameterizedTest
  @CsvSource({"f16, F32", "i8, I32", "i16, I32", "u8, I32", "u16, I32", "u32, I64"})
  void narrowDTypesAreWidened(String name, DType dtype) throws IOException {
    double[] values = name.equals("f16") ? REAL : name.startsWith("i") ? WHOLE : COUNT;
    try (Safetensors file = Safetensors.open(TestFiles.fixture("widened.safetensors"))) {
      assertHolds(file, name, dtype, values, 2, 3);
    }
  }

  @Test
  void otherDTypesOfTheFormatAreListedAndRefusedWhenAskedFor() throws IOException {
    Path path = TestFiles.fixture("unread.safetensors");
    try (Safetensors file = Safetensors.open(path);
        Arena arena = Arena.ofConfined()) {
      assertEquals(3, file.names().size());
      assertHolds(file, "read", DType.F32, REAL, 2, 3);
      for (String name : List.of("u64", "f8")) {
        assertEquals(Shape.of(2, 3), file.shape(name));
        for (Executable use :
            List.<Executable>of(
                () -> file.read(name), () -> file.map(name, arena), () -> file.dtype(name))) {
          TensorFileException thrown = assertThrows(TensorFileException.class, use);
          assertTrue(thrown.rule().endsWith("for tensor \"" + name + "\""));
        }
      }
    }
  }

  @Test
  void tensorsAreMappedAndOutliveTheFile() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Tensor mapped;
      try (Safetensors file = Safetensors.open(TestFiles.fixture("same.safetensors"))) {
        mapped = file.map("double", arena);
      }
      assertTrue(mapped.segment().isMapped());
      assertEquals(0, mapped.segment().address() % 8);
      assertArrayEquals(REAL, mapped.toDoubleArray());
      assertThrows(IllegalArgumentException.class, () -> mapped.set(1.0, 0, 0));
    }
  }

  @Test
  void aNameThatIsNotThereIsAnErrorThatListsThoseThatAre() throws IOException {
    try (Safetensors file = Safetensors.open(TestFiles.fixture("unread.safetensors"))) {
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> file.read("none"));
      assertTrue(String.valueOf(thrown.getMessage()).endsWith("got \"none\""));
      assertFalse(thrown instanceof TensorFileException, "the file is not at fault");
    }
  }

  @Test
  void namesThatAFileCannotHoldAreRefusedBeforeAnythingIsWritten() throws IOException {
    Tensor tensor = Tensor.zeros(DType.F32, 1);
    Path file = folder.resolve("a.safetensors");
    for (String name : List.of("", "__metadata__", "\udfff")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Safetensors.write(file, Map.of(name, tensor), Map.of()));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Safetensors.write(file, Map.of("a", tensor), Map.of("x", "\ud800")));
    assertEquals(List.of(), TestFiles.list(folder));
  }

  @Test
  void charactersOfNamesAreEscapedAsJsonAsks() throws IOException {
    Path file = folder.resolve("escaped.safetensors");
    String name = "\"\\/\b\f\n\r\t\u0001\u00e9";
    Safetensors.write(file, Map.of(name, Tensor.of(new float[] {2}, 1)), Map.of());
    byte[] all = Files.readAllBytes(file);
    String header = new String(all, 8, all.length - 12, StandardCharsets.UTF_8);
    String escaped = "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\u00e9";
    assertTrue(header.startsWith("{\"" + escaped + "\":{"), header);
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(List.of(name), List.copyOf(read.names()));
      assertEquals(2, read.read(name).getDouble(0));
    }
  }

  /** A file of a header and numbers of f32. */
  private static void write(Path file, String header, float... numbers) throws IOException {
    byte[] bytes = header.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer all =
        ByteBuffer.allocate(Long.BYTES + bytes.length + Float.BYTES * numbers.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(bytes.length)
            .put(bytes);
    for (float number : numbers) {
      all.putFloat(number);
    }
    Files.write(file, all.array());
  }

  /** JSON has an escape for a slash too, and one of digits for any character. */
  @Test
  void everyEscapeOfJsonIsRead() throws IOException {
    Path file = folder.resolve("other.safetensors");
    String header =
        "{\"\\/\\b\\f\\n\\r\\t\\\"\\\\\\u00e9\\uD83D\\ude00\":"
            + "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    write(file, header, 3);
    String name = "/\b\f\n\r\t\"\\\u00e9\ud83d\ude00";
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(3, read.read(name).getDouble(0));
    }
  }

  /** Entries may stand in any order; a scalar has no sizes. */
  @Test
  void tensorsAreInTheOrderOfTheirBytes() throws IOException {
    Path file = folder.resolve("order.safetensors");
    String header =
        "{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
    write(file, header, 5, 7);
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(List.of("a", "b"), read.names());
      assertEquals(0, read.read("a").rank());
      assertEquals(5, read.read("a").getDouble());
      assertEquals(7, read.read("b").getDouble(0));
    }
    // A header may be all there is.
    Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    try (Safetensors read = Safetensors.open(file)) {
      assertEquals(List.of(), read.names());
    }
  }
}
