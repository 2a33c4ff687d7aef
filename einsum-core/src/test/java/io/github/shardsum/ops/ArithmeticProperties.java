package io.github.shardsum.ops;

import static io.github.shardsum.tensor.DType.BF16;
import static io.github.shardsum.tensor.DType.BOOL;
import static io.github.shardsum.tensor.DType.F32;
import static io.github.shardsum.tensor.DType.F64;
import static io.github.shardsum.tensor.DType.I32;
import static io.github.shardsum.tensor.DType.I64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Arithmetic, comparisons and choices against the same arithmetic index by index. */
class ArithmeticProperties {
  private static final DType[] FLOATING = {F32, F64, BF16};
  private static final DType[] NUMBERS = {F32, F64, BF16, I32, I64};
  private static final double NAN = Double.NaN;
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** A function of one element and its definition. */
  private record Unary(String name, UnaryOperator<Tensor> run, DoubleUnaryOperator defined) {}

  /** A function of two elements and its definition. */
  private record Binary(String name, BinaryOperator<Tensor> run, DoubleBinaryOperator defined) {}

  private static final List<Unary> OF_NUMBERS =
      List.of(
          new Unary("negate", Elementwise::negate, a -> 0 - a),
          new Unary("abs", Elementwise::abs, a -> a < 0 ? -a : a),
          new Unary("sign", Elementwise::sign, a -> a > 0 ? 1 : a < 0 ? -1 : a),
          new Unary("relu", Elementwise::relu, a -> a < 0 ? 0 : a),
          new Unary("clip", x -> Elementwise.clip(x, -2, 3), a -> a < -2 ? -2 : a > 3 ? 3 : a));

  private static final List<Unary> OF_FLOATING =
      List.of(
          new Unary("sqrt", Elementwise::sqrt, Math::sqrt),
          new Unary("rsqrt", Elementwise::rsqrt, a -> 1 / Math.sqrt(a)),
          new Unary("floor", Elementwise::floor, Math::floor));

  private static final List<Binary> BINARY =
      List.of(
          new Binary("add", Elementwise::add, (a, b) -> a + b),
          new Binary("subtract", Elementwise::subtract, (a, b) -> a - b),
          new Binary("multiply", Elementwise::multiply, (a, b) -> a * b),
          new Binary("maximum", Elementwise::maximum, (a, b) -> Double.isNaN(a) || a > b ? a : b),
          new Binary("minimum", Elementwise::minimum, (a, b) -> Double.isNaN(a) || a < b ? a : b));

  private static final List<Binary> COMPARISONS =
      List.of(
          new Binary("eq", Logic::eq, (a, b) -> a == b ? 1 : 0),
          new Binary("ne", Logic::ne, (a, b) -> a != b ? 1 : 0),
          new Binary("lt", Logic::lt, (a, b) -> a < b ? 1 : 0),
          new Binary("le", Logic::le, (a, b) -> a <= b ? 1 : 0),
          new Binary("gt", Logic::gt, (a, b) -> a > b ? 1 : 0),
          new Binary("ge", Logic::ge, (a, b) -> a >= b ? 1 : 0),
          new Binary("and", Logic::and, (a, b) -> a != 0 && b != 0 ? 1 : 0),
          new Binary("or", Logic::or, (a, b) -> a != 0 || b != 0 ? 1 : 0),
          new Binary("xor", Logic::xor, (a, b) -> (a != 0) != (b != 0) ? 1 : 0));

  @Property
  void functionsOfOneElementAreThoseOfEach(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = Oracles.shape(random);
    Tensor numbers = Operands.view(Oracles.dtype(random, NUMBERS), shape, random);
    for (Unary f : OF_NUMBERS) {
      check(f, numbers);
    }
    Tensor floating = Operands.view(Oracles.dtype(random, FLOATING), shape, random);
    for (Unary f : OF_FLOATING) {
      check(f, floating);
    }
    Tensor any = Operands.view(Oracles.dtype(random, DType.values()), shape, random);
    Oracles.assertIs(BOOL, shape, i -> any.getDouble(i) == 0 ? 1 : 0, Logic.not(any));
    Oracles.assertIs(BOOL, shape, i -> 0, Logic.isNan(any));
  }

