package io.github.shardsum.ejml;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Each answer by the equation that defines it, with products by plain loops. */
class LinearAlgebraTest {
  private static final double NEAR = 1e-9;

  @Property(tries = 40)
  void solutionsSolve(@ForAll @IntRange(min = 1, max = 9) int n, @ForAll int seed) {
    Tensor a = random(seed, 2, 3, n, n);
    Tensor b = random(seed + 1, 3, n, 2);
    Tensor x = LinearAlgebra.solve(a, b);
    assertEquals(Shape.of(2, 3, n, 2), x.shape());
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        double[][] given = matrix(a, i, j);
        close(matrix(b, j), product(given, matrix(x, i, j)), 1e-7);
      }
    }
  }

  @Property(tries = 40)
  void inversesInvert(@ForAll @IntRange(min = 1, max = 9) int n, @ForAll int seed) {
    Tensor a = random(seed, 2, n, n);
    Tensor inverse = LinearAlgebra.inverse(a);
    for (int i = 0; i < 2; i++) {
      close(identity(n), product(matrix(a, i), matrix(inverse, i)), 1e-7);
    }
  }

  @Property(tries = 40)
  void partsGiveTheMatrixBack(
      @ForAll @IntRange(min = 1, max = 8) int m,
      @ForAll @IntRange(min = 1, max = 8) int n,
      @ForAll int seed) {
    Tensor a = random(seed, 3, m, n);
    int k = Math.min(m, n);
    Qr qr = LinearAlgebra.qr(a);
    Svd svd = LinearAlgebra.svd(a);
    assertEquals(Shape.of(3, k), svd.s().shape());
    for (int i = 0; i < 3; i++) {
      double[][] q = matrix(qr.q(), i);
      double[][] r = matrix(qr.r(), i);
      close(matrix(a, i), product(q, r), NEAR);
      close(identity(k), product(transposed(q), q), NEAR);
      for (int row = 0; row < k; row++) {
        for (int column = 0; column < row; column++) {
          assertEquals(0, r[row][column]);
        }
      }
      double[][] u = matrix(svd.u(), i);
      double[][] vt = matrix(svd.vt(), i);
      double[][] scaled = new double[k][];
      for (int row = 0; row < k; row++) {
        double s = svd.s().getDouble(i, row);
        assertTrue(s >= 0 && (row == 0 || s <= svd.s().getDouble(i, row - 1)));
        scaled[row] = vt[row].clone();
        for (int column = 0; column < n; column++) {
          scaled[row][column] *= s;
        }
      }
      close(matrix(a, i), product(u, scaled), NEAR);
      close(identity(k), product(transposed(u), u), NEAR);
      close(identity(k), product(vt, transposed(vt)), NEAR);
    }
  }

  @Property(tries = 40)
  void symmetricMatricesHaveOrthonormalEigenvectors(
      @ForAll @IntRange(min = 1, max = 8) int n, @ForAll int seed) {
    double[][] half = matrix(random(seed, n, n));
    double[][] a = product(half, transposed(half));
    SymmetricEigen eigen = LinearAlgebra.symmetricEigen(Tensor.of(a));
    double[][] vectors = matrix(eigen.vectors());
    close(identity(n), product(transposed(vectors), vectors), NEAR);
    double[][] times = product(a, vectors);
    double trace = 0;
    for (int j = 0; j < n; j++) {
      double value = eigen.values().getDouble(j);
      assertTrue(j == 0 || value >= eigen.values().getDouble(j - 1));
      trace += value;
      for (int i = 0; i < n; i++) {
        assertEquals(value * vectors[i][j], times[i][j], 1e-7);
      }
    }
    assertEquals(trace(a), trace, 1e-7);
    double[][] l = matrix(LinearAlgebra.cholesky(Tensor.of(plus(a, identity(n)))));
    close(plus(a, identity(n)), product(l, transposed(l)), NEAR);
    assertTrue(n < 2 || l[0][1] == 0);
  }

  @Test
  void oneTriangleIsRead() {
    Tensor lower = Tensor.of(new double[][] {{4, 99}, {2, 5}});
    close(new double[][] {{2, 0}, {1, 2}}, matrix(LinearAlgebra.cholesky(lower)), NEAR);
    Tensor swap = Tensor.of(new double[][] {{0, 99}, {1, 0}});
    assertArrayEquals(
        new double[] {-1, 1}, LinearAlgebra.symmetricEigen(swap).values().toDoubleArray(), NEAR);
  }

  @Test
  void aRotationHasComplexEigenvalues() {
    Tensor turn = Tensor.of(new double[][] {{0, -1}, {1, 0}});
    Eigenvalues values = LinearAlgebra.eigenvalues(turn);
    assertArrayEquals(new double[] {0, 0}, values.real().toDoubleArray(), NEAR);
    assertEquals(1, Math.abs(values.imaginary().getDouble(0)), NEAR);
    assertEquals(0, values.imaginary().getDouble(0) + values.imaginary().getDouble(1), NEAR);
  }

  @Test
  void determinantsOfABatch() {
    Tensor a = Tensor.of(new double[][][] {{{1, 2}, {3, 4}}, {{2, 0}, {0, 3}}});
    assertArrayEquals(new double[] {-2, 6}, LinearAlgebra.determinant(a).toDoubleArray(), NEAR);
    assertEquals(Shape.of(), LinearAlgebra.determinant(a.select(0, 1)).shape());
  }

  @Test
  void leastSquaresOfFullAndLowRank() {
    // A line through three points: the normal equations, by hand, give 1/2 + 3 t.
    Tensor a = Tensor.of(new double[][] {{1, 0}, {1, 1}, {1, 2}});
    Tensor b = Tensor.of(new double[] {0.5, 3.5, 6.5}, 3);
    assertArrayEquals(
        new double[] {0.5, 3}, LinearAlgebra.leastSquares(a, b).toDoubleArray(), NEAR);
    // Of all x with x0 + x1 = 2 the shortest is (1, 1).
    Tensor one = Tensor.of(new double[][] {{1, 1}, {2, 2}});
    Tensor two = Tensor.of(new double[] {2, 4}, 2);
    assertArrayEquals(
        new double[] {1, 1}, LinearAlgebra.leastSquares(one, two).toDoubleArray(), NEAR);
  }

  @Test
  void floatsViewsAndNativeMemoryAreTaken() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor a = Tensor.allocate(arena, DType.F32, Shape.of(2, 2));
      a.assign(Tensor.of(new float[][] {{2, 1}, {0, 4}}));
      Tensor b = Tensor.of(new float[] {6, 8}, 2);
      Tensor x = LinearAlgebra.solve(a.transpose(), b);
      assertEquals(DType.F32, x.dtype());
      // 2 x0 = 6 and x0 + 4 x1 = 8.
      assertArrayEquals(new float[] {3, 1.25f}, x.toFloatArray());
    }
  }

  @Test
  void whatHasNoAnswerIsNamed() {
    Tensor a = Tensor.of(new double[][][] {{{1, 0}, {0, 1}}, {{1, 2}, {2, 4}}});
    Tensor b = Tensor.of(new double[] {1, 1}, 2, 1);
    var singular = assertThrows(ArithmeticException.class, () -> LinearAlgebra.solve(a, b));
    assertEquals("solve: matrix 1 of batch [2], in C order, is singular", singular.getMessage());
    Tensor negative = Tensor.of(new double[][] {{-1}});
    assertThrows(ArithmeticException.class, () -> LinearAlgebra.cholesky(negative));
    Tensor nan = Tensor.of(new double[][] {{Double.NaN, 0}, {0, 1}});
    assertThrows(ArithmeticException.class, () -> LinearAlgebra.svd(nan));
    assertThrows(ArithmeticException.class, () -> LinearAlgebra.symmetricEigen(nan));
  }

  @Test
  void smallPivotsAreNotSingular() {
    // The product of 329 pivots of 0.1 is below the least double.
    int n = 330;
    double[][] a = identity(n);
    double[][] ones = new double[n][1];
    for (int i = 0; i < n; i++) {
      a[i][i] = i == 0 ? 1 : 0.1;
      ones[i][0] = 1;
    }
    double[] x = LinearAlgebra.solve(Tensor.of(a), Tensor.of(ones)).toDoubleArray();
    Tensor inverse = LinearAlgebra.inverse(Tensor.of(a));
    for (int i = 0; i < n; i++) {
      assertEquals(i == 0 ? 1 : 10, x[i], NEAR);
      assertEquals(x[i], inverse.getDouble(i, i), NEAR);
    }
  }

  @Test
  void aSingularMatrixHasNoInverse() {
    Tensor a = Tensor.of(new double[][] {{1, 2}, {2, 4}});
    var singular = assertThrows(ArithmeticException.class, () -> LinearAlgebra.inverse(a));
    assertEquals("inverse: matrix 0 of batch [], in C order, is singular", singular.getMessage());
    Tensor zero = Tensor.zeros(DType.F32, 3, 7, 7);
    assertThrows(ArithmeticException.class, () -> LinearAlgebra.inverse(zero));
  }

  @Test
  void matricesWithoutElementsHaveEmptyAnswers() {
    Tensor none = Tensor.zeros(DType.F64, 0, 0);
    assertEquals(Shape.of(0, 0), LinearAlgebra.inverse(none).shape());
    assertEquals(Shape.of(0, 2), LinearAlgebra.solve(none, Tensor.zeros(DType.F64, 0, 2)).shape());
    assertEquals(Shape.of(0), LinearAlgebra.solve(none, Tensor.zeros(DType.F64, 0)).shape());
    assertEquals(1, LinearAlgebra.determinant(none).getDouble());
    assertEquals(Shape.of(0, 0), LinearAlgebra.cholesky(none).shape());
    assertEquals(Shape.of(0, 0), LinearAlgebra.qr(none).q().shape());
    assertEquals(Shape.of(0), LinearAlgebra.svd(none).s().shape());
    assertEquals(Shape.of(0), LinearAlgebra.symmetricEigen(none).values().shape());
    assertEquals(Shape.of(0), LinearAlgebra.eigenvalues(none).real().shape());
    // No equations: the shortest x is zero.
    Tensor wide = Tensor.zeros(DType.F64, 0, 3);
    Tensor x = LinearAlgebra.leastSquares(wide, Tensor.zeros(DType.F64, 0, 2));
    assertEquals(Tensor.zeros(DType.F64, 3, 2).toString(), x.toString());
  }

  @Test
  void leastSquaresOfWhatIsNotFinite() {
    Tensor b = Tensor.of(new double[] {1, 1}, 2);
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Tensor a = Tensor.of(new double[][] {{1, bad}, {0, 1}});
      var named = assertThrows(ArithmeticException.class, () -> LinearAlgebra.leastSquares(a, b));
      assertEquals(
          "leastSquares: matrix 0 of batch [], in C order, is not finite", named.getMessage());
    }
  }

  @Test
  void qrOfColumnsOfZeros() {
    Tensor a = Tensor.of(new double[][] {{0, 3}, {0, 4}, {0, 0}});
    Qr qr = LinearAlgebra.qr(a);
    close(matrix(a), product(matrix(qr.q()), matrix(qr.r())), NEAR);
    Tensor bad = Tensor.of(new double[][] {{1, Double.NaN}, {0, 1}});
    var named = assertThrows(ArithmeticException.class, () -> LinearAlgebra.qr(bad));
    assertEquals("qr: matrix 0 of batch [], in C order, is not finite", named.getMessage());
  }

  @Test
  void badOperandsAreRefused() {
    Tensor wide = Tensor.zeros(DType.F64, 2, 3);
    assertThrows(IllegalArgumentException.class, () -> LinearAlgebra.solve(wide, wide));
    assertThrows(IllegalArgumentException.class, () -> LinearAlgebra.cholesky(wide));
    Tensor whole = Tensor.zeros(DType.I32, 2, 2);
    var dtype = assertThrows(IllegalArgumentException.class, () -> LinearAlgebra.qr(whole));
    assertTrue(dtype.getMessage().startsWith("qr: must be f32 or f64 [..., m, n], got i32"));
    Tensor a = Tensor.zeros(DType.F64, 2, 2, 2);
    Tensor b = Tensor.zeros(DType.F64, 3, 2, 1);
    var apart = assertThrows(IllegalArgumentException.class, () -> LinearAlgebra.solve(a, b));
    assertEquals("solve: leading axes must broadcast, got [2] and [3]", apart.getMessage());
  }

  @Test
  void operandsStayAsTheyAre() {
    Tensor a = Tensor.of(new double[][] {{4, 1}, {1, 3}});
    Tensor before = a.copy();
    LinearAlgebra.solve(a, a);
    LinearAlgebra.inverse(a);
    LinearAlgebra.determinant(a);
    LinearAlgebra.cholesky(a);
    LinearAlgebra.qr(a);
    LinearAlgebra.svd(a);
    LinearAlgebra.symmetricEigen(a);
    LinearAlgebra.eigenvalues(a);
    LinearAlgebra.leastSquares(a, a);
    assertArrayEquals(before.toDoubleArray(), a.toDoubleArray());
  }

  @Test
  void anEmptyBatchHasEmptyAnswers() {
    Tensor none = Tensor.zeros(DType.F64, 0, 3, 3);
    assertEquals(Shape.of(0, 3, 3), LinearAlgebra.inverse(none).shape());
    assertEquals(Shape.of(0, 3), LinearAlgebra.svd(none).s().shape());
  }

  private static Tensor random(int seed, long... shape) {
    var random = new SplittableRandom(seed);
    Tensor tensor = Tensor.zeros(DType.F64, shape);
    double[] elements = (double[]) tensor.array().orElseThrow();
    for (int i = 0; i < elements.length; i++) {
      elements[i] = random.nextDouble(-1, 1);
    }
    return tensor;
  }

  private static double[][] matrix(Tensor tensor, long... leading) {
    Tensor rest = tensor;
    for (long index : leading) {
      rest = rest.select(0, index);
    }
    return rest.toDoubleMatrix();
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  private static double[][] plus(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        sum[i][j] = a[i][j] + b[i][j];
      }
    }
    return sum;
  }

  private static double[][] identity(int n) {
    double[][] one = new double[n][n];
    for (int i = 0; i < n; i++) {
      one[i][i] = 1;
    }
    return one;
  }

  private static double trace(double[][] a) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i][i];
    }
    return sum;
  }

  private static void close(double[][] expected, double[][] actual, double tolerance) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], tolerance);
    }
  }
}
