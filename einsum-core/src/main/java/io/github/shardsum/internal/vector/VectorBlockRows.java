package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.scalar.ScalarBlockRows;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decoders that take sixteen elements at a time: their integers are made in a vector of bytes, then
 * widened to f32 and scaled. Each format is a method of its own, below C2's limits for inlining.
 */
final class VectorBlockRows implements BlockRows {
  static final BlockRows SHARED = new VectorBlockRows();

  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, Width.SHAPE);
  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Width.SHAPE);

  /** Bytes of as many halves as a vector has lanes of f32. */
  private static final VectorSpecies<Byte> HALVES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Width.SHAPE.vectorBitSize() / 2));

  private static final int LENGTH = FLOATS.length();

  /** Vectors of f32 for one of bytes. */
  private static final int PARTS = BYTES.length() / LENGTH;

  /** The values of MXFP4's 4 bits, doubled. */
  private static final byte[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  /** Added to a normal half's exponent. */
  private static final int REBIASED = (127 - 15) << 23;

  private static final float LEAST_HALF = 0x1p-24f;
  private static final BlockRows REST = new ScalarBlockRows();

  private static ByteVector bytes(byte[] x, int at) {
    return ByteVector.fromArray(BYTES, x, at);
  }

  private static ByteVector low(ByteVector pairs) {
    return pairs.and((byte) 15);
  }

  /** The upper 4 bits of each byte, shifted in lanes of 16 bits. */
  private static ByteVector high(ByteVector pairs) {
    return low(pairs.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes());
  }

  private static void scaled(ByteVector q, float d, float[] to, int at) {
    for (int part = 0; part < PARTS; part++) {
      ((FloatVector) q.convertShape(VectorOperators.B2F, FLOATS, part))
          .mul(d)
          .intoArray(to, at + part * LENGTH);
    }
  }

  private static void scaled(ByteVector q, float d, float less, float[] to, int at) {
    for (int part = 0; part < PARTS; part++) {
      ((FloatVector) q.convertShape(VectorOperators.B2F, FLOATS, part))
          .mul(d)
          .sub(less)
          .intoArray(to, at + part * LENGTH);
    }
  }

  private static IntVector words(byte[] x, int at) {
    ShortVector halves = ByteVector.fromArray(HALVES, x, at).reinterpretAsShorts();
    return (IntVector) halves.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
  }

  /** By integers: arithmetic with f32 numbers below the normal ones is slow. */
  @Override
  public void f16(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    int i = 0;
    for (; i < FLOATS.loopBound(blocks); i += LENGTH) {
      IntVector half = words(x, xAt + 2 * i);
      IntVector size = half.and(0x7fff);
      IntVector bits = size.lanewise(VectorOperators.LSHL, 13);
      IntVector small =
          ((FloatVector) size.convertShape(VectorOperators.I2F, FLOATS, 0))
              .mul(LEAST_HALF)
              .reinterpretAsInts();
      VectorMask<Integer> isSmall = size.compare(VectorOperators.LT, 0x400);
      VectorMask<Integer> isInfinite = size.compare(VectorOperators.GE, 0x7c00);
      bits.add(REBIASED)
          .blend(bits.or(0x7f800000), isInfinite)
          .blend(small, isSmall)
          .or(half.and(0x8000).lanewise(VectorOperators.LSHL, 16))
          .reinterpretAsFloats()
          .intoArray(to, toAt + i);
    }
    REST.f16(x, xAt + 2 * i, to, toAt + i, blocks - i);
  }

  @Override
  public void bf16(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    int i = 0;
    for (; i < FLOATS.loopBound(blocks); i += LENGTH) {
      words(x, xAt + 2 * i)
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(to, toAt + i);
    }
    REST.bf16(x, xAt + 2 * i, to, toAt + i, blocks - i);
  }

  @Override
  public void q40(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 18, first += 32) {
      float d = BlockRows.half(x, at);
      ByteVector pairs = bytes(x, at + 2);
      scaled(low(pairs).sub((byte) 8), d, to, first);
      scaled(high(pairs).sub((byte) 8), d, to, first + 16);
    }
  }

  @Override
  public void q50(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 22, first += 32) {
      float d = BlockRows.half(x, at);
      ByteVector pairs = bytes(x, at + 6);
      scaled(low(pairs).sub((byte) 16).add((byte) 16, fifth(x, at + 2)), d, to, first);
      scaled(high(pairs).sub((byte) 16).add((byte) 16, fifth(x, at + 4)), d, to, first + 16);
    }
  }

  private static VectorMask<Byte> fifth(byte[] x, int at) {
    return VectorMask.fromLong(BYTES, (x[at] & 0xff) | ((x[at + 1] & 0xff) << 8));
  }

  @Override
  public void q80(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 34, first += 32) {
      float d = BlockRows.half(x, at);
      scaled(bytes(x, at + 2), d, to, first);
      scaled(bytes(x, at + 18), d, to, first + 16);
    }
  }

  @Override
  public void q4k(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 144, first += 256) {
      float scale = BlockRows.half(x, at);
      float least = BlockRows.half(x, at + 2);
      for (int part = 0; part < 8; part += 2) {
        float d0 = scale * BlockRows.factorOfQ4K(x, at + 4, part);
        float m0 = least * BlockRows.leastOfQ4K(x, at + 4, part);
        float d1 = scale * BlockRows.factorOfQ4K(x, at + 4, part + 1);
        float m1 = least * BlockRows.leastOfQ4K(x, at + 4, part + 1);
        pairs(x, at + 16 + part * 16, d0, m0, d1, m1, to, first + part * 32);
        pairs(x, at + 32 + part * 16, d0, m0, d1, m1, to, first + part * 32 + 16);
      }
    }
  }

  private static void pairs(
      byte[] x, int at, float d0, float m0, float d1, float m1, float[] to, int first) {
    ByteVector pairs = bytes(x, at);
    scaled(low(pairs), d0, m0, to, first);
    scaled(high(pairs), d1, m1, to, first + 32);
  }

  /** One method for each place of the two upper bits: in one method vectors become objects. */
  @Override
  public void q6k(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    for (int half = 0; half < 2 * blocks; half++) {
      int at = xAt + half / 2 * 210;
      int low = at + half % 2 * 64;
      int high = at + 128 + half % 2 * 32;
      int scales = at + 192 + half % 2 * 8;
      float d = BlockRows.half(x, at + 208);
      int first = toAt + half * 128;
      for (int i = 0; i < 2; i++) {
        firstSixes(x, low + 16 * i, high + 16 * i, d * x[scales + i], to, first + 16 * i);
        secondSixes(
            x, low + 32 + 16 * i, high + 16 * i, d * x[scales + 2 + i], to, first + 32 + 16 * i);
        thirdSixes(x, low + 16 * i, high + 16 * i, d * x[scales + 4 + i], to, first + 64 + 16 * i);
        fourthSixes(
            x, low + 32 + 16 * i, high + 16 * i, d * x[scales + 6 + i], to, first + 96 + 16 * i);
      }
    }
  }

  private static void firstSixes(byte[] x, int low, int high, float d, float[] to, int at) {
    sixes(low(bytes(x, low)), shifted(low(bytes(x, high)), 4), d, to, at);
  }

  private static void secondSixes(byte[] x, int low, int high, float d, float[] to, int at) {
    sixes(low(bytes(x, low)), shifted(low(bytes(x, high)), 2), d, to, at);
  }

  private static void thirdSixes(byte[] x, int low, int high, float d, float[] to, int at) {
    sixes(high(bytes(x, low)), bytes(x, high), d, to, at);
  }

  private static void fourthSixes(byte[] x, int low, int high, float d, float[] to, int at) {
    sixes(high(bytes(x, low)), shifted(high(bytes(x, high)), 2), d, to, at);
  }

  /** Numbers below 16, shifted by at most 4 bits. */
  private static ByteVector shifted(ByteVector bits, int by) {
    return bits.reinterpretAsShorts().lanewise(VectorOperators.LSHL, by).reinterpretAsBytes();
  }

  private static void sixes(ByteVector low, ByteVector upper, float d, float[] to, int at) {
    scaled(upper.and((byte) 0x30).or(low).sub((byte) 32), d, to, at);
  }

  @Override
  public void mxfp4(byte[] x, int xAt, float[] to, int toAt, int blocks) {
    ByteVector table = bytes(E2M1, 0);
    for (int block = 0, at = xAt, first = toAt; block < blocks; block++, at += 17, first += 32) {
      float d = BlockRows.halfOfPower(x[at]);
      ByteVector pairs = bytes(x, at + 1);
      scaled(low(pairs).selectFrom(table), d, to, first);
      scaled(high(pairs).selectFrom(table), d, to, first + 16);
    }
  }
}
