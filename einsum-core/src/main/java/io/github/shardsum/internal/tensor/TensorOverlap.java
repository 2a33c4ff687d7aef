package io.github.shardsum.internal.tensor;

import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Whether tensors share elements; true if there is no cheap answer. */
public final class TensorOverlap {
  private TensorOverlap() {}

  /** Whether two indices of a tensor may name the same element in memory. */
  public static boolean withItself(Tensor tensor) {
    if (tensor.shape().elementCount() == 0) {
      return false;
    }
    int rank = tensor.rank();
    boolean[] done = new boolean[rank];
    long span = 0;
    for (int round = 0; round < rank; round++) {
      int next = -1;
      for (int axis = 0; axis < rank; axis++) {
        boolean counts = !done[axis] && tensor.size(axis) > 1;
        if (counts && (next < 0 || step(tensor, axis) < step(tensor, next))) {
          next = axis;
        }
      }
      if (next < 0) {
        return false;
      }
      if (step(tensor, next) <= span) {
        return true;
      }
      done[next] = true;
      span += (tensor.size(next) - 1) * step(tensor, next);
    }
    return false;
  }

  private static long step(Tensor tensor, int axis) {
    return Math.abs(tensor.stride(axis));
  }

  /** Whether each tensor is stored in a Java array of its own. */
  @SuppressWarnings("ReferenceEquality") // compares the identity of arrays, not their contents
  private static boolean inDifferentArrays(Tensor a, Tensor b) {
    return a.array().isPresent() && b.array().isPresent() && a.array().get() != b.array().get();
  }

  /** Whether two tensors may share an element. */
  public static boolean between(Tensor a, Tensor b) {
    if (inDifferentArrays(a, b)) {
      return false;
    }
    if (a.shape().elementCount() == 0 || b.shape().elementCount() == 0) {
      return false;
    }
    MemorySegment x = memory(a);
    MemorySegment y = memory(b);
    if (x.isNative() != y.isNative() || x.asOverlappingSlice(y).isEmpty()) {
      return false;
    }
    if (a.blocks().isPresent() || b.blocks().isPresent()) {
      return true;
    }
    long[] rangeA = bytes(a);
    long[] rangeB = bytes(b);
    if (rangeA[1] <= rangeB[0] || rangeB[1] <= rangeA[0]) {
      return false;
    }
    return !apartWithinRows(a, rangeA, b, rangeB);
  }

  private static MemorySegment memory(Tensor tensor) {
    return tensor.blocks().isPresent() ? tensor.blocks().get().bytes() : tensor.segment();
  }

  /** Addresses of the first byte and of one past the last byte, relative to the same base. */
  private static long[] bytes(Tensor tensor) {
    long low = tensor.offset();
    long high = low;
    for (int axis = 0; axis < tensor.rank(); axis++) {
      long reach = (tensor.size(axis) - 1) * tensor.stride(axis);
      low += Math.min(0, reach);
      high += Math.max(0, reach);
    }
    long size = tensor.dtype().byteSize();
    long base = tensor.segment().address();
    return new long[] {base + low * size, base + (high + 1) * size};
  }

  /**
   * Whether both have the same distance between rows and use different parts of the rows, as two
   * column blocks of one matrix do.
   */
  private static boolean apartWithinRows(Tensor a, long[] rangeA, Tensor b, long[] rangeB) {
    long row = longestStride(a);
    if (row == 0 || row != longestStride(b)) {
      return false;
    }
    long widthA = rangeA[1] - rangeA[0] - rowsSpan(a, row);
    long widthB = rangeB[1] - rangeB[0] - rowsSpan(b, row);
    long between = Math.floorMod(rangeB[0] - rangeA[0], row);
    return between >= widthA && between + widthB <= row;
  }

  private static long longestStride(Tensor tensor) {
    long longest = 0;
    for (int axis = 0; axis < tensor.rank(); axis++) {
      if (tensor.size(axis) > 1) {
        longest = Math.max(longest, step(tensor, axis) * tensor.dtype().byteSize());
      }
    }
    return longest;
  }

  /** Bytes from the first to the last row. */
  private static long rowsSpan(Tensor tensor, long row) {
    long span = 0;
    for (int axis = 0; axis < tensor.rank(); axis++) {
      if (step(tensor, axis) * tensor.dtype().byteSize() == row) {
        span += (tensor.size(axis) - 1) * row;
      }
    }
    return span;
  }
}
