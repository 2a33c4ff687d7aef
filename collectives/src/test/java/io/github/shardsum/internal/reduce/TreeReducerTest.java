package io.github.shardsum.internal.reduce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.collective.Reduction;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.engine.transfer.ReductionKernels;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The sum of a tree is, term by term, the sum of its two parts, wherever the terms of nodes lie.
 */
final class TreeReducerTest {
  private static final long ORIGIN = 3;

  /** Terms of a tree's nodes, and where they lie. */
  private record Given(Map<Integer, double[]> terms, Map<Integer, ReductionSource> places) {}

  @ParameterizedTest
  @CsvSource({
    "F32, 1, 5, 4", "F32, 2, 40, 7", "F32, 3, 40, 1", "F32, 4, 9000, 100", "F32, 7, 40, 40",
    "F32, 8, 40, 13", "F64, 4, 9000, 100", "F64, 6, 40, 9", "I64, 5, 40, 3", "I64, 8, 9000, 1000",
    "I32, 4, 40, 7", "I32, 7, 40, 100"
  })
  void aNodeIsTheSumOfItsParts(DType dtype, int leaves, int count, int run) {
    Random random = new Random(leaves * 31L + count);
    ReductionTree tree = ReductionTree.of(List.of(leaves));
    for (int divisor : new int[] {1, 3}) {
      for (int made = -1; made < 3; made++) {
        Given given = given(random, tree, dtype, count, run, made);
        double[] expected = sum(tree, tree.root(), given.terms(), dtype);
        for (int i = 0; i < count; i++) {
          expected[i] = divisor == 1 ? expected[i] : divided(expected[i], divisor, dtype);
        }
        check(tree, given, dtype, divisor, expected);
      }
    }
  }

  /** Leaves have terms; so has one inner node, below which nothing may be read. */
  private static Given given(
      Random random, ReductionTree tree, DType dtype, int count, int run, int inner) {
    Given given = new Given(new HashMap<>(), new HashMap<>());
    for (int node = 0; node < tree.nodes(); node++) {
      boolean has = tree.isLeaf(node) || node == tree.leaves() + inner;
      if (has) {
        double[] terms = new double[count];
        for (int i = 0; i < count; i++) {
          terms[i] = rounded(random.nextGaussian() * 1000, dtype);
        }
        given.terms().put(node, terms);
        given.places().put(node, place(terms, dtype, node % 3 == 2 ? count : run, node % 2 == 0));
      }
    }
    return given;
  }

  /** Term e lies at start + e / run * stride + e % run, counted from the origin. */
  private static ReductionSource place(double[] terms, DType dtype, int run, boolean isNative) {
    int start = 2;
    int stride = run + 3;
    int length = start + (terms.length / run + 1) * stride;
    double[] memory = new double[length];
    for (int e = 0; e < terms.length; e++) {
      memory[start + e / run * stride + e % run] = terms[e];
    }
    return new ReductionSource(
        ReductionBlock.of(tensor(memory, dtype, isNative)), ORIGIN, start, run, stride);
  }

  private static Tensor tensor(double[] values, DType dtype, boolean isNative) {
    Tensor tensor =
        isNative
            ? Tensor.of(
                dtype,
                Arena.ofAuto().allocate((long) values.length * dtype.byteSize(), 8),
                values.length)
            : Tensor.zeros(dtype, values.length);
    ReductionBlock block = ReductionBlock.of(tensor);
    block.elements().store(0, 1, values.length, values, 0);
    return tensor;
  }

  private static double[] sum(
      ReductionTree tree, int node, Map<Integer, double[]> given, DType dtype) {
    double[] own = given.get(node);
    if (own != null) {
      return own.clone();
    }
    double[] left = sum(tree, tree.left(node), given, dtype);
    double[] right = sum(tree, tree.right(node), given, dtype);
    for (int i = 0; i < left.length; i++) {
      left[i] = rounded(left[i] + right[i], dtype);
    }
    return left;
  }

  private static double rounded(double value, DType dtype) {
    return dtype == DType.F32 ? (float) value : dtype == DType.F64 ? value : Math.rint(value);
  }

  /** Whole numbers are divided towards 0. */
  private static double divided(double value, int divisor, DType dtype) {
    return dtype.isFloating()
        ? rounded(value / divisor, dtype)
        : Math.divideExact((long) value, divisor);
  }

  /** By plain loops and by vectors, into an array and into native memory at once. */
  private static void check(
      ReductionTree tree, Given given, DType dtype, int divisor, double[] expected) {
    for (ReductionOps ops : List.of(ReductionOps.scalar(), ReductionKernels.best())) {
      ReductionRequest request =
          new ReductionRequest(ops, tree, given.places()::get, dtype, Reduction.SUM, divisor, true);
      List<Tensor> results = new ArrayList<>();
      List<ReductionSink> sinks = new ArrayList<>();
      for (boolean isNative : new boolean[] {divisor == 1, divisor != 1, true}) {
        Tensor result = tensor(new double[expected.length + 4], dtype, isNative);
        results.add(result);
        sinks.add(new ReductionSink(ReductionBlock.of(result), ORIGIN, 4));
      }
      long end = ORIGIN + expected.length;
      long middle = ORIGIN + expected.length / 3;
      TreeReducer reducer = request.reducer(new Scratch());
      reducer.run(tree.root(), ORIGIN, middle, sinks);
      reducer.run(tree.root(), middle, end, sinks);
      for (Tensor result : results) {
        for (int i = 0; i < expected.length; i++) {
          double value = ReductionBlock.of(result).elements().getDouble(4 + i);
          assertEquals(expected[i], value, "term " + i);
        }
      }
    }
  }
}
