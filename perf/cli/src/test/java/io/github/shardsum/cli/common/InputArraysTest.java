package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.ChildJvm;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputArraysTest {
  private static final Path STANDARD = Path.of(InputArrays.STANDARD);

  @TempDir private Path folder;

  private static InputArrays arrays(byte... standardInput) {
    return new InputArrays(new ByteArrayInputStream(standardInput));
  }

  private static String cut(InputArrays inputs, Path file, Tensor mapped) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(200);
    }
    return assertThrows(
            IllegalArgumentException.class, () -> inputs.read(() -> Einsum.einsum("ij->j", mapped)))
        .getMessage();
  }

  @Test
  void aFileThatIsCutShortWhileItIsReadIsNamed() throws IOException {
    Path file = folder.resolve("a.npy");
    Npy.write(file, Tensor.full(DType.F32, 1, 1000, 1000));
    long size = Files.size(file);
    try (InputArrays inputs = arrays()) {
      Tensor mapped = inputs.map(file.toString());
      assertEquals(
          file + ": must stay as it is while it is read, got 200 bytes where there were " + size,
          cut(inputs, file, mapped));
    }
  }

  @Test
  void anotherFaultStaysWhatItIs() throws IOException {
    Npy.write(folder.resolve("a.npy"), Tensor.scalar(DType.F32, 1));
    InternalError fault = new InternalError("a defect");
    try (InputArrays inputs = arrays()) {
      inputs.map(folder.resolve("a.npy").toString());
      Files.delete(folder.resolve("a.npy"));
      assertSame(
          fault,
          assertThrows(
              InternalError.class,
              () ->
                  inputs.read(
                      () -> {
                        throw fault;
                      })));
    }
  }

  @Test
  void whatOneCommandWritesToStandardOutputAnotherReads() throws IOException {
    Tensor tensor = Tensor.of(new double[] {1, 2, 3}, 3);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ResultArrays.write(STANDARD, tensor, new PrintStream(bytes));
    try (InputArrays inputs = arrays(bytes.toByteArray())) {
      assertArrayEquals(tensor.toDoubleArray(), inputs.map("-").toDoubleArray());
      String told =
          assertThrows(IllegalArgumentException.class, () -> inputs.map("-")).getMessage();
      assertEquals("-: standard input can be read once, got it twice", told);
    }
  }

  @Test
  void whatIsNoArrayOnStandardInputIsTold() {
    try (InputArrays inputs = arrays((byte) 1, (byte) 2)) {
      String told =
          assertThrows(IllegalArgumentException.class, () -> inputs.map("-")).getMessage();
      assertTrue(told.startsWith("standard input: "), told);
    }
  }

  @Test
  void aStandardOutputThatIsFullIsTold() {
    PrintStream full =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("No space left on device");
              }
            });
    String told =
        assertThrows(
                FileSystemException.class,
                () -> ResultArrays.write(STANDARD, Tensor.scalar(DType.F32, 1), full))
            .getMessage();
    assertEquals("standard output: not all of it could be written", told);
  }

  @Test
  void aResultBeyondAJavaArrayLiesInTheArena() throws IOException {
    try (InputArrays inputs = new InputArrays(InputStream.nullInputStream())) {
      Tensor small = ResultArrays.allocate(inputs.arena(), DType.F32, Shape.of(3, 4), 11);
      assertTrue(small.segment().isNative());
      assertEquals("[3, 4]", small.shape().toString());
      String told =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      ResultArrays.allocate(
                          inputs.arena(), DType.F64, Shape.of(1L << 30, 1L << 28)))
              .getMessage();
      assertTrue(told.startsWith("memory: a result of f64 [1073741824, 268435456] must fit"), told);
    }
  }

  /** As by Ctrl-C: what is copied until then may be gigabytes. */
  @Test
  void aProcessThatIsToldToEndLeavesNoCopyOfItsStandardInput()
      throws IOException, InterruptedException {
    Process child =
        ChildJvm.of(List.of("-Djava.io.tmpdir=" + folder), "einsum", "ij->ji", "-").start();
    try {
      while (isEmpty(folder)) {
        assertTrue(child.isAlive(), "the child ended");
        Thread.sleep(20);
      }
    } finally {
      child.destroy();
    }
    child.waitFor();
    assertTrue(isEmpty(folder), "a copy is left");
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }
}
