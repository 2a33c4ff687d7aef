package io.github.shardsum.ops;

import static io.github.shardsum.tensor.DType.BF16;
import static io.github.shardsum.tensor.DType.BOOL;
import static io.github.shardsum.tensor.DType.F32;
import static io.github.shardsum.tensor.DType.F64;
import static io.github.shardsum.tensor.DType.I32;
import static io.github.shardsum.tensor.DType.I64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Tensors that are made by a rule, from arrays and at random. */
class CreationTest {
  @Test
  void rangesAreThoseOfNumPysPages() {
    assertArrayEquals(new long[] {0, 1, 2}, Creation.arange(I32, 3).toLongArray());
    assertArrayEquals(new long[] {3, 5}, Creation.arange(I64, 3, 7, 2).toLongArray());
    assertArrayEquals(new double[] {3, 2.5}, Creation.arange(F64, 3, 2, -0.5).toDoubleArray());
    assertEquals(0, Creation.arange(F32, 1, 0, 1).shape().elementCount());
    assertArrayEquals(
        new double[] {2, 2.25, 2.5, 2.75, 3}, Creation.linspace(F64, 2, 3, 5).toDoubleArray());
    assertArrayEquals(new double[] {2}, Creation.linspace(F32, 2, 3, 1).toDoubleArray());
    assertEquals(0, Creation.linspace(F32, 2, 3, 0).shape().elementCount());
    for (DType dtype : new DType[] {F32, F64, BF16}) {
      Tensor tenths = Creation.linspace(dtype, 0, 1, 11);
      Oracles.assertIs(dtype, Shape.of(11), i -> i[0] == 10 ? 1 : i[0] * 0.1, tenths);
    }
  }

  /** Every second element of every row of a transposed, larger tensor that holds sevens. */
  private static Tensor gaps(DType dtype, long rows, long columns) {
    Tensor whole = Tensor.full(dtype, 7, 2 * columns, rows + 1);
    return whole.transpose().slice(0, 1, rows + 1).slice(1, 0, 2 * columns, 2);
  }

  @Test
  void givenResultsOfAnyStridesHoldWhatFreshOnesDo() {
    Sampler sampler = Sampler.of(9);
    // More elements than one thread makes at a time, in rows that pieces do not divide.
    Tensor out = gaps(F32, 97, 89);
    sampler.uniformInto(out);
    assertTrue(Logic.arrayEqual(sampler.uniform(F32, 97, 89), out));
    sampler.normalInto(out);
    assertTrue(Logic.arrayEqual(sampler.normal(F32, 97, 89), out));
    Tensor whole = gaps(I32, 97, 89);
    sampler.integersInto(whole, -5, 6);
    assertTrue(Logic.arrayEqual(sampler.integers(I32, -5, 6, 97, 89), whole));
    Tensor row = gaps(I64, 1, 3000).select(0, 0);
    sampler.permutationInto(row);
    assertTrue(Logic.arrayEqual(sampler.permutation(3000), row));
    Creation.arangeInto(row, 5, 2);
    assertTrue(Logic.arrayEqual(Creation.arange(I64, 5, 6005, 2), row));
    Tensor numbers = gaps(F64, 1, 3000).select(0, 0);
    Creation.linspaceInto(numbers, 1, 4);
    assertTrue(Logic.arrayEqual(Creation.linspace(F64, 1, 4, 3000), numbers));
    Tensor square = gaps(BF16, 5, 7);
    Creation.eyeInto(square, -1);
    assertTrue(Logic.arrayEqual(Creation.eye(BF16, 5, 7, -1), square));
    Tensor classes = sampler.integers(I64, -1, 8, 5);
    Creation.oneHotInto(square, classes);
    assertTrue(Logic.arrayEqual(Creation.oneHot(BF16, classes, 7), square));
  }

