package io.github.shardsum.grouped;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A grouped product refuses what does not fit before it writes; nothing to sum changes nothing. */
final class RefusedGroupedProductsTest {
  private static final Workers ALONE = Workers.sequential();
  private static final Tensor SIZES = Tensor.of(new int[] {2, 1}, 2);

  private static Tensor ones(DType dtype, long... shape) {
    return Tensor.full(dtype, 1, shape);
  }

  private static Epilogue bias(String labels, long... shape) {
    return Epilogue.none().withBias(labels, ones(DType.F32, shape));
  }

  private static void refused(String why, Tensor out, Runnable call) {
    double[] before = out.toDoubleArray();
    String said = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(said.startsWith("grouped product: ") && said.contains(why), said);
    assertArrayEquals(before, out.toDoubleArray());
  }

  @Test
  void rowsThatDoNotFit() {
    Tensor out = ones(DType.F32, 4, 5);
    Tensor x = ones(DType.F32, 4, 3);
    Tensor w = ones(DType.F32, 2, 3, 5);
    for (Tensor wrong :
        List.of(
            ones(DType.F32, 3, 5),
            ones(DType.F32, 2, 4, 5),
            ones(DType.F64, 2, 3, 5),
            ones(DType.BOOL, 2, 3, 5))) {
      refused("of one dtype", out, () -> GroupedProduct.addRows(ALONE, out, x, wrong, SIZES));
    }
    Tensor flags = ones(DType.BOOL, 4, 3);
    Tensor mask = ones(DType.BOOL, 2, 3, 5);
    refused("dtype of numbers", out, () -> GroupedProduct.addRows(ALONE, out, flags, mask, SIZES));
    for (Tensor sizes :
        List.of(
            Tensor.of(new int[] {2, 1, 1}, 3),
            Tensor.of(new int[] {2, 1}, 1, 2),
            Tensor.scalar(DType.I32, 2),
            ones(DType.F32, 2),
            Tensor.of(new int[] {4, 1}, 2),
            Tensor.of(new int[] {5, -1}, 2))) {
      refused("sizes", out, () -> GroupedProduct.addRows(ALONE, out, x, w, sizes));
      Epilogue none = Epilogue.none();
      refused("sizes", out, () -> GroupedProduct.rowsInto(ALONE, out, x, w, sizes, none));
    }
    for (DType dtype : List.of(DType.I32, DType.I64, DType.BF16)) {
      Tensor sums = ones(dtype, 4, 5);
      Tensor left = ones(dtype, 4, 3);
      Tensor right = ones(dtype, 2, 3, 5);
      refused("to add to", sums, () -> GroupedProduct.addRows(ALONE, sums, left, right, SIZES));
    }
  }

  @Test
  void aBiasThatDoesNotFit() {
    Tensor out = ones(DType.F32, 4, 5);
    Tensor x = ones(DType.F32, 4, 3);
    Tensor w = ones(DType.F32, 2, 3, 5);
    for (Epilogue wrong :
        List.of(
            bias("k", 3),
            bias("n", 4),
            bias("e", 5),
            bias("en", 5, 2),
            bias("nn", 5, 5),
            bias("", 1))) {
      refused("bias", out, () -> GroupedProduct.rowsInto(ALONE, out, x, w, SIZES, wrong));
    }
    // 3 is summed, a bias of one is added, and the row that no group has is 0.
    for (Epilogue right : List.of(bias("e", 2), bias("n", 5), bias("en", 2, 5), bias("ne", 5, 2))) {
      GroupedProduct.rowsInto(ALONE, out, x, w, SIZES, right);
      double[] expected = new double[20];
      Arrays.fill(expected, 0, 15, 4);
      assertArrayEquals(expected, out.toDoubleArray());
    }
  }

