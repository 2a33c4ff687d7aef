package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Chains of views against the index-by-index oracle. */
class ViewProperties {
  /** Keeps the oracle's copies small when broadcasts pile up. */
  private static final int MOST = 4000;

  /** A tensor, what it should hold, and the steps that led there. */
  record Case(Tensor tensor, Dense dense, List<String> steps) {
    @Override
    public String toString() {
      return tensor.description() + " by " + steps;
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<long[]> shapes =
        Arbitraries.longs().between(0, 5).array(long[].class).ofMinSize(0).ofMaxSize(4);
    Arbitrary<Integer> counts = Arbitraries.integers().between(0, 6);
    Arbitrary<Long> seeds = Arbitraries.longs();
    return Combinators.combine(shapes, counts, seeds).as(ViewProperties::chain).withoutEdgeCases();
  }

  private static Case chain(long[] shape, int steps, long seed) {
    Dense dense = Dense.counting(shape);
    Case at = new Case(Tensor.of(dense.values().clone(), shape), dense, new ArrayList<>());
    Random random = new Random(seed);
    for (int step = 0; step < steps; step++) {
      Case next = step(at, random);
      if (next.dense.values().length <= MOST) {
        at = next;
      }
    }
    return at;
  }

  private static Case step(Case at, Random random) {
    int rank = at.tensor.rank();
    return switch (random.nextInt(7)) {
      case 0 -> transpose(at, random);
      case 1 -> rank == 0 ? expand(at, random) : slice(at, random);
      case 2 -> broadcast(at, random);
      case 3 -> expand(at, random);
      case 4 -> select(at, random);
      case 5 -> diagonal(at, random);
      default -> reshape(at, random);
    };
  }

  private static Case grown(Case at, Tensor tensor, Dense dense, String step) {
    List<String> steps = new ArrayList<>(at.steps);
    steps.add(step);
    return new Case(tensor, dense, steps);
  }

  private static Case transpose(Case at, Random random) {
    List<Integer> order = new ArrayList<>();
    for (int axis = 0; axis < at.tensor.rank(); axis++) {
      order.add(random.nextInt(order.size() + 1), axis);
    }
    int[] axes = order.stream().mapToInt(Integer::intValue).toArray();
    return grown(at, at.tensor.transpose(axes), at.dense.transpose(axes), "transpose" + order);
  }

  private static Case slice(Case at, Random random) {
    int axis = random.nextInt(at.tensor.rank());
    long size = at.tensor.size(axis);
    long low = random.nextLong(size + 1);
    long high = low + random.nextLong(size - low + 1);
    long step = random.nextLong(1, 4);
    boolean reversed = random.nextBoolean();
    long from = reversed ? high - 1 : low;
    long to = reversed ? low - 1 : high;
    long by = reversed ? -step : step;
    return grown(
        at,
        at.tensor.slice(axis, from, to, by),
        at.dense.slice(axis, from, to, by),
        "slice(" + axis + ": " + from + ", " + to + ", " + by + ")");
  }

  private static Case broadcast(Case at, Random random) {
    long[] target = at.tensor.shape().toArray();
    for (int axis = 0; axis < target.length; axis++) {
      target[axis] = target[axis] == 1 ? random.nextInt(4) : target[axis];
    }
    long[] added = random.nextBoolean() ? target : Dense.insert(target, 0, random.nextInt(3));
    return grown(
        at,
        at.tensor.broadcastTo(Shape.of(added)),
        at.dense.broadcastTo(added),
        "broadcast" + Arrays.toString(added));
  }

  private static Case expand(Case at, Random random) {
    int axis = random.nextInt(at.tensor.rank() + 1);
    return grown(at, at.tensor.expand(axis), at.dense.expand(axis), "expand(" + axis + ")");
  }

