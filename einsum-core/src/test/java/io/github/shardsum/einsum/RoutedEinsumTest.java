package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Einsums with a routing tensor among the operands. */
class RoutedEinsumTest {
  @Test
  void slotsOfABoolRoutingTensorThatHoldOnePositionCountOnce() {
    Tensor positions = Tensor.of(new int[] {2, 0, 2, 2, -1, -1}, 1, 6);
    Tensor weights = Tensor.ofBool(new byte[] {0, 1, 1, 1, 1, 1}, 1, 6);
    RoutingTensor mask = RoutingTensor.of(Shape.of(1, 3), positions, weights);
    Tensor numbers = Tensor.of(new int[] {1, 10, 100}, 1, 3);
    for (DType dtype : List.of(DType.I32, DType.F32, DType.F64)) {
      Tensor x = numbers.convert(dtype);
      for (String equation : List.of("ij,ij->i", "ij,ij->j", "ij,ij->ij")) {
        Tensor want = Einsum.einsum(equation, mask.toDense(), x);
        assertArrayEquals(
            want.toDoubleArray(), Einsum.einsum(equation, mask, x).toDoubleArray(), equation);
      }
    }
    EinsumOptions counting = EinsumOptions.defaults().withDtype(DType.I32);
    Tensor count = Einsum.compile("ij->i", counting, OperandSpec.like(mask)).run(mask);
    assertArrayEquals(new long[] {2}, count.toLongArray());
  }

  @Test
  void aRoutingTensorWithoutSlotsIsZero() {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      Tensor positions = Tensor.zeros(DType.I32, 3, 4, 0);
      Tensor weights = Tensor.zeros(dtype, 3, 1, 0).broadcastTo(positions.shape());
      RoutingTensor none = RoutingTensor.of(Shape.of(3, 4, 5), positions, weights);
      Tensor x = Tensor.full(dtype, 1, 4, 5);
      for (String equation : List.of("abc,bc->ab", "abc,bc->b", "abc,bc->bca", "abc,bc->")) {
        Tensor sum = Einsum.einsum(equation, none, x);
        assertArrayEquals(new double[sum.toDoubleArray().length], sum.toDoubleArray(), equation);
      }
    }
  }

  /** More rows than are read at once, against plain loops; with what the result held before. */
  @Test
  void manyRowsAreGatheredAndScattered() {
    int rows = 2500;
    int tail = 5;
    int columns = 3;
    int[] places = new int[rows];
    double[] table = new double[tail * columns];
    double[] lines = new double[rows * columns];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = i % 11 - 5;
      places[i / columns] = i / columns * 7 % tail;
      table[i % table.length] = i % 13 - 6;
    }
    double[] gathered = new double[rows * columns];
    double[] scattered = new double[tail * columns];
    for (int i = 0; i < gathered.length; i++) {
      int place = places[i / columns] * columns + i % columns;
      gathered[i] = 2 * table[place] + 3;
      scattered[place] += 2 * lines[i];
    }
    for (int i = 0; i < scattered.length; i++) {
      scattered[i] += 3;
    }
    Tensor indices = Tensor.of(places, rows);
    for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
      RoutingTensor hot = RoutingTensor.oneHot(indices, tail, dtype);
      Tensor small = Tensor.of(table, tail, columns).convert(dtype);
      Tensor large = Tensor.of(lines, rows, columns).convert(dtype);
      assertArrayEquals(gathered, scaled("gt,tc->gc", hot, small, rows), "" + dtype);
      assertArrayEquals(scattered, scaled("gt,gc->tc", hot, large, tail), "" + dtype);
    }
  }

  /** Twice the einsum, and three times a result of ones. */
  private static double[] scaled(String equation, RoutingTensor hot, Tensor dense, int rows) {
    Tensor out = Tensor.full(dense.dtype(), 1, rows, dense.shape().size(1));
    EinsumOptions options = EinsumOptions.defaults().withDtype(dense.dtype());
    Einsum.compile(equation, options, OperandSpec.like(hot, dense)).runInto(2, 3, out, hot, dense);
    return out.toDoubleArray();
  }

  @Test
  void aMemoryLimitSlicesWhatIsDenseOfTwoRoutingOperands() {
    RoutingTensor rows = RoutingTensor.oneHot(Tensor.of(new int[] {3, 0, 1}, 3), 64, DType.F32);
    RoutingTensor columns = RoutingTensor.oneHot(Tensor.of(new int[] {1, 2, 3}, 3), 64, DType.F32);
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(128);
    Einsum compiled = Einsum.compile("ab,cb->ac", options, OperandSpec.like(rows, columns));
    assertTrue(compiled.explain().temporaryBytes() <= 2 * 128, compiled.explain().toString());
    assertArrayEquals(
        new float[] {0, 0, 1, 0, 0, 0, 1, 0, 0}, compiled.run(rows, columns).toFloatArray());
  }

  @Test
  void aRoutingOperandWithARepeatedLabelIsNotMadeDenseBeyondTheMemoryLimit() {
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {0, 1, 2}, 3), 3, DType.F32);
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(32);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Einsum.compile(
                    "aa,a->a", options, OperandSpec.like(routing, Tensor.zeros(DType.F32, 3))));
    assertTrue(error.getMessage().contains("repeated label"), error.getMessage());
  }

  @Test
  void aPositionThatIsChangedToOneOutsideOfTheTailIsAnError() {
    Tensor positions = Tensor.of(new int[] {0, 1}, 2, 1);
    RoutingTensor routing =
        RoutingTensor.of(Shape.of(2, 2, 2), positions, Tensor.of(new float[] {1, 1}, 2, 1));
    positions.set(4, 1, 0);
    Tensor dense = Tensor.zeros(DType.F32, 2, 2);
    for (String equation : List.of("abc,bc->a", "abc,bc->abc")) {
      var error =
          assertThrows(
              IllegalArgumentException.class, () -> Einsum.einsum(equation, routing, dense));
      assertTrue(error.getMessage().contains("got 4"), error.getMessage());
    }
  }
}
