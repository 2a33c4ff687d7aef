package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Runs of elements against elements that are read and written one by one. */
class ElementsProperties {
  private static final int LENGTH = 4000;

  /** Integers that every dtype but bool holds exactly. */
  private static Tensor values(DType dtype) {
    double[] values = new double[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      values[i] = i * 37 % 201 - 100;
    }
    return Tensor.of(values, LENGTH).convert(dtype);
  }

  @Property(tries = 300)
  void loadReadsTheElementsOneStrideApart(
      @ForAll DType dtype,
      @ForAll TensorStorages storage,
      @ForAll @IntRange(max = 60) int n,
      @ForAll @IntRange(min = -60, max = 60) int stride,
      @ForAll @IntRange(max = 3) int toAt) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor whole = storage.copy(arena, values(dtype));
      // A view that begins inside its segment: positions count from its first element.
      Elements elements = Elements.of(whole.slice(0, 20, LENGTH));
      int at = stride < 0 ? 3600 : 5;
      float[] floats = new float[n + toAt];
      double[] doubles = new double[n + toAt];
      long[] longs = new long[n + toAt];
      elements.load(at, stride, n, floats, toAt);
      elements.load(at, stride, n, doubles, toAt);
      elements.load(at, stride, n, longs, toAt);
      for (int i = 0; i < n; i++) {
        double expected = whole.getDouble(20 + at + i * stride);
        assertEquals((float) expected, floats[toAt + i]);
        assertEquals(expected, doubles[toAt + i]);
        assertEquals((long) expected, longs[toAt + i]);
        assertEquals(expected, elements.getDouble(at + i * stride));
        assertEquals((long) expected, elements.getLong(at + i * stride));
      }
    }
  }

  @Property(tries = 300)
  void storeWritesTheElementsOneStrideApartAndNoOther(
      @ForAll DType dtype,
      @ForAll TensorStorages storage,
      @ForAll @IntRange(max = 60) int n,
      @ForAll @IntRange(min = 1, max = 60) int step,
      @ForAll boolean reversed,
      @ForAll @IntRange(max = 2) int type) {
    try (Arena arena = Arena.ofConfined()) {
      int stride = reversed ? -step : step;
      int at = reversed ? 3600 : 5;
      Tensor written = storage.copy(arena, values(dtype));
      Tensor expected = values(dtype);
      Elements elements = Elements.of(written);
      float[] floats = new float[n + 1];
      double[] doubles = new double[n + 1];
      long[] longs = new long[n + 1];
      for (int i = 0; i < n; i++) {
        int value = 100 - 3 * i;
        floats[i + 1] = value;
        doubles[i + 1] = value;
        longs[i + 1] = value;
        expected.set((long) value, at + i * stride);
      }
      switch (type) {
        case 0 -> elements.store(at, stride, n, floats, 1);
        case 1 -> elements.store(at, stride, n, doubles, 1);
        default -> elements.store(at, stride, n, longs, 1);
      }
      assertArrayEquals(expected.toDoubleArray(), written.toDoubleArray());
    }
  }

  @Test
  void aRunMustStayInsideTheSegment() {
    float[] array = new float[10];
    Tensor middle =
        Tensor.of(DType.F32, MemorySegment.ofArray(array).asSlice(8, 24), 6).slice(0, 1, 5);
    Elements elements = Elements.of(middle);
    float[] values = new float[9];
    elements.load(-1, 1, 6, values, 0);
    assertThrows(IndexOutOfBoundsException.class, () -> elements.load(-2, 1, 6, values, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> elements.load(0, 1, 6, values, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> elements.store(0, -1, 3, values, 0));
    for (long stride : new long[] {1L << 62, 1L << 63, -(1L << 62)}) {
      assertThrows(IndexOutOfBoundsException.class, () -> elements.load(0, stride, 5, values, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> elements.store(0, stride, 5, values, 0));
    }
    assertThrows(IndexOutOfBoundsException.class, () -> elements.getDouble(5));
    assertThrows(IndexOutOfBoundsException.class, () -> elements.set(-2, 1.0));
  }

  @Test
  void setRoundsAsConvertDoes() {
    Tensor bf16 = Tensor.zeros(DType.BF16, 1);
    Elements.of(bf16).set(0, 1.0 + 0x1p-8 + 0x1p-30);
    assertEquals(1.0 + 0x1p-7, bf16.getDouble(0));
    Tensor bool = Tensor.zeros(DType.BOOL, 1);
    Elements.of(bool).set(0, 7L);
    assertEquals(1, Elements.of(bool).getLong(0));
  }
}
