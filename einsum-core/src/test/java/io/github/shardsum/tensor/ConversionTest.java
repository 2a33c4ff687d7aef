package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every dtype to every dtype, element by element against the rule as written. */
class ConversionTest {
  private static final double[] UGLY_DOUBLES = {
    0,
    -0.0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -1.5,
    255,
    256,
    257,
    1e-40,
    -1e-45,
    1e-300,
    1e300,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    0x1p31,
    -0x1p31 - 1,
    0x1p63,
    -0x1p63,
    0x1p53 + 2,
    Math.PI,
    -Math.E,
    1.00390625,
    1.01171875,
    1.0000001,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };
  private static final long[] UGLY_LONGS = {
    0,
    1,
    -1,
    127,
    -128,
    255,
    256,
    257,
    259,
    0xffff,
    1L << 24,
    (1L << 24) + 1,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    1L << 32,
    (1L << 53) + 1,
    (1L << 60) + (1L << 52) + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  /** What the conversion rule says of one element, as the bits of the target. */
  private static Object converted(DType target, Tensor from, long at) {
    return from.dtype().isFloating()
        ? ofDouble(target, from.getDouble(at))
        : ofLong(target, from.getLong(at));
  }

  private static Object ofDouble(DType target, double value) {
    return switch (target) {
      case F32 -> Float.floatToIntBits((float) value);
      case F64 -> Double.doubleToLongBits(value);
      case BF16 -> Bf16.fromDouble(value);
      case I32 -> (int) value;
      case I64 -> (long) value;
      case BOOL -> (byte) (value != 0 ? 1 : 0);
    };
  }

  private static Object ofLong(DType target, long value) {
    return switch (target) {
      case F32 -> Float.floatToIntBits((float) value);
      case F64 -> Double.doubleToLongBits((double) value);
      case BF16 -> Bf16.fromLong(value);
      case I32 -> (int) value;
      case I64 -> value;
      case BOOL -> (byte) (value != 0 ? 1 : 0);
    };
  }

  /** The bits of one element, read past the tensor's own accessors. */
  private static Object stored(Tensor tensor, long at) {
    Object array = tensor.segment().heapBase().orElseThrow();
    int i = (int) (at + tensor.offset());
    return switch (array) {
      case float[] values -> Float.floatToIntBits(values[i]);
      case double[] values -> Double.doubleToLongBits(values[i]);
      case short[] values -> values[i];
      case int[] values -> values[i];
      case long[] values -> values[i];
      case byte[] values -> values[i];
      default -> throw new AssertionError(array.getClass());
    };
  }

  private static Stream<Tensor> sources() {
    Tensor doubles = Tensor.of(UGLY_DOUBLES, UGLY_DOUBLES.length);
    Tensor longs = Tensor.of(UGLY_LONGS, UGLY_LONGS.length);
    return Stream.concat(
        Stream.of(DType.F64, DType.F32, DType.BF16).map(doubles::convert),
        Stream.of(DType.I64, DType.I32, DType.BOOL).map(longs::convert));
  }

  private static void assertConverts(Tensor from, Tensor to) {
    for (long at = 0; at < from.size(0); at++) {
      double value = from.getDouble(at);
      assertEquals(
          converted(to.dtype(), from, at),
          stored(to, at),
          () -> from.dtype() + " " + value + " to " + to.dtype());
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void uglyValuesAreConvertedByTheRule(DType target) {
    sources().forEach(from -> assertConverts(from, from.convert(target)));
  }

  @Property(tries = 500)
  void f64IsConvertedByTheRule(@ForAll double[] values, @ForAll DType target) {
    Tensor from = Tensor.of(values, values.length);
    assertConverts(from, from.convert(target));
  }

  @Property(tries = 500)
  void i64IsConvertedByTheRule(@ForAll long[] values, @ForAll DType target) {
    Tensor from = Tensor.of(values, values.length);
    assertConverts(from, from.convert(target));
  }

  @Test
  void theBaseConversionsThatTheRuleStandsOn() {
    Tensor doubles = Tensor.of(UGLY_DOUBLES, UGLY_DOUBLES.length);
    for (int i = 0; i < UGLY_DOUBLES.length; i++) {
      assertEquals(UGLY_DOUBLES[i], doubles.getDouble(i));
      assertEquals((float) UGLY_DOUBLES[i], doubles.convert(DType.F32).getDouble(i));
    }
    Tensor bf16 = Tensor.ofBf16(new short[] {0x3f80, (short) 0xc040, 0x0001, 0x7f80}, 4);
    assertArrayEquals(new float[] {1, -3, 0x1p-133f, Float.POSITIVE_INFINITY}, bf16.toFloatArray());
  }

  @Test
  void anyByteOtherThanZeroIsTrueAndTrueIsWrittenAsOne() {
    Tensor bool = Tensor.ofBool(new byte[] {0, 1, 2, -1, 127}, 5);
    assertArrayEquals(new long[] {0, 1, 1, 1, 1}, bool.toLongArray());
    assertArrayEquals(new double[] {0, 1, 1, 1, 1}, bool.toDoubleArray());
    assertArrayEquals(
        new byte[] {0, 1, 1, 1, 1}, (byte[]) bool.copy().segment().heapBase().orElseThrow());
    bool.set(Double.NaN, 0);
    bool.set(1L << 40, 1);
    assertEquals(1, bool.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
    assertEquals(1, bool.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1));
  }

  @Test
  void everyBf16SurvivesACopyBitForBit() {
    short[] all = new short[0x10000];
    for (int i = 0; i < all.length; i++) {
      all[i] = (short) i;
    }
    Tensor bf16 = Tensor.ofBf16(all, 256, 256);
    assertArrayEquals(all, (short[]) bf16.copy().segment().heapBase().orElseThrow());
    Tensor back = bf16.transpose().copy().transpose().copy();
    assertArrayEquals(all, (short[]) back.segment().heapBase().orElseThrow());
    assertArrayEquals(
        all,
        (short[]) bf16.convert(DType.F32).convert(DType.BF16).segment().heapBase().orElseThrow());
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void theMemoryDoesNotMatter(
      @ForAll double[] values, @ForAll DType from, @ForAll DType to, @ForAll TensorStorages home) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor source = Tensor.of(values, values.length).convert(from);
      Tensor placed = home.copy(arena, source);
      Tensor target = home.copy(arena, Tensor.zeros(to, values.length));
      target.assign(placed);
      assertEquals(
          -1, source.convert(to).segment().mismatch(target.segment()), "into the same memory");
      assertEquals(-1, source.convert(to).segment().mismatch(placed.convert(to).segment()));
      assertArrayEquals(source.toDoubleArray(), placed.toDoubleArray());
      assertArrayEquals(source.toFloatArray(), placed.toFloatArray());
      assertArrayEquals(source.toLongArray(), placed.toLongArray());
    }
  }
}
