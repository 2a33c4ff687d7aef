package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operations refuse what does not fit before they write, and take what has no elements. */
final class RefusedOperationsTest {
  private static final Workers ALONE = Workers.sequential();
  private static final Tensor X = Tensor.full(DType.F32, 2, 3, 4);

  private static Tensor out(DType dtype, long... shape) {
    return Tensor.full(dtype, 9, shape);
  }

  private static void refused(String why, Tensor out, Runnable call) {
    double[] before = out.toDoubleArray();
    String said = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(said.contains(why), said);
    assertArrayEquals(before, out.toDoubleArray());
  }

  @Test
  void movements() {
    Tensor out = out(DType.F32, 3, 4);
    Tensor places = Tensor.of(new int[] {0, 1, 2}, 3);
    Tensor scalar = Tensor.scalar(DType.F32, 1);
    refused(
        "expected an axis in [0, 0)",
        out,
        () -> Movement.take(Target.into(ALONE, out), scalar, places, 0));
    refused("i32 or i64", out, () -> Movement.take(Target.into(ALONE, out), X, scalar, 0));
    long[] none = {0, 0};
    for (long[][] frame :
        List.of(
            new long[][] {{0}, none},
            new long[][] {none, {0}},
            new long[][] {{0, -1}, none},
            new long[][] {none, {-1, 0}})) {
      refused(
          "for each axis of [3, 4]",
          out,
          () -> Movement.pad(Target.into(ALONE, out), X, 0, frame[0], frame[1]));
    }
    for (Tensor mask :
        List.of(
            Tensor.full(DType.I32, 1, 3),
            Tensor.full(DType.BOOL, 1, 4),
            Tensor.full(DType.BOOL, 1, 3, 4, 1))) {
      refused("masked", out, () -> Movement.masked(Target.into(ALONE, out), X, mask));
      refused("compress", out, () -> Movement.compress(Target.into(ALONE, out), X, mask, 0));
    }
    for (Tensor part : List.of(Tensor.zeros(DType.F32, 3, 5), Tensor.zeros(DType.F32, 4))) {
      refused("along axis 0 only", out, () -> Movement.concatenate(List.of(X, part), 0));
    }
    Tensor empty = Tensor.zeros(DType.F32, 4, 0);
    Movement.transpose(Target.into(ALONE, empty), Tensor.zeros(DType.F32, 0, 4), 1, 0);
    refused("[4, 3]", out, () -> Movement.transpose(Target.into(ALONE, out), X, 1, 0));
  }

  /** Of floats, flags and integers, also where x is not contiguous. */
  @ParameterizedTest
  @EnumSource(DType.class)
  void placesOfWhatIsNotZero(DType dtype) {
    Tensor x = Tensor.zeros(dtype, 2, 3).transpose();
    x.set(1L, 2, 0);
    x.set(1L, 1, 1);
    assertArrayEquals(new long[] {1, 1, 2, 0}, Movement.nonzero(x).toLongArray());
    Tensor out = Tensor.zeros(DType.I64, 2, 2);
    Movement.nonzero(Target.into(out), x);
    assertArrayEquals(new long[] {1, 1, 2, 0}, out.toLongArray());
    refused("nonzero", out, () -> Movement.nonzero(Target.into(out), Tensor.full(DType.F32, 1, 3)));
  }

  @Test
  void creations() {
    Tensor flags = out(DType.BOOL, 4);
    refused("a floating dtype", flags, () -> Creation.linspaceInto(flags, 0, 1));
    Tensor scalar = Tensor.scalar(DType.F32, 9);
    Tensor places = Tensor.of(new int[] {0, 1}, 2);
    refused("one-hot", scalar, () -> Creation.oneHotInto(scalar, places));
    Tensor hot = out(DType.F32, 2, 3);
    refused("one-hot", hot, () -> Creation.oneHotInto(hot, Tensor.zeros(DType.F32, 2)));
    Creation.oneHotInto(hot, Tensor.of(new int[] {2, 3}, 2));
    assertArrayEquals(new double[] {0, 0, 1, 0, 0, 0}, hot.toDoubleArray());
  }

  @Test
  void samples() {
    Sampler sampler = Sampler.of(3);
    Tensor floats = out(DType.F32, 4);
    refused("integers", floats, () -> sampler.integersInto(ALONE, floats, 0, 5));
    Tensor ints = out(DType.I32, 4);
    for (long[] range :
        new long[][] {
          {0, 0}, {3, 2}, {0, (1L << 31) + 1}, {-(1L << 31) - 1, 0}, {Long.MIN_VALUE, 1}
        }) {
      refused(
          "a range that fits", ints, () -> sampler.integersInto(ALONE, ints, range[0], range[1]));
    }
    sampler.integersInto(ALONE, ints, 1L << 30, 1L << 31);
    for (long value : ints.toLongArray()) {
      assertTrue(value >= 1L << 30, () -> "" + value);
    }
    refused("permutation", floats, () -> sampler.permutation(-1));
    refused("permutation", floats, () -> sampler.permutation(1L << 31));
    refused("permutation", floats, () -> sampler.permutationInto(floats));
    Tensor table = out(DType.I32, 2, 2);
    refused("permutation", table, () -> sampler.permutationInto(table));
  }

