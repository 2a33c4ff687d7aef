package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many elements are taken along the axis that lies side by side in memory: against a loop. */
class TakenElementsTest {
  /** Fewer rows than threads and more; short rows, and rows of which each element is far. */
  @ParameterizedTest
  @CsvSource({"2, 50, 20000", "20, 50, 20000", "3, 17000, 20000", "2, 400, 100", "2, 401, 100"})
  void theyAreThoseOfTheirNumbers(int rows, int size, int count) {
    Random random = new Random(7);
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextInt(2 * size) - size;
    }
    float[] values = new float[rows * size];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(1 << 20);
    }
    double[] expected = new double[rows * count];
    for (int at = 0; at < expected.length; at++) {
      int column = Math.floorMod(numbers[at % count], size);
      expected[at] = values[at / count * size + column];
    }
    Tensor indices = Tensor.of(numbers, count);
    try (Workers four = Workers.of(4)) {
      for (Workers workers : List.of(Workers.sequential(), four)) {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I64)) {
          Tensor x = Tensor.of(values, rows, size).convert(dtype);
          Tensor out = Tensor.zeros(dtype, rows, count);
          Movement.take(Target.into(workers, out), x, indices, 1);
          assertArrayEquals(expected, out.toDoubleArray(), dtype + " " + workers);
        }
      }
    }
  }
}
