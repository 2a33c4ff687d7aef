package io.github.shardsum.internal.memory;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Where a tensor's elements lie, read into and written from Java arrays.
 *
 * <p>Kernels compute on {@code float[]}, {@code double[]} and {@code long[]} alone. A tensor whose
 * memory is such an array is met directly; every other memory (native, mapped, bf16, i32, bool) is
 * staged through these bulk moves. So each move has one implementation a kind of memory, whose
 * profile no other kind spoils, and results cannot depend on where the data lies.
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
        BoolSegment {
  /** Element type. */
  DType dtype();

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
   * The memory of a tensor; element 0 of the tensor is at {@link #origin(Tensor)}.
   *
   * <p>A read-only heap segment hides its array and is met as a segment.
   */
  static Memory of(Tensor tensor) {
    MemorySegment segment = tensor.segment();
    if (tensor.array().isPresent()) {
      return switch (tensor.dtype()) {
        case F32 -> new F32Array((float[]) tensor.array().get());
        case F64 -> new F64Array((double[]) tensor.array().get());
        case BF16 -> new Bf16Array((short[]) tensor.array().get());
        case I32 -> new I32Array((int[]) tensor.array().get());
        case I64 -> new I64Array((long[]) tensor.array().get());
        case BOOL -> new BoolArray((byte[]) tensor.array().get());
      };
    }
    return switch (tensor.dtype()) {
      case F32 -> new F32Segment(segment);
      case F64 -> new F64Segment(segment);
      case BF16 -> new Bf16Segment(segment);
      case I32 -> new I32Segment(segment);
      case I64 -> new I64Segment(segment);
      case BOOL -> new BoolSegment(segment);
    };
  }

  /** Position in {@code of(tensor)} of the tensor's first element. */
  static long origin(Tensor tensor) {
    return tensor.array().isPresent() ? tensor.arrayOffset() : tensor.offset();
  }
}