  @Test
  void givenResultsThatDoNotFitAreRefused() {
    Sampler sampler = Sampler.of(9);
    Oracles.refused("uniform: expected a floating", () -> sampler.uniformInto(Tensor.zeros(I32)));
    Oracles.refused("normal: expected a floating", () -> sampler.normalInto(Tensor.zeros(BOOL)));
    Oracles.refused(
        "integers: expected i32 or i64", () -> sampler.integersInto(Tensor.zeros(F32), 0, 2));
    Oracles.refused(
        "permutation: expected an out of i32 or i64 with one axis, got i64[2, 2]",
        () -> sampler.permutationInto(Tensor.zeros(I64, 2, 2)));
    Tensor same = Tensor.zeros(F32, 1).broadcastTo(Shape.of(4));
    Oracles.refused("uniform: expected an out whose elements", () -> sampler.uniformInto(same));
    Oracles.refused(
        "arange: expected an out with one axis",
        () -> Creation.arangeInto(Tensor.zeros(F32, 2, 2), 0, 1));
    Oracles.refused(
        "linspace: expected a floating", () -> Creation.linspaceInto(Tensor.zeros(I32, 2), 0, 1));
    Oracles.refused(
        "eye: expected an out with two axes", () -> Creation.eyeInto(Tensor.zeros(F32, 2), 0));
    Oracles.refused(
        "one-hot: expected an out of",
        () -> Creation.oneHotInto(Tensor.zeros(F32, 3, 2), Tensor.of(new int[2], 2)));
  }

  @Test
  void diagonalsAndClassesAreOnes() {
    for (DType dtype : DType.values()) {
      Oracles.assertIs(dtype, Shape.of(3, 3), i -> i[0] == i[1] ? 1 : 0, Creation.eye(dtype, 3));
      for (long k = -4; k <= 5; k++) {
        long above = k;
        Oracles.assertIs(
            dtype, Shape.of(3, 4), i -> i[0] + above == i[1] ? 1 : 0, Creation.eye(dtype, 3, 4, k));
      }
      Tensor classes = Tensor.of(new int[] {2, 0, -1, 3}, 2, 2);
      Oracles.assertIs(
          dtype,
          Shape.of(2, 2, 3),
          i -> classes.getLong(i[0], i[1]) == i[2] ? 1 : 0,
          Creation.oneHot(dtype, classes, 3));
      Oracles.assertIs(dtype, Shape.of(2, 0), i -> 1, Tensor.ones(dtype, 2, 0));
      Oracles.assertIs(dtype, Shape.of(2, 3), i -> 1, Tensor.ones(dtype, 2, 3));
    }
  }

  @Test
  void diagonalsOutsideTheMatrixAreEmpty() {
    for (long k : new long[] {Long.MIN_VALUE, -5, 7, Long.MAX_VALUE}) {
      Tensor out = gaps(F32, 5, 7);
      Creation.eyeInto(out, k);
      Oracles.assertIs(F32, Shape.of(5, 7), i -> 0, out);
    }
  }

  @Test
  void nothingIsWrittenWhereIndicesAreClosed() {
    Tensor out = Tensor.full(F32, 7, 2, 3);
    Tensor indices;
    try (Arena arena = Arena.ofShared()) {
      indices = Tensor.allocate(arena, I32, Shape.of(2));
    }
    assertThrows(IllegalStateException.class, () -> Creation.oneHotInto(out, indices));
    Oracles.assertIs(F32, Shape.of(2, 3), i -> 7, out);
  }

  @Test
  void arraysAndBuffersAreTensors() {
    assertArrayEquals(
        new long[] {1, 2, 3, 4}, Tensor.of(new int[][] {{1, 2}, {3, 4}}).toLongArray());
    Tensor longs = Tensor.of(new long[][] {{1L << 60, 2}});
    assertEquals(Shape.of(1, 2), longs.shape());
    assertEquals(1L << 60, longs.getLong(0, 0));
    Tensor deep = Tensor.of(new float[][][] {{{1, 2, 3}}, {{4, 5, 6}}});
    assertEquals(Shape.of(2, 1, 3), deep.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, deep.toFloatArray());
    assertEquals(Shape.of(0, 0, 0), Tensor.of(new double[][][] {}).shape());
    Oracles.refused(
        "tensor: expected matrices of shape [1, 1]",
        () -> Tensor.of(new double[][][] {{{1}}, {{1, 2}}}));
    Tensor flags = Tensor.of(new boolean[] {true, false}, 2);
    assertEquals(BOOL, flags.dtype());
    assertArrayEquals(new boolean[] {true, false}, flags.toBooleanArray());
    DoubleBuffer doubles = DoubleBuffer.wrap(new double[] {0, 1, 2}, 1, 2);
    Tensor seen = Tensor.of(doubles, 2);
    seen.set(9.0, 0);
    assertEquals(9, doubles.get(1));
    assertEquals(I32, Tensor.of(IntBuffer.allocate(2), 2).dtype());
    assertEquals(I64, Tensor.of(LongBuffer.allocate(2), 2).dtype());
    ByteOrder foreign =
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    Oracles.refused(
        "tensor: expected a buffer in native order",
        () -> Tensor.of(ByteBuffer.allocate(8).order(foreign).asIntBuffer(), 2));
  }

