package io.github.shardsum.ops;

import static io.github.shardsum.tensor.DType.BOOL;
import static io.github.shardsum.tensor.DType.F32;
import static io.github.shardsum.tensor.DType.F64;
import static io.github.shardsum.tensor.DType.I32;
import static io.github.shardsum.tensor.DType.I64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Movements and views against their definitions, index by index. */
class ShapesProperties {
  private static Tensor any(Random random, Shape shape) {
    return Operands.view(Oracles.dtype(random, DType.values()), shape, random);
  }

  private static Shape nonScalar(Random random) {
    Shape shape = Oracles.shape(random);
    return shape.rank() == 0 ? Shape.of(1 + random.nextInt(4)) : shape;
  }

  private static long[] with(long[] index, int axis, long value) {
    long[] changed = index.clone();
    changed[axis] = value;
    return changed;
  }

  @Property
  void concatenationAndSplitsAreInverse(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = nonScalar(random);
    int axis = random.nextInt(shape.rank());
    int given = random.nextBoolean() ? axis : axis - shape.rank();
    Tensor[] parts = new Tensor[1 + random.nextInt(3)];
    DType dtype = BOOL;
    long[] bounds = new long[parts.length - 1];
    long size = 0;
    for (int p = 0; p < parts.length; p++) {
      parts[p] = any(random, Shape.of(with(shape.toArray(), axis, random.nextInt(4))));
      dtype = dtype.promote(parts[p].dtype());
      size += parts[p].size(axis);
      if (p < bounds.length) {
        bounds[p] = size;
      }
    }
    Tensor whole = Movement.concatenate(List.of(parts), given);
    assertEquals(Shape.of(with(shape.toArray(), axis, size)), whole.shape());
    List<Tensor> again = whole.splitAt(given, bounds);
    for (int p = 0; p < parts.length; p++) {
      Tensor part = parts[p];
      Oracles.assertIs(dtype, part.shape(), part::getDouble, again.get(p));
    }
  }

  @Property
  void stackingAddsAnAxis(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = Oracles.shape(random);
    Tensor x = any(random, shape);
    Tensor y = any(random, shape);
    int axis = random.nextInt(shape.rank() + 1);
    Tensor both =
        Movement.stack(List.of(x, y), random.nextBoolean() ? axis : axis - shape.rank() - 1);
    DType dtype = x.dtype().promote(y.dtype());
    Oracles.assertIs(dtype, shape, x::getDouble, both.select(axis, 0));
    Oracles.assertIs(dtype, shape, y::getDouble, both.select(axis, 1));
  }

  @Property
  void framesTurnsAndRepeatsFollowTheirIndices(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = nonScalar(random);
    Tensor x = any(random, shape);
    int axis = random.nextInt(shape.rank());
    int given = random.nextBoolean() ? axis : axis - shape.rank();
    long size = shape.size(axis);
    long shift = random.nextLong(-10, 11);
    Oracles.assertIs(
        x.dtype(),
        shape,
        i -> x.getDouble(with(i, axis, Math.floorMod(i[axis] - shift, size))),
        Movement.roll(x, shift, given));
    Oracles.assertIs(
        x.dtype(), shape, i -> x.getDouble(with(i, axis, size - 1 - i[axis])), x.flip(given));
    long[] before = random.longs(shape.rank(), 0, 3).toArray();
    long[] after = random.longs(shape.rank(), 0, 3).toArray();
    long[] framed = shape.toArray();
    Arrays.setAll(framed, a -> framed[a] + before[a] + after[a]);
    Oracles.assertIs(
        x.dtype(),
        Shape.of(framed),
        i -> {
          long[] inner = i.clone();
          boolean inside = true;
          for (int a = 0; a < inner.length; a++) {
            inner[a] -= before[a];
            inside &= inner[a] >= 0 && inner[a] < shape.size(a);
          }
          return inside ? x.getDouble(inner) : 1;
        },
        Movement.pad(x, 1, before, after));
    long[] repeats = random.longs(1 + random.nextInt(shape.rank() + 1), 0, 3).toArray();
    int rank = Math.max(shape.rank(), repeats.length);
    long[] tiled = new long[rank];
    Arrays.setAll(
        tiled,
        a ->
            (a < rank - shape.rank() ? 1 : shape.size(a - rank + shape.rank()))
                * (a < rank - repeats.length ? 1 : repeats[a - rank + repeats.length]));
    Oracles.assertIs(
        x.dtype(),
        Shape.of(tiled),
        i -> {
          long[] inner = Arrays.copyOfRange(i, rank - shape.rank(), rank);
          Arrays.setAll(inner, a -> inner[a] % shape.size(a));
          return x.getDouble(inner);
        },
        Movement.tile(x, repeats));
  }

