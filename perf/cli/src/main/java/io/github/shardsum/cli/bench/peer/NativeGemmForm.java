package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.einsum.BoundEquation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * An einsum as a loop of plain matrix products {@code C[m, n] = A[m, k] B[k, n]} on its operands in
 * place, as a user of BLAS would write it.
 *
 * @param m rows of a product
 * @param n columns of a product
 * @param k terms of an element
 * @param left the operand that contains A
 * @param a the place of A
 * @param b the place of B
 * @param ldc elements from a row of C to the next
 * @param offsets elements before A, B and C of each product
 */
record NativeGemmForm(
    int m, int n, int k, int left, Matrix a, Matrix b, int ldc, long[][] offsets) {
  private static final int MOST_PRODUCTS = 1 << 20;

  /**
   * A matrix in memory.
   *
   * @param transposed whether its columns are contiguous instead of its rows
   * @param ld elements from one contiguous row or column to the next
   */
  record Matrix(boolean transposed, int ld) {}

  /** Adjacent labels of the same operands, as one label. */
  private record Fused(long size, long[] strides) {}

  private static final int A = 0;
  private static final int B = 1;
  private static final int C = 2;

  /** The form, if the einsum has one. */
  static Optional<NativeGemmForm> of(BoundEquation bound) {
    if (bound.operandCount() != 2 || !isPlain(bound)) {
      return Optional.empty();
    }
    return of(bound, 0).or(() -> of(bound, 1));
  }

  /**
   * Whether the matrices of each operand and of the result lie one behind the other, without gaps.
   */
  boolean isDense() {
    long[] sizes = {(long) m * k, (long) k * n, (long) m * n};
    for (int product = 0; product < offsets.length; product++) {
      for (int place = 0; place < sizes.length; place++) {
        if (offsets[product][place] != product * sizes[place]) {
          return false;
        }
      }
    }
    return a.ld() == (a.transposed() ? m : k) && b.ld() == (b.transposed() ? k : n) && ldc == n;
  }

  private static boolean isPlain(BoundEquation bound) {
    return IntStream.range(0, 2)
        .noneMatch(operand -> isDiagonal(bound, operand) || isBroadcast(bound, operand));
  }

  private static boolean isDiagonal(BoundEquation bound, int operand) {
    int[] labels = bound.operandLabels(operand);
    return Arrays.stream(labels).distinct().count() < labels.length;
  }

  private static boolean isBroadcast(BoundEquation bound, int operand) {
    return IntStream.range(0, bound.operandRank(operand))
        .anyMatch(axis -> bound.isBroadcast(operand, axis));
  }

  private static Optional<NativeGemmForm> of(BoundEquation bound, int left) {
    long[][] strides = {
      strides(bound, left), strides(bound, 1 - left), outputStrides(bound),
    };
    List<Integer> batch = labels(bound.outputLabels(), strides, true, true, true);
    Optional<Fused> rows =
        fuse(bound, labels(bound.outputLabels(), strides, true, false, true), strides);
    Optional<Fused> columns =
        fuse(bound, labels(bound.outputLabels(), strides, false, true, true), strides);
    Optional<Fused> terms =
        fuse(bound, labels(bound.operandLabels(left), strides, true, true, false), strides);
    if (rows.isEmpty() || columns.isEmpty() || terms.isEmpty()) {
      return Optional.empty();
    }
    Fused m = rows.get();
    Fused n = columns.get();
    Fused k = terms.get();
    long covered =
        batch.stream().mapToLong(bound::labelSize).reduce(1, (x, y) -> x * y)
            * m.size()
            * n.size()
            * k.size();
    long all =
        IntStream.range(0, bound.labelCount())
            .mapToLong(bound::labelSize)
            .reduce(1, (x, y) -> x * y);
    Optional<Matrix> a = matrix(m.strides()[A], k.strides()[A], m.size(), k.size());
    Optional<Matrix> b = matrix(k.strides()[B], n.strides()[B], k.size(), n.size());
    if (covered != all || a.isEmpty() || b.isEmpty() || n.strides()[C] != 1) {
      return Optional.empty();
    }
    long products = all / (m.size() * n.size() * k.size());
    if (products > MOST_PRODUCTS) {
      return Optional.empty();
    }
    return Optional.of(
        new NativeGemmForm(
            (int) m.size(),
            (int) n.size(),
            (int) k.size(),
            left,
            a.get(),
            b.get(),
            (int) Math.max(m.strides()[C], n.size()),
            offsets(bound, batch, strides, (int) products)));
  }

  private static Optional<Matrix> matrix(long row, long column, long rows, long columns) {
    if (column == 1) {
      return Optional.of(new Matrix(false, (int) Math.max(row, columns)));
    }
    return row == 1
        ? Optional.of(new Matrix(true, (int) Math.max(column, rows)))
        : Optional.empty();
  }

  /** Labels of a term that are in exactly these of A, B and C. */
  private static List<Integer> labels(
      int[] term, long[][] strides, boolean inA, boolean inB, boolean inC) {
    return Arrays.stream(term)
        .filter(label -> (strides[A][label] > 0) == inA)
        .filter(label -> (strides[B][label] > 0) == inB)
        .filter(label -> (strides[C][label] > 0) == inC)
        .boxed()
        .toList();
  }

  private static Optional<Fused> fuse(BoundEquation bound, List<Integer> labels, long[][] strides) {
    if (labels.isEmpty()) {
      return Optional.empty();
    }
    long size = 1;
    for (int i = labels.size() - 1; i >= 0; i--) {
      int label = labels.get(i);
      for (long[] place : strides) {
        if (place[label] != place[labels.getLast()] * size) {
          return Optional.empty();
        }
      }
      size *= bound.labelSize(label);
    }
    if (size > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    int last = labels.getLast();
    return Optional.of(
        new Fused(size, Arrays.stream(strides).mapToLong(place -> place[last]).toArray()));
  }

  private static long[][] offsets(
      BoundEquation bound, List<Integer> batch, long[][] strides, int products) {
    List<long[]> offsets = new ArrayList<>();
    for (long product = 0; product < products; product++) {
      long[] at = new long[strides.length];
      long rest = product;
      for (int i = batch.size() - 1; i >= 0; i--) {
        int label = batch.get(i);
        long index = rest % bound.labelSize(label);
        rest /= bound.labelSize(label);
        for (int place = 0; place < at.length; place++) {
          at[place] += index * strides[place][label];
        }
      }
      offsets.add(at);
    }
    return offsets.toArray(long[][]::new);
  }

  /** Strides by label; 0 for labels that the operand does not have. */
  private static long[] strides(BoundEquation bound, int operand) {
    return byLabel(
        bound.operandLabels(operand), bound.operandShape(operand).rowMajorStrides(), bound);
  }

  private static long[] outputStrides(BoundEquation bound) {
    return byLabel(bound.outputLabels(), bound.outputShape().rowMajorStrides(), bound);
  }

  private static long[] byLabel(int[] labels, long[] strides, BoundEquation bound) {
    long[] result = new long[bound.labelCount()];
    for (int axis = 0; axis < labels.length; axis++) {
      result[labels[axis]] = strides[axis];
    }
    return result;
  }
}
