package io.github.shardsum.internal.vector;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.github.shardsum.internal.kernel.ByteRows;
import io.github.shardsum.internal.scalar.ScalarByteRows;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products in lanes of 16 bits, of which two fit into one lane before they are summed in 32: the
 * Vector API has no multiply of bytes that adds neighbours, and a widening of a product to 32 bits
 * costs more than the product.
 *
 * <p>Two products fit only if one factor is above -128. So -128 in y counts as -127, and the column
 * of x at this place is subtracted afterwards.
 *
 * <p>A sum that a loop carries is never the receiver of a method call: C2 has no profile of its
 * class, does not inline the call, and vectors become objects.
 */
final class VectorByteRows implements ByteRows {
  static final ByteRows SHARED = new VectorByteRows();

  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Width.SHAPE);
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, Width.SHAPE);
  private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, Width.SHAPE);
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, Width.SHAPE.vectorBitSize() / 2)));
  private static final int LANES = SHORTS.length();

  /** Elements of a step: two vectors, whose products are added in 16 bits. */
  private static final int STEP = 2 * LANES;

  /** As many lanes of zeros as of ones. */
  private static final short[] LATER = new short[2 * LANES];

  static {
    Arrays.fill(LATER, LANES, 2 * LANES, (short) -1);
  }

  /** Rows that share the loads of y. With four, C2 no longer inlines all loads from segments. */
  private static final int ROWS = 2;

  /** Steps after which a lane of sums of odd products could overflow. */
  private static final int BLOCK = 1 << 15;

  /** Makes the lower half of a 32-bit lane a number of at least 0. */
  private static final int BIAS = 0x8000;

  private static final ByteRows REST = new ScalarByteRows();

  @Override
  public void dots(
      MemorySegment x,
      long xAt,
      long rows,
      MemorySegment y,
      long yAt,
      int d,
      MemorySegment to,
      long toAt,
      long toStride) {
    if (d < LANES || d > BLOCK * LANES) {
      REST.dots(x, xAt, rows, y, yAt, d, to, toAt, toStride);
      return;
    }
    int whole = d / STEP * STEP;
    long r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
      two(x, xAt + r * d, d, y, yAt, whole, to, toAt + r * toStride, toStride);
    }
    for (; r < rows; r++) {
      to.setAtIndex(JAVA_INT_UNALIGNED, toAt + r * toStride, one(x, xAt + r * d, y, yAt, whole));
    }
    if (whole < d) {
      for (r = 0; r < rows; r++) {
        int rest = rest(x, xAt + r * d, y, yAt, whole, d);
        long index = toAt + r * toStride;
        to.setAtIndex(JAVA_INT_UNALIGNED, index, to.getAtIndex(JAVA_INT_UNALIGNED, index) + rest);
      }
    }
    for (int k = 0; k < d; k++) {
      if (y.get(JAVA_BYTE, yAt + k) == Byte.MIN_VALUE) {
        subtract(x, xAt + k, rows, d, to, toAt, toStride);
      }
    }
  }

  @Override
  public void widen(MemorySegment x, long xAt, float[] to, int toAt, int n) {
    int i = 0;
    for (; i < BYTES.loopBound(n); i += LANES) {
      ByteVector bytes = ByteVector.fromMemorySegment(BYTES, x, xAt + i, ByteOrder.nativeOrder());
      ((FloatVector) bytes.convertShape(VectorOperators.B2F, FLOATS, 0)).intoArray(to, toAt + i);
      ((FloatVector) bytes.convertShape(VectorOperators.B2F, FLOATS, 1))
          .intoArray(to, toAt + i + LANES / 2);
    }
    REST.widen(x, xAt + i, to, toAt + i, n - i);
  }

  /** Sums of two rows over elements that are whole steps. */
  private static void two(
      MemorySegment x,
      long at,
      int d,
      MemorySegment y,
      long yAt,
      int n,
      MemorySegment to,
      long toAt,
      long toStride) {
    long at1 = at + d;
    IntVector all0 = IntVector.zero(INTS);
    IntVector all1 = IntVector.zero(INTS);
    IntVector odd0 = IntVector.zero(INTS);
    IntVector odd1 = IntVector.zero(INTS);
    for (int k = 0; k < n; k += STEP) {
      ShortVector y0 = factor(y, yAt + k);
      ShortVector y1 = factor(y, yAt + k + LANES);
      IntVector pair0 = pair(x, at + k, at + k + LANES, y0, y1);
      IntVector pair1 = pair(x, at1 + k, at1 + k + LANES, y0, y1);
      all0 = pair0.add(all0);
      all1 = pair1.add(all1);
      odd0 = pair0.lanewise(VectorOperators.ASHR, 16).add(odd0);
      odd1 = pair1.lanewise(VectorOperators.ASHR, 16).add(odd1);
    }
    int bias = n / STEP * BIAS;
    int sum0 = sum(all0, odd0, bias);
    int sum1 = sum(all1, odd1, bias);
    to.setAtIndex(JAVA_INT_UNALIGNED, toAt, sum0);
    to.setAtIndex(JAVA_INT_UNALIGNED, toAt + toStride, sum1);
  }

  private static int one(MemorySegment x, long at, MemorySegment y, long yAt, int n) {
    IntVector all = IntVector.zero(INTS);
    IntVector odd = IntVector.zero(INTS);
    for (int k = 0; k < n; k += STEP) {
      ShortVector y0 = factor(y, yAt + k);
      ShortVector y1 = factor(y, yAt + k + LANES);
      IntVector pair = pair(x, at + k, at + k + LANES, y0, y1);
      all = pair.add(all);
      odd = pair.lanewise(VectorOperators.ASHR, 16).add(odd);
    }
    return sum(all, odd, n / STEP * BIAS);
  }

  /**
   * The sum of a rest shorter than a step, by two vectors, of which the second ends at the last
   * element; elements that an earlier vector has do not count again.
   */
  private static int rest(MemorySegment x, long at, MemorySegment y, long yAt, int from, int d) {
    int last = d - LANES;
    int first = Math.min(from, last);
    ShortVector y0 = fresh(factor(y, yAt + first), from - first);
    ShortVector y1 = fresh(factor(y, yAt + last), Math.min(LANES, from + LANES - last));
    IntVector pair = pair(x, at + first, at + last, y0, y1);
    return sum(pair, pair.lanewise(VectorOperators.ASHR, 16), BIAS);
  }

  /** The factors without the first ones, which an earlier vector already has. */
  private static ShortVector fresh(ShortVector factors, int seen) {
    return factors.and(ShortVector.fromArray(SHORTS, LATER, LANES - seen));
  }

  private static ShortVector factor(MemorySegment y, long at) {
    return widened(y, at).max((short) -Byte.MAX_VALUE);
  }

  private static ShortVector widened(MemorySegment x, long at) {
    return (ShortVector)
        ByteVector.fromMemorySegment(BYTES, x, at, ByteOrder.nativeOrder())
            .convertShape(VectorOperators.B2S, SHORTS, 0);
  }

  /** Sums of two products in lanes of 16 bits; those of even lanes are biased. */
  private static IntVector pair(
      MemorySegment x, long at0, long at1, ShortVector y0, ShortVector y1) {
    ShortVector products = widened(x, at0).mul(y0).add(widened(x, at1).mul(y1));
    return products.reinterpretAsInts().lanewise(VectorOperators.XOR, BIAS);
  }

  /** The sum of odd and even lanes: all is odd * 2^16 + even + bias, summed modulo 2^32. */
  private static int sum(IntVector all, IntVector odd, int bias) {
    IntVector known = IntVector.zero(INTS);
    IntVector high = known.add(odd);
    IntVector even = known.add(all).sub(high.lanewise(VectorOperators.LSHL, 16)).sub(bias);
    return even.add(high).reduceLanes(VectorOperators.ADD);
  }

  /** Subtracts the column of x that counting -128 as -127 left out. */
  private static void subtract(
      MemorySegment x, long at, long rows, int d, MemorySegment to, long toAt, long toStride) {
    for (long r = 0; r < rows; r++) {
      long index = toAt + r * toStride;
      int sum = to.getAtIndex(JAVA_INT_UNALIGNED, index) - x.get(JAVA_BYTE, at + r * d);
      to.setAtIndex(JAVA_INT_UNALIGNED, index, sum);
    }
  }
}
