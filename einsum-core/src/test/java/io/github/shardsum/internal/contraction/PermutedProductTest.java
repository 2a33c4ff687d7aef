package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code kcxa,bk->abxc}, a product whose result has another order than its large operand: against
 * plain loops, and against the product in the result's order to the bit.
 */
class PermutedProductTest {
  private static final int ROWS = 3;
  private static final int TERMS = 10;

  /** Sizes of a, c and x. */
  private record Sizes(long a, long c, long x) {
    int result() {
      return Math.toIntExact(a * ROWS * x * c);
    }

    int operand() {
      return Math.toIntExact(TERMS * c * x * a);
    }

    /** The labels, the small operand on the left. */
    GemmLabels sides() {
      StepLabel k = label(TERMS, false, true, true, 0, 1, c * x * a, 0);
      StepLabel b = label(ROWS, true, true, false, x * c, TERMS, 0, 1);
      StepLabel alongX = label(x, true, false, true, c, 0, a, c * ROWS);
      StepLabel alongC = label(c, true, false, true, 1, 0, x * a, ROWS);
      StepLabel alongA = label(a, true, false, true, ROWS * x * c, 0, 1, 0);
      return GemmLabels.of(List.of(k, b, alongX, alongC, alongA), false);
    }

    private static StepLabel label(
        long size, boolean out, boolean left, boolean right, long... strides) {
      return new StepLabel(size, out, left, right, strides);
    }
  }

  private static final ResultScaling SCALED = new ResultScaling(1, 0, 2, Optional.empty(), true);

  /** Parts of one index of x, of two with a rest, and of all. */
  @ParameterizedTest
  @CsvSource({"12, 9, 5, 1", "12, 9, 5, 2", "16, 4, 3, 3", "5, 20, 4, 3", "7, 8, 1, 1"})
  void eachPartIsWrittenWhereItBelongs(int a, int c, int x, int indexes) {
    Sizes sizes = new Sizes(a, c, x);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor left = whole(1, ROWS * TERMS).convert(dtype);
      Tensor right = whole(2, sizes.operand()).convert(dtype);
      Tensor bias = whole(3, x * c * ROWS).convert(dtype);
      Tensor old = whole(4, sizes.result()).convert(dtype);
      ResultScaling biased = new ResultScaling(1, 0, 2, Optional.of(ArrayRef.of(bias)), true);
      ResultScaling mixed = new ResultScaling(3, 2, 1, Optional.of(ArrayRef.of(bias)), false);
      long bytes = (long) indexes * a * ROWS * c * dtype.byteSize();
      StepKernel kernel = permuted(type(dtype), sizes, bytes);
      for (ResultScaling finish : List.of(ResultScaling.PLAIN, SCALED, biased, mixed)) {
        double[] expected = expected(sizes, left, right, bias, old, finish);
        try (Workers two = Workers.of(2)) {
          for (Workers workers : List.of(Workers.sequential(), two)) {
            Tensor out = old.copy();
            kernel.run(ArrayRef.of(out), ArrayRef.of(left), ArrayRef.of(right), finish, workers);
            assertArrayEquals(expected, out.toDoubleArray(), dtype + " " + finish);
          }
        }
      }
    }
  }

  /** Whole numbers, so that no order of the sum matters. */
  private static double[] expected(
      Sizes sizes, Tensor left, Tensor right, Tensor bias, Tensor old, ResultScaling finish) {
    double[] a = left.toDoubleArray();
    double[] b = right.toDoubleArray();
    double[] added = bias.toDoubleArray();
    double[] result = old.toDoubleArray();
    int at = 0;
    for (int ia = 0; ia < sizes.a(); ia++) {
      for (int ib = 0; ib < ROWS; ib++) {
        for (int ix = 0; ix < sizes.x(); ix++) {
          for (int ic = 0; ic < sizes.c(); ic++, at++) {
            double sum = 0;
            for (int k = 0; k < TERMS; k++) {
              int from = (int) (((k * sizes.c() + ic) * sizes.x() + ix) * sizes.a() + ia);
              sum += a[ib * TERMS + k] * b[from];
            }
            double all = finish.scale() * (finish.alpha() * sum + finish.beta() * result[at]);
            all += finish.bias().isPresent() ? added[(int) (ix * sizes.c() + ic) * ROWS + ib] : 0;
            result[at] = finish.relu() ? Math.max(0, all) : all;
          }
        }
      }
    }
    return result;
  }

  /** Real numbers, whose sums depend on the order of terms. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void theBitsAreThoseOfTheProductInTheResultsOrder(int indexes) {
    Sizes sizes = new Sizes(33, 18, 4);
    Random random = new Random(9);
    Tensor left = real(random, ROWS * TERMS);
    Tensor right = real(random, sizes.operand());
    Tensor bias = real(random, (int) (sizes.x() * sizes.c()) * ROWS);
    StepKernel direct = kernels(ComputeType.FLOAT).packed(sizes.sides());
    StepKernel kernel =
        permuted(ComputeType.FLOAT, sizes, 4L * indexes * sizes.a() * ROWS * sizes.c());
    for (double alpha : new double[] {1, 0.3}) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        ResultScaling finish =
            new ResultScaling(alpha, 0, 0.7, Optional.of(ArrayRef.of(bias)), true);
        Tensor expected = Tensor.zeros(dtype, sizes.result());
        Tensor out = Tensor.zeros(dtype, sizes.result());
        ArrayRef x = ArrayRef.of(left);
        ArrayRef y = ArrayRef.of(right);
        direct.run(ArrayRef.of(expected), x, y, finish, Workers.sequential());
        kernel.run(ArrayRef.of(out), x, y, finish, Workers.sequential());
        assertArrayEquals(expected.toDoubleArray(), out.toDoubleArray());
      }
    }
  }

  /** A plan names the permutation, where the result is much smaller than the operand. */
  @Test
  void aPlanSaysThatSumsArePermuted() {
    assertEquals(1, permutations("kca,bk->abc", Shape.of(40, 24, 32), Shape.of(20, 40)));
    assertEquals(0, permutations("kca,bk->abc", Shape.of(40, 24, 32), Shape.of(21, 40)));
    assertEquals(0, permutations("kca,bk->acb", Shape.of(40, 24, 32), Shape.of(20, 40)));
    assertEquals(0, permutations("cka,bk->abc", Shape.of(24, 40, 32), Shape.of(20, 40)));
  }

  private static long permutations(String equation, Shape... shapes) {
    String plan = Einsum.compile(equation, DType.F32, shapes).explain().toString();
    return plan.lines().filter(line -> line.contains(", then transpose")).count();
  }

  private static ComputeType type(DType dtype) {
    return switch (dtype) {
      case F64 -> ComputeType.DOUBLE;
      case I64 -> ComputeType.LONG;
      default -> ComputeType.FLOAT;
    };
  }

  private static StepKernels kernels(ComputeType type) {
    return new StepKernels(KernelSelection.best(), type);
  }

  private static StepKernel permuted(ComputeType type, Sizes sizes, long bytes) {
    StepKernels make = kernels(type);
    return new PermutedProduct(
        type, sizes.sides(), bytes, make::packed, labels -> make.elementwise(labels, false));
  }

  private static Tensor whole(int seed, int n) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return Tensor.of(values, n);
  }

  private static Tensor real(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(values, n);
  }
}
