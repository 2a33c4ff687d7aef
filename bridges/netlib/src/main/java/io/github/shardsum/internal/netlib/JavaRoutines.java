package io.github.shardsum.internal.netlib;

import dev.ludovic.netlib.blas.BLAS;

/**
 * BLAS whose routines a subclass overrides. A routine that is not overridden calls another
 * implementation; a routine without offsets calls its form with offsets of 0.
 */
public abstract class JavaRoutines implements BLAS {
  /** The implementation of the other routines. */
  protected final BLAS java;

  /**
   * Takes the implementation of the other routines.
   *
   * @param java the implementation
   */
  protected JavaRoutines(BLAS java) {
    this.java = java;
  }

  @Override
  public final void daxpy(int n, double alpha, double[] x, int incx, double[] y, int incy) {
    daxpy(n, alpha, x, 0, incx, y, 0, incy);
  }

  @Override
  public final void saxpy(int n, float alpha, float[] x, int incx, float[] y, int incy) {
    saxpy(n, alpha, x, 0, incx, y, 0, incy);
  }

  @Override
  public final double ddot(int n, double[] x, int incx, double[] y, int incy) {
    return ddot(n, x, 0, incx, y, 0, incy);
  }

  @Override
  public final float sdot(int n, float[] x, int incx, float[] y, int incy) {
    return sdot(n, x, 0, incx, y, 0, incy);
  }

  @Override
  public final void dgemm(
      String transa,
      String transb,
      int m,
      int n,
      int k,
      double alpha,
      double[] a,
      int lda,
      double[] b,
      int ldb,
      double beta,
      double[] c,
      int ldc) {
    dgemm(transa, transb, m, n, k, alpha, a, 0, lda, b, 0, ldb, beta, c, 0, ldc);
  }

  @Override
  public final void sgemm(
      String transa,
      String transb,
      int m,
      int n,
      int k,
      float alpha,
      float[] a,
      int lda,
      float[] b,
      int ldb,
      float beta,
      float[] c,
      int ldc) {
    sgemm(transa, transb, m, n, k, alpha, a, 0, lda, b, 0, ldb, beta, c, 0, ldc);
  }

  @Override
  public final void dgemv(
      String trans,
      int m,
      int n,
      double alpha,
      double[] a,
      int lda,
      double[] x,
      int incx,
      double beta,
      double[] y,
      int incy) {
    dgemv(trans, m, n, alpha, a, 0, lda, x, 0, incx, beta, y, 0, incy);
  }

  @Override
  public final void sgemv(
      String trans,
      int m,
      int n,
      float alpha,
      float[] a,
      int lda,
      float[] x,
      int incx,
      float beta,
      float[] y,
      int incy) {
    sgemv(trans, m, n, alpha, a, 0, lda, x, 0, incx, beta, y, 0, incy);
  }

  @Override
  public final void dger(
      int m, int n, double alpha, double[] x, int incx, double[] y, int incy, double[] a, int lda) {
    dger(m, n, alpha, x, 0, incx, y, 0, incy, a, 0, lda);
  }

  @Override
  public final void sger(
      int m, int n, float alpha, float[] x, int incx, float[] y, int incy, float[] a, int lda) {
    sger(m, n, alpha, x, 0, incx, y, 0, incy, a, 0, lda);
  }

  @Override
  public final double dnrm2(int n, double[] x, int incx) {
    return dnrm2(n, x, 0, incx);
  }

  @Override
  public final float snrm2(int n, float[] x, int incx) {
    return snrm2(n, x, 0, incx);
  }

  @Override
  public final void dscal(int n, double alpha, double[] x, int incx) {
    dscal(n, alpha, x, 0, incx);
  }

  @Override
  public final void sscal(int n, float alpha, float[] x, int incx) {
    sscal(n, alpha, x, 0, incx);
  }

