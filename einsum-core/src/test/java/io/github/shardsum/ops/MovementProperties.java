package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Copies that move elements, against the views and indices that say where they go. */
class MovementProperties {
  private static final Workers ALONE = Workers.sequential();

  /** A tensor and what to draw with. */
  record Case(Tensor x, Random random) {}

  @Provide
  Arbitrary<Case> any() {
    return Combinators.combine(
            Operands.tensors(DType.values()), Arbitraries.longs().between(0, 1 << 20))
        .as((x, seed) -> new Case(x, new Random(seed)));
  }

  @Property
  void aTransposedCopyIsTheCopyOfTheView(@ForAll("any") Case c) {
    List<Integer> order =
        Arrays.asList(IntStream.range(0, c.x.rank()).boxed().toArray(Integer[]::new));
    Collections.shuffle(order, c.random);
    int[] axes = order.stream().mapToInt(i -> i).toArray();
    Tensor copy = Movement.transpose(Target.on(ALONE), c.x, axes);
    assertTrue(copy.isContiguous());
    assertEquals(c.x.dtype(), copy.dtype());
    assertArrayEquals(c.x.transpose(axes).toDoubleArray(), copy.toDoubleArray());
  }

  @Property
  void aGatherTakesTheRowsNamed(@ForAll("any") Case c) {
    Shape lead = Shape.of(c.random.nextInt(4), c.random.nextInt(3) + 1);
    int[] numbers = new int[(int) lead.elementCount()];
    Arrays.setAll(numbers, i -> c.random.nextInt((int) c.x.size(0)));
    Tensor indices = Tensor.of(numbers, lead.toArray());
    Tensor rows = Movement.take(Target.on(ALONE), c.x, indices, 0);
    Operands.forEachIndex(
        lead,
        i ->
            assertArrayEquals(
                c.x.select(0, indices.getLong(i)).toDoubleArray(),
                rows.select(0, i[0]).select(0, i[1]).toDoubleArray()));
    Tensor apart = Operands.view(c.x.dtype(), rows.shape(), c.random);
    Movement.take(Target.into(ALONE, apart), c.x, indices.convert(DType.I64), 0);
    assertArrayEquals(rows.toDoubleArray(), apart.toDoubleArray());
  }

  @Test
  void threadsAndMemoryDoNotChangeAGather() {
    float[] values = new float[500 * 70];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Tensor table = Tensor.of(values, 500, 70);
    Tensor off = Tensor.allocate(Arena.ofAuto(), DType.F32, table.shape());
    off.assign(table);
    Tensor indices = Tensor.of(new Random(9).ints(3000, 0, 500).toArray(), 3000);
    float[] expected = Movement.take(Target.on(ALONE), table, indices, 0).toFloatArray();
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(
          expected, Movement.take(Target.on(workers), table, indices, 0).toFloatArray());
      assertArrayEquals(
          expected, Movement.take(Target.on(workers), off, indices, 0).toFloatArray());
    }
  }

  @Test
  void indicesOutOfRangeAreSaidBeforeAnythingIsWritten() {
    Tensor table = Tensor.of(new float[] {1, 2, 3}, 3, 1);
    float[] data = new float[2];
    Tensor out = Tensor.of(data, 2, 1);
    IndexOutOfBoundsException thrown =
        assertThrows(
            IndexOutOfBoundsException.class,
            () -> Movement.take(Target.into(ALONE, out), table, Tensor.of(new int[] {1, 3}, 2), 0));
    assertTrue(thrown.getMessage().contains("[-3, 3)"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains("got 3 as number 1"), thrown.getMessage());
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Movement.take(Target.on(ALONE), table, Tensor.of(new int[] {-4}, 1), 0));
    assertThrows(
        IllegalArgumentException.class, () -> Movement.take(Target.on(ALONE), table, table, 0));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Movement.take(
                Target.into(ALONE, table.slice(0, 0, 2)), table, Tensor.of(new int[2], 2), 0));
    assertArrayEquals(new float[2], data);
  }

  @Test
  void nothingIsGatheredFromAnEmptyTable() {
    Tensor empty = Tensor.zeros(DType.F32, 0, 4);
    Tensor none = Tensor.of(new int[0], 0);
    assertEquals(Shape.of(0, 4), Movement.take(Target.on(ALONE), empty, none, 0).shape());
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Movement.take(Target.on(ALONE), empty, Tensor.of(new int[1], 1), 0));
  }
}
