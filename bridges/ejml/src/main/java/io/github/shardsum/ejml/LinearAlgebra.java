package io.github.shardsum.ejml;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.LinearSolverSafe;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.decomposition.lu.LUDecompositionAlt_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.dense.row.linsol.lu.LinearSolverLu_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Linear algebra on the last two axes of tensors, with EJML. Each method does the work of a
 * function of NumPy's {@code np.linalg}.
 *
 * <p>Axes before the last two are a batch: matrices are computed one after another, in C order, on
 * the calling thread. Operands are f32 or f64 of any strides and memory. An f64 matrix in C order
 * at the start of a {@code double[]} is read in place; others are copied, one matrix at a time. All
 * arithmetic is f64; results are fresh, on the heap in C order, of the operand's dtype. No operand
 * is changed. Bad shapes and dtypes throw an {@link IllegalArgumentException} before any work; a
 * matrix without an answer throws an {@link ArithmeticException} that names the matrix.
 * Thread-safe.
 */
public final class LinearAlgebra {
  private LinearAlgebra() {}

  /**
   * Solves {@code a x = b} by LU decomposition with partial pivoting; NumPy's {@code
   * np.linalg.solve}.
   *
   * @param a {@code [..., n, n]}
   * @param b {@code [..., n, k]}, or {@code [n]} for one vector; axes before the last two are
   *     broadcast against those of a
   * @return x, of the shape of b after broadcasting, in the promoted dtype
   * @throws ArithmeticException if a matrix is singular: a pivot is exactly zero
   */
  public static Tensor solve(Tensor a, Tensor b) {
    Matrices left = Matrices.square("solve", a);
    if (b.rank() == 1) {
      return squeezed(solve(a, b.expand(1)));
    }
    Matrices right = Matrices.of("solve", b);
    require("solve", left.rows() == right.rows(), "as many rows as a, " + left.rows(), b);
    Shape batch = broadcast("solve", left, right);
    Tensor out = zeros(a.dtype().promote(b.dtype()), batch, left.rows(), right.columns());
    each(
        batch,
        at -> {
          DMatrixRMaj columns = right.matrix(batch, at);
          write(out, batch, at, solution("solve", left, batch, at, columns));
        });
    return out;
  }

  /** Solves {@code a x = b} for the matrix a at a position of the batch. */
  private static DMatrixRMaj solution(
      String name, Matrices left, Shape batch, long at, DMatrixRMaj b) {
    DMatrixRMaj x = new DMatrixRMaj(b.getNumRows(), b.getNumCols());
    if (b.getNumRows() == 0) {
      return x;
    }
    LUDecompositionAlt_DDRM parts = new LUDecompositionAlt_DDRM();
    LinearSolverDense<DMatrixRMaj> solver = new LinearSolverSafe<>(new LinearSolverLu_DDRM(parts));
    boolean regular = solver.setA(left.matrix(batch, at));
    for (int i = 0; i < b.getNumRows(); i++) {
      // Each pivot is tested, because the product of the pivots could underflow.
      regular &= parts.getLU().get(i, i) != 0;
    }
    answered(name, regular, "singular", batch, at);
    solver.solve(b, x);
    return x;
  }

  /**
   * The x of least norm among those that minimise the norm of {@code a x - b}, column by column;
   * NumPy's {@code np.linalg.lstsq}, over batches too.
   *
   * @param a {@code [..., m, n]}, of any rank
   * @param b {@code [..., m, k]}, or {@code [m]} for one vector; axes before the last two are
   *     broadcast against those of a
   * @return x {@code [..., n, k]}, or {@code [..., n]} for a vector, in the promoted dtype
   * @throws ArithmeticException if a matrix is not finite, or the iteration does not converge
   */
  public static Tensor leastSquares(Tensor a, Tensor b) {
    Matrices left = Matrices.of("leastSquares", a);
    if (b.rank() == 1) {
      return squeezed(leastSquares(a, b.expand(1)));
    }
    Matrices right = Matrices.of("leastSquares", b);
    require("leastSquares", left.rows() == right.rows(), "as many rows as a, " + left.rows(), b);
    Shape batch = broadcast("leastSquares", left, right);
    Tensor out = zeros(a.dtype().promote(b.dtype()), batch, left.columns(), right.columns());
    each(
        batch,
        at -> {
          LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.pseudoInverse(true);
          boolean found = solver.setA(finite("leastSquares", left, batch, at).copy());
          answered("leastSquares", found, "not decomposed: no convergence", batch, at);
          DMatrixRMaj inverse = new DMatrixRMaj(left.columns(), left.rows());
          solver.invert(inverse);
          DMatrixRMaj x = new DMatrixRMaj(left.columns(), right.columns());
          CommonOps_DDRM.mult(inverse, right.matrix(batch, at), x);
          write(out, batch, at, x);
        });
    return out;
  }