  @Override
  public final void dsymm(
      String side,
      String uplo,
      int m,
      int n,
      double alpha,
      double[] a,
      int lda,
      double[] b,
      int ldb,
      double beta,
      double[] c,
      int ldc) {
    dsymm(side, uplo, m, n, alpha, a, 0, lda, b, 0, ldb, beta, c, 0, ldc);
  }

  @Override
  public final void ssymm(
      String side,
      String uplo,
      int m,
      int n,
      float alpha,
      float[] a,
      int lda,
      float[] b,
      int ldb,
      float beta,
      float[] c,
      int ldc) {
    ssymm(side, uplo, m, n, alpha, a, 0, lda, b, 0, ldb, beta, c, 0, ldc);
  }

  @Override
  public final void dsyrk(
      String uplo,
      String trans,
      int n,
      int k,
      double alpha,
      double[] a,
      int lda,
      double beta,
      double[] c,
      int ldc) {
    dsyrk(uplo, trans, n, k, alpha, a, 0, lda, beta, c, 0, ldc);
  }

  @Override
  public final void ssyrk(
      String uplo,
      String trans,
      int n,
      int k,
      float alpha,
      float[] a,
      int lda,
      float beta,
      float[] c,
      int ldc) {
    ssyrk(uplo, trans, n, k, alpha, a, 0, lda, beta, c, 0, ldc);
  }

