package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How exactly sums are formed, and when they are rounded or cut to a narrower result. */
class AccuracyTest {
  private static final Tensor A = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void integersWrapAndBoolsAreOrOfAnds() {
    Tensor big = Tensor.of(new int[] {Integer.MAX_VALUE, 1}, 2);
    assertEquals(Integer.MIN_VALUE, Einsum.einsum("i->", big).getLong());
    Tensor x = Tensor.ofBool(new byte[] {0, 1, 7, 0}, 2, 2);
    assertArrayEquals(new long[] {1, 0, 0, 1}, Einsum.einsum("ij,jk->ik", x, x).toLongArray());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Einsum.compile("i->", EinsumOptions.defaults(), OperandSpec.like(big))
                .runInto(0.5, 0, Tensor.zeros(DType.I32), big));
  }

  @Test
  void bf16IsSummedInF32AndRoundedOnce() {
    // In bf16 a running sum of ones sticks at 256.
    Tensor ones = Tensor.full(DType.BF16, 1, 5000);
    assertEquals(4992, Einsum.einsum("i->", ones).getDouble());
    assertEquals(4992, Einsum.einsum("i,i->", ones, ones).getDouble());
    Tensor matrix = Tensor.full(DType.BF16, 1, 64, 5000);
    Tensor product = Einsum.einsum("ik,jk->ij", matrix, matrix);
    assertEquals(4992, product.getDouble(63, 63));
  }

  @Test
  void longSumsAreCutToANarrowerResultOnce() {
    int terms = 2000;
    Tensor x = OperandArbitraries.quarters(new Random(1), 64, terms);
    Tensor y = OperandArbitraries.quarters(new Random(2), terms, 64);
    Tensor sums = Einsum.einsum("ij,jk->ik", x.convert(DType.F64), y.convert(DType.F64));
    for (DType result : List.of(DType.I32, DType.I64, DType.BOOL, DType.BF16)) {
      EinsumOptions options = EinsumOptions.defaults().withDtype(result);
      double[] want = sums.convert(result).toDoubleArray();
      for (DType operands : List.of(DType.F32, DType.F64)) {
        Tensor a = x.convert(operands);
        Tensor b = y.convert(operands);
        assertArrayEquals(
            want,
            Einsum.compile("ij,jk->ik", options, OperandSpec.like(a, b)).run(a, b).toDoubleArray());
      }
    }
    Tensor one = Tensor.full(DType.I32, 1, 64, terms);
    Tensor signs = Tensor.full(DType.I32, 1, terms, 64);
    signs.slice(0, 0, terms / 2).assign(Tensor.full(DType.I32, -1, terms / 2, 64));
    EinsumOptions bool = EinsumOptions.defaults().withDtype(DType.BOOL);
    Tensor cancelled =
        Einsum.compile("ij,jk->ik", bool, OperandSpec.like(one, signs)).run(one, signs);
    assertArrayEquals(new long[64 * 64], cancelled.toLongArray());
  }

  @Test
  void slicesOfASumAreCutToANarrowerResultOnce() {
    Tensor x = Tensor.full(DType.F32, 0.25, 4, 30, 5);
    for (DType result : List.of(DType.I32, DType.BOOL)) {
      EinsumOptions options = EinsumOptions.defaults().withDtype(result).withMemoryLimit(64);
      Einsum sliced = Einsum.compile("abc,abc,abc->a", options, OperandSpec.like(x, x, x));
      assertFalse(sliced.explain().contraction().slices().isEmpty());
      double sum = 150 * Math.pow(0.25, 3);
      assertArrayEquals(
          Tensor.full(DType.F64, sum, 4).convert(result).toDoubleArray(),
          sliced.run(x, x, x).toDoubleArray());
    }
  }

  @Test
  void aDiagonalOfTheResultIsRoundedOnceAndTheRestIsLikeASumOfZero() {
    Tensor x = Tensor.of(new double[] {26.6875, 3, 1000.25}, 3).convert(DType.F32);
    Tensor old = OperandArbitraries.quarters(new Random(5), 3, 2, 3);
    Epilogue none = Epilogue.none();
    Tensor hundreds = Tensor.full(DType.F32, 100, 2);
    for (Epilogue epilogue : List.of(none, none.withScale(3).withBias("b", hundreds).withRelu())) {
      for (DType dtype : List.of(DType.BF16, DType.F32, DType.F64)) {
        EinsumOptions options =
            EinsumOptions.defaults().withDtype(dtype).withSize("b", 2).withEpilogue(epilogue);
        Einsum diagonal = Einsum.compile("a->aba", options, OperandSpec.like(x));
        Einsum plain = Einsum.compile("a->ab", options, OperandSpec.like(x));
        for (double beta : List.of(0.0, 0.3, 1.0)) {
          Tensor got = Tensor.zeros(dtype, 3, 2, 3);
          Tensor want = Tensor.zeros(dtype, 3, 2, 3);
          got.assign(old);
          want.assign(old);
          for (int row = 0; row < 3; row++) {
            Tensor line = want.select(0, row).transpose();
            Tensor sums = line.contiguous();
            plain.runInto(0.7, beta, sums, x);
            plain.runInto(0, beta, line, x);
            line.select(0, row).assign(sums.select(0, row));
          }
          diagonal.runInto(0.7, beta, got, x);
          assertArrayEquals(
              want.toDoubleArray(), got.toDoubleArray(), () -> dtype + " " + beta + " " + epilogue);
        }
      }
    }
  }

  @Test
  void aBoolOfNumbersIsWhetherAllThatIsAddedIsZero() {
    Tensor x = Tensor.of(new int[] {-1, 1, 2}, 3);
    Einsum einsum =
        Einsum.compile("i->i", EinsumOptions.defaults().withDtype(DType.BOOL), OperandSpec.like(x));
    Tensor out = Tensor.ofBool(new byte[] {1, 1, 1}, 3);
    einsum.runInto(2, 1, out, x);
    assertArrayEquals(new long[] {1, 1, 1}, out.toLongArray());
    einsum.runInto(1, -1, out, x);
    assertArrayEquals(new long[] {1, 0, 1}, out.toLongArray());
  }

  @Test
  void sumsAndDotsOfTenMillionTermsAreAccurate() {
    int n = 10_000_000;
    float[] tenths = new float[n];
    Arrays.fill(tenths, 0.1f);
    float[] ones = new float[n];
    Arrays.fill(ones, 1f);
    Tensor x = Tensor.of(tenths, n);
    Tensor y = Tensor.of(ones, n);
    double want = n * (double) 0.1f;
    assertEquals(want, Einsum.einsum("i->", x).getDouble(), want * 1e-6);
    assertEquals(want, Einsum.einsum("i,i->", x, y).getDouble(), want * 1e-6);
    Random random = new Random(3);
    double absolute = 0;
    double exact = 0;
    for (int i = 0; i < n; i++) {
      tenths[i] = (float) random.nextGaussian();
      exact += tenths[i];
      absolute += Math.abs(tenths[i]);
    }
    assertEquals(exact, Einsum.einsum("i->", x).getDouble(), absolute * 1e-6);
  }

  @Test
  void columnSumsOfManyRowsAreAccurate() {
    Tensor x = Tensor.full(DType.F32, 0.1, 100_000, 7);
    Tensor sums = Einsum.einsum("ij->j", x);
    double want = 100_000 * (double) 0.1f;
    for (long j = 0; j < 7; j++) {
      assertEquals(want, sums.getDouble(j), want * 1e-6);
    }
  }

  @Test
  void aNanOrInfinitySpreadsAsInArithmetic() {
    Tensor x = Tensor.full(DType.F32, 1, 40, 40);
    x.set(Double.NaN, 3, 5);
    x.set(Double.POSITIVE_INFINITY, 7, 9);
    Tensor product = Einsum.einsum("ij,jk->ik", x, Tensor.full(DType.F32, 1, 40, 40));
    assertTrue(Double.isNaN(product.getDouble(3, 39)));
    assertEquals(Double.POSITIVE_INFINITY, product.getDouble(7, 0));
    assertEquals(40, product.getDouble(0, 0));
  }

  @Test
  void weightedColumnSumsOfTenMillionRowsAreAccurate() {
    int n = 10_000_000;
    Tensor x = Tensor.full(DType.F32, 0.1, n, 4);
    Tensor ones = Tensor.full(DType.F32, 1, n);
    double want = n * (double) 0.1f;
    for (String equation : new String[] {"ij,i->j", "i,ij->j"}) {
      Tensor sums =
          equation.startsWith("ij")
              ? Einsum.einsum(equation, x, ones)
              : Einsum.einsum(equation, ones, x);
      for (long j = 0; j < 4; j++) {
        assertEquals(want, sums.getDouble(j), want * 1e-6, equation);
      }
    }
  }

  @Test
  void matrixVectorProductsAreAccurateAtEveryLength() {
    for (int n : new int[] {15, 16, 17, 100, 700, 2000, 2048, 5000, 100_000}) {
      for (int columns : new int[] {2, 3, 7, 16, 40}) {
        Tensor matrix = Tensor.full(DType.F32, 0.1, n, columns);
        Tensor vector = Tensor.full(DType.F32, 1, n);
        double want = n * (double) 0.1f;
        for (double sum : Einsum.einsum("k,kj->j", vector, matrix).toDoubleArray()) {
          assertEquals(want, sum, want * 1e-6, n + " terms, " + columns + " columns");
        }
      }
    }
  }

  @Test
  void mixedDtypesPromote() {
    Tensor whole = Tensor.of(new int[] {1, 2, 3}, 3);
    Tensor result = Einsum.einsum("ij,j->i", A, whole);
    assertEquals(DType.F64, result.dtype());
    assertArrayEquals(new double[] {14, 32}, result.toDoubleArray());
    EinsumOptions options = EinsumOptions.defaults().withDtype(DType.F32);
    assertEquals(DType.F32, Einsum.compile("ij,j->i", options, OperandSpec.like(A, whole)).dtype());
  }
}
