package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products whose left operand has more than 8 MiB, of which some kernels fetch rows before they use
 * them, against products of a few of its rows, of which they do not.
 */
class FarOperandsTest {
  private static final int PIECES = 9;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        // Whole vectors and lines, neither, rows of several lines for few columns, long rows.
        "ij,jk->ik; 34000,64,64; unpacked product",
        "ij,jk->ik; 31000,69,75; unpacked product",
        "ij,jk->ik; 8500,257,16; unpacked product",
        "ij,jk->ik; 900,2500,20; unpacked product",
        "bij,bjk->bik; 500,65,66,67; unpacked product",
        "ij,jk->ik; 16600,128,8; skinny product",
        "ij,jk->ik; 4100,519,7; skinny product",
        "ij,jk->ik; 1030,2064,5; skinny product",
      })
  void rowsFetchedBeforeAreTheSameRows(String equation, String listed, String kernel) {
    long[] sizes = Arrays.stream(listed.strip().split(",")).mapToLong(Long::parseLong).toArray();
    int axis = sizes.length - 2; // of the terms, in the left operand
    long[] left = Arrays.copyOf(sizes, axis + 1);
    long[] right = Arrays.copyOfRange(sizes, axis, axis + 2);
    if (axis == 2) {
      right = new long[] {sizes[0], sizes[2], sizes[3]};
    }
    long terms = left[axis];
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      Random random = new Random(8);
      Tensor b = operand(random, dtype, right);
      // The last row ends with its array, and with two elements more rows have gaps between them.
      for (int gap : new int[] {0, 2}) {
        left[axis] = terms + gap;
        Tensor a = operand(random, dtype, left).slice(axis, gap, terms + gap);
        check(equation, a, b, kernel);
      }
    }
  }

  private static void check(String equation, Tensor left, Tensor right, String kernel) {
    int rows = left.shape().rank() - 2;
    long m = left.size(rows);
    try (Workers two = Workers.of(2)) {
      for (Workers workers : List.of(Workers.sequential(), two)) {
        EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
        Einsum einsum = Einsum.compile(equation, options, OperandSpec.like(left, right));
        if (left.dtype() == DType.F32 && KernelSelection.best().bits() == 512) {
          // Others pack some of these.
          assertEquals(kernel, einsum.explain().steps().getFirst().kernel());
        }
        Tensor out = einsum.run(left, right);
        for (int piece = 0; piece < PIECES; piece++) {
          long from = m * piece / PIECES;
          long to = m * (piece + 1) / PIECES;
          Tensor few = Einsum.einsum(equation, left.slice(rows, from, to), right);
          assertArrayEquals(values(few), values(out.slice(rows, from, to)), equation);
        }
      }
    }
  }

  private static double[] values(Tensor tensor) {
    return tensor.convert(DType.F64).toDoubleArray();
  }

  /** Small integers, whose products and sums every dtype holds exactly. */
  private static Tensor operand(Random random, DType dtype, long... shape) {
    float[] values = new float[Math.toIntExact(Shape.of(shape).elementCount())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(8);
    }
    return Tensor.of(values, shape).convert(dtype);
  }
}