  private static void check(Unary f, Tensor x) {
    Tensor actual = f.run.apply(x);
    Oracles.assertIs(x.dtype(), x.shape(), i -> f.defined.applyAsDouble(x.getDouble(i)), actual);
  }

  @Property
  void functionsOfTwoElementsArePromotedAndBroadcast(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = Oracles.shape(random);
    Tensor x = Operands.view(Oracles.dtype(random, NUMBERS), Oracles.part(shape, random), random);
    Tensor y = Operands.view(Oracles.dtype(random, NUMBERS), Oracles.part(shape, random), random);
    DType dtype = x.dtype().promote(y.dtype());
    for (Binary f : BINARY) {
      check(f, dtype, x, y);
    }
    Binary quotient = new Binary("divide", Elementwise::divide, (a, b) -> divide(dtype, a, b));
    check(quotient, dtype, x, y);
    Binary rest =
        new Binary(
            "remainder",
            Elementwise::remainder,
            (a, b) -> b == 0 && !dtype.isFloating() ? a : a % b);
    check(rest, dtype, x, y);
    if (dtype.isFloating()) {
      check(new Binary("power", Elementwise::power, ArithmeticProperties::power), dtype, x, y);
    }
  }

  /**
   * NumPy's, which is C's: Java's has NaN where the base is 1 or -1 and the power no number or
   * infinite.
   */
  private static double power(double a, double b) {
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : Math.pow(a, b);
  }

  private static double divide(DType dtype, double a, double b) {
    return dtype.isFloating() ? a / b : b == 0 ? -1 : (long) (a / b);
  }

  @Property
  void comparisonsAreOfBoolAndTakeAnyDtype(@ForAll long seed) {
    Random random = new Random(seed);
    Shape shape = Oracles.shape(random);
    DType[] all = DType.values();
    Tensor x = Operands.view(Oracles.dtype(random, all), Oracles.part(shape, random), random);
    Tensor y = Operands.view(Oracles.dtype(random, all), Oracles.part(shape, random), random);
    for (Binary f : COMPARISONS) {
      check(f, BOOL, x, y);
    }
    Tensor condition = Operands.view(BOOL, Oracles.part(shape, random), random);
    Tensor actual = Logic.where(condition, x, y);
    Tensor yes = x.broadcastTo(actual.shape());
    Tensor no = y.broadcastTo(actual.shape());
    Tensor which = condition.broadcastTo(actual.shape());
    Oracles.assertIs(
        x.dtype().promote(y.dtype()),
        actual.shape(),
        i -> which.getLong(i) != 0 ? yes.getDouble(i) : no.getDouble(i),
        actual);
  }

  private static void check(Binary f, DType dtype, Tensor x, Tensor y) {
    Tensor actual = f.run.apply(x, y);
    Tensor left = x.broadcastTo(actual.shape());
    Tensor right = y.broadcastTo(actual.shape());
    Oracles.assertIs(
        dtype,
        actual.shape(),
        i -> f.defined.applyAsDouble(left.getDouble(i), right.getDouble(i)),
        actual);
  }

  @Property
  void aNumberIsAnOperandOfTheTensorsDtype(@ForAll long seed) {
    Random random = new Random(seed);
    Tensor x = Operands.view(Oracles.dtype(random, NUMBERS), Oracles.shape(random), random);
    DType t = x.dtype();
    double a = t.isFloating() ? 1.5 : 3;
    check(new Unary("x - a", y -> Elementwise.subtract(y, a), v -> v - a), x);
    check(new Unary("a - x", y -> Elementwise.subtract(a, y), v -> a - v), x);
    check(new Unary("x / a", y -> Elementwise.divide(y, a), v -> divide(t, v, a)), x);
    check(new Unary("a / x", y -> Elementwise.divide(a, y), v -> divide(t, a, v)), x);
    check(new Unary("x + a", y -> Elementwise.add(y, a), v -> v + a), x);
    check(new Unary("x a", y -> Elementwise.multiply(y, a), v -> v * a), x);
    check(new Unary("max", y -> Elementwise.maximum(y, a), v -> Math.max(v, a)), x);
    check(new Unary("min", y -> Elementwise.minimum(y, a), v -> Math.min(v, a)), x);
    Oracles.assertIs(BOOL, x.shape(), i -> x.getDouble(i) < a ? 1 : 0, Logic.lt(x, a));
    Tensor positive = Logic.gt(x, 0);
    Oracles.assertIs(
        t, x.shape(), i -> x.getDouble(i) > 0 ? x.getDouble(i) : a, Logic.where(positive, x, a));
  }

