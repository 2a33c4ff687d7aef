package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Dynamic languages of the JVM call by reflection, from another package. */
class ReflectiveCallTest {
  @Test
  void methodsOfATensorAreFoundOnIt() throws ReflectiveOperationException {
    Tensor tensor = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor transposed = (Tensor) Tensor.class.getMethod("transpose").invoke(tensor);
    Tensor copy = (Tensor) Tensor.class.getMethod("copy").invoke(transposed);
    assertArrayEquals(new long[] {3, 2}, copy.shape().toArray());
  }
}
