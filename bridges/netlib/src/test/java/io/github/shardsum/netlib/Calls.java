package io.github.shardsum.netlib;

import dev.ludovic.netlib.blas.BLAS;

/** The routines on doubles; those of floats round what they are given and give back. */
interface Calls {
  void gemm(
      String ta,
      String tb,
      int m,
      int n,
      int k,
      double alpha,
      Stored a,
      Stored b,
      double beta,
      Stored c);

  void gemv(String t, int m, int n, double alpha, Stored a, Stored x, double beta, Stored y);

  void ger(int m, int n, double alpha, Stored x, Stored y, Stored a);

  void syrk(String uplo, String t, int n, int k, double alpha, Stored a, double beta, Stored c);

  void symm(
      String side,
      String uplo,
      int m,
      int n,
      double alpha,
      Stored a,
      Stored b,
      double beta,
      Stored c);

  void trsm(
      String side,
      String uplo,
      String t,
      String diag,
      int m,
      int n,
      double alpha,
      Stored a,
      Stored b);

  double dot(int n, Stored x, Stored y);

  void axpy(int n, double alpha, Stored x, Stored y);

  void scal(int n, double alpha, Stored x);

  double nrm2(int n, Stored x);

  /**
   * A matrix or a vector in an array.
   *
   * @param data the array
   * @param at position of the first element
   * @param step elements from one column, or element of a vector, to the next
   */
  record Stored(double[] data, int at, int step) {
    float[] floats() {
      float[] floats = new float[data.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) data[i];
      }
      return floats;
    }