  /**
   * The inverse; NumPy's {@code np.linalg.inv}.
   *
   * @param a {@code [..., n, n]}
   * @return {@code [..., n, n]}
   * @throws ArithmeticException if a matrix is singular: a pivot is exactly zero
   */
  public static Tensor inverse(Tensor a) {
    Matrices matrices = Matrices.square("inverse", a);
    Shape batch = matrices.batch();
    Tensor out = Tensor.zeros(a.dtype(), a.shape());
    DMatrixRMaj identity = CommonOps_DDRM.identity(matrices.rows());
    each(batch, at -> write(out, batch, at, solution("inverse", matrices, batch, at, identity)));
    return out;
  }

  /**
   * The determinant; NumPy's {@code np.linalg.det}.
   *
   * @param a {@code [..., n, n]}
   * @return {@code [...]}
   */
  public static Tensor determinant(Tensor a) {
    Matrices matrices = Matrices.square("determinant", a);
    Tensor out = Tensor.zeros(a.dtype(), matrices.batch());
    each(
        matrices.batch(),
        at -> {
          DMatrixRMaj matrix = matrices.matrix(matrices.batch(), at).copy();
          double value = matrices.rows() == 0 ? 1 : CommonOps_DDRM.det(matrix);
          select(out, matrices.batch(), at).set(value);
        });
    return out;
  }

  /**
   * The lower triangle l of {@code a = l l^T}; NumPy's {@code np.linalg.cholesky}.
   *
   * @param a {@code [..., n, n]}, symmetric and positive definite; elements above the diagonal are
   *     not read
   * @return {@code [..., n, n]}, zero above the diagonal
   * @throws ArithmeticException if a matrix is not positive definite
   */
  public static Tensor cholesky(Tensor a) {
    Matrices matrices = Matrices.square("cholesky", a);
    Tensor out = Tensor.zeros(a.dtype(), a.shape());
    each(
        matrices.batch(),
        at -> {
          CholeskyDecomposition_F64<DMatrixRMaj> parts =
              DecompositionFactory_DDRM.chol(matrices.rows(), true);
          boolean found = parts.decompose(symmetric(matrices.matrix(matrices.batch(), at)));
          answered("cholesky", found, "not positive definite", matrices.batch(), at);
          write(out, matrices.batch(), at, parts.getT(null));
        });
    return out;
  }

  /**
   * An orthonormal basis of the columns, and the columns in that basis; NumPy's {@code
   * np.linalg.qr}, up to signs.
   *
   * @param a {@code [..., m, n]}
   * @return {@code [..., m, k]} and {@code [..., k, n]}, with k = min(m, n)
   * @throws ArithmeticException if a matrix is not finite
   */
  public static Qr qr(Tensor a) {
    Matrices matrices = Matrices.of("qr", a);
    int k = Math.min(matrices.rows(), matrices.columns());
    Tensor q = zeros(a.dtype(), matrices.batch(), matrices.rows(), k);
    Tensor r = zeros(a.dtype(), matrices.batch(), k, matrices.columns());
    each(
        matrices.batch(),
        at -> {
          QRDecomposition<DMatrixRMaj> parts =
              DecompositionFactory_DDRM.qr(matrices.rows(), matrices.columns());
          // The result is false for a column of zeros, whose parts are right all the same.
          boolean _ = parts.decompose(finite("qr", matrices, matrices.batch(), at).copy());
          write(q, matrices.batch(), at, parts.getQ(null, true));
          write(r, matrices.batch(), at, parts.getR(null, true));
        });
    return new Qr(q, r);
  }

