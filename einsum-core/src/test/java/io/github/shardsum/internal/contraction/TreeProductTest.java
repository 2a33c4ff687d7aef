package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.selection.KernelSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of a result: how large they are, and that they change no bit. */
class TreeProductTest {
  private static final int LEAF = 4;

  private static StepLabel label(
      long size, boolean out, boolean left, boolean right, long... strides) {
    return new StepLabel(size, out, left, right, strides);
  }

  /** Labels of {@code abmk,abkn->abmn}, all in the order of memory, and a bias {@code [b, n]}. */
  private static List<StepLabel> labels(long a, long b, long m, long n, long k) {
    return List.of(
        label(a, true, true, true, b * m * n, b * m * k, b * k * n, 0),
        label(b, true, true, true, m * n, m * k, k * n, n),
        label(m, true, true, false, n, k, 0, 0),
        label(n, true, false, true, 1, 0, 1, 1),
        label(k, false, true, true, 0, 1, n, 0));
  }

  private static List<StepLabel> kept(List<StepLabel> all) {
    return GemmLabels.select(all, StepLabel::inOut);
  }

  /** Elements of each part that is copied into the result. */
  private static List<Long> parts(List<StepLabel> all, long most) {
    StepPlanner planner = new StepPlanner(KernelSelection.best(), ComputeType.FLOAT);
    List<Long> parts = new ArrayList<>();
    TreeProduct.Maker maker =
        new TreeProduct.Maker() {
          @Override
          public StepPlanner.Choice product(List<StepLabel> labels) {
            return planner.binary(labels);
          }

          @Override
          public StepPlanner.Choice tree(List<StepLabel> labels, Leaves leaves) {
            throw new AssertionError("one contracted label has no leaves to be summed together");
          }

          @Override
          public long mostTerms(List<StepLabel> kept) {
            return 0;
          }

          @Override
          public StepKernel copy(List<StepLabel> labels) {
            parts.add(StepLabel.points(labels));
            return planner.inPlace(labels);
          }

          @Override
          public TreeProduct.Adder adder() {
            return (_, _, _, _) -> {};
          }
        };
    List<StepLabel> summed = GemmLabels.select(all, label -> !label.inOut());
    assertFalse(
        new TreeProduct(ComputeType.FLOAT, maker, kept(all), summed, LEAF, most).name().isEmpty());
    return parts;
  }

  @Test
  void noPartIsAboveThePromise() {
    assertEquals(List.of(60L), parts(labels(1, 1, 6, 10, 9), 60));
    assertEquals(List.of(50L, 10L), parts(labels(1, 1, 6, 10, 9), 59));
    assertEquals(List.of(30L), parts(labels(2, 3, 6, 10, 9), 30));
    assertEquals(List.of(7L, 3L), parts(labels(2, 3, 6, 10, 9), 7));
    assertEquals(List.of(1L), parts(labels(2, 3, 6, 10, 9), 1));
  }

  @Test
  void aResultLargerThanAnArrayIsCutBehindALabelOfSizeOne() {
    long most = TreeProduct.MOST;
    for (List<StepLabel> large :
        List.of(labels(1, 1, 50000, 50000, LEAF), labels(8, 16, 4096, 4096, 3 * LEAF))) {
      List<Long> parts = parts(large, most);
      assertTrue(
          parts.stream().allMatch(part -> part <= most && part > 0), () -> "parts of " + parts);
    }
  }