  @Property
  void takenElementsAreThoseOfTheIndices(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = nonScalar(random);
    Tensor x = any(random, shape);
    int axis = random.nextInt(shape.rank());
    long size = shape.size(axis);
    long[] picked = size == 0 ? new long[0] : random.longs(6, -size, size).toArray();
    Tensor indices =
        Tensor.of(picked, picked.length / 3, picked.length == 0 ? 2 : 3)
            .convert(random.nextBoolean() ? I32 : I64);
    Tensor taken = Movement.take(x, indices, random.nextBoolean() ? axis : axis - shape.rank());
    long[] sizes = new long[shape.rank() + 1];
    for (int a = 0; a < sizes.length; a++) {
      sizes[a] =
          a < axis ? shape.size(a) : a < axis + 2 ? indices.size(a - axis) : shape.size(a - 1);
    }
    Oracles.assertIs(
        x.dtype(),
        Shape.of(sizes),
        i -> {
          long[] from = new long[shape.rank()];
          for (int a = 0; a < from.length; a++) {
            from[a] =
                a == axis
                    ? Math.floorMod(indices.getLong(i[axis], i[axis + 1]), size)
                    : i[a < axis ? a : a + 1];
          }
          return x.getDouble(from);
        },
        taken);
  }

  @Test
  void manyElementsAreTakenOfShortRowsOfAnyMemory() {
    Random random = new Random(34);
    long[] picked = random.longs(9000, -7, 7).toArray();
    Tensor indices = Tensor.of(picked, picked.length);
    for (DType dtype : DType.values()) {
      Tensor x = Operands.view(dtype, Shape.of(3, 7), random);
      Tensor out = Tensor.zeros(dtype, picked.length, 3).transpose();
      Movement.take(Target.into(out), x, indices, 1);
      Oracles.assertIs(
          dtype,
          Shape.of(3, picked.length),
          i -> x.getDouble(i[0], Math.floorMod(picked[(int) i[1]], 7)),
          out);
    }
  }

  @Property
  void masksKeepTheElementsWhereTheyAreTrue(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = nonScalar(random);
    Tensor x = any(random, shape);
    Tensor mask = Operands.view(BOOL, shape, random);
    List<Double> kept = new ArrayList<>();
    List<Long> places = new ArrayList<>();
    Operands.forEachIndex(
        shape,
        i -> {
          if (mask.getLong(i) != 0) {
            kept.add(x.getDouble(i));
            Arrays.stream(i).forEach(places::add);
          }
        });
    Tensor masked = Movement.masked(x, mask);
    assertEquals(x.dtype(), masked.dtype());
    assertArrayEquals(
        kept.stream().mapToDouble(v -> v).toArray(), masked.toDoubleArray(), "x[mask]");
    Tensor nonzero = Movement.nonzero(mask);
    assertEquals(Shape.of(kept.size(), shape.rank()), nonzero.shape());
    assertArrayEquals(places.stream().mapToLong(v -> v).toArray(), nonzero.toLongArray());
    int axis = random.nextInt(shape.rank());
    Tensor along = Operands.view(BOOL, Shape.of(shape.size(axis)), random);
    List<Long> rows = new ArrayList<>();
    for (long i = 0; i < along.size(0); i++) {
      if (along.getLong(i) != 0) {
        rows.add(i);
      }
    }
    Tensor compressed = Movement.compress(x, along, axis);
    Oracles.assertIs(
        x.dtype(),
        Shape.of(with(shape.toArray(), axis, rows.size())),
        i -> x.getDouble(with(i, axis, rows.get((int) i[axis]))),
        compressed);
  }

  @Property
  void rangesAreThoseOfPython(@ForAll long seed) {
    Random random = new Random(seed);
    long size = random.nextInt(6);
    double[] values = new double[(int) size];
    Arrays.setAll(values, i -> i);
    Integer from = random.nextBoolean() ? random.nextInt(17) - 8 : null;
    Integer to = random.nextBoolean() ? random.nextInt(17) - 8 : null;
    int step = random.nextBoolean() ? 1 + random.nextInt(3) : -1 - random.nextInt(3);
    // Python's documentation: bounds are reduced into the sequence, then every step-th is taken.
    List<Double> expected = new ArrayList<>();
    long start = from == null ? (step > 0 ? 0 : size - 1) : from < 0 ? from + size : from;
    long end = to == null ? (step > 0 ? size : -1) : to < 0 ? to + size : to;
    start = step > 0 ? Math.max(start, 0) : Math.min(start, size - 1);
    for (long i = start; step > 0 ? i < end : i > end; i += step) {
      if (i < 0 || i >= size) {
        break;
      }
      expected.add((double) i);
    }
    String text = (from == null ? "" : from) + ":" + (to == null ? "" : to) + ":" + step;
    assertArrayEquals(
        expected.stream().mapToDouble(v -> v).toArray(),
        Tensor.of(values, size).slice(text).toDoubleArray(),
        text + " of " + size);
  }

