package io.github.shardsum.arrow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.impl.UnionFixedSizeListWriter;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.Test;

/** Values written by Arrow are read by tensors, and the other way; no allocator loses memory. */
class ArrowTest {
  @Test
  void aVectorIsATensorUntilBothAreClosed() {
    try (BufferAllocator allocator = new RootAllocator()) {
      Float8Vector vector = new Float8Vector("x", allocator);
      vector.allocateNew(3);
      for (int i = 0; i < 3; i++) {
        vector.set(i, i + 0.5);
      }
      vector.setValueCount(3);
      ArrowTensor shared = ArrowTensor.of(vector);
      Tensor tensor = shared.tensor();
      assertArrayEquals(new double[] {0.5, 1.5, 2.5}, tensor.toDoubleArray());
      tensor.set(7, 1);
      assertEquals(7, vector.get(1));
      vector.close();
      assertTrue(allocator.getAllocatedMemory() > 0);
      assertEquals(10, Einsum.einsum("i->", tensor).getDouble());
      shared.close();
      shared.close();
      assertEquals(0, allocator.getAllocatedMemory());
      assertThrows(IllegalStateException.class, () -> tensor.getDouble(0));
    }
  }

  @Test
  void threadsThatCloseTogetherReleaseItOnce() throws Exception {
    try (BufferAllocator allocator = new RootAllocator();
        IntVector vector = new IntVector("x", allocator)) {
      vector.allocateNew(3);
      for (int i = 0; i < 3; i++) {
        vector.set(i, i);
      }
      vector.setValueCount(3);
      int references = vector.getDataBuffer().refCnt();
      for (int round = 0; round < 2000; round++) {
        ArrowTensor shared = ArrowTensor.of(vector);
        CyclicBarrier start = new CyclicBarrier(2);
        FutureTask<Void> other =
            new FutureTask<>(
                () -> {
                  start.await();
                  shared.close();
                  return null;
                });
        Thread.ofPlatform().start(other);
        start.await();
        shared.close();
        other.get();
        assertEquals(references, vector.getDataBuffer().refCnt());
      }
    }
  }

  @Test
  void listsOfAFixedSizeAreRows() {
    try (BufferAllocator allocator = new RootAllocator();
        FixedSizeListVector lists = FixedSizeListVector.empty("x", 2, allocator)) {
      UnionFixedSizeListWriter writer = lists.getWriter();
      writer.allocate();
      for (int row = 0; row < 3; row++) {
        writer.startList();
        writer.float4().writeFloat4(10 * row);
        writer.float4().writeFloat4(10 * row + 1);
        writer.endList();
      }
      writer.setValueCount(3);
      try (ArrowTensor shared = ArrowTensor.of(lists)) {
        assertEquals(Shape.of(3, 2), shared.tensor().shape());
        assertArrayEquals(new float[] {0, 1, 10, 11, 20, 21}, shared.tensor().toFloatArray());
      }
    }
  }

