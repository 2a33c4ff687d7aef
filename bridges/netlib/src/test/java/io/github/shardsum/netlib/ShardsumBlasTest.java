package io.github.shardsum.netlib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ludovic.netlib.blas.JavaBLAS;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ShardsumBlasTest {
  private final ShardsumBlas blas = new ShardsumBlas();

  @Test
  void otherRoutinesAreNetlibs() {
    double[] x = {3, -4, 5};
    assertEquals(12, blas.dasum(3, x, 1));
    assertEquals(2, blas.idamax(3, x, 1));
  }

  @Test
  void badArgumentsHaveNetlibsErrors() {
    double[] a = new double[10_000];
    var ours =
        assertThrows(
            IllegalArgumentException.class,
            () -> blas.dgemm("X", "N", 100, 100, 100, 1, a, 100, a, 100, 0, a.clone(), 100));
    var theirs =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                JavaBLAS.getInstance()
                    .dgemm("X", "N", 100, 100, 100, 1, a, 100, a, 100, 0, a.clone(), 100));
    assertEquals(theirs.getMessage(), ours.getMessage());
    assertThrows(
        RuntimeException.class,
        () -> blas.dgemm("N", "N", 100, 100, 101, 1, a, 100, a, 101, 0, a.clone(), 100));
    assertThrows(
        IllegalArgumentException.class,
        () -> blas.dgemm("N", "N", 100, 100, 100, 1, a, 99, a, 100, 0, a.clone(), 100));
  }

  @Test
  void arraysThatAreTooShortAreRefusedBeforeAnyWork() {
    int n = 100;
    double[] whole = new double[n * n];
    Arrays.fill(whole, 3);
    double[] lacking = Arrays.copyOf(whole, n * n - 1);
    double[] result = whole.clone();
    for (Executable call :
        List.<Executable>of(
            () -> blas.dtrsm("L", "L", "N", "N", n, n, 2, lacking, n, result, n),
            () -> blas.dtrsm("R", "U", "T", "N", n, n, 2, lacking, n, result, n),
            () -> blas.dsyrk("L", "N", n, n, 2, lacking, n, 2, result, n))) {
      assertThrows(IndexOutOfBoundsException.class, call);
      assertArrayEquals(whole, result);
    }
    double[] half = lacking.clone();
    for (Executable call :
        List.<Executable>of(
            () -> blas.dtrsm("L", "L", "N", "N", n, n, 2, whole, n, lacking, n),
            () -> blas.dsyrk("U", "T", n, n, 2, whole, n, 2, lacking, n),
            () -> blas.dgemm("N", "N", n, n, n, 0, whole, n, whole, n, 2, lacking, n))) {
      assertThrows(IndexOutOfBoundsException.class, call);
      assertArrayEquals(half, lacking);
    }
  }

  @Test
  void floatsThatAreTooFewAreRefusedBeforeAnyWork() {
    int n = 100;
    float[] whole = new float[n * n];
    Arrays.fill(whole, 3);
    float[] lacking = Arrays.copyOf(whole, n * n - 1);
    float[] half = lacking.clone();
    float[] result = whole.clone();
    for (Executable call :
        List.<Executable>of(
            () -> blas.strsm("L", "L", "N", "N", n, n, 2, lacking, n, result, n),
            () -> blas.ssyrk("L", "N", n, n, 2, lacking, n, 2, result, n),
            () -> blas.strsm("L", "L", "N", "N", n, n, 2, whole, n, lacking, n),
            () -> blas.ssyrk("U", "T", n, n, 2, whole, n, 2, lacking, n),
            () -> blas.sgemm("N", "N", n, n, n, 0, whole, n, whole, n, 2, lacking, n))) {
      assertThrows(IndexOutOfBoundsException.class, call);
      assertArrayEquals(whole, result);
      assertArrayEquals(half, lacking);
    }
  }

  @Test
  void operandsThatAreTooShortHaveNetlibsError() {
    int n = 100;
    double[] whole = new double[n * n];
    double[] lacking = new double[n * n - 1];
    double[] x = new double[n];
    double[] shorter = new double[n - 1];
    for (Executable call :
        List.<Executable>of(
            () -> blas.dgemv("N", n, n, 1, whole, n, x, 1, 1, shorter, 1),
            () -> blas.dgemv("T", n, n, 1, whole, n, shorter, -1, 1, x, 1),
            () -> blas.dgemv("N", n, n, 1, lacking, n, x, 1, 1, x.clone(), 1),
            () -> blas.dger(n, n, 1, shorter, 1, x, 1, whole, n),
            () -> blas.dger(n, n, 1, x, 1, x, -1, lacking, n),
            () -> blas.dgemm("N", "N", n, n, n, 1, lacking, n, whole, n, 0, whole.clone(), n),
            () -> blas.dgemm("N", "T", n, n, n, 1, whole, n, lacking, n, 0, whole.clone(), n),
            () -> blas.dgemm("N", "N", n, n, n, 1, whole, n, whole, n, 0, lacking, n),
            () -> blas.dsymm("L", "U", n, n, 1, whole, n, lacking, n, 0, whole.clone(), n),
            () -> blas.ddot(n * n, whole, 1, lacking, 1),
            () -> blas.daxpy(n * n, 1, whole, 1, lacking, 1),
            () -> blas.dscal(n * n, 2, lacking, 1),
            () -> blas.dnrm2(n * n, lacking, 1))) {
      assertThrows(IndexOutOfBoundsException.class, call);
    }
  }

  @Test
  void blocksOfOneArrayMayLieBetweenOneAnother() {
    // As in a blocked LU: rows 0 to 29 times rows 30 to 59, out of rows 60 to 89, in one array.
    int lead = 90;
    double[] array = new double[lead * 30];
    for (int i = 0; i < array.length; i++) {
      array[i] = i % 7 - 3;
    }
    double[] expected = array.clone();
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 30; j++) {
        for (int k = 0; k < 30; k++) {
          expected[60 + i + j * lead] -= array[i + k * lead] * array[30 + k + j * lead];
        }
      }
    }
    blas.dgemm("N", "N", 30, 30, 30, -1, array, 0, lead, array, 30, lead, 1, array, 60, lead);
    assertArrayEquals(expected, array);
  }

  @Test
  void normsBeyondTheRangeOfSquares() {
    for (double size : new double[] {1e200, 1e-200}) {
      double[] x = new double[400];
      Arrays.fill(x, size);
      assertEquals(20 * size, blas.dnrm2(400, x, 1), size * 1e-9);
    }
    float[] small = new float[400];
    Arrays.fill(small, 1e-30f);
    assertEquals(20e-30f, blas.snrm2(400, small, 1), 1e-34f);
  }

  @Test
  void shapesWithoutElementsAndFactorsOfZero() {
    double[] c = {Double.NaN, 2};
    blas.dgemm("N", "N", 0, 5, 5, 1, new double[25], 5, new double[25], 5, 0, c, 1);
    assertArrayEquals(new double[] {Double.NaN, 2}, c);
    double[] none = new double[64 * 64];
    double[] three = new double[64 * 64];
    Arrays.fill(three, 3);
    blas.dgemm("N", "N", 64, 64, 0, 1, none, 64, none, 1, 2, three, 64);
    assertEquals(6, three[77]);
    blas.dgemm("N", "N", 64, 64, 64, 0, none, 64, none, 64, 0, three, 64);
    assertEquals(0, three[77]);
  }
}
