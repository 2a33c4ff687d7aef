package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Target;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Worked examples, empty tensors, and what is refused. */
class TensorTest {
  private static final Tensor MATRIX = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @Test
  void transposeSwapsRowsAndColumns() {
    assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, MATRIX.transpose().toFloatArray());
    assertEquals("f32[3, 2] strides [1, 3]", MATRIX.transpose().description());
    assertEquals("f32[3, 2] strides [1, 3]", MATRIX.transpose(-1, 0).description());
    assertEquals(
        "f32[3, 2]",
        Movement.transpose(Target.on(Workers.sequential()), MATRIX, -1, -2).description());
    assertEquals("f32[2, 3]", MATRIX.description());
  }

  @Test
  void sliceTakesEverySecondBackwards() {
    assertArrayEquals(new float[] {3, 1, 6, 4}, MATRIX.slice(1, 2, -1, -2).toFloatArray());
    assertArrayEquals(new float[] {4, 5, 6}, MATRIX.slice(0, 1, 2).toFloatArray());
  }

  @Test
  void diagonalComesLast() {
    Tensor cube = Tensor.of(new long[] {0, 1, 2, 3, 4, 5, 6, 7}, 2, 2, 2);
    assertArrayEquals(new long[] {0, 5, 2, 7}, cube.diagonal(0, 2).toLongArray());
    assertArrayEquals(new long[] {0, 6, 1, 7}, cube.diagonal(1, 0).toLongArray());
  }

  @Test
  void broadcastRepeatsRowsAndColumns() {
    Tensor row = Tensor.of(new int[] {1, 2}, 1, 2);
    assertArrayEquals(new long[] {1, 2, 1, 2, 1, 2}, row.broadcastTo(Shape.of(3, 2)).toLongArray());
    assertArrayEquals(
        new long[] {1, 1, 2, 2}, row.transpose().broadcastTo(Shape.of(2, 2)).toLongArray());
    assertEquals(0, row.broadcastTo(Shape.of(0, 2)).toLongArray().length);
  }

  @Test
  void reshapeInfersOneSize() {
    assertEquals(Shape.of(3, 2), MATRIX.reshape(-1, 2).shape());
    assertEquals(Shape.of(6), MATRIX.reshape(-1).shape());
    assertEquals(Shape.of(), Tensor.zeros(DType.F32, 1, 1).reshape().shape());
  }

  @Test
  void aScalarHasOneElementAndNoIndex() {
    Tensor scalar = Tensor.scalar(DType.F64, 2.5);
    assertEquals(0, scalar.rank());
    assertEquals(2.5, scalar.getDouble());
    assertTrue(scalar.isContiguous());
    assertEquals(2.5, scalar.expand(0).getDouble(0));
    refuses("index", () -> scalar.getDouble(0));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void anEmptyTensorHasAllItsViews(DType dtype) {
    Tensor empty = Tensor.zeros(dtype, 3, 0, 2);
    assertTrue(empty.isContiguous());
    assertEquals(Shape.of(2, 0, 3), empty.transpose().shape());
    assertEquals(Shape.of(0, 2), empty.select(0, 2).shape());
    assertEquals(0, empty.select(0, 2).offset(), "inside the empty segment");
    assertEquals(Shape.of(2, 0, 2), empty.slice(0, 2, 0, -1).shape());
    assertEquals(Shape.of(3, 0, 2), empty.slice(1, -1, -1, -1).shape());
    assertEquals(Shape.of(0, 7), empty.reshape(0, 7).shape());
    assertEquals(Shape.of(4, 3, 0, 2), empty.broadcastTo(Shape.of(4, 3, 0, 2)).shape());
    assertEquals(
        Shape.of(2, 0), Tensor.zeros(dtype, 3, 2, 3, 0).diagonal(0, 2).select(2, 1).shape());
    assertEquals(0, empty.toFloatArray().length);
    assertEquals(0, empty.convert(DType.F64).toDoubleArray().length);
    empty.assign(Tensor.zeros(DType.BF16, 3, 0, 2));
  }

  @Test
  void anEmptyTensorMayHaveSizesWhoseProductNoLongHolds() {
    Shape shape = Shape.of(0, 1L << 40, 1L << 40);
    Tensor empty = Tensor.zeros(DType.F32, shape);
    assertEquals(0, empty.transpose().copy().toFloatArray().length);
    Tensor again =
        Tensor.ofStrided(DType.F32, empty.segment(), 5, shape, Long.MAX_VALUE, Long.MAX_VALUE, -1);
    assertEquals(0, again.offset());
  }

  @Test
  void onesAndHolesDoNotEndContiguity() {
    assertTrue(MATRIX.expand(1).isContiguous());
    assertTrue(MATRIX.slice(0, 0, 1).isContiguous());
    assertFalse(MATRIX.slice(1, 0, 2).isContiguous());
    assertTrue(MATRIX.slice(1, 0, 1).slice(0, 0, 1).isContiguous());
    assertFalse(MATRIX.slice(0, 1, -1, -1).isContiguous());
  }

  @Test
  void stridesMayOverlapAndRunBackwards() {
    MemorySegment memory = MemorySegment.ofArray(new long[] {0, 1, 2, 3, 4});
    Tensor windows = Tensor.ofStrided(DType.I64, memory, 0, Shape.of(3, 3), 1, 1);
    assertArrayEquals(new long[] {0, 1, 2, 1, 2, 3, 2, 3, 4}, windows.toLongArray());
    Tensor backwards = Tensor.ofStrided(DType.I64, memory, 4, Shape.of(3), -2);
    assertArrayEquals(new long[] {4, 2, 0}, backwards.toLongArray());
  }

  @Test
  void stridesThatLeaveTheSegmentAreRefused() {
    MemorySegment memory = MemorySegment.ofArray(new float[6]);
    refuses("touches elements 0 to 6", () -> strided(memory, 0, Shape.of(3, 3), 2, 1));
    refuses("touches elements -1 to 1", () -> strided(memory, 1, Shape.of(3), -1));
    refuses("touches", () -> strided(memory, -1, Shape.of(2), 1));
    refuses("touches", () -> strided(memory, 6, Shape.of(), new long[0]));
    refuses("overflows", () -> strided(memory, 0, Shape.of(3), Long.MAX_VALUE));
    refuses("overflows", () -> strided(memory, 1, Shape.of(2, 2), Long.MAX_VALUE, 1));
    refuses("one stride for each axis", () -> strided(memory, 0, Shape.of(2), 1, 1));
  }

  private static Tensor strided(MemorySegment memory, long offset, Shape shape, long... strides) {
    return Tensor.ofStrided(DType.F32, memory, offset, shape, strides);
  }

  @Test
  void viewsThatDoNotExistAreRefused() {
    refuses("permutation", () -> MATRIX.transpose(0));
    refuses("permutation", () -> MATRIX.transpose(0, 0));
    refuses("permutation", () -> MATRIX.transpose(0, 2));
    refuses("permutation", () -> MATRIX.transpose(-1, 1));
    refuses("permutation", () -> MATRIX.transpose(-3, 0));
    refuses("step other than 0", () -> MATRIX.slice(0, 0, 1, 0));
    refuses("axis 1 of shape [2, 3]", () -> MATRIX.slice(1, 0, 4));
    refuses("slice", () -> MATRIX.slice(1, 2, 1));
    refuses("slice", () -> MATRIX.slice(1, 3, 0, -1));
    refuses("slice", () -> MATRIX.slice(1, 1, -2, -1));
    refuses("slice: expected an axis in [-2, 2)", () -> MATRIX.slice(2, 0, 0));
    refuses("in [0, 3) of axis 1 of shape [2, 3], got 3", () -> MATRIX.select(1, 3));
    refuses("in [0, 2) of axis 0 of shape [2, 3], got -1", () -> MATRIX.select(-2, -1));
    refuses("select: expected an axis in [-2, 2)", () -> MATRIX.select(-3, 0));
    refuses("diagonal: expected an axis in [-2, 2)", () -> MATRIX.diagonal(0, 2));
    refuses("two different axes of equal size", () -> MATRIX.diagonal(0, 1));
    refuses("two different axes", () -> MATRIX.reshape(3, 2).diagonal(1, -1));
    refuses("does not broadcast", () -> MATRIX.broadcastTo(Shape.of(2, 4)));
    refuses("does not broadcast", () -> MATRIX.broadcastTo(Shape.of(3)));
    refuses("rank 0 is lower", () -> MATRIX.broadcastTo(Shape.of()));
    refuses("contiguous()", () -> MATRIX.transpose().reshape(6));
    refuses("6 elements", () -> MATRIX.reshape(4));
    refuses("6 elements", () -> MATRIX.reshape(4, -1));
    refuses("-1 cannot be derived", () -> MATRIX.reshape(-1, -1));
    refuses("-1 cannot be derived", () -> Tensor.zeros(DType.F32, 0).reshape(-1, 0));
    refuses("reshape", () -> MATRIX.reshape(1L << 32, 1L << 32, -1));
    refuses("expand: expected an axis in [-3, 3) for shape [2, 3], got 3", () -> MATRIX.expand(3));
  }

  @Test
  void indicesOutsideAreRefused() {
    refuses("inside shape [2, 3], got [0, 3]", () -> MATRIX.getDouble(0, 3));
    refuses("inside shape [2, 3], got [-1, 0]", () -> MATRIX.getLong(-1, 0));
    refuses("one index for each axis", () -> MATRIX.getDouble(0));
    refuses("inside shape [2, 3], got [2, 0]", () -> MATRIX.set(1.0, 2, 0));
    refuses("one index for each axis", () -> MATRIX.set(1L, 0, 0, 0));
    refuses("size: expected an axis in [-2, 2) for shape [2, 3], got 5", () -> MATRIX.size(5));
    refuses(
        "stride: expected an axis in [-2, 2) for shape [2, 3], got -3", () -> MATRIX.stride(-3));
  }

  @Test
  void axesBelowZeroAreCountedFromTheEnd() {
    Tensor x = Tensor.of(IntStream.range(0, 36).toArray(), 3, 4, 3);
    for (int axis = 0; axis < 3; axis++) {
      int fromTheEnd = axis - 3;
      assertEquals(x.size(axis), x.size(fromTheEnd));
      assertEquals(x.stride(axis), x.stride(fromTheEnd));
      sameView(x.slice(axis, 1, 3), x.slice(fromTheEnd, 1, 3));
      sameView(x.slice(axis, 2, -1, -1), x.slice(fromTheEnd, 2, -1, -1));
      sameView(x.select(axis, 2), x.select(fromTheEnd, 2));
      sameView(x.expand(axis), x.expand(axis - 4));
    }
    sameView(x.expand(3), x.expand(-1));
    sameView(x.diagonal(0, 2), x.diagonal(-3, -1));
    sameView(x.diagonal(0, 2), x.diagonal(-1, 0));
  }

  private static void sameView(Tensor expected, Tensor view) {
    assertEquals(expected.shape(), view.shape());
    assertArrayEquals(expected.strides(), view.strides());
    assertArrayEquals(expected.toLongArray(), view.toLongArray());
  }

  @Test
  void assignOfAnotherShapeIsRefusedBeforeAnythingIsWritten() {
    Tensor target = Tensor.zeros(DType.F32, 2, 3);
    refuses("expected shape [2, 3], got [3]", () -> target.assign(Tensor.full(DType.F32, 1, 3)));
    assertArrayEquals(new float[6], target.toFloatArray());
  }

  @Test
  void assignToAViewWhoseIndicesShareElementsIsRefusedBeforeAnythingIsWritten() {
    Tensor target = Tensor.zeros(DType.F32, 3);
    Tensor rows = target.broadcastTo(Shape.of(2, 3));
    refuses(
        "strides [0, 1], whose indices share", () -> rows.assign(Tensor.zeros(DType.F32, 2, 3)));
    Tensor windows = Tensor.ofStrided(DType.F32, target.segment(), 0, Shape.of(2, 2), 1, 1);
    refuses("strides [1, 1], whose indices share", () -> windows.assign(MATRIX.slice(1, 0, 2)));
    assertArrayEquals(new float[3], target.toFloatArray());
    // Nothing is shared where nothing is: strides of empty tensors are often 0.
    Tensor empty = Tensor.zeros(DType.F32, 1, 0).broadcastTo(Shape.of(2, 0));
    empty.assign(Tensor.zeros(DType.F32, 2, 0));
  }

  @Test
  void fullConvertsItsValue() {
    assertArrayEquals(new long[] {2, 2}, Tensor.full(DType.I32, 2.9, 2).toLongArray());
    assertEquals(1.0, Tensor.full(DType.BF16, 1.001, 1).getDouble(0));
    assertEquals(1, Tensor.scalar(DType.BOOL, 0.1).getLong());
  }

  @Test
  void dataWithoutSizesIsToldWhereSizesStand() {
    refuses(
        "needs 1 element, got 2 (8 bytes); give the sizes after the data, as in of(data, 2, 3)",
        () -> Tensor.of(new float[] {3, 4}));
    refuses("needs 3 elements, got 2 (8 bytes)", () -> Tensor.of(new float[] {3, 4}, 3));
    assertEquals(Shape.of(), Tensor.of(new float[] {3}).shape());
  }

  private static void refuses(String part, Executable use) {
    RuntimeException thrown = assertThrows(RuntimeException.class, use);
    assertTrue(
        thrown instanceof IllegalArgumentException || thrown instanceof IndexOutOfBoundsException,
        thrown.toString());
    assertTrue(String.valueOf(thrown.getMessage()).contains(part), thrown.toString());
  }

  @Test
  void aViewThatMeetsAnElementTwiceOverlapsItself() {
    Tensor row = Tensor.of(new float[12], 12);
    assertFalse(row.reshape(3, 4).transpose().overlapsItself());
    assertTrue(row.broadcastTo(Shape.of(2, 12)).overlapsItself());
    Shape shape = Shape.of(3, 4);
    assertTrue(Tensor.ofStrided(DType.F32, row.segment(), 0, shape, 1, 2).overlapsItself());
    assertFalse(Tensor.ofStrided(DType.F32, row.segment(), 3, shape, 4, -1).overlapsItself());
    assertFalse(row.slice(0, 3, 3).broadcastTo(Shape.of(2, 0)).overlapsItself());
  }

  @Test
  void rowsOfAnArrayOfArraysAreCopied() {
    float[][] rows = {{1, 2, 3}, {4, 5, 6}};
    Tensor matrix = Tensor.of(rows);
    rows[0][0] = 9;
    assertEquals("f32[2, 3]\n[[1.0 2.0 3.0]\n [4.0 5.0 6.0]]", matrix.toString());
    assertEquals("f64[1, 2]\n[[0.5 1.5]]", Tensor.of(new double[][] {{0.5, 1.5}}).toString());
    assertEquals(Shape.of(0, 0), Tensor.of(new float[0][]).shape());
    assertThrows(IllegalArgumentException.class, () -> Tensor.of(new double[][] {{1, 2}, {3}}));
  }
}
