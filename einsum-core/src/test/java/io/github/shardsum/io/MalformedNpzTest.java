package io.github.shardsum.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule of the archive broken once, in a copy of a good one. */
class MalformedNpzTest {
  private static final int LOCATOR64 = 20;

  @TempDir private Path folder;
  private ByteBuffer zip = ByteBuffer.allocate(0);
  private int end;
  private int central;

  /** Two stored entries, a and b, each with a local header whose data is aligned. */
  @BeforeEach
  void makeAGoodArchive() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a", Tensor.of(new float[] {1, 2}, 2));
    tensors.put("b", Tensor.of(new float[] {3}, 1));
    Path good = folder.resolve("good.npz");
    Npz.write(good, tensors);
    use(Files.readAllBytes(good));
  }

  private void use(byte[] bytes) {
    zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    end = bytes.length - 22;
    central = zip.getInt(end + 16);
  }

  private Path file() throws IOException {
    return Files.write(folder.resolve("bad.npz"), zip.array());
  }

  private void refusesToOpen(long offset, String rule) throws IOException {
    Path file = file();
    TestFiles.refuses(file, offset, rule, () -> Npz.open(file).close());
  }

  private TensorFileException refusesEntry(String name, long offset, String rule)
      throws IOException {
    Path file = file();
    try (Npz npz = Npz.open(file);
        Arena arena = Arena.ofConfined()) {
      TestFiles.refuses(file, offset, rule, () -> npz.map(name, arena));
      return TestFiles.refuses(file, offset, rule, () -> npz.read(name));
    }
  }

  @Test
  void noEndRecord() throws IOException {
    use(Files.readAllBytes(TestFiles.fixture("f4.npy")));
    refusesToOpen(0, "a zip's end record");
    use(new byte[100_000]);
    refusesToOpen(100_000 - 65_535 - 22, "a zip's end record");
    zip = ByteBuffer.allocate(0);
    refusesToOpen(0, "a zip's end record");
  }

  @Test
  void aFileCutShort() throws IOException {
    zip = ByteBuffer.wrap(Arrays.copyOf(zip.array(), zip.capacity() - 1));
    refusesToOpen(0, "a zip's end record");
  }

  @Test
  void anEndRecordThatDoesNotEndTheFile() throws IOException {
    zip.putShort(end + 20, (short) 1);
    refusesToOpen(0, "a zip's end record");
  }

  @Test
  void aZipOfSeveralParts() throws IOException {
    zip.putShort(end + 4, (short) 1);
    refusesToOpen(end + 4, "a zip of one part");
  }

  @Test
  void aDirectoryThatIsNotWhereItIsSaidToBe() throws IOException {
    zip.putInt(end + 16, end + 1);
    refusesToOpen(end, "before its end record");
    zip.putInt(end + 16, -2);
    refusesToOpen(end, "before its end record");
    zip.putInt(end + 16, central - 1);
    refusesToOpen(central - 1, "expected a directory entry");
  }

  @Test
  void aDirectoryOfMoreBytesThanThereAre() throws IOException {
    zip.putInt(end + 12, 1 << 30);
    refusesToOpen(end, "a directory of at most");
  }

  @Test
  void aDirectoryOfMoreEntriesThanFit() throws IOException {
    zip.putShort(end + 8, (short) 0xfffe).putShort(end + 10, (short) 0xfffe);
    refusesToOpen(end, "65534 entries");
    zip.putShort(end + 8, (short) 0xffff).putShort(end + 10, (short) 0xffff);
    refusesToOpen(end, "65535 entries");
  }

  @Test
  void anEntryThatLeavesTheDirectory() throws IOException {
    zip.putShort(central + 28, (short) 0xffff);
    refusesToOpen(central, "a directory entry inside the directory");
  }

  @Test
  void entriesOfOneName() throws IOException {
    zip.put(central + 46, (byte) 'b');
    refusesToOpen(central + 46 + 5, "entries of different names");
  }

  @Test
  void aNameThatIsNotText() throws IOException {
    zip.put(central + 46, (byte) 0xff);
    refusesToOpen(central + 46, "a name in UTF-8");
  }

  @Test
  void anEncryptedEntry() throws IOException {
    zip.putShort(central + 8, (short) 1);
    refusesToOpen(central + 8, "without encryption");
  }

  @Test
  void anotherMethod() throws IOException {
    zip.putShort(central + 10, (short) 12);
    refusesToOpen(central + 10, "method 12");
  }

  @Test
  void aStoredEntryOfTwoSizes() throws IOException {
    zip.putInt(central + 24, 1 << 30);
    refusesToOpen(central + 20, "a stored entry of one size");
  }

  @Test
  void anEntryThatReachesIntoTheDirectory() throws IOException {
    zip.putInt(central + 20, central).putInt(central + 24, central);
    refusesToOpen(central, "an entry before the directory");
    zip.putInt(central + 20, 1).putInt(central + 24, 1).putInt(central + 42, central - 29);
    refusesToOpen(central, "an entry before the directory");
  }

  @Test
  void aWideValueWithoutItsRecord() throws IOException {
    zip.putInt(central + 42, -1);
    refusesToOpen(central + 42, "a zip64 record of this value");
  }

  @Test
  void aWideDirectoryWithoutItsLocator() throws IOException {
    zip.putInt(end + 16, -1);
    refusesToOpen(end, "a zip64 locator");
  }

  private void useWide() throws IOException {
    Path file = folder.resolve("wide.npz");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      Npz.write(channel, Map.of("a", Tensor.of(new float[] {1}, 1)), 0);
    }
    use(Files.readAllBytes(file));
  }

  @Test
  void aWideDirectoryThatLies() throws IOException {
    useWide();
    int record = end - LOCATOR64 - 56;
    byte[] good = zip.array().clone();
    zip.putLong(end - LOCATOR64 + 8, Long.MIN_VALUE);
    refusesToOpen(end - LOCATOR64, "a zip64 end record before its locator");
    use(good.clone());
    zip.putInt(record, 0);
    refusesToOpen(record, "expected a zip64 end record");
    use(good.clone());
    zip.putLong(record + 32, 7);
    refusesToOpen(record + 16, "a zip of one part");
    use(good.clone());
    zip.putLong(record + 24, Long.MAX_VALUE).putLong(record + 32, Long.MAX_VALUE);
    refusesToOpen(record, "as many entries as it says");
    use(good.clone());
    zip.putLong(record + 40, Long.MAX_VALUE);
    refusesToOpen(record, "a directory of at most");
    use(good.clone());
    zip.putLong(record + 48, -1);
    refusesToOpen(record, "a directory of at most");
  }

  @Test
  void aLocalHeaderThatIsAnother() throws IOException {
    zip.putInt(0, 0);
    refusesEntry("a", 0, "the local header of entry \"a.npy\"");
  }

  @Test
  void aLocalHeaderThatPushesItsDataOutOfTheFile() throws IOException {
    zip.putShort(28, (short) 0xffff);
    refusesEntry("a", 0, "an entry inside the file");
  }

  @Test
  void anArrayThatIsMalformedIsRefusedAtItsPlaceInTheFile() throws IOException {
    int data = 30 + 5 + Short.toUnsignedInt(zip.getShort(28));
    zip.put(data, (byte) 0);
    TensorFileException thrown = refusesEntry("a", data, "entry \"a.npy\": expected the magic");
    assertEquals(Optional.of("a.npy"), thrown.entry());
  }

  @Test
  void aStoredEntryWhoseChecksumDiffers() throws IOException {
    int data = 30 + 5 + Short.toUnsignedInt(zip.getShort(28));
    zip.put(data + 128, (byte) 9);
    Path file = file();
    try (Npz npz = Npz.open(file)) {
      TestFiles.refuses(file, data, "bytes with checksum", () -> npz.read("a"));
      assertEquals(3, npz.read("b").getDouble(0), "the other one is whole");
    }
  }

  private void useDeflated(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      out.putNextEntry(new java.util.zip.ZipEntry("a.npy"));
      out.write(content);
    }
    use(bytes.toByteArray());
  }

  private static byte[] array() throws IOException {
    return Files.readAllBytes(TestFiles.fixture("f8.npy"));
  }

  @Test
  void aDeflatedEntryOfAnotherSizeThanItSays() throws IOException {
    useDeflated(array());
    zip.putInt(central + 24, 175);
    refusesEntry("a", 128, "the data of shape [2, 3]");
    zip.putInt(central + 24, 177);
    refusesEntry("a", 176, "as many inflated bytes as the directory says (177)");
    byte[] longer = Arrays.copyOf(array(), 200);
    useDeflated(longer);
    zip.putInt(central + 24, 180);
    refusesEntry("a", 200, "as many inflated bytes as the directory says (180)");
  }

  @Test
  void aDeflatedEntryThatClaimsWhatItHasNot() throws IOException {
    byte[] wrongSize =
        TestFiles.npy("{'descr': '<f4', 'fortran_order': False, 'shape': (250000000,)}", 0);
    useDeflated(wrongSize);
    zip.putInt(central + 24, 1_000_000_000 + wrongSize.length);
    refusesEntry("a", wrongSize.length, "as many inflated bytes");
    zip.putInt(central + 24, -2);
    refusesEntry("a", 30 + 5, "an entry that inflates to at most 1073741824 bytes");
  }

  @Test
  void aDeflatedEntryWhoseChecksumDiffers() throws IOException {
    useDeflated(array());
    zip.putInt(central + 16, 0x1234abcd);
    refusesEntry("a", 0, "bytes with checksum 1234abcd");
  }

  @Test
  void bytesThatDoNotInflate() throws IOException {
    useDeflated(array());
    zip.put(35, (byte) 0xff);
    refusesEntry("a", 0, "expected deflated bytes");
  }

  @Test
  void aDeflatedEntryCutShort() throws IOException {
    useDeflated(array());
    zip.putInt(central + 20, 20);
    Path file = file();
    try (Npz npz = Npz.open(file)) {
      TensorFileException thrown = assertThrows(TensorFileException.class, () -> npz.read("a"));
      assertEquals("expected deflated bytes that end", thrown.rule());
    }
  }

  @Test
  void deflatedBytesThatEndBeforeTheirEntry() throws IOException {
    useDeflated(array());
    int compressed = zip.getInt(central + 20);
    zip.putInt(central + 20, compressed + 1);
    refusesEntry("a", 35 + compressed, "that fill their entry");
  }

  @Test
  void aDeflatedArrayThatIsMalformedIsRefusedAtItsPlaceInTheArray() throws IOException {
    byte[] bytes = array();
    bytes[6] = 9;
    useDeflated(bytes);
    refusesEntry("a", 6, "version 1.0, 2.0 or 3.0");
  }

  @Test
  void anEntryThatIsNoArray() throws IOException {
    useDeflated("not an array".getBytes(StandardCharsets.US_ASCII));
    refusesEntry("a", 0, "the magic");
  }
}
