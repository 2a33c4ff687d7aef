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
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that NumPy wrote, and what NumPy would have written. */
class NpyTest {
  private static final double[] REAL = {-1.5, 0, 0.5, 1, 2.5, 100};
  private static final double[] WHOLE = {-100, -1, 0, 1, 2, 100};
  private static final double[] COUNT = {100, 1, 0, 1, 2, 100};
  private static final double[] TRUTH = {1, 0, 0, 0, 1, 1};

  @TempDir private Path folder;

  private static void assertHolds(String name, DType dtype, double[] values, long... shape)
      throws IOException {
    Path file = TestFiles.fixture(name);
    try (Arena arena = Arena.ofConfined()) {
      Tensor mapped = Npy.map(file, arena);
      assertEquals(dtype, mapped.dtype());
      assertEquals(Shape.of(shape), mapped.shape());
      assertArrayEquals(values, mapped.toDoubleArray());
      Tensor read = Npy.read(file);
      assertEquals(dtype, read.dtype());
      assertEquals(Shape.of(shape), read.shape());
      assertArrayEquals(values, read.toDoubleArray());
      assertArrayEquals(read.strides(), mapped.strides());
      assertTrue(read.segment().heapBase().isPresent());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "f2, F32",
    "f4, F32",
    "f8, F64",
    "f2_fortran, F32",
    "f4_fortran, F32",
    "f8_fortran, F64",
    "bf16, BF16",
    "void2, BF16",
    "version1, F32",
    "version2, F32",
    "version3, F32",
    "big_f2, F32",
    "big_f4, F32",
    "big_f8, F64",
    "big_f2_fortran, F32",
    "big_f4_fortran, F32",
    "big_f8_fortran, F64"
  })
  void realNumbersOfEveryKindAreRead(String name, DType dtype) throws IOException {
    assertHolds(name + ".npy", dtype, REAL, 2, 3);
  }

  @ParameterizedTest
  @CsvSource({
    "i1, I32",
    "i2, I32",
    "i4, I32",
    "i8, I64",
    "big_i2, I32",
    "big_i4, I32",
    "big_i8, I64"
  })
  void signedIntegersOfEveryKindAreRead(String name, DType dtype) throws IOException {
    assertHolds(name + ".npy", dtype, WHOLE, 2, 3);
  }

  @ParameterizedTest
  @CsvSource({"u1, I32", "u2, I32", "u4, I64", "big_u2, I32", "big_u4, I64"})
  void unsignedIntegersAreReadIntoADTypeThatHoldsThem(String name, DType dtype) throws IOException {
    assertHolds(name + ".npy", dtype, COUNT, 2, 3);
    assertHolds("u4_large.npy", DType.I64, new double[] {0xffffffffL}, 1);
  }

  @Test
  void booleansScalarsAndEmptyArraysAreRead() throws IOException {
    assertHolds("b1.npy", DType.BOOL, TRUTH, 2, 3);
    assertHolds("scalar.npy", DType.F64, new double[] {2.5});
    assertHolds("one_axis.npy", DType.I64, new double[] {1, 2, 3}, 3);
    assertHolds("empty.npy", DType.F32, new double[0], 0, 3);
  }

  @Test
  void ofSeveralArraysTheFirstIsRead() throws IOException {
    assertHolds("two_arrays.npy", DType.F32, REAL, 2, 3);
  }

