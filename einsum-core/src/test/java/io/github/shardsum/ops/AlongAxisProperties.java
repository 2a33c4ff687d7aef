package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Softmax, order and running sums along each axis, against loops over the row's elements. */
class AlongAxisProperties {
  private static final Workers ALONE = Workers.sequential();

  /** A tensor and one of its axes. */
  record Case(Tensor x, int axis) {}

  @Provide
  Arbitrary<Case> any() {
    return cases(DType.values());
  }

  @Provide
  Arbitrary<Case> floating() {
    return cases(DType.F32, DType.F64, DType.BF16);
  }

  private static Arbitrary<Case> cases(DType... dtypes) {
    return Operands.tensors(dtypes)
        .flatMap(
            x -> Arbitraries.integers().between(0, x.rank() - 1).map(axis -> new Case(x, axis)));
  }

  /** The elements of the row through an index. */
  private static double[] row(Tensor x, int axis, long[] index) {
    double[] row = new double[(int) x.size(axis)];
    long[] at = index.clone();
    for (int i = 0; i < row.length; i++) {
      at[axis] = i;
      row[i] = x.getDouble(at);
    }
    return row;
  }

  @Property
  void softmaxIsTheFormula(@ForAll("floating") Case c) {
    Tensor softmax = Reductions.softmax(Target.on(ALONE), c.x, c.axis);
    Operands.forEachIndex(
        c.x.shape(),
        i -> {
          double sum = 0;
          for (double value : row(c.x, c.axis, i)) {
            sum += Math.exp(value);
          }
          double expected = Math.exp(c.x.getDouble(i)) / sum;
          // Logits within [-4, 4], so that the differences are exact: e^x, its sum, the
          // reciprocal and the product are rounded.
          double bound = c.x.dtype() == DType.BF16 ? 0x1p-8 : 0x1p-21;
          assertEquals(expected, softmax.getDouble(i), expected * bound);
        });
    Reductions.softmax(Target.into(ALONE, c.x), c.x, c.axis);
    assertArrayEquals(softmax.toDoubleArray(), c.x.toDoubleArray());
  }

  @Property
  void runningSumsAddUpInOrder(@ForAll("any") Case c) {
    Tensor sums = Reductions.cumulativeSum(Target.on(ALONE), c.x, c.axis);
    boolean bool = c.x.dtype() == DType.BOOL;
    Operands.forEachIndex(
        c.x.shape(),
        i -> {
          double[] row = row(c.x, c.axis, i);
          double sum = IntStream.rangeClosed(0, (int) i[c.axis]).mapToDouble(j -> row[j]).sum();
          assertEquals(bool ? Math.min(1, sum) : sum, sums.getDouble(i) + 0d);
        });
  }

  @Property
  void exclusiveAndReverseSumsAreThoseOfTheOtherElements(
      @ForAll("any") Case c, @ForAll boolean exclusive, @ForAll boolean reverse) {
    Tensor out = Tensor.zeros(c.x.dtype(), c.x.shape());
    Reductions.cumulativeSum(Target.into(ALONE, out), c.x, exclusive, reverse, c.axis);
    boolean bool = c.x.dtype() == DType.BOOL;
    Operands.forEachIndex(
        c.x.shape(),
        i -> {
          double[] row = row(c.x, c.axis, i);
          int own = (int) i[c.axis];
          int from = reverse ? own + (exclusive ? 1 : 0) : 0;
          int to = reverse ? row.length : own + (exclusive ? 0 : 1);
          double sum = IntStream.range(from, to).mapToDouble(j -> row[j]).sum();
          assertEquals(bool ? Math.min(1, sum) : sum, out.getDouble(i) + 0d);
        });
    Tensor copy = c.x.copy();
    Reductions.cumulativeSum(Target.into(ALONE, copy), copy, exclusive, reverse, c.axis);
    assertArrayEquals(out.toDoubleArray(), copy.toDoubleArray());
  }

  @Test
  void aSumOfBf16IsRoundedOnce() {
    // 1 + 2^-8 + 2^-40 is above the middle of two bf16; its f32 is the middle, a tie.
    double small = 0x1p-40;
    Tensor x = Tensor.of(new double[] {1, 0x1p-8, small}, 3).convert(DType.BF16);
    assertEquals(1 + 0x1p-7, Reductions.cumulativeSum(Target.on(ALONE), x, 0).getDouble(2));
  }