  @Test
  void negativePowersOfIntegersAreTheExactOnesRoundedTowardZero() {
    for (DType dtype : List.of(DType.I32, DType.I64)) {
      Tensor bases = Tensor.of(new int[] {2, -2, 3, 1, -1, 0}, 6).convert(dtype);
      for (long exponent : new long[] {-1, -2, -31, -32, -33, -64}) {
        long odd = exponent % 2 == 0 ? 1 : -1;
        assertArrayEquals(
            new long[] {0, 0, 0, 1, odd, -1},
            Elementwise.power(bases, exponent).toLongArray(),
            dtype + " " + exponent);
      }
    }
  }

  @Test
  void infinitiesAndNanAreThoseOfTheDefinition() {
    double[] special = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1.5, -3, Double.MIN_VALUE};
    for (DType dtype : FLOATING) {
      Tensor x = Tensor.of(special, special.length).convert(dtype);
      for (Unary f : OF_NUMBERS) {
        check(f, x);
      }
      for (Unary f : OF_FLOATING) {
        check(f, x);
      }
      Oracles.assertIs(BOOL, x.shape(), i -> Double.isNaN(x.getDouble(i)) ? 1 : 0, Logic.isNan(x));
      for (Binary f : BINARY) {
        check(f, dtype, x.expand(1), x);
      }
      check(new Binary("divide", Elementwise::divide, (a, b) -> a / b), dtype, x.expand(1), x);
      check(
          new Binary("power", Elementwise::power, ArithmeticProperties::power),
          dtype,
          x.expand(1),
          x);
      for (Binary f : COMPARISONS) {
        check(f, BOOL, x.expand(1), x);
      }
      Tensor nothing = Tensor.full(dtype, NAN, special.length);
      assertArrayEquals(
          x.toDoubleArray(),
          Logic.where(Tensor.full(BOOL, 1, special.length), x, nothing).toDoubleArray());
    }
  }

  @Test
  void integersWrapAndDivideAsInPrograms() {
    int least = Integer.MIN_VALUE;
    Tensor x = Tensor.of(new int[] {least, least, 7, -7, 5}, 5);
    Tensor y = Tensor.of(new int[] {-1, 1, 2, 2, 0}, 5);
    assertArrayEquals(new long[] {least, least, 3, -3, -1}, Elementwise.divide(x, y).toLongArray());
    assertArrayEquals(new long[] {0, 0, 1, -1, 5}, Elementwise.remainder(x, y).toLongArray());
    assertArrayEquals(
        new long[] {least + 1, Integer.MAX_VALUE, 5, -9, 5},
        Elementwise.subtract(x, y).toLongArray());
    assertEquals(least, Elementwise.abs(x).getLong(0));
    assertEquals(least, Elementwise.negate(x).getLong(0));
    long big = (1L << 62) + 1;
    Tensor far = Tensor.of(new long[] {big, big - 1, Long.MIN_VALUE}, 3);
    assertArrayEquals(
        new long[] {1, 0, 0}, Logic.gt(far, far.slice(0, 1, 2)).toLongArray(), "exact beyond 2^53");
    assertEquals(Long.MIN_VALUE, Elementwise.divide(far, -1).getLong(2));
  }

  @Test
  void powersOfIntegersWrapAndNegativeOnesAreFractionsTowardZero() {
    for (long x = -5; x <= 5; x++) {
      long wrapping = 1;
      for (int y = 0; y <= 70; y++, wrapping *= x) {
        assertEquals(wrapping, Elementwise.power(Tensor.scalar(DType.I64, x), y).getLong());
        int narrow = (int) wrapping;
        assertEquals(narrow, Elementwise.power(Tensor.scalar(DType.I32, x), y).getLong());
      }
    }
    Tensor bases = Tensor.of(new int[] {1, -1, -1, 2, -3, 0}, 6);
    Tensor powers = Tensor.of(new int[] {-7, -2, -3, -1, -2, -1}, 6);
    assertArrayEquals(
        new long[] {1, 1, -1, 0, 0, -1}, Elementwise.power(bases, powers).toLongArray());
    assertArrayEquals(new long[] {1, 2, 4, 8}, powersOfTwo(4));
    assertArrayEquals(bases.toLongArray(), Elementwise.floor(bases).toLongArray());
  }

  private static long[] powersOfTwo(int n) {
    return Elementwise.power(2, Creation.arange(DType.I64, n)).toLongArray();
  }

  @Test
  void powersOfOneAreThoseOfC() {
    Tensor powers = Tensor.of(new double[] {NAN, INFINITY, -INFINITY}, 3);
    assertArrayEquals(new double[] {1, 1, 1}, Elementwise.power(1, powers).toDoubleArray());
    assertArrayEquals(new double[] {NAN, 1, 1}, Elementwise.power(-1, powers).toDoubleArray());
  }

  @Test
  void examplesOfNumPysPages() {
    // numpy.subtract, numpy.power, numpy.maximum, numpy.clip, numpy.where
    Tensor square = Tensor.of(new double[] {0, 1, 2, 3, 4, 5, 6, 7, 8}, 3, 3);
    Tensor row = Tensor.of(new double[] {0, 1, 2}, 3);
    assertArrayEquals(
        new double[] {0, 0, 0, 3, 3, 3, 6, 6, 6},
        Elementwise.subtract(square, row).toDoubleArray());
    Tensor bases = Tensor.of(new double[] {0, 1, 2, 3, 4, 5}, 6);
    assertArrayEquals(
        new double[] {0, 1, 8, 27, 64, 125}, Elementwise.power(bases, 3).toDoubleArray());
    assertArrayEquals(
        new double[] {0, 1, 8, 27, 16, 5},
        Elementwise.power(bases, Tensor.of(new double[] {1, 2, 3, 3, 2, 1}, 6)).toDoubleArray());
    assertArrayEquals(
        new double[] {2, 5, 4},
        Elementwise.maximum(
                Tensor.of(new double[] {2, 3, 4}, 3), Tensor.of(new double[] {1, 5, 2}, 3))
            .toDoubleArray());
    Tensor ten = Tensor.of(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10);
    assertArrayEquals(
        new long[] {1, 1, 2, 3, 4, 5, 6, 7, 8, 8}, Elementwise.clip(ten, 1, 8).toLongArray());
    assertArrayEquals(
        new long[] {0, 1, 2, 3, 4, 50, 60, 70, 80, 90},
        Logic.where(Logic.lt(ten, 5), ten, Elementwise.multiply(ten, 10)).toLongArray());
  }

  @Test
  void outMayBeAnOperandOrAView() {
    float[] data = {1, 2, 3, 4};
    Tensor x = Tensor.of(data, 4);
    Elementwise.subtract(Target.into(x), x, Tensor.scalar(F32, 1));
    assertArrayEquals(new float[] {0, 1, 2, 3}, data);
    Elementwise.negate(Target.into(x.slice(0, 1, 3)), x.slice(0, 1, 3));
    assertArrayEquals(new float[] {0, -1, -2, 3}, data);
    Logic.where(Target.into(x), Logic.lt(x, 0), Tensor.scalar(F32, 9), x);
    assertArrayEquals(new float[] {0, 9, 9, 3}, data);
    Elementwise.clip(Target.into(x), x, 1, 5);
    assertArrayEquals(new float[] {1, 5, 5, 3}, data);
    Tensor flags = Tensor.ofBool(new byte[] {1, 0}, 2);
    Logic.not(Target.into(flags), flags);
    assertArrayEquals(new long[] {0, 1}, flags.toLongArray());
  }

  @Test
  void threadsDoNotChangeABit() {
    Random random = new Random(7);
    double[] values = random.doubles(100_003, -2, 2).toArray();
    Tensor x = Tensor.of(values, values.length).convert(F32);
    Tensor y = x.slice(0, values.length - 1, -1, -1);
    Tensor power = Elementwise.power(Target.on(Workers.sequential()), x, y);
    Tensor chosen = Logic.where(Target.on(Workers.sequential()), Logic.lt(x, y), x, y);
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(
          power.toFloatArray(), Elementwise.power(Target.on(workers), x, y).toFloatArray());
      assertArrayEquals(
          chosen.toFloatArray(),
          Logic.where(Target.on(workers), Logic.lt(x, y), x, y).toFloatArray());
    }
    assertArrayEquals(power.toFloatArray(), Elementwise.power(x, y).toFloatArray());
    try (Arena arena = Arena.ofConfined()) {
      Tensor own = Tensor.allocate(arena, F32, x.shape());
      own.assign(x);
      assertArrayEquals(power.toFloatArray(), Elementwise.power(own, y).toFloatArray());
    }
  }

  private static long wide() {
    return 3_000_000_000L;
  }

  @Test
  void wrongArgumentsAreSaidBeforeAnythingIsWritten() {
    float[] data = {1, 2, 3, 4};
    Tensor x = Tensor.of(data, 4);
    Tensor whole = Tensor.of(new int[4], 4);
    Tensor flags = Tensor.ofBool(new byte[4], 4);
    Oracles.refused("sqrt: expected a floating dtype", () -> Elementwise.sqrt(whole));
    Oracles.refused("power: expected a dtype of numbers", () -> Elementwise.power(flags, flags));
    Oracles.refused("negate: expected a dtype of numbers", () -> Elementwise.negate(flags));
    Oracles.refused(
        "subtract: expected a dtype of numbers", () -> Elementwise.subtract(flags, flags));
    Oracles.refused("divide: expected an integer up to 2^53", () -> Elementwise.divide(whole, 0.5));
    for (double wide : new double[] {3e9, -3e9, 1L << 31}) {
      Oracles.refused("add: number must be one that i32 holds", () -> Elementwise.add(whole, wide));
      Oracles.refused("maximum: number must be", () -> Elementwise.maximum(whole, wide));
      Oracles.refused("subtract: number must be", () -> Elementwise.subtract(wide, whole));
      Oracles.refused("multiply: number must be", () -> Elementwise.multiply(whole, wide));
      Oracles.refused("where: number must be", () -> Logic.where(flags, whole, wide));
    }
    assertEquals(-2147483648, Elementwise.minimum(whole, -2147483648.0).getLong(0));
    assertEquals(wide(), Elementwise.add(Tensor.of(new long[1], 1), wide()).getLong(0));
    Oracles.refused("lt: expected an integer up to 2^53", () -> Logic.lt(whole, 0.5));
    Oracles.refused("clip: bounds must be in order", () -> Elementwise.clip(x, 2, 1));
    Oracles.refused("clip: bounds must be in order", () -> Elementwise.clip(x, NAN, 1));
    Oracles.refused("where: expected a condition of bool", () -> Logic.where(x, x, x));
    Oracles.refused(
        "where: expected sizes that are equal", () -> Logic.where(flags, x, Tensor.zeros(F32, 3)));
    Oracles.refused("eq: expected an out of bool[4]", () -> Logic.eq(Target.into(x), x, x));
    Oracles.refused(
        "subtract: expected an out that shares no element",
        () -> Elementwise.subtract(Target.into(x.slice(0, 3, -1, -1)), x, x));
    Oracles.refused(
        "where: expected an out that shares no element",
        () -> Logic.where(Target.into(x.slice(0, 3, -1, -1)), flags, x, x));
    assertArrayEquals(new float[] {1, 2, 3, 4}, data);
  }
}