  @Test
  void anArrayIsMappedWhereItsBytesCanBeUsed() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      for (String name : new String[] {"f4", "f8", "i4", "i8", "b1", "bf16", "f4_fortran"}) {
        Tensor tensor = Npy.map(TestFiles.fixture(name + ".npy"), arena);
        assertTrue(tensor.segment().isMapped(), name);
        assertTrue(tensor.segment().isReadOnly(), name);
        assertEquals(0, tensor.segment().address() % 64, name);
        assertThrows(IllegalArgumentException.class, () -> tensor.set(1.0, 0, 0));
      }
      for (String name : new String[] {"big_f4", "f2", "u1", "u4"}) {
        Tensor tensor = Npy.map(TestFiles.fixture(name + ".npy"), arena);
        assertTrue(tensor.segment().isNative(), name);
        assertFalse(tensor.segment().isMapped(), name);
        tensor.set(7.0, 1, 2);
        assertEquals(7.0, tensor.getDouble(1, 2));
      }
    }
  }

  @Test
  void fortranOrderIsAView() throws IOException {
    assertArrayEquals(new long[] {1, 2}, Npy.read(TestFiles.fixture("f8_fortran.npy")).strides());
  }

  @Test
  void theLifetimeIsTheArenas() throws IOException {
    Tensor tensor;
    try (Arena arena = Arena.ofConfined()) {
      tensor = Npy.map(TestFiles.fixture("f4.npy"), arena);
    }
    assertThrows(IllegalStateException.class, () -> tensor.getDouble(0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"f4", "f8", "i4", "i8", "b1", "bf16", "scalar", "one_axis", "empty", "version1"})
  void whatIsWrittenIsByteForByteWhatNumpyWrites(String name) throws IOException {
    Path original = TestFiles.fixture(name + ".npy");
    Path copy = folder.resolve("copy.npy");
    Npy.write(copy, Npy.read(original));
    assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(copy));
  }

  @Test
  void aStridedTensorIsWrittenInCOrder() throws IOException {
    Path copy = folder.resolve("copy.npy");
    Npy.write(copy, Npy.read(TestFiles.fixture("f4_fortran.npy")));
    assertArrayEquals(Files.readAllBytes(TestFiles.fixture("f4.npy")), Files.readAllBytes(copy));
  }

  @Test
  void trueIsWrittenAsOne() throws IOException {
    Path file = folder.resolve("truth.npy");
    Npy.write(file, Tensor.ofBool(new byte[] {0, 5, -1}, 3));
    byte[] bytes = Files.readAllBytes(file);
    assertArrayEquals(new byte[] {0, 1, 1}, new byte[] {bytes[128], bytes[129], bytes[130]});
  }

  @Test
  void aHeaderTooLongForVersionOneIsWrittenAsVersionTwo() throws IOException {
    long[] ones = new long[30_000];
    java.util.Arrays.fill(ones, 1);
    Path file = folder.resolve("ones.npy");
    Npy.write(file, Tensor.of(new float[] {7}, ones));
    assertEquals(2, Files.readAllBytes(file)[6]);
    Tensor read = Npy.read(file);
    assertEquals(30_000, read.rank());
    assertArrayEquals(new float[] {7}, read.toFloatArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'descr':'<f4','fortran_order':False,'shape':(2,)}",
        "{\"shape\": (2,), \"descr\": \"<f4\", \"fortran_order\": False}",
        "  {\n'fortran_order' :\tFalse , 'shape' : ( 2 , ) , 'descr' : '<f4' , } \n",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2L,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 1), }"
      })
  void theDictMayBeWrittenAnyWayThatPythonReadsIt(String dict) throws IOException {
    for (int version = 1; version <= 3; version++) {
      Path file = folder.resolve("dict.npy");
      Files.write(file, TestFiles.npy(version, dict, 8));
      assertEquals(2, Npy.read(file).shape().elementCount());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "f4, F32",
    "=f4, F32",
    "|f4, F32",
    "=i8, I64",
    "?, BOOL",
    "<b1, BOOL",
    ">b1, BOOL",
    "<i1, I32",
    "V2, BF16",
    "<V2, BF16",
    "|V2, BF16",
    "bfloat16, BF16"
  })
  void aDtypeWithoutAnOrderIsOfTheMachines(String descr, DType dtype) throws IOException {
    Path file = folder.resolve("dtype.npy");
    String dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,)}";
    Files.write(file, TestFiles.npy(dict, 8));
    assertEquals(dtype, Npy.read(file).dtype());
  }

  @Test
  void aBigEndianBf16IsConverted() throws IOException {
    byte[] bytes = TestFiles.npy("{'descr': '>V2', 'fortran_order': False, 'shape': (1,)}", 2);
    bytes[bytes.length - 2] = 0x3f;
    bytes[bytes.length - 1] = (byte) 0x80;
    Path file = folder.resolve("big.npy");
    Files.write(file, bytes);
    assertEquals(1.0, Npy.read(file).getDouble(0));
  }

  @Test
  void anArrayThatIsNotAlignedIsMappedAllTheSame() throws IOException {
    Path file = folder.resolve("odd.npy");
    String dict = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} ";
    byte[] bytes = TestFiles.npy(dict, 8);
    assertTrue((bytes.length - 8) % 8 != 0);
    bytes[bytes.length - 1] = 0x40;
    Files.write(file, bytes);
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(2.0, Npy.map(file, arena).getDouble(0));
    }
  }
}