  @Property
  void resultsGoIntoWhatIsGiven(@ForAll("any") Case c) {
    long[] sizes =
        IntStream.range(0, c.x.rank())
            .filter(axis -> axis != c.axis)
            .mapToLong(c.x::size)
            .toArray();
    Tensor out = Tensor.full(c.x.dtype(), 1, sizes);
    Reductions.max(Target.into(ALONE, out), c.x, Axes.of(c.axis));
    assertArrayEquals(
        Reductions.max(Target.on(ALONE), c.x, Axes.of(c.axis)).toDoubleArray(),
        out.toDoubleArray());
    Reductions.sum(Target.into(ALONE, out), c.x, Axes.of(c.axis));
    assertArrayEquals(
        Reductions.sum(Target.on(ALONE), c.x, Axes.of(c.axis)).toDoubleArray(),
        out.toDoubleArray());
    Reductions.min(Target.into(ALONE, out), c.x, Axes.of(c.axis));
    double[] min = out.toDoubleArray();
    double[] rows = Movement.transpose(Target.on(ALONE), c.x, last(c.x, c.axis)).toDoubleArray();
    int n = (int) c.x.size(c.axis);
    for (int i = 0; i < min.length; i++) {
      assertEquals(
          IntStream.range(i * n, (i + 1) * n).mapToDouble(j -> rows[j]).min().getAsDouble(),
          min[i]);
    }
    Tensor where = Tensor.zeros(DType.I64, sizes);
    Reductions.argMax(Target.into(ALONE, where), c.x, Axes.of(c.axis));
    assertArrayEquals(
        Reductions.argMax(Target.on(ALONE), c.x, Axes.of(c.axis)).toLongArray(),
        where.toLongArray());
  }

  /** The axes with one of them last. */
  private static int[] last(Tensor x, int axis) {
    return IntStream.concat(
            IntStream.range(0, x.rank()).filter(other -> other != axis), IntStream.of(axis))
        .toArray();
  }

  @Test
  void noElementsHaveNoLargestOneInAnyForm() {
    for (DType dtype : DType.values()) {
      Tensor out = Tensor.full(dtype, 1, 2);
      Tensor empty = Tensor.zeros(dtype, 2, 0);
      String none = "expected at least one element along axis 1";
      rejected("max: " + none, () -> Reductions.max(Target.into(ALONE, out), empty, Axes.of(1)));
      rejected("min: " + none, () -> Reductions.min(Target.into(ALONE, out), empty, Axes.of(1)));
      rejected("min: " + none, () -> Reductions.min(empty, 1));
      assertArrayEquals(new double[] {1, 1}, out.toDoubleArray());
    }
  }

  @Test
  void listsAndHeapsOfRisingAndFallingRows() {
    for (int k : new int[] {1, 2, 8, 9, 20}) {
      for (int direction : new int[] {1, -1}) {
        float[] row = new float[40];
        for (int i = 0; i < row.length; i++) {
          row[i] = direction * (i / 2);
        }
        TopK top = Reductions.topK(ALONE, Tensor.of(row, 40), k, 0);
        for (int i = 0; i < k; i++) {
          int expected = direction < 0 ? i : 38 - i / 2 * 2 + i % 2;
          assertEquals(expected, top.indices().getLong(i));
          assertEquals(row[expected], top.values().getDouble(i));
        }
      }
    }
  }