  @Test
  void weightsThatDoNotFit() {
    Tensor out = ones(DType.F32, 2, 3, 5);
    Tensor x = ones(DType.F32, 4, 3);
    Tensor y = ones(DType.F32, 4, 5);
    Tensor fewer = ones(DType.F32, 3, 5);
    Tensor wide = ones(DType.F64, 4, 5);
    for (Tensor wrong : List.of(fewer, wide)) {
      refused("of numbers", out, () -> GroupedProduct.weightsInto(ALONE, out, x, wrong, SIZES));
      refused("of numbers", out, () -> GroupedProduct.addWeights(ALONE, out, x, wrong, SIZES));
    }
    refused("of numbers", out, () -> GroupedProduct.weightsInto(ALONE, out, wide, y, SIZES));
    Tensor flags = ones(DType.BOOL, 4, 3);
    refused("of numbers", out, () -> GroupedProduct.weights(ALONE, flags, flags, SIZES));
    Tensor scalar = Tensor.scalar(DType.I32, 1);
    refused("sizes", out, () -> GroupedProduct.weights(ALONE, x, y, scalar));
    refused("sizes", out, () -> GroupedProduct.weightsInto(ALONE, out, x, y, scalar));
    refused("sizes", out, () -> GroupedProduct.addWeights(ALONE, out, x, y, scalar));
    Tensor integers = ones(DType.I32, 2, 3, 5);
    Tensor left = ones(DType.I32, 4, 3);
    Tensor right = ones(DType.I32, 4, 5);
    refused(
        "to add to",
        integers,
        () -> GroupedProduct.addWeights(ALONE, integers, left, right, SIZES));
  }

  @Test
  void aGroupWithoutElementsPacksNothing() {
    for (long[] sizes : new long[][] {{0, 3, 5}, {4, 0, 5}, {4, 3, 0}, {-1, 3, 5}}) {
      String said =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> GroupedProduct.packedBytes(DType.F32, sizes[0], sizes[1], sizes[2]))
              .getMessage();
      assertEquals(
          "grouped product: rows, k and n must be at least 1, got "
              + (sizes[0] + ", " + sizes[1] + " and " + sizes[2]),
          said);
    }
    assertTrue(GroupedProduct.packedBytes(DType.F32, 1, 1, 1) >= 0);
  }

  @Test
  void functionsOfOtherRows() {
    Tensor x = ones(DType.F64, 4, 3);
    Tensor w = ones(DType.F64, 2, 3, 5);
    RowFunction.OfDouble none = (_, _, _, _, _, _, _) -> {};
    Tensor overlapping =
        Tensor.ofStrided(DType.F64, MemorySegment.ofArray(new double[20]), 0, Shape.of(4, 5), 2, 1);
    for (Tensor out : List.of(ones(DType.F32, 4, 5), overlapping, ones(DType.F64, 20))) {
      refused(
          "contiguous rows",
          out,
          () ->
              GroupedProduct.rowsInto(
                  ALONE, out, MatrixRows.of(x), w, SIZES, Epilogue.none(), none));
    }
  }

  @Test
  void nothingToSumAddsNothing() {
    Tensor out = Tensor.full(DType.F64, 7, 4, 5);
    GroupedProduct.addRows(
        ALONE, out, Tensor.zeros(DType.F64, 4, 0), Tensor.zeros(DType.F64, 2, 0, 5), SIZES);
    assertArrayEquals(Tensor.full(DType.F64, 7, 20).toDoubleArray(), out.toDoubleArray());
    Tensor none = Tensor.zeros(DType.F64, 2, 0, 5);
    Tensor x = Tensor.zeros(DType.F64, 4, 0);
    Tensor y = ones(DType.F64, 4, 5);
    GroupedProduct.addWeights(ALONE, none, x, y, SIZES);
    assertEquals(Shape.of(2, 0, 5), GroupedProduct.weights(ALONE, x, y, SIZES).shape());
  }

  @Test
  void rowsOfWhatHasNone() {
    long[] starts = {0};
    assertThrows(
        IllegalArgumentException.class,
        () -> MatrixRows.gathered(Tensor.scalar(DType.F32, 1), starts, 1));
    assertEquals(0, MatrixRows.gathered(ones(DType.F32, 3, 4), new long[] {99}, 0).count());
    assertEquals(1, MatrixRows.gathered(Tensor.zeros(DType.F32, 3, 0), starts, 1).count());
  }
}
