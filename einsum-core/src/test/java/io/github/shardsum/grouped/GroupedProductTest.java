package io.github.shardsum.grouped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class GroupedProductTest {
  private static final Workers ALONE = Workers.sequential();

  /** Integer values, so that sums are exact in any order. */
  private static Tensor values(Random random, DType dtype, long... shape) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    long n = tensor.shape().elementCount();
    Tensor flat = tensor.reshape(n);
    for (long i = 0; i < n; i++) {
      flat.set((long) random.nextInt(7) - 3, i);
    }
    return tensor;
  }

  private static int[] sizes(Random random, int groups, int most) {
    int[] sizes = new int[groups];
    for (int group = 0; group < groups; group++) {
      sizes[group] = random.nextInt(3) == 0 ? 0 : random.nextInt(most);
    }
    return sizes;
  }

  private static int sum(int[] sizes) {
    int sum = 0;
    for (int size : sizes) {
      sum += size;
    }
    return sum;
  }

  /** The rows of a group, each as the einsum of that group alone. */
  private static double[] oracle(Tensor x, Tensor w, int[] sizes) {
    Tensor out = Tensor.zeros(x.dtype(), x.size(0), w.size(2));
    long from = 0;
    for (int group = 0; group < sizes.length; group++) {
      long to = from + sizes[group];
      out.slice(0, from, to)
          .assign(Einsum.einsum("rk,kn->rn", x.slice(0, from, to), w.select(0, group)));
      from = to;
    }
    return out.toDoubleArray();
  }

  @Property
  void rowsAreTheProductsOfTheirGroups(@ForAll long seed) {
    Random random = new Random(seed);
    DType[] dtypes = {DType.F32, DType.F64, DType.I32, DType.I64};
    DType dtype = dtypes[random.nextInt(dtypes.length)];
    int[] sizes = sizes(random, random.nextInt(6), 40);
    int rows = sum(sizes) + random.nextInt(3);
    int k = random.nextInt(30);
    int n = random.nextInt(80);
    Tensor x = values(random, dtype, rows, k);
    boolean transposed = random.nextBoolean();
    Tensor w =
        transposed
            ? values(random, dtype, sizes.length, n, k).transpose(0, 2, 1)
            : values(random, dtype, sizes.length, k, n);
    double[] want = oracle(x, w, sizes);
    Tensor counts = Tensor.of(sizes, sizes.length);
    assertEqual(want, GroupedProduct.rows(ALONE, x, w, counts));
    try (Workers three = Workers.of(3)) {
      assertEqual(want, GroupedProduct.rows(three, x, w, counts));
    }
  }

  /** Integers are exact; the sign of a zero is not promised. */
  private static void assertEqual(double[] want, Tensor given) {
    assertArrayEquals(want, given.toDoubleArray(), Double.MIN_VALUE);
  }

  @Property
  void weightsAreTheGradientOfRows(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = random.nextBoolean() ? DType.F32 : DType.F64;
    int[] sizes = sizes(random, 1 + random.nextInt(5), 50);
    int rows = sum(sizes) + random.nextInt(3);
    Tensor x = values(random, dtype, rows, 1 + random.nextInt(20));
    Tensor y = values(random, dtype, rows, 1 + random.nextInt(70));
    Tensor counts = Tensor.of(sizes, sizes.length);
    Tensor got = GroupedProduct.weights(ALONE, x, y, counts);
    long from = 0;
    for (int group = 0; group < sizes.length; group++) {
      long to = from + sizes[group];
      Tensor want = Einsum.einsum("rk,rn->kn", x.slice(0, from, to), y.slice(0, from, to));
      assertArrayEquals(want.toDoubleArray(), got.select(0, group).toDoubleArray());
      from = to;
    }
    try (Workers two = Workers.of(2)) {
      assertArrayEquals(
          got.toDoubleArray(), GroupedProduct.weights(two, x, y, counts).toDoubleArray());
    }
  }

  @Property(tries = 60)
  void aRowHasTheSameBitsHoweverManyOthersItsGroupHas(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = random.nextBoolean() ? DType.F32 : DType.F64;
    int rows = 1 + random.nextInt(30);
    int k = 1 + random.nextInt(random.nextBoolean() ? 20 : 700);
    int n = 1 + random.nextInt(150);
    Tensor x = real(random, dtype, rows, k);
    boolean transposed = random.nextBoolean();
    Tensor w =
        transposed ? real(random, dtype, 1, n, k).transpose(0, 2, 1) : real(random, dtype, 1, k, n);
    Tensor all = GroupedProduct.rows(ALONE, x, w, Tensor.of(new int[] {rows}, 1));
    for (int from = 0, count; from < rows; from += count) {
      count = Math.min(1 + random.nextInt(10), rows - from);
      Tensor some = x.slice(0, from, from + count);
      Tensor given = GroupedProduct.rows(ALONE, some, w, Tensor.of(new int[] {count}, 1));
      Tensor expected = all.slice(0, from, from + count).contiguous();
      assertArrayEquals(
          expected.toDoubleArray(),
          given.toDoubleArray(),
          () -> String.format(Locale.ROOT, "rows of %d terms for %d columns in %s", k, n, dtype));
    }
  }

  private static Tensor real(Random random, DType dtype, long... shape) {
    int count = Math.toIntExact(Shape.of(shape).elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), shape).convert(dtype);
  }

  /** Some rows of a tensor [2, 40, width], in any order and with some twice. */
  private static MatrixRows gathered(Random random, Tensor source, int count) {
    long[] starts = new long[count];
    for (int row = 0; row < count; row++) {
      starts[row] = random.nextInt(2) * source.stride(0) + random.nextInt(40) * source.stride(1);
    }
    return MatrixRows.gathered(source, starts, count);
  }

  /** The same rows one behind the other. */
  private static Tensor copied(MatrixRows rows, DType dtype) {
    Tensor all = Tensor.zeros(dtype, rows.count(), rows.width());
    int[] one = {(int) rows.count()};
    Tensor unit = Tensor.zeros(dtype, 1, rows.width(), rows.width());
    for (long i = 0; i < rows.width(); i++) {
      unit.set(1.0, 0, i, i);
    }
    GroupedProduct.rowsInto(ALONE, all, rows, unit, Tensor.of(one, 1), Epilogue.none());
    return all;
  }

  @Property(tries = 40)
  void gatheredRowsGiveTheBitsOfCopiedOnes(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = random.nextBoolean() ? DType.F32 : DType.F64;
    DType stored = dtype == DType.F32 && random.nextBoolean() ? DType.BF16 : dtype;
    int[] sizes = sizes(random, 1 + random.nextInt(3), random.nextInt(3) == 0 ? 8 : 300);
    int count = sum(sizes) + random.nextInt(3);
    int k = 1 + random.nextInt(random.nextBoolean() ? 20 : 300);
    int n = 1 + random.nextInt(random.nextBoolean() ? 20 : 300);
    boolean apart = random.nextBoolean();
    Tensor xs = real(random, stored, apart ? new long[] {2, k, 40} : new long[] {2, 40, k});
    MatrixRows x = gathered(random, apart ? xs.transpose(0, 2, 1) : xs, count);
    MatrixRows y = gathered(random, real(random, stored, 2, 40, n), count);
    Tensor w = real(random, dtype, sizes.length, k, n);
    Tensor counts = Tensor.of(sizes, sizes.length);
    MatrixRows dense = MatrixRows.of(copied(x, dtype));
    MatrixRows denseY = MatrixRows.of(copied(y, dtype));
    try (Workers three = Workers.of(3)) {
      for (Workers workers : List.of(ALONE, three)) {
        Tensor one = Tensor.full(dtype, Double.NaN, count, n);
        Tensor other = Tensor.full(dtype, Double.NaN, count, n);
        Epilogue epilogue = Epilogue.none().withRelu();
        GroupedProduct.rowsInto(workers, one, dense, w, counts, epilogue);
        GroupedProduct.rowsInto(workers, other, x, w, counts, epilogue);
        assertArrayEquals(one.toDoubleArray(), other.toDoubleArray());
        one = Tensor.full(dtype, Double.NaN, sizes.length, k, n);
        other = Tensor.full(dtype, Double.NaN, sizes.length, k, n);
        GroupedProduct.weightsInto(workers, one, dense, denseY, counts);
        GroupedProduct.weightsInto(workers, other, x, y, counts);
        assertArrayEquals(one.toDoubleArray(), other.toDoubleArray());
        GroupedProduct.addWeights(workers, one, dense, denseY, counts);
        GroupedProduct.addWeights(workers, other, x, denseY, counts);
        assertArrayEquals(one.toDoubleArray(), other.toDoubleArray());
      }
    }
  }

  /** Of a value, its row and its column, and of what it overwrites on the way. */
  private static double changed(double value, long row, long column) {
    return (value + row) * (column % 5 - 2);
  }

  private static RowFunction function(DType dtype) {
    if (dtype == DType.F64) {
      return (RowFunction.OfDouble)
          (row, column, values, at, n, spare, spareAt) -> {
            for (int i = 0; i < n; i++) {
              spare[spareAt + i] = changed(values[at + i], row, column + i);
            }
            System.arraycopy(spare, spareAt, values, at, n);
          };
    }
    return (RowFunction.OfFloat)
        (row, column, values, at, n, spare, spareAt) -> {
          for (int i = 0; i < n; i++) {
            spare[spareAt + i] = (float) changed(values[at + i], row, column + i);
          }
          System.arraycopy(spare, spareAt, values, at, n);
        };
  }

  @Property(tries = 40)
  void aFunctionOfRowsFollowsTheEpilogue(@ForAll long seed) {
    Random random = new Random(seed);
    DType dtype = List.of(DType.F32, DType.F64, DType.BF16).get(random.nextInt(3));
    int[] sizes = sizes(random, 1 + random.nextInt(3), random.nextInt(3) == 0 ? 8 : 90);
    int count = sum(sizes) + random.nextInt(3);
    int k = random.nextInt(random.nextInt(4) == 0 ? 1200 : 30);
    int n = 1 + random.nextInt(random.nextBoolean() ? 3 : 300);
    Tensor x = values(random, dtype, count, k);
    Tensor w = values(random, dtype, sizes.length, k, n);
    Tensor counts = Tensor.of(sizes, sizes.length);
    Epilogue epilogue = Epilogue.none().withBias("en", values(random, DType.F32, sizes.length, n));
    epilogue = random.nextBoolean() ? epilogue.withRelu() : epilogue;
    Tensor expected = Tensor.zeros(dtype == DType.BF16 ? DType.F32 : dtype, count, n);
    GroupedProduct.rowsInto(
        ALONE, expected, MatrixRows.of(x), w.convert(expected.dtype()), counts, epilogue);
    double[] all = expected.toDoubleArray();
    for (int i = 0; i < sum(sizes) * n; i++) {
      all[i] = changed(all[i], i / n, i % n);
    }
    double[] rounded = Tensor.of(all, count, n).convert(dtype).toDoubleArray();
    int more = random.nextInt(3);
    Tensor out = Tensor.full(dtype, Double.NaN, count, n + more).slice(1, more, n + more);
    GroupedProduct.rowsInto(ALONE, out, MatrixRows.of(x), w, counts, epilogue, function(dtype));
    assertEqual(rounded, out);
    try (Workers three = Workers.of(3)) {
      GroupedProduct.rowsInto(three, out, MatrixRows.of(x), w, counts, epilogue, function(dtype));
      assertEqual(rounded, out);
    }
  }

  @Test
  void aFunctionOfAnotherDtypeOrOfRowsThatAreNotContiguousIsRefused() {
    MatrixRows x = MatrixRows.of(Tensor.zeros(DType.F32, 4, 3));
    Tensor w = Tensor.zeros(DType.F32, 2, 3, 5);
    for (Tensor out :
        List.of(
            Tensor.zeros(DType.F64, 4, 5),
            Tensor.zeros(DType.I32, 4, 5),
            Tensor.zeros(DType.F32, 5, 4).transpose())) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              GroupedProduct.rowsInto(
                  ALONE, out, x, w, sizes(), Epilogue.none(), function(DType.F32)));
    }
  }

  @Test
  void rowsOutsideTheirTensorAreRefused() {
    Tensor source = Tensor.zeros(DType.F32, 3, 4);
    for (long start : new long[] {-1, 9}) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> MatrixRows.gathered(source, new long[] {0, start}, 2));
    }
    assertEquals(2, MatrixRows.gathered(source, new long[] {8, 0}, 2).count());
    assertThrows(IllegalArgumentException.class, () -> MatrixRows.of(Tensor.zeros(DType.F32, 3)));
  }

  @Test
  void realValuedBitsDoNotDependOnTheThreads() {
    Random random = new Random(5);
    int[] sizes = {700, 0, 1, 13, 90, 250};
    Tensor x = Tensor.zeros(DType.F32, sum(sizes), 65);
    Tensor w = Tensor.zeros(DType.F32, sizes.length, 65, 70);
    for (Tensor tensor : new Tensor[] {x, w}) {
      float[] array = (float[]) tensor.array().orElseThrow();
      for (int i = 0; i < array.length; i++) {
        array[i] = random.nextFloat() - 0.5f;
      }
    }
    Tensor counts = Tensor.of(sizes, sizes.length);
    float[] alone = GroupedProduct.rows(ALONE, x, w, counts).toFloatArray();
    for (int threads = 2; threads <= 5; threads++) {
      try (Workers workers = Workers.of(threads)) {
        assertArrayEquals(alone, GroupedProduct.rows(workers, x, w, counts).toFloatArray());
      }
    }
  }

  @Test
  void anEpilogueReachesTheRowsOfGroupsAloneAndTheOthersAreZero() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5}, 5, 1);
    Tensor w = Tensor.of(new float[] {1, -1, 10, -10}, 2, 1, 2);
    Tensor bias = Tensor.of(new float[] {0, 0.5f, 100, 101}, 2, 2);
    Epilogue epilogue = Epilogue.none().withBias("en", bias).withRelu();
    Tensor out = Tensor.full(DType.F32, Double.NaN, 5, 2);
    Tensor sizes = Tensor.of(new int[] {2, 1}, 2);
    GroupedProduct.rowsInto(ALONE, out, x, w, sizes, epilogue);
    assertArrayEquals(new float[] {1, 0, 2, 0, 130, 71, 0, 0, 0, 0}, out.toFloatArray());
  }

  @Test
  void bf16IsRoundedOnceHoweverLongTheSums() {
    int terms = 1500;
    Tensor x = quarters(new Random(1), 40, terms);
    Tensor w = quarters(new Random(2), 1, terms, 64);
    Tensor sizes = Tensor.of(new int[] {30}, 1);
    Tensor bias = Tensor.full(DType.F32, 100, 64);
    for (Epilogue epilogue : List.of(Epilogue.none(), Epilogue.none().withBias("n", bias))) {
      Tensor wide = Tensor.zeros(DType.F32, 40, 64);
      Tensor narrow = Tensor.zeros(DType.BF16, 40, 64);
      GroupedProduct.rowsInto(ALONE, wide, x, w, sizes, epilogue);
      GroupedProduct.rowsInto(
          ALONE, narrow, x.convert(DType.BF16), w.convert(DType.BF16), sizes, epilogue);
      assertArrayEquals(wide.convert(DType.BF16).toFloatArray(), narrow.toFloatArray());
    }
    Tensor rows = x.transpose();
    Tensor cotangent = w.select(0, 0);
    Tensor groups = Tensor.of(new int[] {3, 0, terms - 10}, 3);
    Tensor wide = GroupedProduct.weights(ALONE, rows, cotangent, groups);
    Tensor narrow =
        GroupedProduct.weights(
            ALONE, rows.convert(DType.BF16), cotangent.convert(DType.BF16), groups);
    assertArrayEquals(wide.convert(DType.BF16).toFloatArray(), narrow.toFloatArray());
  }

  @Test
  void anI32WrapsBeforeTheRelu() {
    Tensor x = Tensor.full(DType.I32, 1 << 30, 1, 2);
    Tensor w = Tensor.full(DType.I32, 1, 1, 2, 3);
    Tensor out = Tensor.full(DType.I32, 9, 1, 3);
    Tensor sizes = Tensor.of(new int[] {1}, 1);
    GroupedProduct.rowsInto(ALONE, out, x, w, sizes, Epilogue.none().withRelu());
    assertArrayEquals(new long[3], out.toLongArray());
  }

  /** Multiples of 1/4, whose sums of products are exact in f32 and not in bf16. */
  private static Tensor quarters(Random random, long... shape) {
    Tensor integers = values(random, DType.F32, shape);
    return Elementwise.multiply(Target.on(ALONE), integers, 0.25);
  }

  @Test
  void anEmptySumStillHasItsEpilogue() {
    Tensor x = Tensor.zeros(DType.F64, 3, 0);
    Tensor w = Tensor.zeros(DType.F64, 1, 0, 2);
    Epilogue epilogue = Epilogue.none().withBias("n", Tensor.of(new double[] {7, -7}, 2));
    Tensor out = Tensor.zeros(DType.F64, 3, 2);
    GroupedProduct.rowsInto(ALONE, out, x, w, Tensor.of(new int[] {2}, 1), epilogue);
    assertArrayEquals(new double[] {7, -7, 7, -7, 0, 0}, out.toDoubleArray());
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
    Tensor x = Tensor.zeros(DType.F32, 4, 3);
    Tensor w = Tensor.zeros(DType.F32, 2, 3, 5);
    assertRefused("rows left", x, w, Tensor.of(new int[] {3, 2}, 2));
    assertRefused("at least 0", x, w, Tensor.of(new int[] {-1, 2}, 2));
    assertRefused("one for each group", x, w, Tensor.of(new int[] {1}, 1));
    assertRefused("i32 or i64", x, w, Tensor.zeros(DType.F32, 2));
    assertRefused("of one dtype", x, Tensor.zeros(DType.F64, 2, 3, 5), sizes());
    assertRefused("x [r, k]", x, Tensor.zeros(DType.F32, 2, 4, 5), sizes());
    Tensor out = Tensor.full(DType.F32, 9, 4, 5);
    Epilogue wrong = Epilogue.none().withBias("n", Tensor.zeros(DType.F32, 6));
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> GroupedProduct.rowsInto(ALONE, out, x, w, sizes(), wrong));
    assertTrue(error.getMessage().contains("bias"), error.getMessage());
    assertEquals(9, out.getDouble(0, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> GroupedProduct.rowsInto(ALONE, x, x, w, sizes(), Epilogue.none()));
  }

  private static Tensor sizes() {
    return Tensor.of(new int[] {2, 2}, 2);
  }

  private static void assertRefused(String why, Tensor x, Tensor w, Tensor sizes) {
    var error =
        assertThrows(IllegalArgumentException.class, () -> GroupedProduct.rows(ALONE, x, w, sizes));
    assertTrue(error.getMessage().contains(why), error.getMessage());
  }
}
