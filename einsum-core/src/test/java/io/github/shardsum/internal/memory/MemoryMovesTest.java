package io.github.shardsum.internal.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elements of every kind of memory, a stride apart on both sides, are those of Java's casts. */
class MemoryMovesTest {
  private static final int COUNT = 11;
  private static final int ROOM = 64;
  private static final int[] STRIDES = {1, 2, 5, -3};
  private static final int[] OTHERS = {1, 3};
  private static final double[] REALS = {0, 1, -1, 0.1, -3.75, 1000.5, -2.5e9, 3e12, 7, -0.0, 255};
  private static final long[] WHOLES = {0, 1, -1, 256, -257, 1L << 40, -(1L << 33), 12345, 7, 2, 3};

  /** The element that memory keeps of a number, as f64 and as i64. */
  enum Kind {
    F32(ValueLayout.JAVA_FLOAT, float[]::new, v -> (float) v, v -> (long) (float) v),
    F64(ValueLayout.JAVA_DOUBLE, double[]::new, v -> v, v -> (long) (double) v),
    BF16(
        ValueLayout.JAVA_SHORT,
        short[]::new,
        MemoryMovesTest::nearest,
        v -> (long) nearest((double) v)),
    I32(ValueLayout.JAVA_INT, int[]::new, v -> (int) v, v -> (int) v),
    I64(ValueLayout.JAVA_LONG, long[]::new, v -> (long) v, v -> v),
    BOOL(ValueLayout.JAVA_BYTE, byte[]::new, v -> v == 0 ? 0 : 1, v -> v == 0 ? 0 : 1);

    // Layouts and functions without state, which the checker cannot know.
    @SuppressWarnings("ImmutableEnumChecker")
    private final ValueLayout layout;

    @SuppressWarnings("ImmutableEnumChecker")
    private final IntFunction<Object> array;

    @SuppressWarnings("ImmutableEnumChecker")
    private final DoubleUnaryOperator ofReal;

    @SuppressWarnings("ImmutableEnumChecker")
    private final LongUnaryOperator ofWhole;

    Kind(
        ValueLayout layout,
        IntFunction<Object> array,
        DoubleUnaryOperator ofReal,
        LongUnaryOperator ofWhole) {
      this.layout = layout;
      this.array = array;
      this.ofReal = ofReal;
      this.ofWhole = ofWhole;
    }

    /** In a Java array and outside of the heap. */
    List<Memory> memories(Arena arena) {
      return List.of(
          Memory.of(layout, arena.allocate(0), Optional.of(array.apply(ROOM))),
          Memory.of(
              layout, arena.allocate(MemoryLayout.sequenceLayout(ROOM, layout)), Optional.empty()));
    }
  }

  /** The nearest of all finite numbers of bf16, of two equally near ones that with an even code. */
  private static double nearest(double x) {
    double best = Double.NaN;
    int code = 0;
    for (int bits = 0; bits < 1 << 16; bits++) {
      double each = Float.intBitsToFloat(bits << 16);
      double nearer = Math.abs(each - x) - Math.abs(best - x);
      boolean isBetter = Double.isNaN(best) || nearer < 0 || (nearer == 0 && code % 2 == 1);
      if (Double.isFinite(each) && isBetter) {
        best = each;
        code = bits;
      }
    }
    return best;
  }

  private static int first(int stride) {
    return stride > 0 ? 2 : 2 - (COUNT - 1) * stride;
  }

