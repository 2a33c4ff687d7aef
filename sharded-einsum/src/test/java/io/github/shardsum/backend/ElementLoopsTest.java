package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The update of Adam with a running mean has the bits of plain loops, wherever its operands lie.
 * The sizes are below, at and above a block of such loops; several threads share the largest.
 */
class ElementLoopsTest {
  private static final int[] ROWS = {1, 2, 16, 17, 53, 130};
  private static final int COLUMNS = 128;
  private static final float KEEP = 0.9f;
  private static final float TAKE = 0.1f;
  private static final float CLIP = 0.7f;
  private static final float FLOOR = 1e-9f;
  private static final float BY = 1e-3f;
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, Float.MIN_VALUE, 1e38f
  };

  private static float[] draw(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      boolean special = random.nextInt(50) == 0;
      values[i] = special ? SPECIAL[random.nextInt(SPECIAL.length)] : random.nextFloat() - 0.3f;
    }
    return values;
  }

  /** The results by their definition. */
  private static List<float[]> expected(List<float[]> of) {
    int count = of.getFirst().length;
    List<float[]> results = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      results.add(new float[count]);
    }
    for (int i = 0; i < count; i++) {
      float g = of.get(4)[i] * CLIP;
      float mean = of.get(1)[i] * KEEP + g * TAKE;
      float square = of.get(2)[i] * KEEP + g * g * TAKE;
      float next = of.get(0)[i] - mean / ((float) Math.sqrt(square) + FLOOR) * BY;
      results.get(0)[i] = next;
      results.get(1)[i] = mean;
      results.get(2)[i] = square;
      results.get(3)[i] = of.get(3)[i] + (next - of.get(3)[i]) * TAKE;
    }
    return results;
  }

  /** Where an operand lies. */
  @FunctionalInterface
  private interface Place {
    Tensor tensor(int operand, float[] values, int rows);
  }

  private static Tensor whole(float[] values, int rows) {
    return Tensor.of(values, rows, COLUMNS);
  }

  private static Tensor inside(float[] values, int rows) {
    Tensor larger = Tensor.zeros(DType.F32, Shape.of(rows + 3L, COLUMNS));
    Tensor part = larger.slice(0, 2, rows + 2L);
    part.assign(whole(values, rows));
    return part;
  }

  private static Tensor turned(float[] values, int rows) {
    Tensor turned = Tensor.zeros(DType.F32, Shape.of(COLUMNS, rows)).transpose();
    turned.assign(whole(values, rows));
    return turned;
  }

  private static void check(Place place) {
    for (int threads : new int[] {1, 3}) {
      try (Workers workers = Workers.of(threads)) {
        for (int rows : ROWS) {
          check(LocalBackend.of(workers), rows, place);
        }
      }
    }
  }

  private static void check(Backend backend, int rows, Place place) {
    Random random = new Random(rows);
    List<float[]> values = new ArrayList<>();
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      values.add(draw(random, rows * COLUMNS));
      inputs.add(place.tensor(i, values.get(i).clone(), rows));
    }
    inputs.add(Tensor.scalar(DType.F32, CLIP));
    inputs.add(Tensor.scalar(DType.F32, FLOOR));
    inputs.add(Tensor.scalar(DType.F32, BY));
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      outputs.add(place.tensor(5 + i, new float[rows * COLUMNS], rows));
    }
    try (Executable executable = backend.compile(Program.parse(AdamUpdate.text(rows, COLUMNS)))) {
      executable.runInto(outputs, inputs);
    }
    List<float[]> expected = expected(values);
    for (int i = 0; i < 4; i++) {
      assertBits(expected.get(i), outputs.get(i), "result " + i + " of " + rows + " rows");
    }
    for (int i = 0; i < 5; i++) {
      assertBits(values.get(i), inputs.get(i), "input " + i + " of " + rows + " rows");
    }
  }

  private static void assertBits(float[] expected, Tensor tensor, String what) {
    float[] got = tensor.toFloatArray();
    for (int i = 0; i < got.length; i++) {
      int bits = Float.floatToIntBits(got[i]);
      if (Float.floatToIntBits(expected[i]) != bits) {
        assertEquals(expected[i], got[i], what + ", at " + i);
      }
    }
    assertEquals(expected.length, got.length, what);
  }

  @Test
  void ofArraysOfTheirOwn() {
    check((_, values, rows) -> whole(values, rows));
  }

  @Test
  void ofArraysWithOneOperandElsewhere() {
    for (int elsewhere = 0; elsewhere < 5; elsewhere++) {
      int one = elsewhere;
      check((i, values, rows) -> i == one ? inside(values, rows) : whole(values, rows));
    }
  }

  @Test
  void ofArraysWithSeveralOperandsOrAResultElsewhere() {
    check((i, values, rows) -> i > 2 && i < 5 ? inside(values, rows) : whole(values, rows));
    check((i, values, rows) -> i == 6 ? inside(values, rows) : whole(values, rows));
    check((_, values, rows) -> inside(values, rows));
  }

  @Test
  void ofOtherOrders() {
    check((i, values, rows) -> i == 4 ? turned(values, rows) : whole(values, rows));
    check((i, values, rows) -> i == 5 ? turned(values, rows) : whole(values, rows));
  }

  @Test
  void ofMemoryOutsideOfTheHeap() {
    try (Arena arena = Arena.ofShared()) {
      check(
          (i, values, rows) -> {
            Tensor tensor = Tensor.allocate(arena, DType.F32, Shape.of(rows, COLUMNS));
            tensor.assign(whole(values, rows));
            return i % 2 == 0 ? tensor : whole(values, rows);
          });
    }
  }
}
