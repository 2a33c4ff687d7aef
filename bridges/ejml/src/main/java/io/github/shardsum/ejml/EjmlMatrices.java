package io.github.shardsum.ejml;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.ejml.data.DMatrixRMaj;
import org.ejml.data.FMatrixRMaj;

/**
 * Tensors {@code [m, n]} as dense matrices of EJML and back, without a copy: matrix and tensor
 * share one array, so each sees what is written through the other. As thread-safe as the array.
 */
public final class EjmlMatrices {
  private EjmlMatrices() {}

  /**
   * The matrix over a tensor's array.
   *
   * @param tensor f64 {@code [m, n]} in C order, from the first element of a {@code double[]} on
   * @return a matrix that aliases it
   * @throws IllegalArgumentException if the tensor is of another kind, such as a view or a native
   *     one; {@link #copy} takes any tensor
   */
  public static DMatrixRMaj matrix(Tensor tensor) {
    if (tensor.dtype() != DType.F64 || !isWhole(tensor)) {
      throw refused(tensor, "f64", "double[]");
    }
    return DMatrixRMaj.wrap(rows(tensor), columns(tensor), (double[]) tensor.array().orElseThrow());
  }

  /**
   * The matrix of floats over a tensor's array.
   *
   * @param tensor f32 {@code [m, n]} in C order, from the first element of a {@code float[]} on
   * @return a matrix that aliases it
   * @throws IllegalArgumentException if the tensor is of another kind, such as a view or a native
   *     one
   */
  public static FMatrixRMaj floatMatrix(Tensor tensor) {
    if (tensor.dtype() != DType.F32 || !isWhole(tensor)) {
      throw refused(tensor, "f32", "float[]");
    }
    FMatrixRMaj matrix = new FMatrixRMaj();
    matrix.data = (float[]) tensor.array().orElseThrow();
    matrix.numRows = rows(tensor);
    matrix.numCols = columns(tensor);
    return matrix;
  }

  /**
   * A new matrix with the elements of any tensor {@code [m, n]}, converted to f64.
   *
   * @param tensor {@code [m, n]} of any dtype, strides and memory
   * @return a fresh matrix
   * @throws IllegalArgumentException if the tensor has another rank, or more than 2^31 - 1 elements
   */
  public static DMatrixRMaj copy(Tensor tensor) {
    DMatrixRMaj matrix = new DMatrixRMaj(rows(tensor), columns(tensor));
    tensor(matrix).assign(tensor);
    return matrix;
  }

  /**
   * The tensor over a matrix's array.
   *
   * @param matrix {@code [m, n]}
   * @return an f64 tensor that aliases it, until the matrix is given another size
   */
  public static Tensor tensor(DMatrixRMaj matrix) {
    MemorySegment elements = MemorySegment.ofArray(matrix.data);
    long bytes = (long) matrix.getNumElements() * Double.BYTES;
    return Tensor.of(
        DType.F64, elements.asSlice(0, bytes), matrix.getNumRows(), matrix.getNumCols());
  }

  /**
   * The tensor over a matrix's array of floats.
   *
   * @param matrix {@code [m, n]}
   * @return an f32 tensor that aliases it, until the matrix is given another size
   */
  public static Tensor tensor(FMatrixRMaj matrix) {
    MemorySegment elements = MemorySegment.ofArray(matrix.data);
    long bytes = (long) matrix.getNumElements() * Float.BYTES;
    return Tensor.of(
        DType.F32, elements.asSlice(0, bytes), matrix.getNumRows(), matrix.getNumCols());
  }

  /** The matrix over the tensor's array if it has one, otherwise a copy. */
  static DMatrixRMaj matrixOrCopy(Tensor tensor) {
    return tensor.dtype() == DType.F64 && isWhole(tensor) ? matrix(tensor) : copy(tensor);
  }

  private static boolean isWhole(Tensor tensor) {
    return tensor.rank() == 2
        && tensor.isContiguous()
        && tensor.array().isPresent()
        && tensor.arrayOffset() == 0;
  }

  private static int rows(Tensor tensor) {
    if (tensor.rank() != 2 || tensor.shape().elementCount() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "matrix: must be [m, n] of at most 2^31 - 1 elements, got " + tensor.description());
    }
    return Math.toIntExact(tensor.size(0));
  }

  private static int columns(Tensor tensor) {
    return Math.toIntExact(tensor.size(1));
  }

  private static IllegalArgumentException refused(Tensor tensor, String dtype, String array) {
    return new IllegalArgumentException(
        "matrix: must be "
            + dtype
            + " [m, n] in C order from the first element of a "
            + array
            + " on, got "
            + tensor.description()
            + "; EjmlMatrices.copy takes any");
  }
}