  /**
   * Singular values and vectors; NumPy's {@code np.linalg.svd} with {@code full_matrices=False}, up
   * to signs.
   *
   * @param a {@code [..., m, n]}
   * @return {@code [..., m, k]}, {@code [..., k]} and {@code [..., k, n]}, with k = min(m, n)
   * @throws ArithmeticException if a matrix is not finite, or the iteration does not converge
   */
  public static Svd svd(Tensor a) {
    Matrices matrices = Matrices.of("svd", a);
    Shape batch = matrices.batch();
    int k = Math.min(matrices.rows(), matrices.columns());
    Tensor u = zeros(a.dtype(), batch, matrices.rows(), k);
    Tensor s = zeros(a.dtype(), batch, k);
    Tensor vt = zeros(a.dtype(), batch, k, matrices.columns());
    each(
        batch,
        at -> {
          SingularValueDecomposition_F64<DMatrixRMaj> parts =
              DecompositionFactory_DDRM.svd(matrices.rows(), matrices.columns(), true, true, true);
          boolean found = parts.decompose(finite("svd", matrices, batch, at).copy());
          answered("svd", found, "not decomposed: no convergence", batch, at);
          DMatrixRMaj left = parts.getU(null, false);
          DMatrixRMaj right = parts.getV(null, true);
          double[] values = parts.getSingularValues();
          SingularOps_DDRM.descendingOrder(left, false, values, k, right, true);
          write(u, batch, at, left);
          select(s, batch, at).assign(Tensor.of(values, values.length).slice(0, 0, k));
          write(vt, batch, at, right);
        });
    return new Svd(u, s, vt);
  }

  /**
   * Eigenvalues and eigenvectors of symmetric matrices; NumPy's {@code np.linalg.eigh}, up to
   * signs.
   *
   * @param a {@code [..., n, n]}, symmetric; elements above the diagonal are not read
   * @return values {@code [..., n]}, rising, and vectors {@code [..., n, n]}, one a column
   * @throws ArithmeticException if a matrix is not finite, or the iteration does not converge
   */
  public static SymmetricEigen symmetricEigen(Tensor a) {
    Matrices matrices = Matrices.square("symmetricEigen", a);
    Shape batch = matrices.batch();
    int n = matrices.rows();
    Tensor values = zeros(a.dtype(), batch, n);
    Tensor vectors = Tensor.zeros(a.dtype(), a.shape());
    each(
        batch,
        at -> {
          EigenDecomposition_F64<DMatrixRMaj> parts = DecompositionFactory_DDRM.eig(n, true, true);
          boolean found = parts.decompose(symmetric(finite("symmetricEigen", matrices, batch, at)));
          answered("symmetricEigen", found, "not decomposed: no convergence", batch, at);
          int[] rising =
              IntStream.range(0, n)
                  .boxed()
                  .sorted(Comparator.comparingDouble(i -> parts.getEigenvalue(i).real))
                  .mapToInt(i -> i)
                  .toArray();
          Tensor itsValues = select(values, batch, at);
          Tensor itsVectors = select(vectors, batch, at);
          for (int i = 0; i < n; i++) {
            itsValues.set(parts.getEigenvalue(rising[i]).real, i);
            DMatrixRMaj column = parts.getEigenVector(rising[i]);
            itsVectors.slice(1, i, i + 1).assign(EjmlMatrices.tensor(column));
          }
        });
    return new SymmetricEigen(values, vectors);
  }

  /**
   * Eigenvalues of any square matrices; NumPy's {@code np.linalg.eigvals}.
   *
   * @param a {@code [..., n, n]}
   * @return real and imaginary parts {@code [..., n]}, in EJML's order
   * @throws ArithmeticException if a matrix is not finite, or the iteration does not converge
   */
  public static Eigenvalues eigenvalues(Tensor a) {
    Matrices matrices = Matrices.square("eigenvalues", a);
    Shape batch = matrices.batch();
    Tensor real = zeros(a.dtype(), batch, matrices.rows());
    Tensor imaginary = zeros(a.dtype(), batch, matrices.rows());
    each(
        batch,
        at -> {
          EigenDecomposition_F64<DMatrixRMaj> parts =
              DecompositionFactory_DDRM.eig(matrices.rows(), false, false);
          boolean found = parts.decompose(finite("eigenvalues", matrices, batch, at).copy());
          answered("eigenvalues", found, "not decomposed: no convergence", batch, at);
          for (int i = 0; i < matrices.rows(); i++) {
            select(real, batch, at).set(parts.getEigenvalue(i).real, i);
            select(imaginary, batch, at).set(parts.getEigenvalue(i).imaginary, i);
          }
        });
    return new Eigenvalues(real, imaginary);
  }

  /**
   * The matrices of a tensor.
   *
   * @param tensor {@code [..., m, n]}
   * @param batch its axes before the last two
   */
  private record Matrices(Tensor tensor, Shape batch) {
    static Matrices of(String name, Tensor tensor) {
      DType dtype = tensor.dtype();
      if (tensor.rank() < 2 || (dtype != DType.F32 && dtype != DType.F64)) {
        throw new IllegalArgumentException(
            name + ": must be f32 or f64 [..., m, n], got " + tensor.description());
      }
      long[] leading = Arrays.copyOf(tensor.shape().toArray(), tensor.rank() - 2);
      return new Matrices(tensor, Shape.of(leading));
    }