  @Test
  void uniformNumbersAreThoseOfTheirIndices() {
    Sampler sampler = new Sampler(3, 5);
    Philox philox = new Philox(3);
    Tensor wide = sampler.uniform(F64, 70, 100);
    Tensor single = sampler.uniform(F32, 7000);
    for (int i = 0; i < 7000; i++) {
      assertEquals(philox.uniform(i, 5), wide.getDouble(i / 100, i % 100));
      assertEquals((philox.bits(i, 5) >>> 40) * 0x1p-24, single.getDouble(i));
    }
    assertEquals(0.5, Reductions.mean(wide).getDouble(), 0.02);
    assertTrue(Reductions.max(sampler.uniform(BF16, 5000)).getDouble() < 1);
  }

  @Test
  void normalNumbersHaveTheirMoments() {
    Tensor x = Sampler.of(1).normal(F64, 20_000);
    assertEquals(0, Reductions.mean(x).getDouble(), 0.03);
    assertEquals(1, Reductions.std(x).getDouble(), 0.03);
    Tensor cubes = Elementwise.power(x, 3);
    assertEquals(0, Reductions.mean(cubes).getDouble(), 0.1);
    assertEquals(3, Reductions.mean(Elementwise.power(x, 4)).getDouble(), 0.2);
    // Of the normal distribution 68.27 % are within one deviation.
    Tensor near = Logic.lt(Elementwise.abs(x), 1);
    assertEquals(0.6827, Reductions.mean(near).getDouble(), 0.015);
    assertArrayEquals(
        x.convert(F32).toFloatArray(), Sampler.of(1).normal(F32, 20_000).toFloatArray());
  }

  @Test
  void integersCoverTheirRangeEvenly() {
    Tensor dice = Sampler.of(8).integers(I32, 1, 7, 12_000);
    long[] counts = new long[7];
    LongStream.of(dice.toLongArray()).forEach(face -> counts[(int) face]++);
    assertEquals(0, counts[0]);
    for (int face = 1; face <= 6; face++) {
      assertTrue(Math.abs(counts[face] - 2000) <= 200);
    }
    Tensor all = Sampler.of(8).integers(I64, Long.MIN_VALUE, Long.MAX_VALUE, 100);
    assertTrue(Reductions.min(all).getLong() < -(1L << 61));
    assertTrue(Reductions.max(all).getLong() > 1L << 61);
  }

  @Test
  void permutationsHoldEachNumberOnceAndAreEvenlySpread() {
    long[] order = Sampler.of(4).permutation(1000).toLongArray();
    assertNotEquals(0, Arrays.compare(order, LongStream.range(0, 1000).toArray()));
    assertArrayEquals(LongStream.range(0, 1000).toArray(), LongStream.of(order).sorted().toArray());
    int[] counts = new int[6];
    for (int stream = 0; stream < 6000; stream++) {
      long[] three = new Sampler(4, stream).permutation(3).toLongArray();
      counts[(int) (three[0] * 2 + (three[1] > three[2] ? 1 : 0))]++;
    }
    for (int count : counts) {
      assertEquals(1000, count, 150);
    }
    assertEquals(0, Sampler.of(4).permutation(0).shape().elementCount());
  }

  @Test
  void aDrawIsTheSameAgainAndAnotherInAnotherStream() {
    Sampler sampler = Sampler.of(2);
    float[] first = sampler.uniform(F32, 9).toFloatArray();
    assertArrayEquals(first, sampler.uniform(F32, 9).toFloatArray());
    assertNotEquals(0, Arrays.compare(first, sampler.withStream(1).uniform(F32, 9).toFloatArray()));
    assertNotEquals(0, Arrays.compare(first, Sampler.of(3).uniform(F32, 9).toFloatArray()));
  }