  @ParameterizedTest
  @EnumSource
  void realNumbersAreStoredAndLoaded(Kind kind) {
    double[] kept = Arrays.stream(REALS).map(kind.ofReal).toArray();
    float[] narrow = new float[COUNT];
    double[] keptOfNarrow = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      narrow[i] = (float) REALS[i];
      keptOfNarrow[i] = kind.ofReal.applyAsDouble(narrow[i]);
    }
    try (Arena arena = Arena.ofConfined()) {
      for (Memory memory : kind.memories(arena)) {
        for (int stride : STRIDES) {
          for (int other : OTHERS) {
            int at = first(stride);
            memory.store(at, stride, COUNT, spread(REALS, other), 1, other);
            check(memory, at, stride, other, kept);
            memory.store(at, stride, COUNT, spread(narrow, other), 1, other);
            check(memory, at, stride, other, keptOfNarrow);
          }
        }
        memory.set(3, -3.75);
        assertEquals(kind.ofReal.applyAsDouble(-3.75), memory.getDouble(3), memory::toString);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void wholeNumbersAreStoredAndLoaded(Kind kind) {
    long[] kept = Arrays.stream(WHOLES).map(kind.ofWhole).toArray();
    try (Arena arena = Arena.ofConfined()) {
      for (Memory memory : kind.memories(arena)) {
        for (int stride : STRIDES) {
          for (int other : OTHERS) {
            int at = first(stride);
            memory.store(at, stride, COUNT, spread(WHOLES, other), 1, other);
            long[] loaded = new long[2 + COUNT * other];
            memory.load(at, stride, COUNT, loaded, 1, other);
            for (int i = 0; i < COUNT; i++) {
              assertEquals(kept[i], loaded[1 + i * other], memory::toString);
              assertEquals(kept[i], memory.getLong(at + (long) i * stride), memory::toString);
            }
          }
        }
        memory.set(3, -257L);
        assertEquals(kind.ofWhole.applyAsLong(-257), memory.getLong(3), memory::toString);
      }
    }
  }

  private static void check(Memory memory, int at, int stride, int other, double[] kept) {
    double[] wide = new double[2 + COUNT * other];
    memory.load(at, stride, COUNT, wide, 1, other);
    float[] narrow = new float[2 + COUNT * other];
    memory.load(at, stride, COUNT, narrow, 1, other);
    for (int i = 0; i < COUNT; i++) {
      // A zero that went through an integer has no sign.
      assertEquals(kept[i] + 0.0, wide[1 + i * other] + 0.0, memory::toString);
      assertEquals((float) kept[i] + 0f, narrow[1 + i * other] + 0f, memory::toString);
      assertEquals(kept[i] + 0.0, memory.getDouble(at + (long) i * stride) + 0.0);
    }
    if (other > 1) {
      assertEquals(0, wide[0] + wide[2] + narrow[0] + narrow[2], "only every third is written");
    }
  }

  private static double[] spread(double[] values, int stride) {
    double[] all = new double[2 + COUNT * stride];
    for (int i = 0; i < COUNT; i++) {
      all[1 + i * stride] = values[i];
    }
    return all;
  }

  private static float[] spread(float[] values, int stride) {
    float[] all = new float[2 + COUNT * stride];
    for (int i = 0; i < COUNT; i++) {
      all[1 + i * stride] = values[i];
    }
    return all;
  }

  private static long[] spread(long[] values, int stride) {
    long[] all = new long[2 + COUNT * stride];
    for (int i = 0; i < COUNT; i++) {
      all[1 + i * stride] = values[i];
    }
    return all;
  }

  /** Rows of a table in an order, read as one array of rows of three elements. */
  @ParameterizedTest
  @EnumSource
  void rowsOfATableFollowEachOther(Kind kind) {
    long[] starts = {20, 0, 10, 0};
    try (Arena arena = Arena.ofConfined()) {
      for (Memory memory : kind.memories(arena)) {
        for (int i = 0; i < ROOM; i++) {
          memory.set(i, i * 5L % 7 + i);
        }
        Memory rows = new TableRowsMemory(memory, 1, starts, 2, 3);
        List<Double> all = new ArrayList<>();
        for (long start : starts) {
          for (int column = 0; column < 3; column++) {
            all.add(memory.getDouble(1 + start + 2L * column));
          }
        }
        for (int stride : new int[] {1, 2, 4, -1, -2, 0}) {
          int at = stride < 0 ? 11 : stride == 0 ? 4 : 0;
          int count = stride == 4 ? 3 : 5;
          double[] wide = new double[count];
          float[] narrow = new float[count];
          long[] whole = new long[2 * count];
          rows.load(at, stride, count, wide, 0, 1);
          rows.load(at, stride, count, narrow, 0, 1);
          rows.load(at, stride, count, whole, 0, 2);
          for (int i = 0; i < count; i++) {
            double expected = all.get(at + i * stride);
            assertEquals(expected, wide[i]);
            assertEquals((float) expected, narrow[i]);
            assertEquals((long) expected, whole[2 * i]);
            assertEquals(expected, rows.getDouble(at + (long) i * stride));
            assertEquals((long) expected, rows.getLong(at + (long) i * stride));
          }
        }
        UnsupportedOperationException refused =
            assertThrows(UnsupportedOperationException.class, () -> rows.set(0, 1L));
        assertEquals("rows of a table are read, not written", refused.getMessage());
      }
    }
  }
}