  @Test
  void everyDtypeBothWays() {
    try (BufferAllocator allocator = new RootAllocator()) {
      for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(4));
        tensor.assign(Tensor.of(new int[] {3, 1, 4, 1}, 4));
        AtomicInteger released = new AtomicInteger();
        FieldVector vector = ArrowVectors.over("x", tensor, allocator, released::incrementAndGet);
        assertEquals(4, vector.getValueCount());
        assertEquals(0, vector.getNullCount());
        assertEquals(4, first(vector, 2));
        try (ArrowTensor back = ArrowTensor.of(vector)) {
          back.tensor().set(dtype.isFloating() ? 9.0 : 9, 2);
          assertEquals(9, tensor.getDouble(2));
          vector.close();
          assertEquals(0, released.get());
        }
        assertEquals(1, released.get());
        assertEquals(0, allocator.getAllocatedMemory());
      }
    }
  }

  @Test
  void aMatrixIsAVectorOfLists() {
    try (BufferAllocator allocator = new RootAllocator()) {
      Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(2, 3));
      tensor.assign(Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}}));
      AtomicInteger released = new AtomicInteger();
      try (FieldVector vector =
          ArrowVectors.over("x", tensor, allocator, released::incrementAndGet)) {
        assertEquals("[[1.0,2.0,3.0], [4.0,5.0,6.0]]", vector.toString());
        tensor.set(8, 1, 2);
        assertEquals(List.of(4f, 5f, 8f), vector.getObject(1));
      }
      assertEquals(1, released.get());
    }
  }

  @Test
  void nullsAndOtherVectorsAreRefused() {
    try (BufferAllocator allocator = new RootAllocator();
        IntVector holes = new IntVector("x", allocator);
        VarCharVector words = new VarCharVector("words", allocator)) {
      holes.allocateNew(2);
      holes.set(0, 1);
      holes.setNull(1);
      holes.setValueCount(2);
      var nulls = assertThrows(IllegalArgumentException.class, () -> ArrowTensor.of(holes));
      assertTrue(nulls.getMessage().startsWith("arrow: a vector must have no nulls, got one at"));
      assertThrows(IllegalArgumentException.class, () -> ArrowTensor.of(words));
      Tensor heap = Tensor.zeros(DType.F32, 2);
      assertThrows(
          IllegalArgumentException.class, () -> ArrowVectors.over("x", heap, allocator, () -> {}));
      Tensor turned = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(2, 3)).transpose();
      assertThrows(
          IllegalArgumentException.class,
          () -> ArrowVectors.over("x", turned, allocator, () -> {}));
      Tensor flags = Tensor.allocate(Arena.ofAuto(), DType.BOOL, Shape.of(2));
      assertThrows(
          IllegalArgumentException.class, () -> ArrowVectors.over("x", flags, allocator, () -> {}));
    }
  }

  @Test
  void aBufferShorterThanItsValuesIsRefused() {
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf three = allocator.buffer(24).slice(0, 24)) {
      Float8Vector vector = new Float8Vector("x", allocator);
      vector.loadFieldBuffers(new ArrowFieldNode(4, 0), List.of(allocator.getEmpty(), three));
      var refused = assertThrows(IllegalArgumentException.class, () -> ArrowTensor.of(vector));
      assertTrue(
          refused.getMessage().startsWith("arrow: the buffer must have 32 bytes for f64[4], got"));
      assertEquals(2, three.refCnt());
      vector.close();
    }
  }

  @Test
  void nullsOfALongVectorAreCountedOnce() {
    try (BufferAllocator allocator = new RootAllocator()) {
      int count = 1 << 10;
      int[] counted = {0};
      FixedSizeListVector vector =
          new FixedSizeListVector(
              "x", allocator, FieldType.nullable(new ArrowType.FixedSizeList(1)), null) {
            @Override
            public int getNullCount() {
              counted[0]++;
              return super.getNullCount();
            }
          };
      vector.addOrGetVector(FieldType.notNullable(new ArrowType.Int(32, true)));
      vector.allocateNew();
      vector.setInitialCapacity(count);
      for (int i = 0; i < count - 1; i++) {
        vector.setNotNull(i);
      }
      vector.setValueCount(count);
      var refused = assertThrows(IllegalArgumentException.class, () -> ArrowTensor.of(vector));
      assertTrue(refused.getMessage().contains("got one at position 1023 of"));
      assertEquals(1, counted[0]);
      vector.close();
    }
  }

  @Test
  void freedAndReadOnlyMemoryIsRefused() {
    try (BufferAllocator allocator = new RootAllocator()) {
      Tensor freed;
      try (Arena arena = Arena.ofConfined()) {
        freed = Tensor.allocate(arena, DType.F32, Shape.of(2));
      }
      var dead =
          assertThrows(
              IllegalStateException.class,
              () -> ArrowVectors.over("x", freed, allocator, () -> {}));
      assertEquals("arrow: expected live memory, got that of a closed arena", dead.getMessage());
      Tensor fixed = Tensor.of(DType.F64, Arena.ofAuto().allocate(16, 8).asReadOnly(), 2);
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> ArrowVectors.over("x", fixed, allocator, () -> {}));
      assertTrue(refused.getMessage().startsWith("arrow: must be writable, got read-only memory"));
    }
  }

  @Test
  void anEmptyTensorIsReleasedToo() {
    try (BufferAllocator allocator = new RootAllocator()) {
      Tensor empty = Tensor.of(DType.F32, MemorySegment.NULL, 0);
      AtomicInteger released = new AtomicInteger();
      ArrowVectors.over("x", empty, allocator, released::incrementAndGet).close();
      assertEquals(1, released.get());
    }
  }

  private static double first(FieldVector vector, int at) {
    return switch (vector) {
      case Float4Vector floats -> floats.get(at);
      case Float8Vector doubles -> doubles.get(at);
      case IntVector ints -> ints.get(at);
      case BigIntVector longs -> longs.get(at);
      default -> throw new AssertionError(vector);
    };
  }
}
