package io.github.shardsum.internal.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.Npy;
import io.github.shardsum.io.Npz;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.io.TestFiles;
import io.github.shardsum.io.WholeFile;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole or not at all, and what is no file to read or write. */
class AtomicFileTest {
  @TempDir private Path folder;

  private static Tensor dead(long elements) {
    try (Arena arena = Arena.ofConfined()) {
      return Tensor.allocate(arena, DType.F32, Shape.of(elements));
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("a.bin");
    Files.writeString(file, "old");
    // The first block is written before the second one fails.
    Map<String, Tensor> tensors =
        new java.util.TreeMap<>(Map.of("a", Tensor.zeros(DType.F32, 100), "b", dead(100)));
    assertThrows(IllegalStateException.class, () -> Npy.write(file, dead(100)));
    assertThrows(IllegalStateException.class, () -> Npz.write(file, tensors));
    assertThrows(IllegalStateException.class, () -> Safetensors.write(file, tensors, Map.of()));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), TestFiles.list(folder));
  }

  @Test
  void aFullDiskIsToldWithTheFile() throws IOException {
    Path file = folder.resolve("a.npy");
    FileSystemException told =
        assertThrows(
            FileSystemException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      throw new IOException("No space left on device");
                    }));
    assertEquals(file + ": No space left on device", told.getMessage());
    assertEquals(List.of(), TestFiles.list(folder));
  }

  /** The child writes a part, says so, and would write for ever. */
  static final class Endless {
    private Endless() {}

    public static void main(String[] args) throws IOException {
      AtomicFile.write(
          Path.of(args[0]),
          channel -> {
            AtomicFile.append(channel, ByteBuffer.allocate(1 << 16));
            System.out.println("part");
            while (true) {
              // It may return for no reason.
              LockSupport.park();
            }
          });
    }
  }

  /** The child is told to end in the middle of a write for which a hook of its own waits. */
  static final class Awaited {
    private Awaited() {}

    public static void main(String[] args) throws IOException {
      CountDownLatch ending = new CountDownLatch(1);
      CountDownLatch written = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    ending.countDown();
                    await(written);
                  }));
      AtomicFile.write(
          Path.of(args[0]),
          channel -> {
            AtomicFile.append(channel, ByteBuffer.wrap("half".getBytes(UTF_8)));
            System.out.println("part");
            await(ending);
            // The hook of the file itself has begun too, and would have ended.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            AtomicFile.append(channel, ByteBuffer.wrap(" and half".getBytes(UTF_8)));
          });
      AtomicFile.write(
          Path.of(args[0] + ".second"),
          channel -> AtomicFile.append(channel, ByteBuffer.wrap("next".getBytes(UTF_8))));
      written.countDown();
    }

    private static void await(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }

  /** Starts a child that writes a file, and ends it once it has written a part. */
  private void endInTheMiddle(Class<?> writer, Path file) throws Exception {
    String target = System.getProperty("basedir") + "/target/";
    Process child =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-cp",
                target + "classes" + File.pathSeparator + target + "test-classes",
                writer.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said = child.inputReader()) {
      assertEquals("part", said.readLine());
      assertEquals(2, TestFiles.list(folder).size());
      child.destroy();
      assertTrue(child.waitFor(5, TimeUnit.MINUTES));
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void aSignalInTheMiddleOfAWriteLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = Files.writeString(folder.resolve("a.bin"), "old");
    endInTheMiddle(Endless.class, file);
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), TestFiles.list(folder));
  }

  @Test
  void aWriteForWhichAShutdownHookWaitsIsNotLostByASignal() throws Exception {
    Path file = Files.writeString(folder.resolve("a.bin"), "old");
    Path second = folder.resolve("a.bin.second");
    endInTheMiddle(Awaited.class, file);
    assertEquals("half and half", Files.readString(file));
    assertEquals("next", Files.readString(second));
    assertEquals(List.of(file, second), TestFiles.list(folder).stream().sorted().toList());
  }

  @Test
  void aFileIsOnTheDiskBeforeItsNameAndItsNameBeforeTheEnd() throws IOException {
    Path file = Files.writeString(folder.resolve("a.bin"), "old");
    List<String> seen = new ArrayList<>();
    AtomicFile.write(
        file,
        channel -> AtomicFile.append(channel, ByteBuffer.wrap("new".getBytes(UTF_8))),
        new AtomicFile.Disk() {
          @Override
          public void force(FileChannel part) throws IOException {
            seen.add(part.size() + " bytes of " + Files.readString(file));
          }

          @Override
          public void force(Path forced) {
            try {
              seen.add(folder.equals(forced) + " " + Files.readString(file));
            } catch (IOException failed) {
              throw new UncheckedIOException(failed);
            }
          }
        });
    assertEquals(List.of("3 bytes of old", "true new"), seen);
  }

  @Test
  void partsOfAKilledProcessAreDeletedAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("a.part"), "mine");
    Files.writeString(folder.resolve(".shardsum-1234.part"), "half");
    WholeFile.deleteParts(folder);
    assertEquals(List.of(file), TestFiles.list(folder));
  }

  @Test
  void anInterruptedWriterIsToldOfItsFile() throws IOException {
    Path file = folder.resolve("interrupted");
    Thread.currentThread().interrupt();
    FileSystemException failed;
    try {
      failed =
          assertThrows(
              FileSystemException.class,
              () ->
                  AtomicFile.write(
                      file, channel -> AtomicFile.append(channel, ByteBuffer.wrap(new byte[4]))));
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertEquals(file + ": the thread that wrote it was interrupted", failed.getMessage());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /** Opens, reads or maps a file. */
  @FunctionalInterface
  private interface Reading {
    void of(Path file) throws IOException;
  }

  private static void assertInterruptedReaderIsToldOf(Path file, Reading reading) {
    Thread.currentThread().interrupt();
    FileSystemException failed;
    try {
      failed = assertThrows(FileSystemException.class, () -> reading.of(file));
    } finally {
      assertTrue(Thread.interrupted());
    }
    assertEquals(file + ": the thread that read it was interrupted", failed.getMessage());
  }

  @Test
  void anInterruptedReaderIsToldOfItsFile() throws IOException {
    Map<String, Tensor> one = Map.of("a", Tensor.zeros(DType.F32, 3));
    Path npy = folder.resolve("a.npy");
    Path npz = folder.resolve("a.npz");
    Path safetensors = folder.resolve("a.safetensors");
    Npy.write(npy, Tensor.zeros(DType.F32, 3));
    Npz.write(npz, one);
    Safetensors.write(safetensors, one, Map.of());
    try (Arena arena = Arena.ofConfined()) {
      assertInterruptedReaderIsToldOf(npy, file -> Npy.map(file, arena));
    }
    assertInterruptedReaderIsToldOf(npy, Npy::read);
    assertInterruptedReaderIsToldOf(npz, file -> Npz.open(file).close());
    assertInterruptedReaderIsToldOf(safetensors, file -> Safetensors.open(file).close());
    // Interrupted between opening and reading.
    try (Npz open = Npz.open(npz);
        Safetensors tensors = Safetensors.open(safetensors)) {
      assertInterruptedReaderIsToldOf(safetensors, _ -> tensors.read("a"));
      Thread.currentThread().interrupt();
      FileSystemException failed;
      try {
        failed = assertThrows(FileSystemException.class, () -> open.read("a"));
      } finally {
        assertTrue(Thread.interrupted());
      }
      assertTrue(failed.getMessage().startsWith(npz.toString()), failed.getMessage());
      assertTrue(failed.getMessage().endsWith("was interrupted"), failed.getMessage());
    }
  }

  @Test
  void aPathThatIsNullIsNamed() {
    NullPointerException told =
        assertThrows(NullPointerException.class, () -> Npy.write(null, Tensor.zeros(DType.F32, 1)));
    assertEquals("path", told.getMessage());
  }

  @Test
  void aFailedWriteMakesNoFile() throws IOException {
    assertThrows(
        IllegalStateException.class, () -> Npy.write(folder.resolve("a.npy"), dead(100_000)));
    assertEquals(List.of(), TestFiles.list(folder));
  }

  @Test
  void aMappedFileThatIsReplacedStaysAsItWas() throws IOException {
    Path file = folder.resolve("a.npy");
    Npy.write(file, Tensor.full(DType.F32, 1, 1000));
    try (Arena arena = Arena.ofConfined()) {
      Tensor mapped = Npy.map(file, arena);
      Npy.write(file, Tensor.full(DType.F32, 2, 10));
      assertEquals(1, mapped.getDouble(999));
      Npy.write(file, mapped);
      assertEquals(1000, Npy.read(file).size(0), "a file may be written from its own mapping");
    }
  }

  @Test
  void aFileHasTheRightsOfAnyNewFile() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain"), "");
    Path file = folder.resolve("a.npy");
    Npy.write(file, Tensor.zeros(DType.F32, 1));
    Set<PosixFilePermission> wanted = Files.getPosixFilePermissions(plain);
    assertEquals(wanted, Files.getPosixFilePermissions(file));
  }

  @Test
  void aLinkStaysALink() throws IOException {
    Path file = folder.resolve("file.npy");
    Path link = folder.resolve("link.npy");
    Npy.write(file, Tensor.zeros(DType.F32, 1));
    Files.createSymbolicLink(link, file);
    Npy.write(link, Tensor.full(DType.F32, 3, 1));
    assertTrue(Files.isSymbolicLink(link));
    assertArrayEquals(new float[] {3}, Npy.read(file).toFloatArray());
  }

  @Test
  void aFileThatIsWrittenAnewKeepsItsRights() throws IOException {
    Path file = folder.resolve("a.npy");
    Set<PosixFilePermission> mine =
        Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    Npy.write(file, Tensor.zeros(DType.F32, 1));
    Files.setPosixFilePermissions(file, mine);
    Npy.write(file, Tensor.full(DType.F32, 3, 1));
    assertEquals(mine, Files.getPosixFilePermissions(file));
    assertArrayEquals(new float[] {3}, Npy.read(file).toFloatArray());
  }

  /** Others must not read a secret while it is written. */
  @Test
  void aFileHasItsRightsBeforeItsContent() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "old");
    Set<PosixFilePermission> mine =
        Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    Files.setPosixFilePermissions(file, mine);
    AtomicFile.write(
        file,
        channel -> {
          try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
              assertEquals(mine, Files.getPosixFilePermissions(each), each::toString);
            }
          }
          AtomicFile.append(channel, ByteBuffer.wrap("new".getBytes(UTF_8)));
        });
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aLinkToNoFileYetStaysALink() throws IOException {
    Path file = folder.resolve("file.npy");
    Path near = Files.createSymbolicLink(folder.resolve("near.npy"), Path.of("file.npy"));
    Path far = Files.createSymbolicLink(folder.resolve("far.npy"), near);
    Npy.write(far, Tensor.full(DType.F32, 3, 1));
    assertTrue(Files.isSymbolicLink(far) && Files.isSymbolicLink(near));
    assertArrayEquals(new float[] {3}, Npy.read(file).toFloatArray());
  }

  @Test
  void linksInACircleAreAnError() throws IOException {
    Path one = folder.resolve("one.npy");
    Path other = Files.createSymbolicLink(folder.resolve("other.npy"), one);
    Files.createSymbolicLink(one, other);
    FileSystemException thrown =
        assertThrows(FileSystemException.class, () -> Npy.write(one, Tensor.zeros(DType.F32, 1)));
    assertTrue(thrown.getMessage().contains("symbolic links have no end"), thrown.getMessage());
  }

  @Test
  void aMissingFolderIsNamed() {
    Path file = folder.resolve("none").resolve("a.npy");
    NoSuchFileException thrown =
        assertThrows(NoSuchFileException.class, () -> Npy.write(file, Tensor.zeros(DType.F32, 1)));
    assertEquals(file.toString(), thrown.getFile());
  }

  @Test
  void foldersAndDevicesAreNeitherReadNorWritten() throws IOException {
    for (Path path : List.of(folder, Path.of("/dev/null"), Path.of("/dev/zero"))) {
      assertThrows(FileSystemException.class, () -> Npy.read(path));
      assertThrows(FileSystemException.class, () -> Npz.open(path).close());
      assertThrows(FileSystemException.class, () -> Safetensors.open(path).close());
      assertThrows(FileSystemException.class, () -> Npy.write(path, Tensor.zeros(DType.F32, 1)));
    }
    assertEquals(List.of(), TestFiles.list(folder));
  }

  @Test
  void aFileThatIsNotThereIsAnErrorOfTheFileSystem() {
    assertThrows(NoSuchFileException.class, () -> Npy.read(folder.resolve("none.npy")));
    assertThrows(NoSuchFileException.class, () -> Npz.open(folder.resolve("none.npz")).close());
  }
}
