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
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