  @Test
  void searchesAndScales() {
    Tensor values = out(DType.F32, 3, 2);
    Tensor indices = out(DType.I32, 3, 2);
    refused("[0, 4]", values, () -> Reductions.topK(ALONE, X, -1, 1));
    refused("[0, 4]", values, () -> Reductions.topK(ALONE, X, 5, 1));
    Tensor flat = out(DType.F32, 6);
    refused("top-k", flat, () -> Reductions.topK(ALONE, new TopK(flat, indices), X, 1));
    refused(
        "top-k",
        values,
        () -> Reductions.topK(ALONE, new TopK(values, Tensor.zeros(DType.F32, 3, 2)), X, 1));
    Tensor wide = out(DType.I64, 3, 2);
    Reductions.topK(ALONE, new TopK(values, wide), X, 1);
    assertArrayEquals(new long[] {0, 1, 0, 1, 0, 1}, wide.toLongArray());
    Tensor ints = out(DType.I64, 4);
    for (double factor : new double[] {0.5, 0x1p54, Double.NaN, Double.NEGATIVE_INFINITY}) {
      refused(
          "an integer up to 2^53",
          ints,
          () -> Elementwise.multiply(Target.into(ALONE, ints), ints, factor));
    }
  }

  @Test
  void vectorsOfBytes() {
    MemorySegment data = MemorySegment.ofArray(new byte[6]);
    Tensor unused = out(DType.F32, 1);
    for (long[] sizes : new long[][] {{-2, -3}, {2, -3}, {-2, 3}, {2, 2}, {1L << 62, 1 << 30}}) {
      refused("count * dimensions", unused, () -> ByteVectors.of(data, sizes[0], (int) sizes[1]));
    }
    assertEquals(6, ByteVectors.of(data, 2, 3).count() * 3);
  }

  @Test
  void closenessHasBoundsAndItsOwnValue() {
    Tensor near = Tensor.of(new float[] {1, 2}, 2);
    Tensor far = Tensor.of(new float[] {1, 3}, 2);
    for (double[] bad : new double[][] {{-1, 0}, {0, -1}, {Double.NaN, 0}, {0, Double.NaN}}) {
      refused("at least 0", near, () -> Closeness.of(near, far, bad[0], bad[1]));
    }
    Closeness one = Closeness.of(near, far, 0, 0);
    assertEquals(one, Closeness.of(near.copy(), far.copy(), 0, 0));
    assertEquals(one.hashCode(), Closeness.of(near.copy(), far.copy(), 0, 0).hashCode());
    // Each differs in one number: the shape, how many are far, where, both values, and the bound.
    for (Closeness other :
        List.of(
            Closeness.of(near.reshape(1, 2), far.reshape(1, 2), 0, 0),
            Closeness.of(far, far, 0, 0),
            Closeness.of(Tensor.of(new float[] {2, 3}, 2), far, 0, 0),
            Closeness.of(Tensor.of(new float[] {1, 1}, 2), far, 0, 0),
            Closeness.of(near, Tensor.of(new float[] {1, 4}, 2), 0, 0),
            Closeness.of(near, far, 0, 0.5))) {
      assertNotEquals(one, other);
    }
    assertNotEquals(one, (Object) "closeness");
  }

  /** The functions of rows have the values of {@link StrictMath} to six digits. */
  @ParameterizedTest
  @EnumSource(MathFunction.class)
  void functionsOfRows(MathFunction function) {
    float[] floats = {7, 0.5f, 1, 2, 7};
    double[] doubles = {7, 0.5, 1, 2, 7};
    function.of(floats, 1, floats, 1, 3);
    function.of(doubles, 1, doubles, 1, 3);
    for (int i = 0; i < 5; i++) {
      double x = new double[] {7, 0.5, 1, 2, 7}[i];
      double expected =
          i == 0 || i == 4
              ? 7
              : switch (function) {
                case EXP -> StrictMath.exp(x);
                case LOG -> StrictMath.log(x);
                case TANH -> StrictMath.tanh(x);
                case LOGISTIC -> 1 / (1 + StrictMath.exp(-x));
                case SINE -> StrictMath.sin(x);
                case COSINE -> StrictMath.cos(x);
              };
      assertEquals(expected, floats[i], 1e-6 * Math.abs(expected));
      assertEquals(expected, doubles[i], 1e-12 * Math.abs(expected));
    }
    assertThrows(IndexOutOfBoundsException.class, () -> function.of(floats, 3, floats, 0, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> function.of(doubles, 0, doubles, 3, 3));
  }
}
