package io.github.shardsum.internal.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The memory of an array's elements, read into and written from Java arrays.
 *
 * <p>Kernels compute only on {@code float[]}, {@code double[]} and {@code long[]}. Memory that is
 * such an array is used directly; all other memory (native, mapped, bf16, i32, bool) is staged
 * through these bulk moves. Each move has one implementation for each kind of memory, so that the
 * JVM profiles each kind separately. Results do not depend on the kind of memory.
 *
 * <p>Positions and strides are in elements. Conversions are those of a Java cast, except that bf16
 * rounds to nearest even and bool is "not zero".
 */
public sealed interface Memory
    permits F32Array,
        F64Array,
        Bf16Array,
        I32Array,
        I64Array,
        BoolArray,
        F32Segment,
        F64Segment,
        Bf16Segment,
        I32Segment,
        I64Segment,
        BoolSegment,
        TableRowsMemory,
        BlockMemory {
  /** An array of n elements in the type that represents every value of this memory exactly. */
  Object exactArray(int n);

  /** The element at a position, as f64. */
  double getDouble(long at);

  /** The element at a position, as i64. */
  long getLong(long at);

  /** Writes the element at a position. */
  void set(long at, double value);

  /** Writes the element at a position. */
  void set(long at, long value);

  /** Reads n elements at, at + stride, ... into to[toAt], to[toAt + toStride], ... */
  void load(long at, long stride, int n, float[] to, int toAt, int toStride);

  /** As the float version. */
  void load(long at, long stride, int n, double[] to, int toAt, int toStride);

  /** As the float version. */
  void load(long at, long stride, int n, long[] to, int toAt, int toStride);

  /** Writes n elements from[fromAt], from[fromAt + fromStride], ... to at, at + stride, ... */
  void store(long at, long stride, int n, float[] from, int fromAt, int fromStride);

  /** As the float version. */
  void store(long at, long stride, int n, double[] from, int fromAt, int fromStride);

  /** As the float version. */
  void store(long at, long stride, int n, long[] from, int fromAt, int fromStride);

  /**
   * The memory of elements of one layout: {@code JAVA_SHORT} stands for bf16, {@code JAVA_BYTE} for
   * bool. A read-only heap segment hides its array and is read as a segment.
   *
   * @param array the Java array under the segment, whose positions are then those of the array
   */
  static Memory of(ValueLayout element, MemorySegment segment, Optional<Object> array) {
    if (array.isPresent()) {
      return switch (array.get()) {
        case float[] floats -> new F32Array(floats);
        case double[] doubles -> new F64Array(doubles);
        case short[] bits -> new Bf16Array(bits);
        case int[] ints -> new I32Array(ints);
        case long[] longs -> new I64Array(longs);
        case byte[] bools -> new BoolArray(bools);
        default -> throw new IllegalStateException("array: " + array.get().getClass());
      };
    }
    return switch (element) {
      case ValueLayout.OfFloat _ -> new F32Segment(segment);
      case ValueLayout.OfDouble _ -> new F64Segment(segment);
      case ValueLayout.OfShort _ -> new Bf16Segment(segment);
      case ValueLayout.OfInt _ -> new I32Segment(segment);
      case ValueLayout.OfLong _ -> new I64Segment(segment);
      case ValueLayout.OfByte _ -> new BoolSegment(segment);
      default -> throw new IllegalStateException("element: " + element);
    };
  }
}