    static Matrices square(String name, Tensor tensor) {
      Matrices matrices = of(name, tensor);
      require(name, matrices.rows() == matrices.columns(), "as many rows as columns", tensor);
      return matrices;
    }

    int rows() {
      return Math.toIntExact(tensor.size(batch.rank()));
    }

    int columns() {
      return Math.toIntExact(tensor.size(batch.rank() + 1));
    }

    /** The matrix at a position of the broadcast batch; callers must not write to it. */
    DMatrixRMaj matrix(Shape wide, long position) {
      if (wide.equals(batch)) {
        return EjmlMatrices.matrixOrCopy(select(tensor, batch, position));
      }
      long[] sizes = Arrays.copyOf(wide.toArray(), wide.rank() + 2);
      sizes[wide.rank()] = rows();
      sizes[wide.rank() + 1] = columns();
      Tensor all = tensor.broadcastTo(Shape.of(sizes));
      return EjmlMatrices.matrixOrCopy(select(all, wide, position));
    }
  }

  /** Work on the matrix at a position of the batch. */
  private interface Work {
    void at(long position);
  }

  private static void each(Shape batch, Work work) {
    for (long position = 0; position < batch.elementCount(); position++) {
      work.at(position);
    }
  }

  /** The part of a tensor at an index over its leading axes, counted in C order. */
  private static Tensor select(Tensor tensor, Shape batch, long position) {
    Tensor rest = tensor;
    long left = position;
    for (int axis = batch.rank() - 1; axis >= 0; axis--) {
      rest = rest.select(axis, left % batch.size(axis));
      left /= batch.size(axis);
    }
    return rest;
  }

  private static void write(Tensor out, Shape batch, long position, DMatrixRMaj matrix) {
    select(out, batch, position).assign(EjmlMatrices.tensor(matrix));
  }

  private static Tensor zeros(DType dtype, Shape batch, long... last) {
    long[] sizes = new long[batch.rank() + last.length];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = i < batch.rank() ? batch.size(i) : last[i - batch.rank()];
    }
    return Tensor.zeros(dtype, sizes);
  }

  private static Tensor squeezed(Tensor columns) {
    return columns.squeeze(columns.rank() - 1);
  }

  /** A copy whose upper triangle is the mirror of the lower one. */
  private static DMatrixRMaj symmetric(DMatrixRMaj matrix) {
    DMatrixRMaj copy = matrix.copy();
    for (int i = 0; i < copy.getNumRows(); i++) {
      for (int j = i + 1; j < copy.getNumCols(); j++) {
        copy.unsafe_set(i, j, copy.unsafe_get(j, i));
      }
    }
    return copy;
  }

  /** With a NaN, EJML's iterations might not end, or might end with arbitrary numbers. */
  private static DMatrixRMaj finite(String name, Matrices matrices, Shape batch, long at) {
    DMatrixRMaj matrix = matrices.matrix(batch, at);
    boolean finite = true;
    for (int i = 0; i < matrix.getNumElements(); i++) {
      finite &= Double.isFinite(matrix.get(i));
    }
    answered(name, finite, "not finite", batch, at);
    return matrix;
  }

  private static Shape broadcast(String name, Matrices left, Matrices right) {
    Shape a = left.batch();
    Shape b = right.batch();
    long[] sizes = new long[Math.max(a.rank(), b.rank())];
    for (int i = 1; i <= sizes.length; i++) {
      long one = i <= a.rank() ? a.size(a.rank() - i) : 1;
      long other = i <= b.rank() ? b.size(b.rank() - i) : 1;
      if (one != other && one != 1 && other != 1) {
        throw new IllegalArgumentException(
            name + ": leading axes must broadcast, got " + a + " and " + b);
      }
      sizes[sizes.length - i] = one == 1 ? other : one;
    }
    return Shape.of(sizes);
  }

  private static void require(String name, boolean holds, String rule, Tensor got) {
    if (!holds) {
      throw new IllegalArgumentException(
          name + ": must have " + rule + ", got " + got.description());
    }
  }

  private static void answered(String name, boolean found, String why, Shape batch, long at) {
    if (!found) {
      throw new ArithmeticException(
          name + ": matrix " + at + " of batch " + batch + ", in C order, is " + why);
    }
  }
}
