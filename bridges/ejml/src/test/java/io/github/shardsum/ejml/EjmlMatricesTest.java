package io.github.shardsum.ejml;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import org.ejml.data.DMatrixRMaj;
import org.ejml.data.FMatrixRMaj;
import org.junit.jupiter.api.Test;

class EjmlMatricesTest {
  @Test
  void matrixAndTensorAreOneArray() {
    double[] elements = {1, 2, 3, 4, 5, 6};
    Tensor tensor = Tensor.of(elements, 2, 3);
    DMatrixRMaj matrix = EjmlMatrices.matrix(tensor);
    assertSame(elements, matrix.data);
    assertEquals(6, matrix.get(1, 2));
    matrix.set(0, 1, 7);
    assertEquals(7, tensor.getDouble(0, 1));
    Tensor back = EjmlMatrices.tensor(matrix);
    back.set(8, 1, 0);
    assertEquals(8, elements[3]);
  }

  @Test
  void floatMatricesToo() {
    Tensor tensor = Tensor.of(new float[][] {{1, 2}, {3, 4}});
    FMatrixRMaj matrix = EjmlMatrices.floatMatrix(tensor);
    matrix.set(1, 0, 9);
    assertEquals(9, tensor.getDouble(1, 0));
    assertArrayEquals(new float[] {1, 2, 9, 4}, EjmlMatrices.tensor(matrix).toFloatArray());
  }

  @Test
  void aMatrixInALongerArrayIsItsBeginning() {
    DMatrixRMaj matrix = new DMatrixRMaj(4, 4);
    matrix.reshape(2, 3);
    assertTrue(matrix.data.length > 6);
    assertEquals(Shape.of(2, 3), EjmlMatrices.tensor(matrix).shape());
  }

  @Test
  void whatCannotBeSharedIsRefusedAndCopied() {
    Tensor tensor = Tensor.of(new double[][] {{1, 2}, {3, 4}});
    Tensor turned = tensor.transpose();
    var refused = assertThrows(IllegalArgumentException.class, () -> EjmlMatrices.matrix(turned));
    assertTrue(refused.getMessage().endsWith("EjmlMatrices.copy takes any"));
    Tensor later = tensor.slice(0, 1, 2);
    assertThrows(IllegalArgumentException.class, () -> EjmlMatrices.matrix(later));
    assertThrows(IllegalArgumentException.class, () -> EjmlMatrices.floatMatrix(tensor));
    DMatrixRMaj copy = EjmlMatrices.copy(turned);
    assertArrayEquals(new double[] {1, 3, 2, 4}, copy.data);
    copy.set(0, 0, 5);
    assertEquals(1, tensor.getDouble(0, 0));
    try (Arena arena = Arena.ofConfined()) {
      Tensor far = Tensor.allocate(arena, DType.F64, Shape.of(2, 2));
      assertThrows(IllegalArgumentException.class, () -> EjmlMatrices.matrix(far));
    }
    Tensor cube = Tensor.zeros(DType.F64, 2, 2, 2);
    assertThrows(IllegalArgumentException.class, () -> EjmlMatrices.copy(cube));
  }
}
