package io.github.shardsum.internal.vector;

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
 * Products in lanes of 16 bits. The sum of two products fits into a lane; then they are summed in
 * 32 bits. The Vector API has no multiply of bytes that adds neighbours, and widening a product to
 * 32 bits costs more than the product itself.
 *
 * <p>Two products fit only if one factor is above -128. So -128 in y is taken as -127, and the
 * column of x at this place is subtracted afterwards.
 *
 * <p>Rows are arrays: C2 does not inline several loads of vectors from memory segments in one loop,
 * and vectors become objects. A sum that a loop carries is never the receiver of a method call: C2
 * has no profile of its class, does not inline the call, and vectors become objects.
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

  /** Elements of a step: two vectors. The products of both are added in 16 bits. */
  private static final int STEP = 2 * LANES;

  /** Lanes of zeros, then the same number of lanes of ones. */
  private static final short[] LATER = new short[2 * LANES];

  static {
    Arrays.fill(LATER, LANES, 2 * LANES, (short) -1);
  }

  /** Steps after which a lane of sums of odd products could overflow. */
  private static final int BLOCK = 1 << 15;

  /** Added to the lower half of a 32-bit lane, so that this half is at least 0. */
  private static final int BIAS = 0x8000;

  private static final ByteRows REST = new ScalarByteRows();

  @Override
  public void dots(
      byte[] x,
      int xAt,
      int rows,
      byte[] y,
      int yAt,
      int d,
      MemorySegment to,
      long toAt,
      long toStride) {
    if (d < LANES || d > BLOCK * LANES) {
      REST.dots(x, xAt, rows, y, yAt, d, to, toAt, toStride);
      return;
    }
    int whole = d / STEP * STEP;
    int r = pairs(x, xAt, rows, d, y, yAt, whole, to, toAt, toStride);
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
      if (y[yAt + k] == Byte.MIN_VALUE) {
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

  /**
   * Sums of pairs of rows over whole steps. The bytecode of this method is longer than the limit
   * for inlining in C2 (FreqInlineSize, 325), on purpose. If C2 compiled it together with the other
   * loops, it would reach its limit of nodes and not inline a call, and vectors would become
   * objects.
   *
   * @return the number of rows that were summed, an even number
   */
  private static int pairs(
      byte[] x,
      int xAt,
      int rows,
      int d,
      byte[] y,
      int yAt,
      int n,
      MemorySegment to,
      long toAt,
      long toStride) {
    IntVector zero = IntVector.zero(INTS);
    int biases = n / STEP * BIAS * INTS.length();
    int r = 0;
    for (; r <= rows - 2; r += 2) {
      int at0 = xAt + r * d;
      int at1 = at0 + d;
      IntVector all0 = zero;
      IntVector all1 = zero;
      IntVector odd0 = zero;
      IntVector odd1 = zero;
      for (int k = 0; k < n; k += STEP) {
        ShortVector y0 = factor(y, yAt + k);
        ShortVector y1 = factor(y, yAt + k + LANES);
        IntVector pair0 = pair(x, at0 + k, at0 + k + LANES, y0, y1);
        IntVector pair1 = pair(x, at1 + k, at1 + k + LANES, y0, y1);
        all0 = pair0.add(all0);
        all1 = pair1.add(all1);
        odd0 = pair0.lanewise(VectorOperators.ASHR, 16).add(odd0);
        odd1 = pair1.lanewise(VectorOperators.ASHR, 16).add(odd1);
      }
      int high0 = zero.add(odd0).reduceLanes(VectorOperators.ADD);
      int high1 = zero.add(odd1).reduceLanes(VectorOperators.ADD);
      int sum0 = zero.add(all0).reduceLanes(VectorOperators.ADD) + high0 - (high0 << 16) - biases;
      int sum1 = zero.add(all1).reduceLanes(VectorOperators.ADD) + high1 - (high1 << 16) - biases;
      to.setAtIndex(JAVA_INT_UNALIGNED, toAt + r * toStride, sum0);
      to.setAtIndex(JAVA_INT_UNALIGNED, toAt + (r + 1) * toStride, sum1);
    }
    return r;
  }

  private static int one(byte[] x, int at, byte[] y, int yAt, int n) {
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
   * The sum over the remaining elements, fewer than a step, by two vectors. The second vector ends
   * at the last element. Elements that belong to an earlier vector are masked.
   */
  private static int rest(byte[] x, int at, byte[] y, int yAt, int from, int d) {
    int last = d - LANES;
    int first = Math.min(from, last);
    ShortVector y0 = fresh(factor(y, yAt + first), from - first);
    ShortVector y1 = fresh(factor(y, yAt + last), Math.min(LANES, from + LANES - last));
    IntVector pair = pair(x, at + first, at + last, y0, y1);
    return sum(pair, pair.lanewise(VectorOperators.ASHR, 16), BIAS);
  }

  /** The factors, with zeros in place of the first ones, which an earlier vector contains. */
  private static ShortVector fresh(ShortVector factors, int seen) {
    return factors.and(ShortVector.fromArray(SHORTS, LATER, LANES - seen));
  }

  private static ShortVector factor(byte[] y, int at) {
    return widened(y, at).max((short) -Byte.MAX_VALUE);
  }

  private static ShortVector widened(byte[] x, int at) {
    return (ShortVector)
        ByteVector.fromArray(BYTES, x, at).convertShape(VectorOperators.B2S, SHORTS, 0);
  }

  /** Sums of two products in lanes of 16 bits; sums in even lanes are biased. */
  private static IntVector pair(byte[] x, int at0, int at1, ShortVector y0, ShortVector y1) {
    ShortVector products = widened(x, at0).mul(y0).add(widened(x, at1).mul(y1));
    return products.reinterpretAsInts().lanewise(VectorOperators.XOR, BIAS);
  }

  /**
   * The sum of odd and even lanes, modulo 2^32. A lane of {@code all} is odd * 2^16 + even + bias.
   * The result is therefore the sum of {@code all}, minus the biases, with odd counted once instead
   * of 2^16 times.
   */
  private static int sum(IntVector all, IntVector odd, int bias) {
    IntVector known = IntVector.zero(INTS);
    int high = known.add(odd).reduceLanes(VectorOperators.ADD);
    return known.add(all).reduceLanes(VectorOperators.ADD) + high - (high << 16) - LANES / 2 * bias;
  }

  /** Subtracts the column of x at an element where y is -128 and was counted as -127. */
  private static void subtract(
      byte[] x, int at, int rows, int d, MemorySegment to, long toAt, long toStride) {
    for (int r = 0; r < rows; r++) {
      long index = toAt + r * toStride;
      int sum = to.getAtIndex(JAVA_INT_UNALIGNED, index) - x[at + r * d];
      to.setAtIndex(JAVA_INT_UNALIGNED, index, sum);
    }
  }
}
