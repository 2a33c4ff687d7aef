package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.memory.F64Array;
import java.util.ArrayList;
import java.util.List;

/** Arrays of sums that are added up by a tree, kept by a thread. */
final class TreeSums {
  /** The largest number of bytes that a thread keeps until its next run. */
  private static final long KEPT_BYTES = 64L << 20;

  private final List<ArrayRef> floats = new ArrayList<>();
  private final List<ArrayRef> doubles = new ArrayList<>();
  private long bytes;

  /** The array with a given number; it has at least the given number of elements. */
  ArrayRef at(ComputeType type, int index, int elements) {
    List<ArrayRef> all = type == ComputeType.FLOAT ? floats : doubles;
    while (all.size() <= index) {
      all.add(array(type, 0));
    }
    if (length(all.get(index)) < elements) {
      all.set(index, array(type, elements));
      bytes += (long) elements * type.dtype().byteSize();
    }
    return all.get(index);
  }

  private static ArrayRef array(ComputeType type, int elements) {
    return type == ComputeType.FLOAT
        ? new ArrayRef(new F32Array(new float[elements]), 0)
        : new ArrayRef(new F64Array(new double[elements]), 0);
  }

  private static int length(ArrayRef array) {
    return switch (array.memory()) {
      case F32Array(float[] values) -> values.length;
      case F64Array(double[] values) -> values.length;
      default ->
          throw new IllegalStateException(
              "sums: must be an array of floats or doubles, got " + array.memory());
    };
  }

  void trim() {
    if (bytes > KEPT_BYTES) {
      floats.clear();
      doubles.clear();
      bytes = 0;
    }
  }
}
