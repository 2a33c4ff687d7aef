package io.github.shardsum.internal.reduce;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Elements one after another in memory, read into and written from Java arrays.
 *
 * @param dtype their type
 * @param segment the memory
 * @param at where they begin in the segment, in bytes
 * @param array the Java array under them; where there is none, the segment
 * @param arrayAt where they begin in the array, in its elements
 */
public record Elements(DType dtype, MemorySegment segment, long at, Object array, long arrayAt) {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Those of a tensor in C order without gaps. */
  public static Elements of(Tensor tensor) {
    MemorySegment segment = tensor.segment();
    long at = tensor.offset() * tensor.dtype().byteSize();
    return tensor.array().isPresent()
        ? new Elements(tensor.dtype(), segment, at, tensor.array().get(), tensor.arrayOffset())
        : new Elements(tensor.dtype(), segment, at, segment, 0);
  }

  /** Those in native memory from a byte on. */
  public static Elements in(MemorySegment segment, long at, DType dtype) {
    return new Elements(dtype, segment, at, segment, 0);
  }

  /** A range of their bytes, if it lies in native memory. */
  public Optional<MemorySegment> inNativeMemory(long from, long bytes) {
    return segment.isNative() ? Optional.of(segment.asSlice(at + from, bytes)) : Optional.empty();
  }

  /** Where an element is in the array. */
  int arrayIndex(long index) {
    return (int) (arrayAt + index);
  }

  private long address(long index) {
    return at + index * dtype.byteSize();
  }

  /** Reads n elements of f32 or bf16. */
  void load(long index, int n, float[] to, int toAt) {
    if (dtype == DType.F32) {
      MemorySegment.copy(segment, FLOAT, address(index), to, toAt, n);
    } else if (array instanceof short[] bits) {
      int first = arrayIndex(index);
      for (int i = 0; i < n; i++) {
        to[toAt + i] = Bf16.toFloat(bits[first + i]);
      }
    } else {
      long address = address(index);
      for (int i = 0; i < n; i++) {
        to[toAt + i] = Bf16.toFloat(segment.get(SHORT, address + 2L * i));
      }
    }
  }

  /** Writes n elements of f32, or of bf16 with rounding. */
  void store(long index, int n, float[] from, int fromAt) {
    if (dtype == DType.F32) {
      MemorySegment.copy(from, fromAt, segment, FLOAT, address(index), n);
    } else if (array instanceof short[] bits) {
      int first = arrayIndex(index);
      for (int i = 0; i < n; i++) {
        bits[first + i] = Bf16.fromFloat(from[fromAt + i]);
      }
    } else {
      long address = address(index);
      for (int i = 0; i < n; i++) {
        segment.set(SHORT, address + 2L * i, Bf16.fromFloat(from[fromAt + i]));
      }
    }
  }

  /** Reads n elements of f64. */
  void load(long index, int n, double[] to, int toAt) {
    MemorySegment.copy(segment, DOUBLE, address(index), to, toAt, n);
  }

  /** Writes n elements of f64. */
  void store(long index, int n, double[] from, int fromAt) {
    MemorySegment.copy(from, fromAt, segment, DOUBLE, address(index), n);
  }

  /** Reads n integers, or bools as 0 and 1. */
  void load(long index, int n, long[] to, int toAt) {
    long address = address(index);
    switch (dtype) {
      case I64 -> MemorySegment.copy(segment, LONG, address, to, toAt, n);
      case I32 -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(INT, address + 4L * i);
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          to[toAt + i] = segment.get(ValueLayout.JAVA_BYTE, address + i) == 0 ? 0 : 1;
        }
      }
    }
  }

  /** Writes n integers, those of i32 wrapping, or bools. */
  void store(long index, int n, long[] from, int fromAt) {
    long address = address(index);
    switch (dtype) {
      case I64 -> MemorySegment.copy(from, fromAt, segment, LONG, address, n);
      case I32 -> {
        for (int i = 0; i < n; i++) {
          segment.set(INT, address + 4L * i, (int) from[fromAt + i]);
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          segment.set(ValueLayout.JAVA_BYTE, address + i, (byte) from[fromAt + i]);
        }
      }
    }
  }
}