  @Property
  void theTopKAreTheHeadOfAStableSort(@ForAll("any") Case c) {
    for (int k : new int[] {0, 1, (int) c.x.size(c.axis) / 2, (int) c.x.size(c.axis)}) {
      TopK top = Reductions.topK(ALONE, c.x, k, c.axis);
      assertEquals(k, top.values().size(c.axis));
      Operands.forEachIndex(
          top.values().shape(),
          i -> {
            double[] row = row(c.x, c.axis, i);
            List<Integer> order =
                IntStream.range(0, row.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer j) -> -row[j]))
                    .toList();
            int expected = order.get((int) i[c.axis]);
            assertEquals(expected, top.indices().getLong(i));
            assertEquals(row[expected], top.values().getDouble(i));
          });
    }
  }

  @Property
  void maximaAndTheirIndices(@ForAll("any") Case c) {
    Tensor max = Reductions.max(Target.on(ALONE), c.x, Axes.of(c.axis));
    Tensor where = Reductions.argMax(Target.on(ALONE), c.x, Axes.of(c.axis));
    TopK top = Reductions.topK(ALONE, c.x, 1, c.axis);
    assertArrayEquals(top.values().toDoubleArray(), max.toDoubleArray());
    assertArrayEquals(top.indices().toLongArray(), where.toLongArray());
    assertEquals(c.x.rank() - 1, max.rank());
  }

  @Property
  void sumsAndMaximaOverSeveralAxesAreThoseOfOneAfterTheOther(@ForAll("any") Case c) {
    int[] axes = IntStream.range(0, c.x.rank()).filter(axis -> axis != c.axis).toArray();
    Tensor max = Reductions.max(Target.on(ALONE), c.x, Axes.of(axes));
    Tensor sum = Reductions.sum(Target.on(ALONE), c.x, Axes.of(axes));
    Tensor stepwise = c.x;
    for (int i = axes.length - 1; i >= 0; i--) {
      stepwise = Reductions.sum(Target.on(ALONE), stepwise, Axes.of(axes[i]));
    }
    assertArrayEquals(stepwise.toDoubleArray(), sum.toDoubleArray());
    for (int j = 0; j < c.x.size(c.axis); j++) {
      double[] part = c.x.select(c.axis, j).toDoubleArray();
      double largest = IntStream.range(0, part.length).mapToDouble(i -> part[i]).max().orElse(0);
      assertEquals(largest, max.getDouble(j));
    }
  }

  @Test
  void nanRanksFirstAndZerosAreEqual() {
    Tensor x = Tensor.of(new float[] {1, -0f, Float.NaN, 0f, Float.POSITIVE_INFINITY}, 5);
    assertArrayEquals(
        new long[] {2, 4, 0, 1, 3}, Reductions.topK(ALONE, x, 5, 0).indices().toLongArray());
    assertEquals(2, Reductions.argMax(Target.on(ALONE), x, Axes.of(0)).getLong());
    assertTrue(Double.isNaN(Reductions.max(Target.on(ALONE), x, Axes.of(0)).getDouble()));
    Tensor zeros = Tensor.of(new double[] {-1, -0d, 0}, 3);
    assertEquals(1, Reductions.argMax(Target.on(ALONE), zeros, Axes.of(0)).getLong());
  }

  @Test
  void threadsStridesAndLongRowsDoNotChangeABit() {
    Random random = new Random(6);
    float[] values = new float[300 * 1111];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 5);
    }
    Tensor x = Tensor.of(values, 300, 1111);
    Tensor transposed = Movement.transpose(Target.on(ALONE), x, 1, 0);
    float[] softmax = Reductions.softmax(Target.on(ALONE), x, 1).toFloatArray();
    long[] top = Reductions.topK(ALONE, x, 9, 1).indices().toLongArray();
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(softmax, Reductions.softmax(Target.on(workers), x, 1).toFloatArray());
      Tensor other = Reductions.softmax(Target.on(workers), transposed, 0).transpose();
      assertArrayEquals(softmax, other.toFloatArray());
      assertArrayEquals(top, Reductions.topK(workers, x, 9, 1).indices().toLongArray());
      assertArrayEquals(
          top, Reductions.topK(workers, transposed, 9, 0).indices().transpose().toLongArray());
    }
  }

  @Test
  void theMaximumOfAFewLongRowsIsFoundInPieces() {
    Random random = new Random(7);
    double[] values = random.doubles(2 * 200_001).toArray();
    Tensor x = Tensor.of(values, 2, 200_001);
    values[200_000] = 2;
    values[200_001] = 3;
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(
          new double[] {2, 3}, Reductions.max(Target.on(workers), x, Axes.of(1)).toDoubleArray());
      assertEquals(3, Reductions.max(Target.on(workers), x, Axes.of(0, 1)).getDouble());
      Tensor columns = x.transpose();
      assertArrayEquals(
          new double[] {2, 3},
          Reductions.max(Target.on(workers), columns, Axes.of(0)).toDoubleArray());
    }
    values[5] = Double.NaN;
    assertTrue(Double.isNaN(Reductions.max(Target.on(ALONE), x, Axes.of(1)).getDouble(0)));
  }

  @Test
  void rowsTooLongToTransposeAreReadOneByOne() {
    float[] values = new float[5000 * 3];
    Random random = new Random(8);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    Tensor x = Tensor.of(values, 5000, 3);
    Tensor copy = x.transpose().contiguous();
    assertArrayEquals(
        Reductions.softmax(Target.on(ALONE), copy, 1).toFloatArray(),
        Reductions.softmax(Target.on(ALONE), x, 0).transpose().toFloatArray());
    assertArrayEquals(
        Reductions.argMax(Target.on(ALONE), copy, Axes.of(1)).toLongArray(),
        Reductions.argMax(Target.on(ALONE), x, Axes.of(0)).toLongArray());
  }

  @Test
  void axesBelowZeroAreCountedFromTheEnd() {
    Tensor x = Tensor.of(new float[] {3, 1, 2, 9, 8, 7, 4, 4, 5, 6, 0, 1}, 2, 3, 2);
    for (int axis = 0; axis < 3; axis++) {
      int below = axis - 3;
      same(
          Reductions.softmax(Target.on(ALONE), x, axis),
          Reductions.softmax(Target.on(ALONE), x, below));
      same(
          Reductions.topK(ALONE, x, 2, axis).values(),
          Reductions.topK(ALONE, x, 2, below).values());
      same(
          Reductions.topK(ALONE, x, 2, axis).indices(),
          Reductions.topK(ALONE, x, 2, below).indices());
      same(
          Reductions.argMax(Target.on(ALONE), x, Axes.of(axis)),
          Reductions.argMax(Target.on(ALONE), x, Axes.of(below)));
      same(
          Reductions.cumulativeSum(Target.on(ALONE), x, axis),
          Reductions.cumulativeSum(Target.on(ALONE), x, below));
      same(
          Reductions.sum(Target.on(ALONE), x, Axes.of(axis)),
          Reductions.sum(Target.on(ALONE), x, Axes.of(below)));
      same(
          Reductions.max(Target.on(ALONE), x, Axes.of(axis)),
          Reductions.max(Target.on(ALONE), x, Axes.of(below)));
    }
    same(
        Reductions.sum(Target.on(ALONE), x, Axes.of(0, 2)),
        Reductions.sum(Target.on(ALONE), x, Axes.of(-1, 0)));
    same(
        Reductions.min(Target.on(ALONE), x, Axes.of(0, 2)),
        Reductions.min(Target.on(ALONE), x, Axes.of(-1, -3)));
  }

  private static void same(Tensor expected, Tensor actual) {
    assertEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray());
  }

  @Test
  void emptyAxesAndWrongOnesAreSaid() {
    Tensor empty = Tensor.zeros(DType.F32, 2, 0);
    assertEquals(Shape.of(2, 0), Reductions.softmax(Target.on(ALONE), empty, 1).shape());
    assertArrayEquals(
        new float[2], Reductions.sum(Target.on(ALONE), empty, Axes.of(1)).toFloatArray());
    assertEquals(Shape.of(0), Reductions.max(Target.on(ALONE), empty, Axes.of(0)).shape());
    rejected(
        "max: expected at least one element along axis 1",
        () -> Reductions.max(Target.on(ALONE), empty, Axes.of(1)));
    rejected(
        "argMax: expected at least one",
        () -> Reductions.argMax(Target.on(ALONE), empty, Axes.of(1)));
    Tensor huge = Tensor.scalar(DType.BOOL, 1).broadcastTo(Shape.of(3, 1L << 16, 2, 1L << 16));
    rejected(
        "argMin: expected at most 2^31 - 9 elements along axes [1, 3], got bool[3, 65536, 2,",
        () -> Reductions.argMin(Target.on(ALONE), huge, Axes.of(1, 3)));
    rejected(
        "softmax: expected an axis in [-2, 2)",
        () -> Reductions.softmax(Target.on(ALONE), empty, 2));
    rejected(
        "sum: expected each axis once",
        () -> Reductions.sum(Target.on(ALONE), empty, Axes.of(0, -2)));
    rejected("top-k: k must be in [0, 0]", () -> Reductions.topK(ALONE, empty, 1, 1));
    rejected(
        "softmax: expected a floating dtype",
        () -> Reductions.softmax(Target.on(ALONE), Tensor.of(new int[2], 2), 0));
  }

  private static void rejected(String start, Runnable use) {
    String message = assertThrows(IllegalArgumentException.class, use::run).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
