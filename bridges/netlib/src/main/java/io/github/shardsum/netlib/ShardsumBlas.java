package io.github.shardsum.netlib;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import io.github.shardsum.internal.netlib.FloatRoutines;

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
public final class ShardsumBlas extends FloatRoutines {
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
}