    void take(float[] floats) {
      for (int i = 0; i < floats.length; i++) {
        data[i] = floats[i];
      }
    }
  }

  /** Doubles. */
  record Doubles(BLAS blas) implements Calls {
    @Override
    public void gemm(
        String ta,
        String tb,
        int m,
        int n,
        int k,
        double alpha,
        Stored a,
        Stored b,
        double beta,
        Stored c) {
      blas.dgemm(
          ta, tb, m, n, k, alpha, a.data(), a.at(), a.step(), b.data(), b.at(), b.step(), beta,
          c.data(), c.at(), c.step());
    }

    @Override
    public void gemv(
        String t, int m, int n, double alpha, Stored a, Stored x, double beta, Stored y) {
      blas.dgemv(
          t, m, n, alpha, a.data(), a.at(), a.step(), x.data(), x.at(), x.step(), beta, y.data(),
          y.at(), y.step());
    }

    @Override
    public void ger(int m, int n, double alpha, Stored x, Stored y, Stored a) {
      blas.dger(
          m, n, alpha, x.data(), x.at(), x.step(), y.data(), y.at(), y.step(), a.data(), a.at(),
          a.step());
    }

    @Override
    public void syrk(
        String uplo, String t, int n, int k, double alpha, Stored a, double beta, Stored c) {
      blas.dsyrk(
          uplo, t, n, k, alpha, a.data(), a.at(), a.step(), beta, c.data(), c.at(), c.step());
    }

    @Override
    public void symm(
        String side,
        String uplo,
        int m,
        int n,
        double alpha,
        Stored a,
        Stored b,
        double beta,
        Stored c) {
      blas.dsymm(
          side, uplo, m, n, alpha, a.data(), a.at(), a.step(), b.data(), b.at(), b.step(), beta,
          c.data(), c.at(), c.step());
    }

    @Override
    public void trsm(
        String side,
        String uplo,
        String t,
        String diag,
        int m,
        int n,
        double alpha,
        Stored a,
        Stored b) {
      blas.dtrsm(
          side, uplo, t, diag, m, n, alpha, a.data(), a.at(), a.step(), b.data(), b.at(), b.step());
    }

    @Override
    public double dot(int n, Stored x, Stored y) {
      return blas.ddot(n, x.data(), x.at(), x.step(), y.data(), y.at(), y.step());
    }

    @Override
    public void axpy(int n, double alpha, Stored x, Stored y) {
      blas.daxpy(n, alpha, x.data(), x.at(), x.step(), y.data(), y.at(), y.step());
    }

    @Override
    public void scal(int n, double alpha, Stored x) {
      blas.dscal(n, alpha, x.data(), x.at(), x.step());
    }

    @Override
    public double nrm2(int n, Stored x) {
      return blas.dnrm2(n, x.data(), x.at(), x.step());
    }
  }

  /** Floats. */
  record Floats(BLAS blas) implements Calls {
    @Override
    public void gemm(
        String ta,
        String tb,
        int m,
        int n,
        int k,
        double alpha,
        Stored a,
        Stored b,
        double beta,
        Stored c) {
      float[] result = c.floats();
      blas.sgemm(
          ta,
          tb,
          m,
          n,
          k,
          (float) alpha,
          a.floats(),
          a.at(),
          a.step(),
          b.floats(),
          b.at(),
          b.step(),
          (float) beta,
          result,
          c.at(),
          c.step());
      c.take(result);
    }

    @Override
    public void gemv(
        String t, int m, int n, double alpha, Stored a, Stored x, double beta, Stored y) {
      float[] result = y.floats();
      blas.sgemv(
          t,
          m,
          n,
          (float) alpha,
          a.floats(),
          a.at(),
          a.step(),
          x.floats(),
          x.at(),
          x.step(),
          (float) beta,
          result,
          y.at(),
          y.step());
      y.take(result);
    }

    @Override
    public void ger(int m, int n, double alpha, Stored x, Stored y, Stored a) {
      float[] result = a.floats();
      blas.sger(
          m,
          n,
          (float) alpha,
          x.floats(),
          x.at(),
          x.step(),
          y.floats(),
          y.at(),
          y.step(),
          result,
          a.at(),
          a.step());
      a.take(result);
    }

    @Override
    public void syrk(
        String uplo, String t, int n, int k, double alpha, Stored a, double beta, Stored c) {
      float[] result = c.floats();
      blas.ssyrk(
          uplo,
          t,
          n,
          k,
          (float) alpha,
          a.floats(),
          a.at(),
          a.step(),
          (float) beta,
          result,
          c.at(),
          c.step());
      c.take(result);
    }

    @Override
    public void symm(
        String side,
        String uplo,
        int m,
        int n,
        double alpha,
        Stored a,
        Stored b,
        double beta,
        Stored c) {
      float[] result = c.floats();
      blas.ssymm(
          side,
          uplo,
          m,
          n,
          (float) alpha,
          a.floats(),
          a.at(),
          a.step(),
          b.floats(),
          b.at(),
          b.step(),
          (float) beta,
          result,
          c.at(),
          c.step());
      c.take(result);
    }

    @Override
    public void trsm(
        String side,
        String uplo,
        String t,
        String diag,
        int m,
        int n,
        double alpha,
        Stored a,
        Stored b) {
      float[] result = b.floats();
      blas.strsm(
          side,
          uplo,
          t,
          diag,
          m,
          n,
          (float) alpha,
          a.floats(),
          a.at(),
          a.step(),
          result,
          b.at(),
          b.step());
      b.take(result);
    }

    @Override
    public double dot(int n, Stored x, Stored y) {
      return blas.sdot(n, x.floats(), x.at(), x.step(), y.floats(), y.at(), y.step());
    }

    @Override
    public void axpy(int n, double alpha, Stored x, Stored y) {
      float[] result = y.floats();
      blas.saxpy(n, (float) alpha, x.floats(), x.at(), x.step(), result, y.at(), y.step());
      y.take(result);
    }

    @Override
    public void scal(int n, double alpha, Stored x) {
      float[] result = x.floats();
      blas.sscal(n, (float) alpha, result, x.at(), x.step());
      x.take(result);
    }

    @Override
    public double nrm2(int n, Stored x) {
      return blas.snrm2(n, x.floats(), x.at(), x.step());
    }
  }
}