  @Override
  public final void dtrsm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      double alpha,
      double[] a,
      int lda,
      double[] b,
      int ldb) {
    dtrsm(side, uplo, transa, diag, m, n, alpha, a, 0, lda, b, 0, ldb);
  }

  @Override
  public final void strsm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      float alpha,
      float[] a,
      int lda,
      float[] b,
      int ldb) {
    strsm(side, uplo, transa, diag, m, n, alpha, a, 0, lda, b, 0, ldb);
  }

  @Override
  public final double dasum(int n, double[] x, int incx) {
    return java.dasum(n, x, incx);
  }

  @Override
  public final double dasum(int n, double[] x, int offsetx, int incx) {
    return java.dasum(n, x, offsetx, incx);
  }

  @Override
  public final float sasum(int n, float[] x, int incx) {
    return java.sasum(n, x, incx);
  }

  @Override
  public final float sasum(int n, float[] x, int offsetx, int incx) {
    return java.sasum(n, x, offsetx, incx);
  }

  @Override
  public final void dcopy(int n, double[] x, int incx, double[] y, int incy) {
    java.dcopy(n, x, incx, y, incy);
  }

  @Override
  public final void dcopy(
      int n, double[] x, int offsetx, int incx, double[] y, int offsety, int incy) {
    java.dcopy(n, x, offsetx, incx, y, offsety, incy);
  }

  @Override
  public final void scopy(int n, float[] x, int incx, float[] y, int incy) {
    java.scopy(n, x, incx, y, incy);
  }

  @Override
  public final void scopy(
      int n, float[] x, int offsetx, int incx, float[] y, int offsety, int incy) {
    java.scopy(n, x, offsetx, incx, y, offsety, incy);
  }

  @Override
  public final float sdsdot(int n, float sb, float[] sx, int incx, float[] sy, int incy) {
    return java.sdsdot(n, sb, sx, incx, sy, incy);
  }

  @Override
  public final float sdsdot(
      int n, float sb, float[] sx, int offsetsx, int incx, float[] sy, int offsetsy, int incy) {
    return java.sdsdot(n, sb, sx, offsetsx, incx, sy, offsetsy, incy);
  }

  @Override
  public final void dgbmv(
      String trans,
      int m,
      int n,
      int kl,
      int ku,
      double alpha,
      double[] a,
      int lda,
      double[] x,
      int incx,
      double beta,
      double[] y,
      int incy) {
    java.dgbmv(trans, m, n, kl, ku, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void dgbmv(
      String trans,
      int m,
      int n,
      int kl,
      int ku,
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
    java.dgbmv(
        trans, m, n, kl, ku, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void sgbmv(
      String trans,
      int m,
      int n,
      int kl,
      int ku,
      float alpha,
      float[] a,
      int lda,
      float[] x,
      int incx,
      float beta,
      float[] y,
      int incy) {
    java.sgbmv(trans, m, n, kl, ku, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void sgbmv(
      String trans,
      int m,
      int n,
      int kl,
      int ku,
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
    java.sgbmv(
        trans, m, n, kl, ku, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void drot(int n, double[] dx, int incx, double[] dy, int incy, double c, double s) {
    java.drot(n, dx, incx, dy, incy, c, s);
  }

  @Override
  public final void drot(
      int n,
      double[] dx,
      int offsetdx,
      int incx,
      double[] dy,
      int offsetdy,
      int incy,
      double c,
      double s) {
    java.drot(n, dx, offsetdx, incx, dy, offsetdy, incy, c, s);
  }

  @Override
  public final void srot(int n, float[] sx, int incx, float[] sy, int incy, float c, float s) {
    java.srot(n, sx, incx, sy, incy, c, s);
  }

  @Override
  public final void srot(
      int n,
      float[] sx,
      int offsetsx,
      int incx,
      float[] sy,
      int offsetsy,
      int incy,
      float c,
      float s) {
    java.srot(n, sx, offsetsx, incx, sy, offsetsy, incy, c, s);
  }

  @Override
  public final void drotg(
      org.netlib.util.doubleW da,
      org.netlib.util.doubleW db,
      org.netlib.util.doubleW c,
      org.netlib.util.doubleW s) {
    java.drotg(da, db, c, s);
  }

  @Override
  public final void srotg(
      org.netlib.util.floatW sa,
      org.netlib.util.floatW sb,
      org.netlib.util.floatW c,
      org.netlib.util.floatW s) {
    java.srotg(sa, sb, c, s);
  }

  @Override
  public final void drotm(int n, double[] dx, int incx, double[] dy, int incy, double[] dparam) {
    java.drotm(n, dx, incx, dy, incy, dparam);
  }

  @Override
  public final void drotm(
      int n,
      double[] dx,
      int offsetdx,
      int incx,
      double[] dy,
      int offsetdy,
      int incy,
      double[] dparam,
      int offsetdparam) {
    java.drotm(n, dx, offsetdx, incx, dy, offsetdy, incy, dparam, offsetdparam);
  }

  @Override
  public final void srotm(int n, float[] sx, int incx, float[] sy, int incy, float[] sparam) {
    java.srotm(n, sx, incx, sy, incy, sparam);
  }

  @Override
  public final void srotm(
      int n,
      float[] sx,
      int offsetsx,
      int incx,
      float[] sy,
      int offsetsy,
      int incy,
      float[] sparam,
      int offsetsparam) {
    java.srotm(n, sx, offsetsx, incx, sy, offsetsy, incy, sparam, offsetsparam);
  }

  @Override
  public final void drotmg(
      org.netlib.util.doubleW dd1,
      org.netlib.util.doubleW dd2,
      org.netlib.util.doubleW dx1,
      double dy1,
      double[] dparam) {
    java.drotmg(dd1, dd2, dx1, dy1, dparam);
  }

  @Override
  public final void drotmg(
      org.netlib.util.doubleW dd1,
      org.netlib.util.doubleW dd2,
      org.netlib.util.doubleW dx1,
      double dy1,
      double[] dparam,
      int offsetdparam) {
    java.drotmg(dd1, dd2, dx1, dy1, dparam, offsetdparam);
  }

  @Override
  public final void srotmg(
      org.netlib.util.floatW sd1,
      org.netlib.util.floatW sd2,
      org.netlib.util.floatW sx1,
      float sy1,
      float[] sparam) {
    java.srotmg(sd1, sd2, sx1, sy1, sparam);
  }

  @Override
  public final void srotmg(
      org.netlib.util.floatW sd1,
      org.netlib.util.floatW sd2,
      org.netlib.util.floatW sx1,
      float sy1,
      float[] sparam,
      int offsetsparam) {
    java.srotmg(sd1, sd2, sx1, sy1, sparam, offsetsparam);
  }

  @Override
  public final void dsbmv(
      String uplo,
      int n,
      int k,
      double alpha,
      double[] a,
      int lda,
      double[] x,
      int incx,
      double beta,
      double[] y,
      int incy) {
    java.dsbmv(uplo, n, k, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void dsbmv(
      String uplo,
      int n,
      int k,
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
    java.dsbmv(uplo, n, k, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void ssbmv(
      String uplo,
      int n,
      int k,
      float alpha,
      float[] a,
      int lda,
      float[] x,
      int incx,
      float beta,
      float[] y,
      int incy) {
    java.ssbmv(uplo, n, k, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void ssbmv(
      String uplo,
      int n,
      int k,
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
    java.ssbmv(uplo, n, k, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void dspmv(
      String uplo,
      int n,
      double alpha,
      double[] a,
      double[] x,
      int incx,
      double beta,
      double[] y,
      int incy) {
    java.dspmv(uplo, n, alpha, a, x, incx, beta, y, incy);
  }

  @Override
  public final void dspmv(
      String uplo,
      int n,
      double alpha,
      double[] a,
      int offseta,
      double[] x,
      int offsetx,
      int incx,
      double beta,
      double[] y,
      int offsety,
      int incy) {
    java.dspmv(uplo, n, alpha, a, offseta, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void sspmv(
      String uplo,
      int n,
      float alpha,
      float[] ap,
      float[] x,
      int incx,
      float beta,
      float[] y,
      int incy) {
    java.sspmv(uplo, n, alpha, ap, x, incx, beta, y, incy);
  }

  @Override
  public final void sspmv(
      String uplo,
      int n,
      float alpha,
      float[] ap,
      int offsetap,
      float[] x,
      int offsetx,
      int incx,
      float beta,
      float[] y,
      int offsety,
      int incy) {
    java.sspmv(uplo, n, alpha, ap, offsetap, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void dspr(String uplo, int n, double alpha, double[] x, int incx, double[] a) {
    java.dspr(uplo, n, alpha, x, incx, a);
  }

  @Override
  public final void dspr(
      String uplo,
      int n,
      double alpha,
      double[] x,
      int offsetx,
      int incx,
      double[] a,
      int offseta) {
    java.dspr(uplo, n, alpha, x, offsetx, incx, a, offseta);
  }

  @Override
  public final void sspr(String uplo, int n, float alpha, float[] x, int incx, float[] ap) {
    java.sspr(uplo, n, alpha, x, incx, ap);
  }

  @Override
  public final void sspr(
      String uplo, int n, float alpha, float[] x, int offsetx, int incx, float[] ap, int offsetap) {
    java.sspr(uplo, n, alpha, x, offsetx, incx, ap, offsetap);
  }

  @Override
  public final void dspr2(
      String uplo, int n, double alpha, double[] x, int incx, double[] y, int incy, double[] ap) {
    java.dspr2(uplo, n, alpha, x, incx, y, incy, ap);
  }

  @Override
  public final void dspr2(
      String uplo,
      int n,
      double alpha,
      double[] x,
      int offsetx,
      int incx,
      double[] y,
      int offsety,
      int incy,
      double[] ap,
      int offsetap) {
    java.dspr2(uplo, n, alpha, x, offsetx, incx, y, offsety, incy, ap, offsetap);
  }

  @Override
  public final void sspr2(
      String uplo, int n, float alpha, float[] x, int incx, float[] y, int incy, float[] ap) {
    java.sspr2(uplo, n, alpha, x, incx, y, incy, ap);
  }

  @Override
  public final void sspr2(
      String uplo,
      int n,
      float alpha,
      float[] x,
      int offsetx,
      int incx,
      float[] y,
      int offsety,
      int incy,
      float[] ap,
      int offsetap) {
    java.sspr2(uplo, n, alpha, x, offsetx, incx, y, offsety, incy, ap, offsetap);
  }

  @Override
  public final void dswap(int n, double[] x, int incx, double[] y, int incy) {
    java.dswap(n, x, incx, y, incy);
  }

  @Override
  public final void dswap(
      int n, double[] x, int offsetx, int incx, double[] y, int offsety, int incy) {
    java.dswap(n, x, offsetx, incx, y, offsety, incy);
  }

  @Override
  public final void sswap(int n, float[] x, int incx, float[] y, int incy) {
    java.sswap(n, x, incx, y, incy);
  }

  @Override
  public final void sswap(
      int n, float[] x, int offsetx, int incx, float[] y, int offsety, int incy) {
    java.sswap(n, x, offsetx, incx, y, offsety, incy);
  }

  @Override
  public final void dsymv(
      String uplo,
      int n,
      double alpha,
      double[] a,
      int lda,
      double[] x,
      int incx,
      double beta,
      double[] y,
      int incy) {
    java.dsymv(uplo, n, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void dsymv(
      String uplo,
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
    java.dsymv(uplo, n, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void ssymv(
      String uplo,
      int n,
      float alpha,
      float[] a,
      int lda,
      float[] x,
      int incx,
      float beta,
      float[] y,
      int incy) {
    java.ssymv(uplo, n, alpha, a, lda, x, incx, beta, y, incy);
  }

  @Override
  public final void ssymv(
      String uplo,
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
    java.ssymv(uplo, n, alpha, a, offseta, lda, x, offsetx, incx, beta, y, offsety, incy);
  }

  @Override
  public final void dsyr(
      String uplo, int n, double alpha, double[] x, int incx, double[] a, int lda) {
    java.dsyr(uplo, n, alpha, x, incx, a, lda);
  }

  @Override
  public final void dsyr(
      String uplo,
      int n,
      double alpha,
      double[] x,
      int offsetx,
      int incx,
      double[] a,
      int offseta,
      int lda) {
    java.dsyr(uplo, n, alpha, x, offsetx, incx, a, offseta, lda);
  }

  @Override
  public final void ssyr(String uplo, int n, float alpha, float[] x, int incx, float[] a, int lda) {
    java.ssyr(uplo, n, alpha, x, incx, a, lda);
  }

  @Override
  public final void ssyr(
      String uplo,
      int n,
      float alpha,
      float[] x,
      int offsetx,
      int incx,
      float[] a,
      int offseta,
      int lda) {
    java.ssyr(uplo, n, alpha, x, offsetx, incx, a, offseta, lda);
  }

  @Override
  public final void dsyr2(
      String uplo,
      int n,
      double alpha,
      double[] x,
      int incx,
      double[] y,
      int incy,
      double[] a,
      int lda) {
    java.dsyr2(uplo, n, alpha, x, incx, y, incy, a, lda);
  }

  @Override
  public final void dsyr2(
      String uplo,
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
    java.dsyr2(uplo, n, alpha, x, offsetx, incx, y, offsety, incy, a, offseta, lda);
  }

  @Override
  public final void ssyr2(
      String uplo,
      int n,
      float alpha,
      float[] x,
      int incx,
      float[] y,
      int incy,
      float[] a,
      int lda) {
    java.ssyr2(uplo, n, alpha, x, incx, y, incy, a, lda);
  }

  @Override
  public final void ssyr2(
      String uplo,
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
    java.ssyr2(uplo, n, alpha, x, offsetx, incx, y, offsety, incy, a, offseta, lda);
  }

  @Override
  public final void dsyr2k(
      String uplo,
      String trans,
      int n,
      int k,
      double alpha,
      double[] a,
      int lda,
      double[] b,
      int ldb,
      double beta,
      double[] c,
      int ldc) {
    java.dsyr2k(uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  }

  @Override
  public final void dsyr2k(
      String uplo,
      String trans,
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
    java.dsyr2k(uplo, trans, n, k, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
  }

  @Override
  public final void ssyr2k(
      String uplo,
      String trans,
      int n,
      int k,
      float alpha,
      float[] a,
      int lda,
      float[] b,
      int ldb,
      float beta,
      float[] c,
      int ldc) {
    java.ssyr2k(uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  }

  @Override
  public final void ssyr2k(
      String uplo,
      String trans,
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
    java.ssyr2k(uplo, trans, n, k, alpha, a, offseta, lda, b, offsetb, ldb, beta, c, offsetc, ldc);
  }

  @Override
  public final void dtbmv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      double[] a,
      int lda,
      double[] x,
      int incx) {
    java.dtbmv(uplo, trans, diag, n, k, a, lda, x, incx);
  }

  @Override
  public final void dtbmv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      double[] a,
      int offseta,
      int lda,
      double[] x,
      int offsetx,
      int incx) {
    java.dtbmv(uplo, trans, diag, n, k, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void stbmv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      float[] a,
      int lda,
      float[] x,
      int incx) {
    java.stbmv(uplo, trans, diag, n, k, a, lda, x, incx);
  }

  @Override
  public final void stbmv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      float[] a,
      int offseta,
      int lda,
      float[] x,
      int offsetx,
      int incx) {
    java.stbmv(uplo, trans, diag, n, k, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void dtbsv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      double[] a,
      int lda,
      double[] x,
      int incx) {
    java.dtbsv(uplo, trans, diag, n, k, a, lda, x, incx);
  }

  @Override
  public final void dtbsv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      double[] a,
      int offseta,
      int lda,
      double[] x,
      int offsetx,
      int incx) {
    java.dtbsv(uplo, trans, diag, n, k, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void stbsv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      float[] a,
      int lda,
      float[] x,
      int incx) {
    java.stbsv(uplo, trans, diag, n, k, a, lda, x, incx);
  }

  @Override
  public final void stbsv(
      String uplo,
      String trans,
      String diag,
      int n,
      int k,
      float[] a,
      int offseta,
      int lda,
      float[] x,
      int offsetx,
      int incx) {
    java.stbsv(uplo, trans, diag, n, k, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void dtpmv(
      String uplo, String trans, String diag, int n, double[] ap, double[] x, int incx) {
    java.dtpmv(uplo, trans, diag, n, ap, x, incx);
  }

  @Override
  public final void dtpmv(
      String uplo,
      String trans,
      String diag,
      int n,
      double[] ap,
      int offsetap,
      double[] x,
      int offsetx,
      int incx) {
    java.dtpmv(uplo, trans, diag, n, ap, offsetap, x, offsetx, incx);
  }

  @Override
  public final void stpmv(
      String uplo, String trans, String diag, int n, float[] ap, float[] x, int incx) {
    java.stpmv(uplo, trans, diag, n, ap, x, incx);
  }

  @Override
  public final void stpmv(
      String uplo,
      String trans,
      String diag,
      int n,
      float[] ap,
      int offsetap,
      float[] x,
      int offsetx,
      int incx) {
    java.stpmv(uplo, trans, diag, n, ap, offsetap, x, offsetx, incx);
  }

  @Override
  public final void dtpsv(
      String uplo, String trans, String diag, int n, double[] ap, double[] x, int incx) {
    java.dtpsv(uplo, trans, diag, n, ap, x, incx);
  }

  @Override
  public final void dtpsv(
      String uplo,
      String trans,
      String diag,
      int n,
      double[] ap,
      int offsetap,
      double[] x,
      int offsetx,
      int incx) {
    java.dtpsv(uplo, trans, diag, n, ap, offsetap, x, offsetx, incx);
  }

  @Override
  public final void stpsv(
      String uplo, String trans, String diag, int n, float[] ap, float[] x, int incx) {
    java.stpsv(uplo, trans, diag, n, ap, x, incx);
  }

  @Override
  public final void stpsv(
      String uplo,
      String trans,
      String diag,
      int n,
      float[] ap,
      int offsetap,
      float[] x,
      int offsetx,
      int incx) {
    java.stpsv(uplo, trans, diag, n, ap, offsetap, x, offsetx, incx);
  }

  @Override
  public final void dtrmm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      double alpha,
      double[] a,
      int lda,
      double[] b,
      int ldb) {
    java.dtrmm(side, uplo, transa, diag, m, n, alpha, a, lda, b, ldb);
  }

  @Override
  public final void dtrmm(
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
    java.dtrmm(side, uplo, transa, diag, m, n, alpha, a, offseta, lda, b, offsetb, ldb);
  }

  @Override
  public final void strmm(
      String side,
      String uplo,
      String transa,
      String diag,
      int m,
      int n,
      float alpha,
      float[] a,
      int lda,
      float[] b,
      int ldb) {
    java.strmm(side, uplo, transa, diag, m, n, alpha, a, lda, b, ldb);
  }

  @Override
  public final void strmm(
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
    java.strmm(side, uplo, transa, diag, m, n, alpha, a, offseta, lda, b, offsetb, ldb);
  }

  @Override
  public final void dtrmv(
      String uplo, String trans, String diag, int n, double[] a, int lda, double[] x, int incx) {
    java.dtrmv(uplo, trans, diag, n, a, lda, x, incx);
  }

  @Override
  public final void dtrmv(
      String uplo,
      String trans,
      String diag,
      int n,
      double[] a,
      int offseta,
      int lda,
      double[] x,
      int offsetx,
      int incx) {
    java.dtrmv(uplo, trans, diag, n, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void strmv(
      String uplo, String trans, String diag, int n, float[] a, int lda, float[] x, int incx) {
    java.strmv(uplo, trans, diag, n, a, lda, x, incx);
  }

  @Override
  public final void strmv(
      String uplo,
      String trans,
      String diag,
      int n,
      float[] a,
      int offseta,
      int lda,
      float[] x,
      int offsetx,
      int incx) {
    java.strmv(uplo, trans, diag, n, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void dtrsv(
      String uplo, String trans, String diag, int n, double[] a, int lda, double[] x, int incx) {
    java.dtrsv(uplo, trans, diag, n, a, lda, x, incx);
  }

  @Override
  public final void dtrsv(
      String uplo,
      String trans,
      String diag,
      int n,
      double[] a,
      int offseta,
      int lda,
      double[] x,
      int offsetx,
      int incx) {
    java.dtrsv(uplo, trans, diag, n, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final void strsv(
      String uplo, String trans, String diag, int n, float[] a, int lda, float[] x, int incx) {
    java.strsv(uplo, trans, diag, n, a, lda, x, incx);
  }

  @Override
  public final void strsv(
      String uplo,
      String trans,
      String diag,
      int n,
      float[] a,
      int offseta,
      int lda,
      float[] x,
      int offsetx,
      int incx) {
    java.strsv(uplo, trans, diag, n, a, offseta, lda, x, offsetx, incx);
  }

  @Override
  public final int idamax(int n, double[] x, int incx) {
    return java.idamax(n, x, incx);
  }

  @Override
  public final int idamax(int n, double[] x, int offsetx, int incx) {
    return java.idamax(n, x, offsetx, incx);
  }

  @Override
  public final int isamax(int n, float[] sx, int incx) {
    return java.isamax(n, sx, incx);
  }

  @Override
  public final int isamax(int n, float[] sx, int offsetsx, int incx) {
    return java.isamax(n, sx, offsetsx, incx);
  }

  @Override
  public final boolean lsame(String ca, String cb) {
    return java.lsame(ca, cb);
  }
}
