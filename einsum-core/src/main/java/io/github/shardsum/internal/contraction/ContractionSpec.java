package io.github.shardsum.internal.contraction;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.Slice;
import io.github.shardsum.tensor.DType;
import java.util.List;

/**
 * The properties that determine a contraction's kernels: labels, sizes, strides and the path.
 *
 * @param type the type of its arithmetic
 * @param dtype the result's element type
 * @param sizes size of each label
 * @param operands each operand's strides by labels
 * @param resultLabels label of each axis of the result; a label may repeat, and operands need not
 *     have it
 * @param resultStrides stride of each axis of the result
 * @param biasStrides stride of the epilogue's bias along each axis of the result
 * @param epilogue whether an epilogue follows the sum
 * @param affine whether the epilogue scales or adds
 * @param path the order of pairs
 * @param slices labels that are processed in chunks
 * @param levels for each pair of the path, the number of slices whose loops contain it
 * @param leaf number of terms of a leaf in the tree of sums, 0 for any order
 * @param scaled whether powers of two are taken out of values; each pass over slices then ends in
 *     its own value
 */
public record ContractionSpec(
    ComputeType type,
    DType dtype,
    long[] sizes,
    List<ContractionView> operands,
    int[] resultLabels,
    long[] resultStrides,
    long[] biasStrides,
    boolean epilogue,
    boolean affine,
    ContractionPath path,
    List<Slice> slices,
    int[] levels,
    int leaf,
    boolean scaled) {

  /** Whether sums follow the fixed tree; sums of integers are the same in any order. */
  boolean isTree() {
    return leaf > 0 && type != ComputeType.LONG;
  }

  boolean isInResult(int label) {
    for (int each : resultLabels) {
      if (each == label) {
        return true;
      }
    }
    return false;
  }

  boolean isInOperands(int label) {
    for (ContractionView operand : operands) {
      if (operand.has(label)) {
        return true;
      }
    }
    return false;
  }

  boolean resultRepeatsLabels() {
    boolean[] seen = new boolean[sizes.length];
    for (int label : resultLabels) {
      if (seen[label]) {
        return true;
      }
      seen[label] = true;
    }
    return false;
  }

  /** Whether a label of the result is in no operand. */
  boolean resultRepeatsValues() {
    for (int label : resultLabels) {
      if (!isInOperands(label)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether parts of a sum must not be rounded to the result's dtype before they are added. False
   * for an f32 that is summed in f64, since partial sums in f32 are as accurate as promised.
   */
  boolean cutsSums() {
    return switch (dtype) {
      case F32, F64 -> false;
      case BF16 -> true;
      case I32, I64 -> type != ComputeType.LONG;
      case BOOL -> operands.stream().anyMatch(operand -> operand.dtype() != DType.BOOL);
    };
  }

  /**
   * Whether it matters if the epilogue applies to the sum before or after rounding. Kernels apply
   * it before they round, so that a bf16 is rounded once; only slices leave it for after the sum.
   */
  boolean epilogueMindsCuts() {
    return dtype != DType.BF16 && (affine || (epilogue && dtype == DType.BOOL));
  }

  /** Whether several slices add to one element. */
  boolean slicesAdd() {
    for (Slice slice : slices) {
      if (!isInResult(slice.label())) {
        return true;
      }
    }
    return false;
  }

  /** Whether a summed label is empty, so that every sum is 0. */
  boolean sumsNothing() {
    for (int label = 0; label < sizes.length; label++) {
      if (sizes[label] == 0 && isInOperands(label)) {
        return true;
      }
    }
    return false;
  }

  /** Number of products in one element of the result. */
  double sumLength() {
    double length = 1;
    for (int label = 0; label < sizes.length; label++) {
      if (!isInResult(label)) {
        length *= sizes[label];
      }
    }
    return length;
  }

  /** The result by labels: the strides of a repeated label are added, which gives the diagonal. */
  ContractionView.Dense result() {
    boolean[] present = new boolean[sizes.length];
    long[] strides = new long[sizes.length];
    for (int axis = 0; axis < resultLabels.length; axis++) {
      present[resultLabels[axis]] = true;
      strides[resultLabels[axis]] += resultStrides[axis];
    }
    return new ContractionView.Dense(dtype, present, strides);
  }

  /** Stride of the bias along a label. */
  long biasStride(int label) {
    long stride = 0;
    for (int axis = 0; axis < resultLabels.length; axis++) {
      stride += resultLabels[axis] == label ? biasStrides[axis] : 0;
    }
    return stride;
  }
}