  private static float[] reals(Random random, long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.scalb(random.nextDouble() - 0.5, random.nextInt(30) - 15);
    }
    return values;
  }

  /** Leaves of 4 terms one after the other, and the largest power of two of leaves on the left. */
  private static float sum(float[] x, int xAt, float[] y, int yAt, int yStride, int k) {
    int leaves = Math.ceilDiv(k, LEAF);
    if (leaves == 1) {
      float sum = 0;
      for (int i = 0; i < k; i++) {
        sum = Math.fma(x[xAt + i], y[yAt + i * yStride], sum);
      }
      return sum;
    }
    int left = Integer.highestOneBit(leaves - 1) * LEAF;
    return sum(x, xAt, y, yAt, yStride, left)
        + sum(x, xAt + left, y, yAt + left * yStride, yStride, k - left);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 7, 5, 9, 4",
    "1, 3, 7, 5, 9, 6",
    "2, 3, 7, 5, 17, 1",
    "2, 3, 7, 5, 17, 3",
    "2, 3, 7, 5, 4, 12",
    "2, 3, 7, 5, 9, 75",
    "2, 3, 1, 1, 9, 2",
    "1, 1, 1, 1, 9, 1"
  })
  void partsChangeNoBit(int a, int b, int m, int n, int k, long most) {
    Random random = new Random(7);
    float[] x = reals(random, (long) a * b * m * k);
    float[] y = reals(random, (long) a * b * k * n);
    float[] bias = reals(random, (long) b * n);
    float[] expected = new float[a * b * m * n];
    float[] biased = new float[a * b * m * n];
    for (int i = 0; i < expected.length; i++) {
      int batch = i / (m * n);
      int row = i / n % m;
      expected[i] = sum(x, (batch * m + row) * k, y, batch * k * n + i % n, n, k);
      biased[i] = expected[i] + bias[batch % b * n + i % n];
    }
    StepPlanner.Choice choice =
        new StepPlanner(KernelSelection.best(), ComputeType.FLOAT)
            .tree(labels(a, b, m, n, k), true, LEAF, most);
    ResultScaling adds = new ResultScaling(1, 0, 1, Optional.of(array(bias)), false);
    assertArrayEquals(expected, run(choice, x, y, expected.length, ResultScaling.PLAIN));
    assertArrayEquals(biased, run(choice, x, y, expected.length, adds));
  }

  /** Labels of {@code mjk,jkn->mn}, x in the order of memory or with its rows innermost. */
  private static List<StepLabel> twoSums(long m, long n, long j, long k, boolean byRows) {
    return List.of(
        label(m, true, true, false, n, byRows ? j * k : 1, 0, 0),
        label(n, true, false, true, 1, 0, 1, 0),
        label(j, false, true, true, 0, byRows ? k : k * m, k * n, 0),
        label(k, false, true, true, 0, byRows ? 1 : m, n, 0));
  }

  /** The sum over the indices of j, by the tree, of one chain each. */
  private static float outer(float[] x, float[] y, int at, int[] steps, int n, int j, int k) {
    if (j == 1) {
      float sum = 0;
      for (int i = at * k; i < (at + 1) * k; i++) {
        sum = Math.fma(x[steps[0] + i * steps[1]], y[steps[2] + i * n], sum);
      }
      return sum;
    }
    int left = Integer.highestOneBit(j - 1);
    return outer(x, y, at, steps, n, left, k) + outer(x, y, at + left, steps, n, j - left, k);
  }

  /** Several short leaves are summed at a time, in one kernel or, if they are many, in several. */
  @ParameterizedTest
  @CsvSource({
    "131, 90, 1, 4, true",
    "131, 90, 2, 2, false",
    "131, 90, 7, 4, true",
    "97, 130, 64, 3, false",
    "97, 130, 300, 4, false",
    "64, 128, 261, 2, true"
  })
  void shortLeavesAreSummedTogether(int m, int n, int j, int k, boolean byRows) {
    Random random = new Random(8);
    float[] x = reals(random, (long) m * j * k);
    float[] y = reals(random, (long) n * j * k);
    float[] expected = new float[m * n];
    for (int i = 0; i < expected.length; i++) {
      int row = i / n;
      int[] steps = {byRows ? row * j * k : row, byRows ? 1 : m, i % n};
      expected[i] = outer(x, y, 0, steps, n, j, k);
    }
    StepPlanner planner = new StepPlanner(KernelSelection.best(), ComputeType.FLOAT);
    for (long most : List.of(TreeProduct.MOST, 50L * n)) {
      StepPlanner.Choice choice = planner.tree(twoSums(m, n, j, k, byRows), true, LEAF, most);
      assertArrayEquals(expected, run(choice, x, y, m * n, ResultScaling.PLAIN));
    }
  }

  private static ArrayRef array(float[] values) {
    return new ArrayRef(new F32Array(values), 0);
  }

  private static float[] run(
      StepPlanner.Choice choice, float[] x, float[] y, int count, ResultScaling finish) {
    float[] out = new float[count];
    choice
        .kernel()
        .run(
            array(out),
            array(choice.swapped() ? y : x),
            array(choice.swapped() ? x : y),
            finish,
            Workers.sequential());
    return out;
  }
}
