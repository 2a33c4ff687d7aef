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
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives that NumPy wrote, and archives that other zip readers read. */
class NpzTest {
  private static final double[] REAL = {-1.5, 0, 0.5, 1, 2.5, 100};
  private static final double[] WHOLE = {-100, -1, 0, 1, 2, 100};

  @TempDir private Path folder;

  private static void assertHolds(Npz npz, String name, DType dtype, double[] values, long... shape)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      for (Tensor tensor : List.of(npz.read(name), npz.map(name, arena))) {
        assertEquals(dtype, tensor.dtype());
        assertEquals(Shape.of(shape), tensor.shape());
        assertArrayEquals(values, tensor.toDoubleArray());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stored.npz", "deflated.npz"})
  void numpysArchivesAreRead(String fixture) throws IOException {
    try (Npz npz = Npz.open(TestFiles.fixture(fixture))) {
      assertEquals(
          List.of(
              "real",
              "fortran",
              "big",
              "whole",
              "truth",
              "bf16",
              "zahlen/größe",
              "scalar",
              "empty"),
          npz.names());
      assertHolds(npz, "real", DType.F32, REAL, 2, 3);
      assertHolds(npz, "real.npy", DType.F32, REAL, 2, 3);
      assertHolds(npz, "fortran", DType.F64, REAL, 2, 3);
      assertHolds(npz, "big", DType.F64, REAL, 2, 3);
      assertHolds(npz, "whole", DType.I64, WHOLE, 2, 3);
      assertHolds(npz, "truth", DType.BOOL, new double[] {1, 0, 0, 0, 1, 1}, 2, 3);
      assertHolds(npz, "bf16", DType.BF16, REAL, 2, 3);
      assertHolds(npz, "zahlen/größe", DType.I32, WHOLE, 2, 3);
      assertHolds(npz, "scalar", DType.F64, new double[] {2.5});
      assertHolds(npz, "empty", DType.F64, new double[0], 0, 3);
    }
  }

  @Test
  void anArchiveWithoutArraysIsRead() throws IOException {
    try (Npz npz = Npz.open(TestFiles.fixture("no_arrays.npz"))) {
      assertEquals(List.of(), npz.names());
    }
  }

  @Test
  void storedEntriesAreMappedAndOutliveTheArchive() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Tensor mapped;
      Tensor inflated;
      try (Npz stored = Npz.open(TestFiles.fixture("stored.npz"));
          Npz deflated = Npz.open(TestFiles.fixture("deflated.npz"))) {
        mapped = stored.map("real", arena);
        inflated = deflated.map("real", arena);
      }
      assertTrue(mapped.segment().isMapped());
      assertFalse(inflated.segment().isMapped());
      assertTrue(inflated.segment().isNative());
      assertArrayEquals(REAL, mapped.toDoubleArray());
      assertArrayEquals(REAL, inflated.toDoubleArray());
    }
  }

  @Test
  void aNameThatIsNotThereIsAnErrorThatListsThoseThatAre() throws IOException {
    try (Npz npz = Npz.open(TestFiles.fixture("stored.npz"))) {
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> npz.read("none"));
      String message = String.valueOf(thrown.getMessage());
      assertTrue(
          message.contains("\"real\", \"fortran\"") && message.endsWith("\"none\""), message);
    }
  }

  private static Map<String, Tensor> several() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("b", Tensor.of(REAL, 2, 3));
    tensors.put("größe", Tensor.of(new int[] {1, 2, 3}, 3));
    tensors.put("a", Tensor.of(new float[70_000], 70_000));
    tensors.put("empty", Tensor.zeros(DType.BOOL, 0, 3));
    return tensors;
  }

  @Test
  void whatIsWrittenIsAZipThatOthersRead() throws IOException {
    Path file = folder.resolve("a.npz");
    Npz.write(file, several());
    assertJavaReads(file);
  }

  private static void assertJavaReads(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        ZipInputStream stream = new ZipInputStream(Files.newInputStream(file))) {
      for (Map.Entry<String, Tensor> entry : several().entrySet()) {
        Path npy = file.resolveSibling("entry.npy");
        Npy.write(npy, entry.getValue());
        byte[] wanted = Files.readAllBytes(npy);
        ZipEntry found = zip.getEntry(entry.getKey() + ".npy");
        assertArrayEquals(wanted, zip.getInputStream(found).readAllBytes());
        assertEquals(entry.getKey() + ".npy", stream.getNextEntry().getName());
        assertArrayEquals(wanted, stream.readAllBytes());
      }
    }
  }

  @Test
  void theBytesDependOnTheArraysAlone() throws IOException {
    Npz.write(folder.resolve("a.npz"), several());
    Npz.write(folder.resolve("b.npz"), several());
    assertEquals(-1, Files.mismatch(folder.resolve("a.npz"), folder.resolve("b.npz")));
  }

  @Test
  void everyArrayIsAlignedInTheFile() throws IOException {
    Path file = folder.resolve("a.npz");
    Npz.write(file, several());
    try (Npz npz = Npz.open(file);
        Arena arena = Arena.ofConfined()) {
      for (String name : npz.names()) {
        assertEquals(0, npz.map(name, arena).segment().address() % 64, name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 200, 1000, 300_000})
  void zip64RecordsAreWrittenAndReadWhereNumbersNeedThem(long from) throws IOException {
    Path file = folder.resolve("wide.npz");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Npz.write(channel, several(), from);
    }
    try (Npz npz = Npz.open(file)) {
      for (Map.Entry<String, Tensor> entry : several().entrySet()) {
        assertArrayEquals(
            entry.getValue().toDoubleArray(), npz.read(entry.getKey()).toDoubleArray());
      }
    }
    assertJavaReads(file);
  }

  @Test
  void aCommentAndForeignEntriesAreFine() throws IOException {
    Path file = folder.resolve("mixed.npz");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setComment("a comment with PK\5\6 in it");
      zip.putNextEntry(new ZipEntry("readme.txt"));
      zip.write(new byte[10]);
      zip.putNextEntry(new ZipEntry("a.npy"));
      zip.write(Files.readAllBytes(TestFiles.fixture("f4.npy")));
    }
    try (Npz npz = Npz.open(file)) {
      assertEquals(List.of("a"), npz.names());
      assertHolds(npz, "a", DType.F32, REAL, 2, 3);
    }
  }

  @Test
  void aBombIsRefusedUnlessTheLimitIsRaised() throws IOException {
    Path file = folder.resolve("bomb.npz");
    int count = 3_000_000;
    Path npy = folder.resolve("zeros.npy");
    Npy.write(npy, Tensor.zeros(DType.F32, count));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("zeros.npy"));
      zip.write(Files.readAllBytes(npy));
    }
    try (Npz npz = Npz.open(file, 1_000_000);
        Arena arena = Arena.ofConfined()) {
      long data = 30L + "zeros.npy".length();
      TestFiles.refuses(file, data, "open with a higher limit", () -> npz.read("zeros"));
      TestFiles.refuses(file, data, "at most 1000000 bytes", () -> npz.map("zeros", arena));
    }
    try (Npz npz = Npz.open(file)) {
      assertEquals(count, npz.read("zeros").size(0));
    }
  }

  @Test
  void namesThatNoZipHoldsAreRefusedBeforeAnythingIsWritten() throws IOException {
    Tensor tensor = Tensor.zeros(DType.F32, 1);
    for (String name : List.of("", "x".repeat(65_532), "\ud800")) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Npz.write(folder.resolve("a.npz"), Map.of(name, tensor)));
    }
    assertEquals(List.of(), TestFiles.list(folder));
    char[] longest = new char[65_531];
    Arrays.fill(longest, 'x');
    Npz.write(folder.resolve("a.npz"), Map.of(new String(longest), tensor));
    try (Npz npz = Npz.open(folder.resolve("a.npz"))) {
      assertEquals(1, npz.read(new String(longest)).size(0));
    }
  }
}
