package io.github.shardsum.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TensorTextTest {
  @Test
  void smallTensorsAreShownWhole() {
    assertEquals("i32[3]\n[-1  2 30]", String.valueOf(Tensor.of(new int[] {-1, 2, 30}, 3)));
    assertEquals("f64[]\n2.5", String.valueOf(Tensor.scalar(DType.F64, 2.5)));
    assertEquals(
        "bool[2, 2]\n[[ true false]\n [false  true]]",
        String.valueOf(Tensor.ofBool(new byte[] {1, 0, 0, 1}, 2, 2)));
    assertEquals(
        "f32[2, 1, 2]\n[[[0.1 NaN]]\n\n [[1.0 2.0]]]",
        String.valueOf(Tensor.of(new float[] {0.1f, Float.NaN, 1, 2}, 2, 1, 2)));
    assertEquals("f32[2, 0]\n[]", String.valueOf(Tensor.zeros(DType.F32, 2, 0)));
    assertEquals("bf16[1]\n[3.140625]", String.valueOf(Tensor.full(DType.BF16, Math.PI, 1)));
  }

  @Test
  void aWideRowIsFoldedIntoLines() {
    long[] values = new long[900];
    Arrays.setAll(values, i -> i * 7919L % 100_003);
    for (Tensor wide : new Tensor[] {Tensor.of(values, 900), Tensor.of(values, 3, 2, 150)}) {
      String text = wide.toString();
      List<String> lines = text.lines().skip(1).toList();
      int rows = wide.rank() == 1 ? 1 : 6;
      assertTrue(lines.size() > 4 * rows, text);
      lines.forEach(line -> assertTrue(line.length() <= 120, line));
      // Elements stand below each other, and none is lost.
      assertEquals(ends(lines.getFirst()), ends(lines.get(1)), text);
      List<Long> read =
          Pattern.compile("\\d+")
              .matcher(String.join("\n", lines))
              .results()
              .map(each -> Long.valueOf(each.group()))
              .toList();
      assertEquals(Arrays.stream(values).boxed().toList(), read);
    }
  }

  /** The columns in which elements end. */
  private static List<Integer> ends(String line) {
    return Pattern.compile("\\d+").matcher(line).results().map(MatchResult::end).toList();
  }

  @Test
  void theMiddleOfALargeTensorIsLeftOut() {
    long[] values = new long[2000];
    Arrays.setAll(values, i -> i);
    assertEquals(
        "i64[2000]\n[   0    1    2 ... 1997 1998 1999]", String.valueOf(Tensor.of(values, 2000)));
    String matrix = String.valueOf(Tensor.of(values, 40, 50));
    assertEquals(8, matrix.lines().count(), matrix);
    assertTrue(matrix.contains("\n ...\n"), matrix);
  }

  @Test
  void theTextIsBoundedForAnyShape() {
    Tensor one = Tensor.scalar(DType.F32, 1);
    long[] twos = new long[40];
    Arrays.fill(twos, 2);
    long[] ones = new long[5000];
    Arrays.fill(ones, 1);
    for (Shape shape :
        new Shape[] {
          Shape.of(Long.MAX_VALUE / 4),
          Shape.of(1L << 30, 1L << 30),
          Shape.of(Arrays.copyOf(twos, 16)),
          Shape.of(1000, 1000, 1000, 1000, 1000),
        }) {
      assertTrue(String.valueOf(one.broadcastTo(shape)).length() < 20_000, shape.toString());
    }
    assertTrue(String.valueOf(one.broadcastTo(Shape.of(ones))).length() < 20_000);
  }

  @Test
  void elementsThatMayNotBeReadAreNotShown() {
    Tensor closed;
    try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
      closed = Tensor.allocate(arena, DType.F32, Shape.of(2));
      assertEquals("f32[2]\n[0.0 0.0]", closed.toString());
    }
    assertEquals("f32[2] in memory that this thread may not access", closed.toString());
    assertEquals("f32[2]", closed.description());
  }
}
