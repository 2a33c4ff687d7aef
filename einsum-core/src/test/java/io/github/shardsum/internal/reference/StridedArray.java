package io.github.shardsum.internal.reference;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * Whole numbers in any strides, as a tensor and as plain Java: an element is {@code values[offset +
 * sum of index * stride]}. The oracles of strided operands read the numbers here, so that they
 * share nothing with the memory classes, the views or the kernels that read the tensor.
 *
 * @param values what the memory holds; of f32, f64, bf16 and bool small numbers
 */
public record StridedArray(Tensor tensor, long[] values, int offset, int[] sizes, int[] strides) {
  /** Strides of a tensor. */
  public enum Layout {
    /** C order. */
    ROWS,
    /** Fortran order. */
    COLUMNS,
    /** One element along the last axis, as of a broadcast. */
    LAST_REPEATED,
    /** One element along the first axis. */
    FIRST_REPEATED,
    /** One element in all. */
    ALL_REPEATED,
    /** Every axis backwards. */
    BACKWARDS,
    /** Only the last axis backwards, with gaps. */
    LAST_BACKWARDS,
    /** Windows: each axis moves by one element. */
    OVERLAPPING,
    /** Windows along which one axis goes forwards and the next backwards. */
    OVERLAPPING_BACKWARDS,
    /** Gaps of two elements along the last axis. */
    GAPS,
    /** The last axis in steps of pages, the others by one element. */
    HUGE,
  }

  /** A step of several pages; of long axes one that keeps the memory small. */
  private static final int PAGES = 8 << 10;

  private static final int FAR = 257;

  /** Numbers at random in a layout, on or off the heap. */
  public static StridedArray of(
      DType dtype, Layout layout, boolean onHeap, Random random, int... sizes) {
    int[] strides = strides(layout, sizes);
    int least = 0;
    int most = 0;
    for (int axis = 0; axis < sizes.length; axis++) {
      int reach = (sizes[axis] - 1) * strides[axis];
      least += Math.min(0, reach);
      most += Math.max(0, reach);
    }
    int margin = 3;
    long[] values = new long[most - least + 1 + 2 * margin];
    Arrays.setAll(values, i -> number(dtype, random));
    MemorySegment segment = segment(dtype, values, onHeap);
    int offset = margin - least;
    long[] wide = Arrays.stream(strides).asLongStream().toArray();
    Shape shape = Shape.of(Arrays.stream(sizes).asLongStream().toArray());
    Tensor tensor = Tensor.ofStrided(dtype, segment, offset, shape, wide);
    return new StridedArray(tensor, values, offset, sizes, strides);
  }

  /** The element at an index. */
  public long at(int... index) {
    int at = offset;
    for (int axis = 0; axis < index.length; axis++) {
      at += index[axis] * strides[axis];
    }
    return values[at];
  }

  /**
   * A sum or product of numbers as a dtype holds it: integers wrap, bf16 rounds, bool is 0 or 1.
   */
  public static long as(DType dtype, long value) {
    return switch (dtype) {
      case I32 -> (int) value;
      case BOOL -> value == 0 ? 0 : 1;
      case BF16 -> {
        double unit = value == 0 ? 1 : Math.scalb(1.0, Math.getExponent((double) value) - 7);
        yield (long) (Math.rint(value / unit) * unit);
      }
      case F32, F64, I64 -> value;
    };
  }

  /** The elements of a contiguous tensor on the heap, read from its array. */
  public static long[] elements(Tensor tensor) {
    return switch (tensor.array().orElseThrow()) {
      case float[] array -> longs(array.length, i -> array[i]);
      case double[] array -> longs(array.length, i -> array[i]);
      case short[] array -> longs(array.length, i -> Float.intBitsToFloat(array[i] << 16));
      case int[] array -> longs(array.length, i -> array[i]);
      case byte[] array -> longs(array.length, i -> array[i]);
      case long[] array -> array;
      default -> throw new AssertionError("unknown array of " + tensor.dtype());
    };
  }

  private static long[] longs(int n, IntToDoubleFunction elements) {
    long[] longs = new long[n];
    for (int i = 0; i < n; i++) {
      double element = elements.applyAsDouble(i);
      longs[i] = (long) element;
      if (longs[i] != element) {
        throw new AssertionError("expected whole numbers, got " + element + " at " + i);
      }
    }
    return longs;
  }

  private static long number(DType dtype, Random random) {
    return switch (dtype) {
      case F32, F64, BF16 -> random.nextInt(-3, 4);
      case I32 -> random.nextInt();
      case I64 -> random.nextLong();
      case BOOL -> random.nextInt(8) == 0 ? 1 : 0;
    };
  }

  private static int[] strides(Layout layout, int[] sizes) {
    int rank = sizes.length;
    int last = rank - 1;
    int[] strides = new int[rank];
    int step = 1;
    for (int i = 0; i < rank; i++) {
      int axis = layout == Layout.COLUMNS ? i : last - i;
      strides[axis] = step;
      step *= sizes[axis];
    }
    for (int axis = 0; axis < rank; axis++) {
      boolean isLast = axis == last;
      strides[axis] =
          switch (layout) {
            case ROWS, COLUMNS -> strides[axis];
            case LAST_REPEATED -> isLast ? 0 : strides[axis];
            case FIRST_REPEATED -> axis == 0 ? 0 : strides[axis];
            case ALL_REPEATED -> 0;
            case BACKWARDS -> -strides[axis];
            case LAST_BACKWARDS -> isLast ? -2 : 2 * strides[axis];
            case OVERLAPPING -> 1;
            case OVERLAPPING_BACKWARDS -> (last - axis) % 2 == 0 ? -1 : 1;
            case GAPS -> 3 * strides[axis];
            case HUGE -> isLast ? (sizes[axis] > 16 ? FAR : PAGES) : 1;
          };
    }
    return strides;
  }

  private static MemorySegment segment(DType dtype, long[] values, boolean onHeap) {
    int n = values.length;
    MemorySegment segment =
        onHeap ? heap(dtype, n) : Arena.ofAuto().allocate(n * (long) dtype.byteSize(), 8);
    for (int i = 0; i < n; i++) {
      switch (dtype) {
        case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        case F64 -> segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, values[i]);
        case BF16 -> {
          // A small whole number: all its digits are in the upper half of its f32.
          int bits = Float.floatToRawIntBits((float) values[i]);
          segment.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >> 16));
        }
        case I32 -> segment.setAtIndex(ValueLayout.JAVA_INT, i, (int) values[i]);
        case I64 -> segment.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        case BOOL -> segment.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
      }
    }
    return segment;
  }

  private static MemorySegment heap(DType dtype, int n) {
    return switch (dtype) {
      case F32 -> MemorySegment.ofArray(new float[n]);
      case F64 -> MemorySegment.ofArray(new double[n]);
      case BF16 -> MemorySegment.ofArray(new short[n]);
      case I32 -> MemorySegment.ofArray(new int[n]);
      case I64 -> MemorySegment.ofArray(new long[n]);
      case BOOL -> MemorySegment.ofArray(new byte[n]);
    };
  }
}
