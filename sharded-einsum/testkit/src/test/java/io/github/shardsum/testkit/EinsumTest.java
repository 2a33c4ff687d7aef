package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class EinsumTest {
  private record Operands(EinsumCase einsum, List<Tensor> tensors) {}

  private static Generator<Operands> operands(DType dtype) {
    return Equations.of(3, 4)
        .flatMap(each -> each.operands(dtype).map(tensors -> new Operands(each, tensors)));
  }

  @Test
  void theProductOfTwoMatricesIsItsDefinition() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor y = Tensor.of(new double[] {1, 0, 2, 1, 0, 3}, 3, 2);
    Equation equation = Equation.parse("ij,jk->ik");
    Tensor z = ReferenceEinsum.evaluate(equation.bind(Shape.of(2, 3), Shape.of(3, 2)), x, y);
    assertArrayEquals(new double[] {5, 11, 14, 23}, z.toDoubleArray());
  }

  @Test
  void diagonalsAndBroadcastAxesAreTheirDefinition() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    Tensor one = Tensor.of(new double[] {10}, 1);
    Equation equation = Equation.parse("ii,i->i");
    Tensor z = ReferenceEinsum.evaluate(equation.bind(Shape.of(2, 2), Shape.of(1)), x, one);
    assertArrayEquals(new double[] {10, 40}, z.toDoubleArray());
  }

  @Test
  void compiledEinsumsOfIntegersEqualTheDefinitionBitForBit() {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I32, DType.I64)) {
      Check.forAll(operands(dtype))
          .tries(150)
          .holds(
              drawn -> {
                Tensor[] tensors = drawn.tensors().toArray(Tensor[]::new);
                Tensor expected = ReferenceEinsum.evaluate(drawn.einsum().bound(), tensors);
                Tensor given = Einsum.einsum(drawn.einsum().equation().toString(), tensors);
                assertEquals(expected.shape(), given.shape());
                assertArrayEquals(values(expected), values(given));
              });
    }
  }

  /** The sign of a zero is no promise. */
  private static double[] values(Tensor tensor) {
    return DoubleStream.of(tensor.toDoubleArray()).map(x -> x + 0.0).toArray();
  }
}
