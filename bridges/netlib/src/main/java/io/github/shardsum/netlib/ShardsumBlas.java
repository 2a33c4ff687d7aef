package io.github.shardsum.netlib;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.netlib.BlasMatrix;
import io.github.shardsum.internal.netlib.BlasProducts;
import io.github.shardsum.internal.netlib.JavaRoutines;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * BLAS for programs that use {@code dev.ludovic.netlib}: Spark, Breeze, Smile and others.
 *
 * <p>{@code gemm}, {@code gemv}, {@code ger}, {@code syrk}, {@code symm}, {@code trsm}, {@code
 * dot}, {@code axpy}, {@code scal} and {@code nrm2} of doubles and floats run on Shardsum's kernels
 * where there is enough work. Most small calls, bad arguments and every other routine go to
 * netlib's own Java code, which also throws its own errors. There is no native code. The order of
 * sums is not netlib's, so last bits may differ.
 *
 * <p>Every call runs on the calling thread. Two matrices may share an array, where one fills gaps
 * between the columns of the other, as in LAPACK. Thread-safe.
 */
@SuppressWarnings("exports")
public final class ShardsumBlas extends JavaRoutines {
  /** Fewer multiplications than these cost less than finding a compiled einsum. */
  private static final long SMALL_PRODUCT = 4096;

  private static final long SMALL_MATRIX = 1024;
  private static final int SMALL_VECTOR = 256;

  private final BlasProducts products = new BlasProducts();

  /** BLAS whose other routines go to netlib's Java. */
  public ShardsumBlas() {
    this(JavaBLAS.getInstance());
  }

  /**
   * BLAS whose other routines go to a given one.
   *
   * @param others runs small calls and the routines that Shardsum does not have
   */
  public ShardsumBlas(BLAS others) {
    super(others);
  }