  private static Case select(Case at, Random random) {
    int rank = at.tensor.rank();
    int axis = rank == 0 ? 0 : random.nextInt(rank);
    if (rank == 0 || at.tensor.size(axis) == 0) {
      return at;
    }
    long index = random.nextLong(at.tensor.size(axis));
    return grown(
        at,
        at.tensor.select(axis, index),
        at.dense.select(axis, index),
        "select(" + axis + ": " + index + ")");
  }

  private static Case diagonal(Case at, Random random) {
    int rank = at.tensor.rank();
    if (rank < 2) {
      return at;
    }
    int axis1 = random.nextInt(rank);
    int axis2 = random.nextInt(rank);
    if (axis1 == axis2 || at.tensor.size(axis1) != at.tensor.size(axis2)) {
      return at;
    }
    return grown(
        at,
        at.tensor.diagonal(axis1, axis2),
        at.dense.diagonal(axis1, axis2),
        "diagonal(" + axis1 + ", " + axis2 + ")");
  }

  private static Case reshape(Case at, Random random) {
    long[] target = factors(at.tensor.shape().elementCount(), random);
    if (!viewExists(at.tensor, target)) {
      return at;
    }
    return grown(
        at,
        at.tensor.reshape(target),
        at.dense.reshape(target),
        "reshape" + Arrays.toString(target));
  }