  @Test
  void examplesOfNumPysPages() {
    Tensor x = Tensor.of(new int[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 4);
    assertArrayEquals(new long[] {2, 4}, x.slice("0, 1::2").toLongArray());
    assertArrayEquals(new long[] {8, 7, 6, 5}, x.slice("-1, ::-1").toLongArray());
    assertArrayEquals(new long[] {4, 8}, x.slice("..., -1").toLongArray());
    assertEquals(Shape.of(2, 1, 2), x.slice(":, newaxis, 1:3").shape());
    assertEquals(Shape.of(2, 4), x.slice("0:100").shape());
    assertEquals(Shape.of(4), x.slice("0,").shape());
    assertEquals(7, x.slice("1, 2").getLong());
    Tensor one = Tensor.of(new int[] {1, 2}, 1, 2, 1);
    assertEquals(Shape.of(2), one.squeeze().shape());
    assertEquals(Shape.of(1, 2), one.squeeze(-1).shape());
    assertEquals(Shape.of(1, 2, 1, 1), one.expand(-1).shape());
    assertArrayEquals(new long[] {1, 5, 2, 6, 3, 7, 4, 8}, x.transpose().flatten().toLongArray());
    assertEquals(2, x.split(1, 2).size());
    assertArrayEquals(new long[] {3, 4, 7, 8}, x.split(-1, 2).get(1).toLongArray());
    // numpy.roll, numpy.tile
    Tensor ten = Creation.arange(I64, 10);
    assertArrayEquals(
        new long[] {8, 9, 0, 1, 2, 3, 4, 5, 6, 7}, Movement.roll(ten, 2, 0).toLongArray());
    assertArrayEquals(
        new long[] {0, 1, 2, 0, 1, 2}, Movement.tile(Creation.arange(I64, 3), 2).toLongArray());
  }

  @Test
  void noWorkersAreNeeded() {
    Tensor x = Tensor.of(new double[][] {{3, 1, 2}, {0, 0, 0}});
    assertArrayEquals(
        new double[] {3, 2}, Reductions.topK(x, 2, -1).values().select(0, 0).toDoubleArray());
    assertArrayEquals(
        new double[] {1 / 3d, 1 / 3d, 1 / 3d},
        Reductions.softmax(x, -1).select(0, 1).toDoubleArray(),
        1e-15);
    assertArrayEquals(new double[] {0, 0, 0}, Elementwise.tanh(x.select(0, 1)).toDoubleArray());
    assertArrayEquals(
        new double[] {0, 0, 0}, Movement.take(x, Tensor.of(new int[] {1}, 1), 0).toDoubleArray());
  }

  @Test
  void outsTakeTheResult() {
    float[] room = new float[4];
    Tensor out = Tensor.of(room, 4);
    Tensor pair = Tensor.of(new float[] {1, 2}, 2);
    Movement.concatenate(Target.into(out), List.of(pair, pair), 0);
    assertArrayEquals(new float[] {1, 2, 1, 2}, room);
    Movement.stack(Target.into(out.reshape(2, 2)), List.of(pair, pair), 1);
    assertArrayEquals(new float[] {1, 1, 2, 2}, room);
    Movement.roll(Target.into(out), Tensor.of(new float[] {1, 2, 3, 4}, 4), 1, -1);
    assertArrayEquals(new float[] {4, 1, 2, 3}, room);
    Movement.pad(Target.into(out), pair, 7, new long[] {1}, new long[] {1});
    assertArrayEquals(new float[] {7, 1, 2, 7}, room);
    Tensor places = Tensor.of(new int[] {1, -2, 0, 1}, 2, 2);
    Movement.take(Target.into(out.reshape(2, 2).transpose()), pair, places, 0);
    assertArrayEquals(new float[] {2, 1, 1, 2}, room);
  }

  @Test
  void wrongArgumentsAreSaid() {
    Tensor x = Tensor.zeros(F32, 2, 3);
    Oracles.refused(
        "concatenate: expected at least one tensor", () -> Movement.concatenate(List.of(), 0));
    Oracles.refused(
        "concatenate: expected shapes that differ along axis 0 only",
        () -> Movement.concatenate(List.of(x, Tensor.zeros(F32, 2, 2)), 0));
    Oracles.refused(
        "concatenate: expected an out that shares no element",
        () -> Movement.concatenate(Target.into(x), List.of(x.slice(0, 0, 1), x.slice(0, 1, 2)), 0));
    Oracles.refused(
        "stack: expected at least one tensor, got none", () -> Movement.stack(List.of(), 0));
    Oracles.refused(
        "stack: expected tensors of one shape", () -> Movement.stack(List.of(x, x.transpose()), 0));
    Oracles.refused(
        "pad: expected a number of at least 0",
        () -> Movement.pad(x, 0, new long[] {0, -1}, new long[2]));
    Oracles.refused(
        "pad: expected an out that shares no element",
        () -> Movement.pad(Target.into(x), x, 0, new long[2], new long[2]));
    Oracles.refused(
        "take: expected an out of f32[2, 1]",
        () -> Movement.take(Target.into(x), x, Tensor.zeros(I32, 1), 1));
    Oracles.refused("tile: repeats must be at least 0", () -> Movement.tile(x, -1));
    Oracles.refused("masked: expected a mask of bool", () -> Movement.masked(x, x));
    Oracles.refused(
        "compress: expected a mask of bool[3]",
        () -> Movement.compress(x, Tensor.zeros(BOOL, 2), 1));
    Oracles.refused("split: expected a number of parts", () -> x.split(1, 2));
    Oracles.refused("squeeze: expected an axis of size 1", () -> x.squeeze(0));
    Oracles.refused("slice: expected a number", () -> x.slice("a"));
    Oracles.refused("slice: expected a number", () -> x.slice(""));
    Oracles.refused("slice: expected a step other than 0", () -> x.slice("::0"));
    Oracles.refused("slice: expected from:to:step", () -> x.slice("1:2:3:4"));
    Oracles.refused("slice: expected at most 2 entries", () -> x.slice("0,0,0"));
    Oracles.refused("slice: expected at most 2 entries", () -> x.slice("...,..."));
    assertThrows(IndexOutOfBoundsException.class, () -> x.slice("2"));
    assertThrows(IndexOutOfBoundsException.class, () -> x.flip(2));
    assertThrows(IndexOutOfBoundsException.class, () -> x.splitAt(1, 2, 1));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Movement.take(x, Tensor.of(new int[] {3}, 1), 1));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Movement.take(x, Tensor.of(new int[] {-4}, 1), 1));
    Oracles.refused(
        "take: expected indices of i32 or i64", () -> Movement.take(x, Tensor.zeros(F64, 1), 1));
  }

  @Test
  void nothingIsWrittenWhereAPartIsClosed() {
    Tensor closed;
    try (Arena arena = Arena.ofShared()) {
      closed = Tensor.allocate(arena, F32, Shape.of(2));
    }
    Tensor out = Tensor.full(F32, 7, 4);
    Tensor ones = Tensor.ones(F32, 2);
    assertThrows(
        IllegalStateException.class,
        () -> Movement.concatenate(Target.into(out), List.of(ones, closed), 0));
    assertThrows(
        IllegalStateException.class,
        () -> Movement.stack(Target.into(out.reshape(2, 2)), List.of(ones, closed), 0));
    assertArrayEquals(new float[] {7, 7, 7, 7}, out.toFloatArray());
  }

  @Test
  void sizesThatWrapAreRefusedBeforeAnythingIsWritten() {
    Tensor out = Tensor.full(F32, 7, 3);
    Tensor five = Tensor.zeros(F32, 5);
    long[] most = {Long.MAX_VALUE};
    String sizes = ": sizes of the result must be below 2^63, got ";
    Oracles.refused("pad" + sizes, () -> Movement.pad(Target.into(out), five, 1, most, most));
    Oracles.refused("pad" + sizes, () -> Movement.pad(five, 1, new long[1], most));
    // Eight of 2^61 elements and three more: 3, where the sum wraps.
    Tensor[] parts = new Tensor[9];
    Arrays.fill(parts, Tensor.zeros(F32, 1).broadcastTo(Shape.of(1L << 61)));
    parts[0] = Tensor.zeros(F32, 3);
    Oracles.refused(
        "concatenate" + sizes, () -> Movement.concatenate(Target.into(out), List.of(parts), 0));
    Tensor four = Tensor.zeros(F32, 4);
    Oracles.refused("tile" + sizes, () -> Movement.tile(four, 1L << 62));
    Oracles.refused("tile" + sizes, () -> Movement.tile(four, 1L << 61));
    Oracles.refused("tile" + sizes, () -> Movement.tile(Target.into(out), four, 1L << 62));
    Oracles.refused("shape: expected fewer", () -> Movement.tile(four, 1L << 60));
    assertArrayEquals(new float[] {7, 7, 7}, out.toFloatArray());
  }

  @Test
  void viewsShareTheirElements() {
    Tensor x = Tensor.zeros(F32, 2, 3);
    x.slice("1, ::2").assign(Tensor.ones(F32, 2));
    x.split(1, 3).get(1).set(5.0, 0, 0);
    x.flip(0).set(7.0, 1, 0);
    assertArrayEquals(new float[] {7, 5, 0, 1, 0, 1}, x.toFloatArray());
    assertTrue(x.flatten().overlaps(x));
  }
}
