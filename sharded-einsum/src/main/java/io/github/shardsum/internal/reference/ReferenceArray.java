package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * The elements of a value in C order: floating-point elements as f64, each already rounded to its
 * dtype; all others as i64.
 *
 * @param type the value's type
 * @param reals elements of a floating dtype, otherwise empty
 * @param wholes elements of an integer dtype or bool, otherwise empty
 */
record ReferenceArray(ValueType type, double[] reals, long[] wholes) {
  static ReferenceArray of(ValueType type) {
    int count = count(type);
    boolean floating = type.dtype().isFloating();
    return new ReferenceArray(
        type, new double[floating ? count : 0], new long[floating ? 0 : count]);
  }

  private static int count(ValueType type) {
    long count = type.shape().elementCount();
    if (count > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          "reference: elements of a value, or terms of an einsum, must be at most "
              + Shape.LONGEST_ARRAY
              + ", as one Java array holds, got "
              + type
              + "; use another backend");
    }
    return (int) count;
  }

  static ReferenceArray of(ValueType type, Tensor tensor) {
    boolean floating = type.dtype().isFloating();
    return new ReferenceArray(
        type,
        floating ? tensor.toDoubleArray() : new double[0],
        floating ? new long[0] : tensor.toLongArray());
  }

  boolean floating() {
    return type.dtype().isFloating();
  }

  int count() {
    return floating() ? reals.length : wholes.length;
  }

  double real(int at) {
    return floating() ? reals[at] : wholes[at];
  }

  /** Writes a number, rounded to the dtype. */
  void set(int at, double value) {
    reals[at] = round(type.dtype(), value);
  }

  /** Writes an integer, cut to the dtype. */
  void set(int at, long value) {
    wholes[at] = cut(type.dtype(), value);
  }

  void set(int at, Scalar value) {
    if (floating()) {
      set(at, value.toDouble());
    } else {
      set(at, value.toLong());
    }
  }

  /** Copies an element of a value of the same dtype. */
  void copy(int at, ReferenceArray from, int index) {
    if (floating()) {
      reals[at] = from.reals[index];
    } else {
      wholes[at] = from.wholes[index];
    }
  }

  static double round(DType dtype, double value) {
    return switch (dtype) {
      case F32 -> (float) value;
      case BF16 -> Bf16.toFloat(Bf16.fromDouble(value));
      case F64, I32, I64, BOOL -> value;
    };
  }

  static long cut(DType dtype, long value) {
    return switch (dtype) {
      case I32 -> (int) value;
      case BOOL -> value == 0 ? 0 : 1;
      case F32, F64, BF16, I64 -> value;
    };
  }

  /** Writes all elements into a tensor of this type's shape and dtype. */
  void store(Tensor out) {
    long[] shape = type.shape().toArray();
    out.assign(floating() ? Tensor.of(reals, shape) : Tensor.of(wholes, shape));
  }

  /**
   * For each element of a value, the position of its element in another value that has a part of
   * its labels.
   *
   * @return one position for each element of {@code over}
   */
  static int[] positions(ValueType over, ValueType of) {
    return positions(over, of.names(), of.shape().rowMajorStrides());
  }

  static int[] positions(ValueType over, List<String> labels, long[] strides) {
    long[] steps = new long[over.rank()];
    for (int i = 0; i < strides.length; i++) {
      steps[over.axis(labels.get(i))] += strides[i];
    }
    int[] positions = new int[count(over)];
    long[] strideOf = over.shape().rowMajorStrides();
    for (int at = 0; at < positions.length; at++) {
      long rest = at;
      for (int axis = 0; axis < steps.length; axis++) {
        positions[at] += (int) (rest / strideOf[axis] * steps[axis]);
        rest %= strideOf[axis];
      }
    }
    return positions;
  }
}
