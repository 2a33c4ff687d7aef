package io.github.shardsum.grouped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.grouped.RowArithmetic.Function;
import io.github.shardsum.grouped.RowArithmetic.Relation;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Functions of rows equal plain loops to the bit and write nothing beside a row. */
class RowArithmeticTest {
  private static final int N = 45;
  private static final int X = 3;
  private static final int Y = 6;
  private static final int TO = 1;
  private static final int ROOM = 60;
  private static final double[] SPECIAL = {Double.NaN, -0.0, 0, Double.POSITIVE_INFINITY, -2.5, 3};

  private final double[] x = numbers(5);
  private final double[] y = numbers(6);

  private static double[] numbers(long seed) {
    Random random = new Random(seed);
    double[] values = new double[ROOM];
    for (int i = 0; i < ROOM; i++) {
      boolean special = random.nextInt(3) == 0;
      values[i] = special ? SPECIAL[random.nextInt(SPECIAL.length)] : (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] floats(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  /** The function in f64, which rounded once is the function in f32. */
  private static double of(Function function, double x, double y) {
    return switch (function) {
      case ADD -> x + y;
      case SUBTRACT -> x - y;
      case MULTIPLY -> x * y;
      case DIVIDE -> x / y;
      case REMAINDER -> x % y;
      case MAXIMUM -> Math.max(x, y);
      case MINIMUM -> Math.min(x, y);
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case SQRT -> Math.sqrt(x);
      case RSQRT -> 1 / Math.sqrt(x);
      case FLOOR -> Math.floor(x);
      case RELU -> Math.max(x, 0);
    };
  }

  private static boolean holds(Relation relation, double x, double y) {
    return switch (relation) {
      case EQ -> x == y;
      case NE -> x != y;
      case LT -> x < y;
      case LE -> x <= y;
      case GT -> x > y;
      case GE -> x >= y;
    };
  }

  @ParameterizedTest
  @EnumSource
  void eachFunctionEqualsItsDefinition(Function function) {
    double[] expected = new double[ROOM];
    float[] narrow = new float[ROOM];
    for (int i = 0; i < N; i++) {
      expected[TO + i] = of(function, x[X + i], y[Y + i]);
      narrow[TO + i] = (float) expected[TO + i];
    }
    double[] doubles = new double[ROOM];
    RowArithmetic.apply(function, x, X, y, Y, doubles, TO, N);
    assertArrayEquals(expected, doubles);
    float[] floats = new float[ROOM];
    RowArithmetic.apply(function, floats(x), X, floats(y), Y, floats, TO, N);
    assertArrayEquals(narrow, floats);
  }

  @ParameterizedTest
  @EnumSource
  void eachRelationEqualsItsDefinition(Relation relation) {
    byte[] expected = new byte[ROOM];
    for (int i = 0; i < N; i++) {
      expected[TO + i] = (byte) (holds(relation, x[X + i], y[Y + i]) ? 1 : 0);
    }
    byte[] flags = new byte[ROOM];
    RowArithmetic.compare(relation, x, X, y, Y, flags, TO, N);
    assertArrayEquals(expected, flags);
    byte[] narrow = new byte[ROOM];
    RowArithmetic.compare(relation, floats(x), X, floats(y), Y, narrow, TO, N);
    assertArrayEquals(expected, narrow);
  }

  @Test
  void aChoiceTakesEveryNumberButZeroAsTrue() {
    byte[] flags = new byte[ROOM];
    double[] expected = new double[ROOM];
    for (int i = 0; i < N; i++) {
      flags[2 + i] = (byte) (i % 4 - 1);
      expected[TO + i] = i % 4 == 1 ? y[Y + i] : x[X + i];
    }
    double[] doubles = new double[ROOM];
    RowArithmetic.select(flags, 2, x, X, y, Y, doubles, TO, N);
    assertArrayEquals(expected, doubles);
    float[] floats = new float[ROOM];
    RowArithmetic.select(flags, 2, floats(x), X, floats(y), Y, floats, TO, N);
    assertArrayEquals(floats(expected), floats);
  }

  @Test
  void refusesRowsThatAnArrayDoesNotHave() {
    double[] to = new double[ROOM];
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> RowArithmetic.apply(Function.ADD, x, ROOM - 2, y, 0, to, 0, 3));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> RowArithmetic.compare(Relation.EQ, x, 0, y, -1, new byte[3], 0, 3));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> RowArithmetic.select(new byte[2], 0, x, 0, y, 0, to, 0, 3));
    assertArrayEquals(new double[ROOM], to);
  }
}