  @Override
  public void dgemm(
      String transa,
      String transb,
      int m,
      int n,
      int k,
      double alpha,
      double[] a,
      int offseta,
      int lda,
      double[] b,
      int offsetb,
      int ldb,
      double beta,
      double[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> turnA = turned(transa);
    Optional<Boolean> turnB = turned(transb);
    if (turnA.isEmpty()
        || turnB.isEmpty()
        || Math.min(m, n) <= 0
        || k < 0
        || lda < (turnA.get() ? k : m)
        || ldb < (turnB.get() ? n : k)
        || ldc < m
        || isShort(c.length, offsetc, m, n, ldc)
        || (k > 0 && alpha != 0 && (long) m * n * k < SMALL_PRODUCT)) {
      java.dgemm(
          transa, transb, m, n, k, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
      return;
    }
    if (k == 0 || alpha == 0) {
      BlasProducts.scale(beta, BlasMatrix.of(c, offsetc, m, n, ldc));
      return;
    }
    BlasMatrix left =
        oriented(
            turnA.get(), BlasMatrix.of(a, offseta, turnA.get() ? k : m, turnA.get() ? m : k, lda));
    BlasMatrix right =
        oriented(
            turnB.get(), BlasMatrix.of(b, offsetb, turnB.get() ? n : k, turnB.get() ? k : n, ldb));
    products.product(alpha, left, right, beta, BlasMatrix.of(c, offsetc, m, n, ldc));
  }

  @Override
  public void dgemv(
      String trans,
      int m,
      int n,
      double alpha,
      double[] a,
      int offseta,
      int lda,
      double[] x,
      int offsetx,
      int incx,
      double beta,
      double[] y,
      int offsety,
      int incy) {
    Optional<Boolean> turn = turned(trans);
    if (turn.isEmpty()
        || Math.min(m, n) <= 0
        || lda < m
        || incx == 0
        || incy == 0
        || alpha == 0
        || (long) m * n < SMALL_MATRIX) {
      java.dgemv(trans, m, n, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
      return;
    }
    BlasMatrix matrix = oriented(turn.get(), BlasMatrix.of(a, offseta, m, n, lda));
    Tensor from = vector(MemorySegment.ofArray(x), DType.F64, matrix.columns(), offsetx, incx);
    Tensor to = vector(MemorySegment.ofArray(y), DType.F64, matrix.rows(), offsety, incy);
    products.product(alpha, matrix, from, beta, to);
  }

  @Override
  public void dger(
      int m,
      int n,
      double alpha,
      double[] x,
      int offsetx,
      int incx,
      double[] y,
      int offsety,
      int incy,
      double[] a,
      int offseta,
      int lda) {
    if (Math.min(m, n) <= 0
        || lda < m
        || incx == 0
        || incy == 0
        || alpha == 0
        || (incx > 0 && incy > 0 && (long) m * n < SMALL_MATRIX)) {
      java.dger(m, n, alpha, x, offsetx, incx, y, offsety, incy, a, offseta, lda);
      return;
    }
    Tensor down = vector(MemorySegment.ofArray(x), DType.F64, m, offsetx, incx);
    Tensor along = vector(MemorySegment.ofArray(y), DType.F64, n, offsety, incy);
    products.outer(alpha, down, along, BlasMatrix.of(a, offseta, m, n, lda));
  }

  @Override
  public void dsyrk(
      String uplo,
      String trans,
      int n,
      int k,
      double alpha,
      double[] a,
      int offseta,
      int lda,
      double beta,
      double[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> turn = turned(trans);
    if (lower.isEmpty()
        || turn.isEmpty()
        || n <= 0
        || k < 0
        || lda < (turn.get() ? k : n)
        || ldc < n
        || isShort(a.length, offseta, turn.get() ? k : n, turn.get() ? n : k, lda)
        || isShort(c.length, offsetc, n, n, ldc)
        || (k > 0 && alpha != 0 && (long) n * n * k < SMALL_PRODUCT)) {
      java.dsyrk(uplo, trans, n, k, alpha, a, offseta, lda, beta, c, offsetc, ldc);
      return;
    }
    if (k == 0 || alpha == 0) {
      BlasProducts.scaleTriangle(lower.get(), beta, BlasMatrix.of(c, offsetc, n, n, ldc));
      return;
    }
    BlasMatrix matrix =
        oriented(
            turn.get(), BlasMatrix.of(a, offseta, turn.get() ? k : n, turn.get() ? n : k, lda));
    products.rankUpdate(lower.get(), alpha, matrix, beta, BlasMatrix.of(c, offsetc, n, n, ldc));
  }

  @Override
  public void dsymm(
      String side,
      String uplo,
      int m,
      int n,
      double alpha,
      double[] a,
      int offseta,
      int lda,
      double[] b,
      int offsetb,
      int ldb,
      double beta,
      double[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> left = left(side);
    if (lower.isEmpty()
        || left.isEmpty()
        || Math.min(m, n) <= 0
        || lda < (left.get() ? m : n)
        || ldb < m
        || ldc < m
        || alpha == 0
        || (long) m * n * (left.get() ? m : n) < SMALL_PRODUCT) {
      java.dsymm(side, uplo, m, n, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
      return;
    }
    int size = left.get() ? m : n;
    BlasMatrix whole =
        BlasProducts.symmetric(lower.get(), BlasMatrix.of(a, offseta, size, size, lda));
    BlasMatrix other = BlasMatrix.of(b, offsetb, m, n, ldb);
    BlasMatrix result = BlasMatrix.of(c, offsetc, m, n, ldc);
    products.product(alpha, left.get() ? whole : other, left.get() ? other : whole, beta, result);
  }

  @Override
  public void dtrsm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      double alpha,
      double[] a,
      int offseta,
      int lda,
      double[] b,
      int offsetb,
      int ldb) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> left = left(side);
    Optional<Boolean> turn = turned(transa);
    if (lower.isEmpty()
        || left.isEmpty()
        || turn.isEmpty()
        || !isDiagonal(diag)
        || Math.min(m, n) <= 0
        || lda < (left.get() ? m : n)
        || ldb < m
        || isShort(a.length, offseta, left.get() ? m : n, left.get() ? m : n, lda)
        || isShort(b.length, offsetb, m, n, ldb)
        || alpha == 0
        || (long) m * n * (left.get() ? m : n) < SMALL_PRODUCT) {
      java.dtrsm(side, uplo, transa, diag, m, n, alpha, a, offseta, lda, b, offsetb, ldb);
      return;
    }
    int size = left.get() ? m : n;
    BlasMatrix triangle =
        oriented(turn.get().equals(left.get()), BlasMatrix.of(a, offseta, size, size, lda));
    BlasMatrix unknown = oriented(!left.get(), BlasMatrix.of(b, offsetb, m, n, ldb));
    BlasProducts.scale(alpha, unknown);
    // x t = b from the right is t^T x^T = b^T.
    boolean down = lower.get() == !turn.get().equals(left.get());
    products.solve(
        down,
        triangle,
        unknown,
        (block, solved) ->
            java.dtrsm(
                "L",
                down ? "L" : "U",
                "N",
                diag,
                block.rows(),
                solved.columns(),
                1,
                block.doubles(),
                block.rows(),
                solved.doubles(),
                solved.rows()));
  }

  @Override
  public double ddot(int n, double[] x, int offsetx, int incx, double[] y, int offsety, int incy) {
    if (n < SMALL_VECTOR || incx == 0 || incy == 0) {
      return java.ddot(n, x, offsetx, incx, y, offsety, incy);
    }
    Tensor one = vector(MemorySegment.ofArray(x), DType.F64, n, offsetx, incx);
    Tensor other = vector(MemorySegment.ofArray(y), DType.F64, n, offsety, incy);
    double[] sum = new double[1];
    products.run("i,i->", 1, 0, Tensor.of(sum), one, other);
    return sum[0];
  }

  @Override
  public void daxpy(
      int n, double alpha, double[] x, int offsetx, int incx, double[] y, int offsety, int incy) {
    if (n < SMALL_VECTOR || incx == 0 || incy == 0 || alpha == 0) {
      java.daxpy(n, alpha, x, offsetx, incx, y, offsety, incy);
      return;
    }
    Tensor from = vector(MemorySegment.ofArray(x), DType.F64, n, offsetx, incx);
    Tensor to = vector(MemorySegment.ofArray(y), DType.F64, n, offsety, incy);
    products.run("i->i", alpha, 1, to, from);
  }

  @Override
  public void dscal(int n, double alpha, double[] x, int offsetx, int incx) {
    if (n < SMALL_VECTOR || incx <= 0) {
      java.dscal(n, alpha, x, offsetx, incx);
      return;
    }
    Tensor vector = vector(MemorySegment.ofArray(x), DType.F64, n, offsetx, incx);
    Elementwise.multiply(Target.into(Workers.sequential(), vector), vector, alpha);
  }

  @Override
  public double dnrm2(int n, double[] x, int offsetx, int incx) {
    if (n < SMALL_VECTOR || incx <= 0) {
      return java.dnrm2(n, x, offsetx, incx);
    }
    double squares = ddot(n, x, offsetx, incx, x, offsetx, incx);
    // If squares overflow or underflow, the vector is scaled first.
    return squares > 1e-280 && squares < 1e280
        ? Math.sqrt(squares)
        : BlasProducts.scaledNorm(vector(MemorySegment.ofArray(x), DType.F64, n, offsetx, incx));
  }

  @Override
  public void sgemm(
      String transa,
      String transb,
      int m,
      int n,
      int k,
      float alpha,
      float[] a,
      int offseta,
      int lda,
      float[] b,
      int offsetb,
      int ldb,
      float beta,
      float[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> turnA = turned(transa);
    Optional<Boolean> turnB = turned(transb);
    if (turnA.isEmpty()
        || turnB.isEmpty()
        || Math.min(m, n) <= 0
        || k < 0
        || lda < (turnA.get() ? k : m)
        || ldb < (turnB.get() ? n : k)
        || ldc < m
        || isShort(c.length, offsetc, m, n, ldc)
        || (k > 0 && alpha != 0 && (long) m * n * k < SMALL_PRODUCT)) {
      java.sgemm(
          transa, transb, m, n, k, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
      return;
    }
    if (k == 0 || alpha == 0) {
      BlasProducts.scale(beta, BlasMatrix.of(c, offsetc, m, n, ldc));
      return;
    }
    BlasMatrix left =
        oriented(
            turnA.get(), BlasMatrix.of(a, offseta, turnA.get() ? k : m, turnA.get() ? m : k, lda));
    BlasMatrix right =
        oriented(
            turnB.get(), BlasMatrix.of(b, offsetb, turnB.get() ? n : k, turnB.get() ? k : n, ldb));
    products.product(alpha, left, right, beta, BlasMatrix.of(c, offsetc, m, n, ldc));
  }

  @Override
  public void sgemv(
      String trans,
      int m,
      int n,
      float alpha,
      float[] a,
      int offseta,
      int lda,
      float[] x,
      int offsetx,
      int incx,
      float beta,
      float[] y,
      int offsety,
      int incy) {
    Optional<Boolean> turn = turned(trans);
    if (turn.isEmpty()
        || Math.min(m, n) <= 0
        || lda < m
        || incx == 0
        || incy == 0
        || alpha == 0
        || (long) m * n < SMALL_MATRIX) {
      java.sgemv(trans, m, n, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
      return;
    }
    BlasMatrix matrix = oriented(turn.get(), BlasMatrix.of(a, offseta, m, n, lda));
    Tensor from = vector(MemorySegment.ofArray(x), DType.F32, matrix.columns(), offsetx, incx);
    Tensor to = vector(MemorySegment.ofArray(y), DType.F32, matrix.rows(), offsety, incy);
    products.product(alpha, matrix, from, beta, to);
  }

  @Override
  public void sger(
      int m,
      int n,
      float alpha,
      float[] x,
      int offsetx,
      int incx,
      float[] y,
      int offsety,
      int incy,
      float[] a,
      int offseta,
      int lda) {
    if (Math.min(m, n) <= 0
        || lda < m
        || incx == 0
        || incy == 0
        || alpha == 0
        || (incx > 0 && incy > 0 && (long) m * n < SMALL_MATRIX)) {
      java.sger(m, n, alpha, x, offsetx, incx, y, offsety, incy, a, offseta, lda);
      return;
    }
    Tensor down = vector(MemorySegment.ofArray(x), DType.F32, m, offsetx, incx);
    Tensor along = vector(MemorySegment.ofArray(y), DType.F32, n, offsety, incy);
    products.outer(alpha, down, along, BlasMatrix.of(a, offseta, m, n, lda));
  }

  @Override
  public void ssyrk(
      String uplo,
      String trans,
      int n,
      int k,
      float alpha,
      float[] a,
      int offseta,
      int lda,
      float beta,
      float[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> turn = turned(trans);
    if (lower.isEmpty()
        || turn.isEmpty()
        || n <= 0
        || k < 0
        || lda < (turn.get() ? k : n)
        || ldc < n
        || isShort(a.length, offseta, turn.get() ? k : n, turn.get() ? n : k, lda)
        || isShort(c.length, offsetc, n, n, ldc)
        || (k > 0 && alpha != 0 && (long) n * n * k < SMALL_PRODUCT)) {
      java.ssyrk(uplo, trans, n, k, alpha, a, offseta, lda, beta, c, offsetc, ldc);
      return;
    }
    if (k == 0 || alpha == 0) {
      BlasProducts.scaleTriangle(lower.get(), beta, BlasMatrix.of(c, offsetc, n, n, ldc));
      return;
    }
    BlasMatrix matrix =
        oriented(
            turn.get(), BlasMatrix.of(a, offseta, turn.get() ? k : n, turn.get() ? n : k, lda));
    products.rankUpdate(lower.get(), alpha, matrix, beta, BlasMatrix.of(c, offsetc, n, n, ldc));
  }

  @Override
  public void ssymm(
      String side,
      String uplo,
      int m,
      int n,
      float alpha,
      float[] a,
      int offseta,
      int lda,
      float[] b,
      int offsetb,
      int ldb,
      float beta,
      float[] c,
      int offsetc,
      int ldc) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> left = left(side);
    if (lower.isEmpty()
        || left.isEmpty()
        || Math.min(m, n) <= 0
        || lda < (left.get() ? m : n)
        || ldb < m
        || ldc < m
        || alpha == 0
        || (long) m * n * (left.get() ? m : n) < SMALL_PRODUCT) {
      java.ssymm(side, uplo, m, n, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
      return;
    }
    int size = left.get() ? m : n;
    BlasMatrix whole =
        BlasProducts.symmetric(lower.get(), BlasMatrix.of(a, offseta, size, size, lda));
    BlasMatrix other = BlasMatrix.of(b, offsetb, m, n, ldb);
    BlasMatrix result = BlasMatrix.of(c, offsetc, m, n, ldc);
    products.product(alpha, left.get() ? whole : other, left.get() ? other : whole, beta, result);
  }

  @Override
  public void strsm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      float alpha,
      float[] a,
      int offseta,
      int lda,
      float[] b,
      int offsetb,
      int ldb) {
    Optional<Boolean> lower = lower(uplo);
    Optional<Boolean> left = left(side);
    Optional<Boolean> turn = turned(transa);
    if (lower.isEmpty()
        || left.isEmpty()
        || turn.isEmpty()
        || !isDiagonal(diag)
        || Math.min(m, n) <= 0
        || lda < (left.get() ? m : n)
        || ldb < m
        || isShort(a.length, offseta, left.get() ? m : n, left.get() ? m : n, lda)
        || isShort(b.length, offsetb, m, n, ldb)
        || alpha == 0
        || (long) m * n * (left.get() ? m : n) < SMALL_PRODUCT) {
      java.strsm(side, uplo, transa, diag, m, n, alpha, a, offseta, lda, b, offsetb, ldb);
      return;
    }
    int size = left.get() ? m : n;
    BlasMatrix triangle =
        oriented(turn.get().equals(left.get()), BlasMatrix.of(a, offseta, size, size, lda));
    BlasMatrix unknown = oriented(!left.get(), BlasMatrix.of(b, offsetb, m, n, ldb));
    BlasProducts.scale(alpha, unknown);
    // x t = b from the right is t^T x^T = b^T.
    boolean down = lower.get() == !turn.get().equals(left.get());
    products.solve(
        down,
        triangle,
        unknown,
        (block, solved) ->
            java.strsm(
                "L",
                down ? "L" : "U",
                "N",
                diag,
                block.rows(),
                solved.columns(),
                1,
                block.floats(),
                block.rows(),
                solved.floats(),
                solved.rows()));
  }

  @Override
  public float sdot(int n, float[] x, int offsetx, int incx, float[] y, int offsety, int incy) {
    if (n < SMALL_VECTOR || incx == 0 || incy == 0) {
      return java.sdot(n, x, offsetx, incx, y, offsety, incy);
    }
    Tensor one = vector(MemorySegment.ofArray(x), DType.F32, n, offsetx, incx);
    Tensor other = vector(MemorySegment.ofArray(y), DType.F32, n, offsety, incy);
    float[] sum = new float[1];
    products.run("i,i->", 1, 0, Tensor.of(sum), one, other);
    return sum[0];
  }

  @Override
  public void saxpy(
      int n, float alpha, float[] x, int offsetx, int incx, float[] y, int offsety, int incy) {
    if (n < SMALL_VECTOR || incx == 0 || incy == 0 || alpha == 0) {
      java.saxpy(n, alpha, x, offsetx, incx, y, offsety, incy);
      return;
    }
    Tensor from = vector(MemorySegment.ofArray(x), DType.F32, n, offsetx, incx);
    Tensor to = vector(MemorySegment.ofArray(y), DType.F32, n, offsety, incy);
    products.run("i->i", alpha, 1, to, from);
  }

  @Override
  public void sscal(int n, float alpha, float[] x, int offsetx, int incx) {
    if (n < SMALL_VECTOR || incx <= 0) {
      java.sscal(n, alpha, x, offsetx, incx);
      return;
    }
    Tensor vector = vector(MemorySegment.ofArray(x), DType.F32, n, offsetx, incx);
    Elementwise.multiply(Target.into(Workers.sequential(), vector), vector, alpha);
  }

  @Override
  public float snrm2(int n, float[] x, int offsetx, int incx) {
    if (n < SMALL_VECTOR || incx <= 0) {
      return java.snrm2(n, x, offsetx, incx);
    }
    float squares = sdot(n, x, offsetx, incx, x, offsetx, incx);
    // If squares overflow or underflow, the vector is scaled first.
    return squares > 1e-25f && squares < 1e30f
        ? (float) Math.sqrt(squares)
        : (float)
            BlasProducts.scaledNorm(vector(MemorySegment.ofArray(x), DType.F32, n, offsetx, incx));
  }

  /** Whether the argument asks for a transposed matrix; empty if it is none of BLAS's letters. */
  private static Optional<Boolean> turned(String trans) {
    return word(trans, 'N', 'T').or(() -> word(trans, 'N', 'C'));
  }

  private static Optional<Boolean> lower(String uplo) {
    return word(uplo, 'U', 'L');
  }

  private static Optional<Boolean> left(String side) {
    return word(side, 'R', 'L');
  }

  private static boolean isDiagonal(String diag) {
    return word(diag, 'N', 'U').isPresent();
  }

  private static Optional<Boolean> word(String word, char no, char yes) {
    char first = word.isEmpty() ? ' ' : Character.toUpperCase(word.charAt(0));
    return first == no || first == yes ? Optional.of(first == yes) : Optional.empty();
  }

  /**
   * Whether a matrix exceeds its array. netlib reports this before any work; a blocked algorithm
   * would find out late.
   */
  private static boolean isShort(int length, int offset, int rows, int columns, int leading) {
    return offset < 0
        || (Math.min(rows, columns) > 0 && offset + (columns - 1L) * leading + rows > length);
  }

  private static BlasMatrix oriented(boolean turned, BlasMatrix matrix) {
    return turned ? matrix.transposed() : matrix;
  }

  /** A vector as BLAS has it: with a negative step its first element is the last in memory. */
  private static Tensor vector(MemorySegment memory, DType dtype, int n, int offset, int step) {
    long first = step > 0 ? offset : offset - (n - 1L) * step;
    BlasMatrix.checkInside(first, first + (n - 1L) * step, memory, dtype);
    return Tensor.ofStrided(dtype, memory, first, Shape.of(n), step);
  }
}