  /** The upper half of the product of a bound and 64 random bits. */
  private static long below(long bits, long bound) {
    BigInteger unsigned = new BigInteger(Long.toUnsignedString(bits));
    return unsigned.multiply(BigInteger.valueOf(bound)).shiftRight(Long.SIZE).longValueExact();
  }

  @Test
  void manyDrawsAreThoseOfTheirIndicesOnAnyNumberOfThreads() {
    int n = 9001;
    Sampler sampler = new Sampler(3, 5);
    Philox philox = new Philox(3);
    try (Workers three = Workers.of(3)) {
      for (Workers workers : List.of(Workers.sequential(), three)) {
        Tensor uniform = Tensor.zeros(F64, n);
        sampler.uniformInto(workers, uniform);
        Tensor normal = Tensor.zeros(F64, n);
        sampler.normalInto(workers, normal);
        Tensor integers = Tensor.zeros(I64, n);
        sampler.integersInto(workers, integers, -5, 9);
        for (int i = 0; i < n; i++) {
          assertEquals(philox.uniform(i, 5), uniform.getDouble(i));
          double logarithm = StrictMath.log(1 - philox.uniform(2L * i, 5));
          double cosine = StrictMath.cos(2 * Math.PI * philox.uniform(2L * i + 1, 5));
          assertEquals(Math.sqrt(-2 * logarithm) * cosine, normal.getDouble(i));
          assertEquals(-5 + below(philox.bits(i, 5), 14), integers.getLong(i));
        }
      }
    }
    long[] order = LongStream.range(0, n).toArray();
    for (int i = n - 1; i > 0; i--) {
      int other = (int) below(philox.bits(i, 5), i + 1);
      long kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    assertArrayEquals(order, sampler.permutation(n).toLongArray());
  }

  @Test
  void longRangesAreThoseOfTheirIndices() {
    int n = 9001;
    Tensor range = Creation.arange(F64, 0.1, 0.1 + 0.3 * (n - 0.5), 0.3);
    Tensor line = Creation.linspace(F64, -2, 5, n);
    assertEquals(n, range.size(0));
    for (int i = 0; i < n; i++) {
      assertEquals(0.1 + i * 0.3, range.getDouble(i));
      assertEquals(i == n - 1 ? 5 : -2 + i * (7.0 / (n - 1)), line.getDouble(i));
    }
  }

  @Test
  void wrongArgumentsAreSaid() {
    Oracles.refused("arange: expected", () -> Creation.arange(BOOL, 3));
    Oracles.refused("arange: expected", () -> Creation.arange(F32, 0, 1, 0));
    Oracles.refused("arange: expected", () -> Creation.arange(F32, 0, Double.NaN, 1));
    Oracles.refused("arange: n must be at least 0, got -3", () -> Creation.arange(I64, -3));
    for (double infinite : new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      Oracles.refused("arange: expected", () -> Creation.arange(I64, 0, 1, infinite));
      Oracles.refused("arange: expected", () -> Creation.arange(I64, 0, infinite, 1));
      Oracles.refused("arange: expected", () -> Creation.arange(I64, infinite, 1, 1));
    }
    Oracles.refused("permutation: expected", () -> Sampler.of(1).permutation(-3));
    Oracles.refused("permutation: expected", () -> Sampler.of(1).permutation(1L << 40));
    Oracles.refused("linspace: expected", () -> Creation.linspace(I32, 0, 1, 3));
    Oracles.refused("linspace: expected", () -> Creation.linspace(F32, 0, 1, -1));
    Oracles.refused("one-hot: expected", () -> Creation.oneHot(F32, Tensor.zeros(F32, 1), 2));
    Oracles.refused("uniform: expected", () -> Sampler.of(1).uniform(I32, 2));
    Oracles.refused("normal: expected", () -> Sampler.of(1).normal(BOOL, 2));
    Oracles.refused("integers: expected", () -> Sampler.of(1).integers(F32, 0, 2, 2));
    Oracles.refused("integers: expected", () -> Sampler.of(1).integers(I64, 2, 2, 2));
    Oracles.refused("integers: expected", () -> Sampler.of(1).integers(I32, 0, 1L << 40, 2));
  }
}