  /** Random sizes with a given product. */
  private static long[] factors(long count, Random random) {
    List<Long> sizes = new ArrayList<>();
    long rest = count;
    if (count == 0) {
      sizes.add(0L);
      rest = 6;
    }
    while (rest > 1) {
      long factor = 2;
      while (rest % factor != 0 || (factor < rest && random.nextInt(3) == 0)) {
        factor++;
      }
      sizes.add(factor);
      rest /= factor;
    }
    if (random.nextBoolean()) {
      sizes.add(random.nextInt(sizes.size() + 1), 1L);
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  /** Whether strides exist that put every element of the reshaped array where it already is. */
  private static boolean viewExists(Tensor tensor, long[] target) {
    Dense from = Dense.counting(tensor.shape().toArray());
    Dense to = Dense.counting(target);
    if (to.values().length == 0) {
      return true;
    }
    long[] strides = new long[target.length];
    for (int axis = 0; axis < target.length; axis++) {
      long[] unit = new long[target.length];
      unit[axis] = 1;
      if (target[axis] > 1) {
        strides[axis] = offset(tensor, from.index(to.position(unit)));
      }
    }
    for (long position : to.values()) {
      long wanted = 0;
      long[] index = to.index(position);
      for (int axis = 0; axis < target.length; axis++) {
        wanted += index[axis] * strides[axis];
      }
      if (wanted != offset(tensor, from.index(position))) {
        return false;
      }
    }
    return true;
  }

  private static long offset(Tensor tensor, long[] index) {
    long offset = 0;
    for (int axis = 0; axis < index.length; axis++) {
      offset += index[axis] * tensor.stride(axis);
    }
    return offset;
  }

  @Property(tries = 1000)
  void everyElementIsWhereTheOracleHasIt(@ForAll("cases") Case it) {
    assertArrayEquals(it.dense.sizes(), it.tensor.shape().toArray());
    assertArrayEquals(it.dense.values(), it.tensor.toLongArray());
    for (int i = 0; i < it.dense.values().length; i++) {
      assertEquals(it.dense.values()[i], it.tensor.getLong(it.dense.index(i)));
    }
  }

  @Property
  void aViewIsNotACopy(@ForAll("cases") Case it) {
    long[] memory = (long[]) it.tensor.segment().heapBase().orElseThrow();
    for (int i = 0; i < memory.length; i++) {
      memory[i] = -1L - i;
    }
    long[] wanted = Arrays.stream(it.dense.values()).map(value -> -1 - value).toArray();
    assertArrayEquals(wanted, it.tensor.toLongArray());
  }

  @Property
  void writingThroughAViewWritesThoseElementsAlone(@ForAll("cases") Case it) {
    long[] memory = (long[]) it.tensor.segment().heapBase().orElseThrow();
    long[] wanted = memory.clone();
    Tensor value = Tensor.scalar(DType.I32, -7).broadcastTo(it.tensor.shape());
    if (isBroadcast(it.tensor)) {
      assertThrows(IllegalArgumentException.class, () -> it.tensor.assign(value));
    } else {
      for (long position : it.dense.values()) {
        wanted[(int) position] = -7;
      }
      it.tensor.assign(value);
    }
    assertArrayEquals(wanted, memory);
  }

  private static boolean isBroadcast(Tensor tensor) {
    return tensor.shape().elementCount() > 0
        && IntStream.range(0, tensor.rank())
            .anyMatch(axis -> tensor.stride(axis) == 0 && tensor.size(axis) > 1);
  }

  @Property
  void contiguousCopiesOnlyWhereItMust(@ForAll("cases") Case it) {
    Tensor contiguous = it.tensor.contiguous();
    assertArrayEquals(it.dense.values(), contiguous.toLongArray());
    assertArrayEquals(
        it.tensor.isContiguous() ? it.tensor.strides() : it.tensor.shape().rowMajorStrides(),
        contiguous.strides());
    if (it.tensor.isContiguous()) {
      assertSame(it.tensor, contiguous);
    }
  }

  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void reshapeIsAViewExactlyWhereOneExists(@ForAll("cases") Case it, @ForAll long seed) {
    long[] target = factors(it.tensor.shape().elementCount(), new Random(seed));
    if (viewExists(it.tensor, target)) {
      Tensor reshaped = it.tensor.reshape(target);
      assertSame(it.tensor.segment(), reshaped.segment());
      assertArrayEquals(it.dense.values(), reshaped.toLongArray());
    } else {
      assertThrows(IllegalArgumentException.class, () -> it.tensor.reshape(target));
      assertArrayEquals(it.dense.values(), it.tensor.contiguous().reshape(target).toLongArray());
    }
  }

  @Property
  void ofStridedTakesItsOwnViewsBack(@ForAll("cases") Case it) {
    Tensor again =
        Tensor.ofStrided(
            DType.I64,
            it.tensor.segment(),
            it.tensor.offset(),
            it.tensor.shape(),
            it.tensor.strides());
    assertArrayEquals(it.dense.values(), again.toLongArray());
  }

  @Property
  void assignIsThatOfACopyWhereTheTwoOverlap(@ForAll("cases") Case it) {
    long[] strides = it.tensor.strides();
    if (it.tensor.rank() == 0 || Arrays.stream(strides).anyMatch(stride -> stride == 0)) {
      return;
    }
    Tensor reversed = it.tensor;
    for (int axis = 0; axis < it.tensor.rank(); axis++) {
      reversed = reversed.slice(axis, it.tensor.size(axis) - 1, -1, -1);
    }
    long[] wanted = reversed.toLongArray();
    it.tensor.assign(reversed);
    assertArrayEquals(wanted, it.tensor.toLongArray());
  }

  @Test
  void assignBetweenDisjointPartsOfOneSegment() {
    long[] memory = {1, 2, 3, 4, 5, 6};
    Tensor whole = Tensor.of(memory, 6);
    whole.slice(0, 3, 6).assign(whole.slice(0, 0, 3));
    assertArrayEquals(new long[] {1, 2, 3, 1, 2, 3}, memory);
  }

  @Test
  void aStepOfAnySizeIsTaken() {
    Tensor counting = Tensor.of(new long[] {0, 1, 2, 3}, 4);
    assertArrayEquals(new long[] {3}, counting.slice(0, 3, -1, Long.MIN_VALUE).toLongArray());
    assertArrayEquals(new long[] {1}, counting.slice(0, 1, 4, Long.MAX_VALUE).toLongArray());
    assertArrayEquals(new long[] {3, 1}, counting.slice(0, 3, -1, -2).toLongArray());
    assertArrayEquals(new long[0], counting.slice(0, 2, 2, Long.MIN_VALUE).toLongArray());
  }
}
