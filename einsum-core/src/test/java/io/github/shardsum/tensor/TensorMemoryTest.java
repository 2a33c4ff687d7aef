package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The caller's memory: aliased, of every kind, and never touched once it is gone. */
class TensorMemoryTest {
  private static Tensor counting(DType dtype, long... shape) {
    long[] values = Dense.counting(shape).values();
    return Tensor.of(values, shape).convert(dtype);
  }

  @ParameterizedTest
  @EnumSource(TensorStorages.class)
  void readsAndWritesEveryKindOfMemory(TensorStorages home) {
    try (Arena arena = Arena.ofConfined()) {
      for (DType dtype : DType.values()) {
        Tensor source = counting(dtype, 3, 4);
        Tensor tensor = home.copy(arena, source);
        assertArrayEquals(source.toLongArray(), tensor.toLongArray());
        assertArrayEquals(
            source.transpose().toLongArray(), tensor.transpose().toLongArray(), home + "" + dtype);
        tensor.set(0, 1, 2);
        tensor.slice(1, 3, -1, -3).assign(Tensor.full(dtype, 1, 3, 2));
        assertEquals(0, tensor.getLong(1, 2));
        assertEquals(1, tensor.getLong(2, 0));
        assertEquals(1.0, tensor.getDouble(2, 3));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TensorStorages.class)
  void readOnlyMemoryIsReadAndNotWritten(TensorStorages home) {
    try (Arena arena = Arena.ofConfined()) {
      for (DType dtype : DType.values()) {
        Tensor source = counting(dtype, 2, 3);
        Tensor tensor = Tensor.of(dtype, home.copy(arena, source).segment().asReadOnly(), 2, 3);
        assertArrayEquals(source.toLongArray(), tensor.toLongArray());
        assertArrayEquals(source.transpose().toLongArray(), tensor.transpose().toLongArray());
        refuses(IllegalArgumentException.class, () -> tensor.set(9.0, 0, 0));
        refuses(IllegalArgumentException.class, () -> tensor.set(9L, 0, 0));
        refuses(IllegalArgumentException.class, () -> tensor.assign(source));
        assertArrayEquals(source.toLongArray(), tensor.toLongArray());
      }
    }
  }

  @Test
  void anArrayIsAliasedBothWays() {
    float[] memory = {1, 2, 3, 4};
    Tensor tensor = Tensor.of(memory, 2, 2);
    memory[3] = 40;
    tensor.set(10.0, 0, 0);
    assertEquals(40, tensor.getDouble(1, 1));
    assertEquals(10f, memory[0]);
    assertSame(memory, tensor.segment().heapBase().orElseThrow());
  }

  @Test
  void aFloatBufferOfAnyKindIsAliased() {
    FloatBuffer direct =
        ByteBuffer.allocateDirect(20).order(ByteOrder.nativeOrder()).asFloatBuffer();
    FloatBuffer overBytes = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (FloatBuffer buffer : List.of(direct, overBytes, FloatBuffer.wrap(new float[5]))) {
      buffer.put(new float[] {0, 1, 2, 3, 4}).position(1).limit(4);
      Tensor tensor = Tensor.of(buffer, 3);
      assertArrayEquals(new float[] {1, 2, 3}, tensor.toFloatArray());
      tensor.set(7.0, 2);
      assertEquals(7f, buffer.get(3));
      assertEquals(1, buffer.position(), "the buffer's position stays");
      Tensor readOnly = Tensor.of(buffer.asReadOnlyBuffer(), 3);
      assertArrayEquals(new float[] {1, 2, 7}, readOnly.toFloatArray());
      refuses(IllegalArgumentException.class, () -> readOnly.set(1.0, 0));
    }
  }

  @Test
  void aFloatBufferOfForeignOrderIsRefusedWithTheRemedy() {
    ByteOrder foreign =
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    FloatBuffer buffer = ByteBuffer.allocateDirect(8).order(foreign).asFloatBuffer();
    String message = refuses(IllegalArgumentException.class, () -> Tensor.of(buffer, 2));
    assertTrue(message.contains("ByteOrder.nativeOrder()"), message);
  }

  private static void everyUse(Tensor tensor, Class<? extends RuntimeException> wanted) {
    Tensor heap = Tensor.zeros(tensor.dtype(), tensor.shape());
    refuses(wanted, () -> tensor.getDouble(0, 0));
    refuses(wanted, () -> tensor.getLong(0, 0));
    refuses(wanted, () -> tensor.set(1.0, 0, 0));
    refuses(wanted, () -> tensor.set(1L, 0, 0));
    refuses(wanted, tensor::toFloatArray);
    refuses(wanted, tensor::toDoubleArray);
    refuses(wanted, tensor::toLongArray);
    refuses(wanted, tensor::copy);
    refuses(wanted, () -> tensor.transpose().contiguous());
    refuses(wanted, () -> tensor.slice(1, 1, -1, -1).convert(DType.F64));
    refuses(wanted, () -> tensor.assign(heap));
    refuses(wanted, () -> heap.assign(tensor));
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorStorages.class,
      names = {"NATIVE", "NATIVE_UNALIGNED", "MAPPED"})
  void aClosedArenaIsAnErrorAndNoCrash(TensorStorages home) {
    for (DType dtype : DType.values()) {
      for (boolean shared : new boolean[] {false, true}) {
        Tensor tensor;
        try (Arena arena = shared ? Arena.ofShared() : Arena.ofConfined()) {
          tensor = home.copy(arena, counting(dtype, 2, 3));
        }
        everyUse(tensor, IllegalStateException.class);
        assertEquals(dtype + "[2, 3]", tensor.description(), "the description stays");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorStorages.class,
      names = {"NATIVE", "NATIVE_UNALIGNED", "MAPPED"})
  void aConfinedArenaOnAnotherThreadIsAnErrorAndNoCrash(TensorStorages home)
      throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      Tensor tensor = home.copy(arena, counting(DType.F32, 2, 3));
      onAnotherThread(() -> everyUse(tensor, WrongThreadException.class));
    }
  }

  @Test
  void aSharedArenaOnAnotherThreadIsFine() throws InterruptedException {
    try (Arena arena = Arena.ofShared()) {
      Tensor tensor = Tensor.allocate(arena, DType.F32, Shape.of(2, 2));
      onAnotherThread(() -> tensor.set(5.0, 1, 1));
      assertEquals(5, tensor.getDouble(1, 1));
    }
  }

  @Test
  void allocatedMemoryIsZeroAndAligned() {
    try (Arena arena = Arena.ofConfined()) {
      for (DType dtype : DType.values()) {
        Tensor tensor = Tensor.allocate(arena, dtype, Shape.of(3, 5));
        assertEquals(0, tensor.segment().address() % 64);
        assertArrayEquals(new long[15], tensor.toLongArray());
      }
      assertEquals(0, Tensor.allocate(arena, DType.F64, Shape.of(4, 0)).toDoubleArray().length);
    }
  }

  @Test
  void sizesThatNoMachineHasAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Shape huge = Shape.of(1L << 61);
      refuses(IllegalArgumentException.class, () -> Tensor.allocate(arena, DType.F64, huge));
    }
    refuses(IllegalArgumentException.class, () -> Tensor.zeros(DType.BOOL, 1L << 31));
    Tensor repeated = Tensor.scalar(DType.F32, 1).broadcastTo(Shape.of(1L << 40));
    refuses(IllegalArgumentException.class, repeated::copy);
    refuses(IllegalArgumentException.class, repeated::toFloatArray);
  }

  @Test
  void aSegmentOfAnotherSizeIsRefused() {
    MemorySegment seven = MemorySegment.ofArray(new byte[7]);
    refuses(IllegalArgumentException.class, () -> Tensor.of(DType.F32, seven, 1));
    refuses(IllegalArgumentException.class, () -> Tensor.of(DType.F32, seven, 2));
    refuses(IllegalArgumentException.class, () -> Tensor.of(DType.BOOL, seven, 8));
    assertEquals(7, Tensor.of(DType.BOOL, seven, 7).size(0));
    refuses(IllegalArgumentException.class, () -> Tensor.of(new float[3], 2));
    refuses(IllegalArgumentException.class, () -> Tensor.of(new float[3], 1L << 40, 1L << 20));
  }

  private static void onAnotherThread(Runnable work) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform().uncaughtExceptionHandler((t, e) -> thrown.set(e)).start(work);
    thread.join();
    if (thrown.get() != null) {
      throw new AssertionError(thrown.get());
    }
  }

  private static String refuses(Class<? extends RuntimeException> wanted, Executable use) {
    RuntimeException thrown = assertThrows(wanted, use);
    return String.valueOf(thrown.getMessage());
  }
}
