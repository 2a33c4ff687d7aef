package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.kernel.GemmKernels;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products of one group of columns and of two, of terms that fill vectors and that do not, into
 * columns next to each other and apart: whole numbers against plain loops.
 */
final class SkinnyProductTest {
  /** A batch of two matrices; nothing is written between their columns. */
  @ParameterizedTest
  @CsvSource({
    "4, 8, 64, 1",
    "5, 8, 64, 1",
    "5, 8, 71, 1",
    "5, 8, 64, 3",
    "7, 3, 37, 1",
    "6, 13, 64, 1",
    "6, 13, 64, 2",
    "7, 16, 37, 2",
    "67, 16, 1100, 2",
    "1, 11, 5, 4"
  })
  void columnsOfAnyNumberAreSummedWhereTheyBelong(int m, int n, int k, int step) {
    Random random = new Random(12);
    float[] a = whole(random, 2 * m * k);
    float[] b = whole(random, 2 * k * n);
    double[] expected = new double[2 * m * n * step];
    Arrays.fill(expected, 7);
    for (int row = 0; row < 2 * m; row++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int p = 0; p < k; p++) {
          sum += a[row * k + p] * b[(row / m * k + p) * n + j];
        }
        expected[(row * n + j) * step] = sum;
      }
    }
    Loops batch = loops(2, (long) m * n * step, (long) m * k, (long) k * n);
    Loops rows = loops(m, (long) n * step, k, 0);
    Loops columns = loops(n, step, 0, 1);
    Loops sum = loops(k, 0, 1, n);
    for (KernelSet kernels : new KernelSet[] {KernelSelection.best(), KernelSelection.scalar()}) {
      GemmKernels products = kernels.gemm();
      Tensor out = Tensor.full(DType.F32, 7, expected.length);
      new FloatSkinnyProduct(
              products.skinny(), products.floats(), kernels.floats(), batch, rows, columns, sum)
          .run(
              ArrayRef.of(out),
              ArrayRef.of(Tensor.of(a, a.length)),
              ArrayRef.of(Tensor.of(b, b.length)),
              ResultScaling.PLAIN,
              Workers.sequential());
      assertArrayEquals(expected, out.toDoubleArray());
    }
  }

  private static float[] whole(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }

  private static Loops loops(long size, long out, long left, long right) {
    long[] none = {0};
    return Loops.of(
        new long[] {size}, new long[] {out}, new long[] {left}, new long[] {right}, none);
  }
}
