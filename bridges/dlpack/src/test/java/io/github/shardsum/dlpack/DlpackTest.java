package io.github.shardsum.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Another library is played by bytes at the offsets of dlpack.h, written and read by hand. */
@SuppressWarnings("restricted")
class DlpackTest {
  private static final Linker LINKER = Linker.nativeLinker();

  private final AtomicInteger deleted = new AtomicInteger();

  @Test
  void memoryOfAnotherLibraryIsATensorUntilItIsClosed() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      // float x[6]; x[::-1].reshape(2, 3)
      MemorySegment data = arena.allocateFrom(JAVA_FLOAT, 1, 2, 3, 4, 5, 6);
      MemorySegment struct = managed(arena, data, 2, 32, 5 * 4, new long[] {2, 3}, -3, -1);
      DlpackTensor taken = DlpackTensor.take(MemorySegment.ofAddress(struct.address()));
      Tensor tensor = taken.tensor();
      assertArrayEquals(new float[] {6, 5, 4, 3, 2, 1}, tensor.toFloatArray());
      tensor.set(9, 0, 0);
      assertEquals(9, data.getAtIndex(JAVA_FLOAT, 5));
      assertEquals(24, Einsum.einsum("ij->", tensor).getDouble());
      assertEquals(0, deleted.get());
      taken.close();
      taken.close();
      assertEquals(1, deleted.get());
      assertThrows(IllegalStateException.class, () -> tensor.getDouble(0, 0));
    }
  }

  @Test
  void threadsThatCloseTogetherGiveItBackOnce() throws Exception {
    for (int round = 1; round <= 2000; round++) {
      try (Arena arena = Arena.ofShared()) {
        MemorySegment data = arena.allocateFrom(JAVA_DOUBLE, 1, 2);
        DlpackTensor taken = DlpackTensor.take(managed(arena, data, 2, 64, 0, new long[] {2}));
        CyclicBarrier start = new CyclicBarrier(2);
        FutureTask<Void> other =
            new FutureTask<>(
                () -> {
                  start.await();
                  taken.close();
                  return null;
                });
        Thread.ofPlatform().start(other);
        start.await();
        taken.close();
        other.get();
        assertEquals(round, deleted.get());
      }
    }
  }

  @Test
  void withoutStridesItIsInCOrder() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocateFrom(JAVA_DOUBLE, 1, 2, 3, 4);
      MemorySegment struct = managed(arena, data, 2, 64, 0, new long[] {2, 2});
      try (DlpackTensor taken = DlpackTensor.take(struct)) {
        assertEquals(3, taken.tensor().getDouble(1, 0));
      }
      assertEquals(1, deleted.get());
    }
  }

  @Test
  void everyDtype() throws Exception {
    Object[][] kinds = {
      {DType.I32, 0, 32}, {DType.I64, 0, 64}, {DType.F32, 2, 32},
      {DType.F64, 2, 64}, {DType.BF16, 4, 16}, {DType.BOOL, 6, 8}
    };
    try (Arena arena = Arena.ofShared()) {
      for (Object[] kind : kinds) {
        MemorySegment data = arena.allocate(64);
        MemorySegment struct =
            managed(arena, data, (int) kind[1], (int) kind[2], 0, new long[] {3});
        try (DlpackTensor taken = DlpackTensor.take(struct)) {
          assertEquals(kind[0], taken.tensor().dtype());
        }
      }
    }
  }

  @Test
  void whatIsRefusedStaysTheCallers() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate(64);
      MemorySegment half = managed(arena, data, 2, 16, 0, new long[] {2});
      var dtype = assertThrows(IllegalArgumentException.class, () -> DlpackTensor.take(half));
      assertTrue(dtype.getMessage().endsWith("got code 2 of 16 bits, 1 lanes"));
      MemorySegment far = managed(arena, data, 2, 32, 0, new long[] {2});
      far.set(JAVA_INT, 8, 2);
      assertThrows(IllegalArgumentException.class, () -> DlpackTensor.take(far));
      assertEquals(0, deleted.get());
    }
  }

  @Test
  void aGivenTensorIsWhatTheHeaderSays() throws Throwable {
    AtomicInteger released = new AtomicInteger();
    var exporter = new DlpackExporter();
    Tensor whole = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(3, 4));
    whole.assign(Tensor.of(new float[][] {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}}));
    MemorySegment struct =
        exporter.give(whole.slice("1:, ::2").transpose(), released::incrementAndGet);
    MemorySegment read = MemorySegment.ofAddress(struct.address()).reinterpret(64);
    assertEquals(1, read.get(JAVA_INT, 8));
    assertEquals(2, read.get(JAVA_INT, 16));
    assertEquals(2, read.get(JAVA_BYTE, 20));
    assertEquals(32, read.get(JAVA_BYTE, 21));
    assertEquals(1, read.get(JAVA_SHORT, 22));
    long[] shape = read.get(ADDRESS, 24).reinterpret(16).toArray(JAVA_LONG);
    long[] strides = read.get(ADDRESS, 32).reinterpret(16).toArray(JAVA_LONG);
    assertArrayEquals(new long[] {2, 2}, shape);
    long first = read.get(ADDRESS, 0).address() + read.get(JAVA_LONG, 40);
    MemorySegment at = MemorySegment.ofAddress(first).reinterpret(64);
    assertEquals(5, at.getAtIndex(JAVA_FLOAT, 0));
    assertEquals(7, at.getAtIndex(JAVA_FLOAT, strides[0]));
    assertEquals(9, at.getAtIndex(JAVA_FLOAT, strides[1]));
    assertEquals(1, exporter.outstanding());
    assertThrows(IllegalStateException.class, exporter::close);
    MemorySegment deleter = read.get(ADDRESS, 56);
    LINKER.downcallHandle(deleter, FunctionDescriptor.ofVoid(ADDRESS)).invoke(struct);
    assertEquals(1, released.get());
    assertEquals(0, exporter.outstanding());
    exporter.close();
    assertThrows(IllegalStateException.class, () -> exporter.give(whole, () -> {}));
  }

  @Test
  void thereAndBackIsTheSameMemory() {
    var exporter = new DlpackExporter();
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.I64, Shape.of(2, 2));
    for (boolean versioned : new boolean[] {false, true}) {
      MemorySegment struct =
          versioned ? exporter.giveVersioned(tensor, () -> {}) : exporter.give(tensor, () -> {});
      try (DlpackTensor back =
          versioned ? DlpackTensor.takeVersioned(struct) : DlpackTensor.take(struct)) {
        back.tensor().set(versioned ? 8L : 7L, 1, 0);
      }
      assertEquals(versioned ? 8 : 7, tensor.getLong(1, 0));
      assertEquals(0, exporter.outstanding());
    }
    exporter.close();
  }

  @Test
  void readOnlyMemorySaysSo() {
    var exporter = new DlpackExporter();
    MemorySegment memory = Arena.ofAuto().allocate(16, 8).asReadOnly();
    Tensor tensor = Tensor.of(DType.F64, memory, 2);
    assertThrows(IllegalArgumentException.class, () -> exporter.give(tensor, () -> {}));
    MemorySegment struct = exporter.giveVersioned(tensor, () -> {});
    assertEquals(1, struct.get(JAVA_INT, 0));
    assertEquals(1, struct.get(JAVA_LONG, 24));
    try (DlpackTensor back = DlpackTensor.takeVersioned(struct)) {
      assertTrue(back.tensor().segment().isReadOnly());
    }
    struct = exporter.giveVersioned(tensor, () -> {});
    struct.set(JAVA_INT, 0, 2);
    MemorySegment future = struct;
    assertThrows(IllegalArgumentException.class, () -> DlpackTensor.takeVersioned(future));
    struct.set(JAVA_INT, 0, 1);
    DlpackTensor.takeVersioned(struct).close();
    exporter.close();
  }

  @Test
  void theHeapIsRefused() {
    try (var exporter = new DlpackExporter()) {
      Tensor heap = Tensor.zeros(DType.F32, 2);
      var refused =
          assertThrows(IllegalArgumentException.class, () -> exporter.give(heap, () -> {}));
      assertTrue(refused.getMessage().startsWith("dlpack: must be native or mapped, got f32[2]"));
      assertFalse(heap.segment().isNative());
    }
  }

  @Test
  void theDeleterOutlivesItsExporter() throws Throwable {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(2));
    var first = new DlpackExporter();
    MemorySegment deleter;
    // The last tensor's own callback closes the exporter, while the deleter still runs.
    try (DlpackTensor taken = DlpackTensor.take(first.give(tensor, first::close))) {
      assertEquals(2, taken.tensor().size(0));
    }
    assertThrows(IllegalStateException.class, () -> first.give(tensor, () -> {}));
    assertThrows(IllegalStateException.class, first::close);
    try (var second = new DlpackExporter();
        var third = new DlpackExporter()) {
      MemorySegment one = second.give(tensor, () -> {});
      MemorySegment two = third.give(tensor, () -> {});
      deleter = one.get(ADDRESS, 56);
      assertEquals(deleter, two.get(ADDRESS, 56));
      assertEquals(1, second.outstanding());
      DlpackTensor.take(one).close();
      assertEquals(0, second.outstanding());
      assertEquals(1, third.outstanding());
      DlpackTensor.take(two).close();
    }
    // A struct that nobody gave, after all exporters.
    LINKER.downcallHandle(deleter, FunctionDescriptor.ofVoid(ADDRESS)).invoke(MemorySegment.NULL);
  }

  @Test
  void givingRacesWithClosing() throws Exception {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(2));
    for (int round = 0; round < 200; round++) {
      var exporter = new DlpackExporter();
      var both = new CyclicBarrier(2);
      var closing =
          new FutureTask<>(
              () -> {
                both.await();
                exporter.close();
                return true;
              });
      Thread.ofPlatform().start(closing);
      both.await();
      Optional<MemorySegment> given;
      try {
        given = Optional.of(exporter.give(tensor, () -> {}));
      } catch (IllegalStateException _) {
        given = Optional.empty();
      }
      boolean closed;
      try {
        closed = closing.get();
      } catch (ExecutionException _) {
        closed = false;
      }
      assertEquals(given.isEmpty(), closed);
      if (given.isPresent()) {
        DlpackTensor.take(given.get()).close();
        exporter.close();
      }
    }
  }

  @Test
  void freedMemoryIsRefused() {
    try (var exporter = new DlpackExporter()) {
      Tensor freed;
      try (Arena arena = Arena.ofConfined()) {
        freed = Tensor.allocate(arena, DType.F32, Shape.of(2));
      }
      for (Executable give :
          List.<Executable>of(
              () -> exporter.give(freed, () -> {}),
              () -> exporter.giveVersioned(freed, () -> {}))) {
        var refused = assertThrows(IllegalStateException.class, give);
        assertEquals(
            "dlpack: expected live memory, got that of a closed arena", refused.getMessage());
      }
      assertEquals(0, exporter.outstanding());
    }
  }

  private MemorySegment managed(
      Arena arena,
      MemorySegment data,
      int code,
      int bits,
      long offset,
      long[] shape,
      long... strides)
      throws Exception {
    MemorySegment struct = arena.allocate(64, 8);
    struct.set(ADDRESS, 0, data);
    struct.set(JAVA_INT, 8, 1);
    struct.set(JAVA_INT, 16, shape.length);
    struct.set(JAVA_BYTE, 20, (byte) code);
    struct.set(JAVA_BYTE, 21, (byte) bits);
    struct.set(JAVA_SHORT, 22, (short) 1);
    struct.set(ADDRESS, 24, arena.allocateFrom(JAVA_LONG, shape));
    if (strides.length > 0) {
      struct.set(ADDRESS, 32, arena.allocateFrom(JAVA_LONG, strides));
    }
    struct.set(JAVA_LONG, 40, offset);
    var count =
        MethodHandles.lookup()
            .bind(this, "delete", MethodType.methodType(void.class, MemorySegment.class));
    struct.set(ADDRESS, 56, LINKER.upcallStub(count, FunctionDescriptor.ofVoid(ADDRESS), arena));
    return struct;
  }

  void delete(MemorySegment struct) {
    deleted.incrementAndGet();
  }
}
