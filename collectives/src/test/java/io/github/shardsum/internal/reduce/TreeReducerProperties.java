package io.github.shardsum.internal.reduce;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.engine.transfer.ReductionKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Vectors against plain loops, and the tree against its definition. */
class TreeReducerProperties {
  private static float number(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> Float.NaN;
      case 1 -> Float.NEGATIVE_INFINITY;
      case 2 -> -0.0f;
      case 3 -> 0.0f;
      default -> (float) random.nextGaussian();
    };
  }

  @Property
  void vectorsGiveTheBitsOfPlainLoops(
      @ForAll @IntRange(max = 70) int n,
      @ForAll @IntRange(max = 5) int offset,
      @ForAll BinaryReduction operation,
      @ForAll Random random) {
    float[][] x = new float[5][n + 2 * offset + 1];
    double[][] y = new double[5][x[0].length];
    long[][] z = new long[5][x[0].length];
    for (int i = 0; i < 4; i++) {
      for (int k = 0; k < x[0].length; k++) {
        x[i][k] = number(random);
        y[i][k] = number(random);
        z[i][k] = random.nextLong();
      }
    }
    assertArrayEquals(
        floats(ReductionOps.scalar().floats(operation), x, offset, n),
        floats(ReductionKernels.best().floats(operation), x, offset, n));
    assertArrayEquals(
        doubles(ReductionOps.scalar().doubles(operation), y, offset, n),
        doubles(ReductionKernels.best().doubles(operation), y, offset, n));
    assertArrayEquals(
        longs(ReductionOps.scalar().longs(operation), z, offset, n),
        longs(ReductionKernels.best().longs(operation), z, offset, n));
  }

  private static int[] floats(FloatReductionOp combine, float[][] x, int at, int n) {
    float[] out = new float[3 * n + 1];
    combine.pair(x[0], at, x[1], 2 * at, out, 1, n);
    combine.quad(x[0], at, x[1], 0, x[2], 2 * at, x[3], at, out, 1 + n, n);
    combine.finish(out, 1, out, 1 + 2 * n, n);
    int[] bits = new int[3 * n];
    // A NaN's bits are defined only once the result is finished.
    Arrays.setAll(
        bits,
        i -> i < 2 * n ? Float.floatToIntBits(out[1 + i]) : Float.floatToRawIntBits(out[1 + i]));
    return bits;
  }

  private static long[] doubles(DoubleReductionOp combine, double[][] x, int at, int n) {
    double[] out = new double[3 * n + 1];
    combine.pair(x[0], at, x[1], 2 * at, out, 1, n);
    combine.quad(x[0], at, x[1], 0, x[2], 2 * at, x[3], at, out, 1 + n, n);
    combine.finish(out, 1, out, 1 + 2 * n, n);
    long[] bits = new long[3 * n];
    Arrays.setAll(
        bits,
        i ->
            i < 2 * n
                ? Double.doubleToLongBits(out[1 + i])
                : Double.doubleToRawLongBits(out[1 + i]));
    return bits;
  }

  private static long[] longs(LongReductionOp combine, long[][] x, int at, int n) {
    long[] out = new long[3 * n + 1];
    combine.pair(x[0], at, x[1], 2 * at, out, 1, n);
    combine.quad(x[0], at, x[1], 0, x[2], 2 * at, x[3], at, out, 1 + n, n);
    combine.finish(out, 1, out, 1 + 2 * n, n);
    return out;
  }

  @Property
  void theLeftPartOfEveryAxisIsTheLargestPowerOfTwoBelowItsSize(
      @ForAll @Size(max = 3) List<@IntRange(min = 1, max = 9) Integer> sizes) {
    ReductionTree tree = ReductionTree.of(sizes);
    assertEquals(sizes.stream().reduce(1, (a, b) -> a * b), tree.leaves());
    assertEquals(2 * tree.leaves() - 1, tree.nodes());
    assertEquals(text(sizes, 0), text(tree, tree.root()));
    assertTrue(tree.levels() >= 4);
  }

  private static String text(ReductionTree tree, int node) {
    return tree.isLeaf(node)
        ? Integer.toString(node)
        : "(" + text(tree, tree.left(node)) + " " + text(tree, tree.right(node)) + ")";
  }

  private static String text(List<Integer> sizes, int first) {
    if (sizes.isEmpty()) {
      return Integer.toString(first);
    }
    List<Integer> inner = sizes.subList(1, sizes.size());
    int step = inner.stream().reduce(1, (a, b) -> a * b);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < sizes.getFirst(); i++) {
      parts.add(text(inner, first + i * step));
    }
    return joined(parts);
  }

  private static String joined(List<String> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    int half = 1;
    while (2 * half < parts.size()) {
      half *= 2;
    }
    return "("
        + joined(parts.subList(0, half))
        + " "
        + joined(parts.subList(half, parts.size()))
        + ")";
  }
}
