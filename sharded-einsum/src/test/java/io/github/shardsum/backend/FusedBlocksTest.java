package io.github.shardsum.backend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A chain of pointwise operations equals plain loops to the bit: with operands and results on the
 * heap and in native memory, at odd places, one behind another and apart, transposed and repeated
 * along any axis, and bools that are stored as other numbers than 1.
 */
class FusedBlocksTest {
  private static final int[][] SIZES = {
    {1, 1, 1}, {3, 5, 7}, {2, 3, 512}, {5, 2, 700}, {9, 31, 16}
  };

  /** Where tensors lie. */
  private enum Place {
    DENSE(0, 1, false),
    ODD(3, 1, false),
    APART(5, 2, false),
    NATIVE(1, 1, true);

    private final int offset;
    private final int step;
    private final boolean isNative;

    Place(int offset, int step, boolean isNative) {
      this.offset = offset;
      this.step = step;
      this.isNative = isNative;
    }

    /** A tensor of zeros, with more elements around it and between. */
    Tensor tensor(DType dtype, long... sizes) {
      Shape shape = Shape.of(sizes);
      int length = Math.toIntExact(2L * offset + step * shape.elementCount());
      MemorySegment memory =
          isNative
              ? Arena.ofAuto().allocate((long) length * dtype.byteSize(), 8)
              : switch (dtype) {
                case F32 -> MemorySegment.ofArray(new float[length]);
                case F64 -> MemorySegment.ofArray(new double[length]);
                case BF16 -> MemorySegment.ofArray(new short[length]);
                case I32 -> MemorySegment.ofArray(new int[length]);
                case I64 -> MemorySegment.ofArray(new long[length]);
                case BOOL -> MemorySegment.ofArray(new byte[length]);
              };
      long[] strides = shape.rowMajorStrides();
      for (int axis = 0; axis < strides.length; axis++) {
        strides[axis] *= step;
      }
      return Tensor.ofStrided(dtype, memory, offset, shape, strides);
    }
  }

  private final Random random = new Random(7);

  private double number(DType dtype) {
    double whole = random.nextInt(-9, 10);
    if (!dtype.isFloating()) {
      return whole;
    }
    return switch (random.nextInt(12)) {
      case 0 -> Double.NaN;
      case 1 -> -0.0;
      case 2 -> Double.POSITIVE_INFINITY;
      case 3 -> whole;
      default -> rounded(dtype, random.nextGaussian());
    };
  }

  private static double rounded(DType dtype, double value) {
    return switch (dtype) {
      case F32 -> (float) value;
      case BF16 -> Bf16.toFloat(Bf16.fromFloat((float) value));
      case F64, BOOL -> value;
      case I32, I64 -> (long) value;
    };
  }

  private Tensor filled(Place place, DType dtype, long... sizes) {
    Tensor tensor = place.tensor(dtype, sizes);
    double[] values = new double[Math.toIntExact(tensor.shape().elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = dtype == DType.BOOL ? random.nextInt(2) : number(dtype);
    }
    tensor.assign(Tensor.of(values, sizes).convert(dtype));
    if (dtype == DType.BOOL) {
      MemorySegment bytes = tensor.segment();
      for (long i = 0; i < bytes.byteSize(); i++) {
        byte old = bytes.get(JAVA_BYTE, i);
        bytes.set(JAVA_BYTE, i, (byte) (old == 0 ? 0 : i % 3 == 0 ? -2 : 1));
      }
    }
    return tensor;
  }

  private static Program program(DType dtype, int a, int b, int c) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
            program chain {
              input x: %1$s[a=%2$d b=%3$d c=%4$d]
              input y: %1$s[c=%4$d a=%2$d b=%3$d]
              input column: %1$s[a=%2$d b=%3$d]
              input row: %1$s[c=%4$d]
              input few: %1$s[a=%2$d c=%4$d]
              input flag: bool[a=%2$d b=%3$d c=%4$d]
              input mask: bool[a=%2$d c=%4$d]
              input not: bool[b=%3$d c=%4$d]
              product = multiply(x, y)
              sum = add(product, column)
              rest = subtract(sum, row)
              above = gt(rest, few)
              both = and(above, flag)
              chosen = select(both, rest, few)
              kept = select(mask, chosen, x)
              last = select(not, kept, product)
              output product, above, both, last
            }
            """,
            dtype.toString().toLowerCase(Locale.ROOT),
            a,
            b,
            c));
  }

  /** The results by plain loops. */
  private static double[][] expected(DType dtype, List<Tensor> in, int a, int b, int c) {
    List<double[]> each = in.stream().map(x -> x.convert(DType.F64).toDoubleArray()).toList();
    double[][] results = new double[4][a * b * c];
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        for (int k = 0; k < c; k++) {
          int at = (i * b + j) * c + k;
          double x = each.get(0)[at];
          double product = rounded(dtype, x * each.get(1)[(k * a + i) * b + j]);
          double sum = rounded(dtype, product + each.get(2)[i * b + j]);
          double rest = rounded(dtype, sum - each.get(3)[k]);
          double few = each.get(4)[i * c + k];
          boolean above = rest > few;
          boolean both = above && each.get(5)[at] != 0;
          double kept = each.get(6)[i * c + k] != 0 ? (both ? rest : few) : x;
          results[0][at] = product;
          results[1][at] = above ? 1 : 0;
          results[2][at] = both ? 1 : 0;
          results[3][at] = each.get(7)[j * c + k] != 0 ? kept : product;
        }
      }
    }
    return results;
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"BOOL"})
  void equalsPlainLoopsWhereverOperandsLie(DType dtype) {
    for (int[] sizes : SIZES) {
      int a = sizes[0];
      int b = sizes[1];
      int c = sizes[2];
      try (Executable executable =
          LocalBackend.of(Workers.sequential()).compile(program(dtype, a, b, c))) {
        for (Place place : Place.values()) {
          List<Tensor> in =
              List.of(
                  filled(place, dtype, a, b, c),
                  filled(place, dtype, c, a, b),
                  filled(place, dtype, a, b),
                  filled(place, dtype, c),
                  filled(place, dtype, a, c),
                  filled(place, DType.BOOL, a, b, c),
                  filled(place, DType.BOOL, a, c),
                  filled(place, DType.BOOL, b, c));
          List<Tensor> out = new ArrayList<>();
          for (DType each : List.of(dtype, DType.BOOL, DType.BOOL, dtype)) {
            out.add(place.tensor(each, a, b, c));
          }
          executable.runInto(out, in);
          double[][] expected = expected(dtype, in, a, b, c);
          for (int i = 0; i < out.size(); i++) {
            String what = dtype + " " + place + " " + List.of(a, b, c) + " result " + i;
            assertArrayEquals(
                expected[i], out.get(i).convert(DType.F64).toDoubleArray(), () -> what);
            assertEquals(0, sumAround(out.get(i), expected[i]), what);
          }
        }
      }
    }
  }

  /** How many bytes more are not 0 in a tensor's memory than in its elements alone. */
  private static long sumAround(Tensor tensor, double[] elements) {
    Tensor alone = Place.DENSE.tensor(tensor.dtype(), tensor.shape().toArray());
    alone.assign(Tensor.of(elements, tensor.shape().toArray()).convert(tensor.dtype()));
    return used(tensor.segment()) - used(alone.segment());
  }

  private static long used(MemorySegment memory) {
    long count = 0;
    for (long i = 0; i < memory.byteSize(); i++) {
      count += memory.get(JAVA_BYTE, i) == 0 ? 0 : 1;
    }
    return count;
  }
}
