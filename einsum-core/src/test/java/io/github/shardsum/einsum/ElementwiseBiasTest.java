package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bias along some of the labels of a product without a sum, in whole numbers. */
final class ElementwiseBiasTest {
  private static final List<String> BIASES =
      List.of("a", "b", "c", "ab", "bc", "ca", "abc", "cba", "bac");

  private static float[] whole(Random random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }

  /** The place of an element in a tensor whose axes are some of the labels a, b and c. */
  private static int at(String labels, int[] sizes, int[] index) {
    int at = 0;
    for (int i = 0; i < labels.length(); i++) {
      int label = labels.charAt(i) - 'a';
      at = at * sizes[label] + index[label];
    }
    return at;
  }

  private static Tensor tensor(String labels, int[] sizes, float[] values, DType dtype) {
    long[] shape = labels.chars().mapToLong(label -> sizes[label - 'a']).toArray();
    return Tensor.of(values, shape).convert(dtype);
  }

  private static int count(String labels, int[] sizes) {
    return labels.chars().map(label -> sizes[label - 'a']).reduce(1, (x, y) -> x * y);
  }

  @ParameterizedTest
  @CsvSource({
    "abc, abc, 5, 6, 7",
    "abc, cab, 5, 6, 7",
    "acb, abc, 3, 11, 4",
    "abc, ab, 4, 9, 5",
    "abc, c, 4, 9, 3",
    "cba, b, 6, 7, 8",
    "bac, abc, 2, 40, 33",
    "cab, bca, 9, 5, 70",
    "ab, bc, 8, 3, 2",
  })
  void aBiasIsAddedAlongItsLabels(String left, String right, int a, int b, int c) {
    int[] sizes = {a, b, c};
    Random random = new Random(14);
    float[] x = whole(random, count(left, sizes));
    float[] y = whole(random, count(right, sizes));
    for (String labels : BIASES) {
      float[] bias = whole(random, count(labels, sizes));
      double[] expected = new double[a * b * c];
      for (int at = 0; at < expected.length; at++) {
        int[] index = {at / (b * c), at / c % b, at % c};
        expected[at] =
            x[at(left, sizes, index)] * y[at(right, sizes, index)] + bias[at(labels, sizes, index)];
      }
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Tensor one = tensor(left, sizes, x, dtype);
        Tensor two = tensor(right, sizes, y, dtype);
        Epilogue epilogue = Epilogue.none().withBias(labels, tensor(labels, sizes, bias, dtype));
        double[] got =
            Einsum.compile(
                    left + "," + right + "->abc",
                    EinsumOptions.defaults().withEpilogue(epilogue),
                    OperandSpec.like(one, two))
                .run(one, two)
                .toDoubleArray();
        assertArrayEquals(expected, got, "bias " + labels + " of " + dtype);
      }
    }
  }

  /** Of one operand whose order is another one, so that short rows are gathered. */
  @ParameterizedTest
  @CsvSource({"bca, 40, 5, 3", "cba, 33, 4, 2", "bca, 70, 9, 7", "acb, 6, 30, 5", "cab, 9, 20, 4"})
  void aBiasIsAddedAfterATransposition(String operand, int a, int b, int c) {
    int[] sizes = {a, b, c};
    Random random = new Random(15);
    float[] x = whole(random, a * b * c);
    for (String labels : BIASES) {
      float[] bias = whole(random, count(labels, sizes));
      double[] expected = new double[a * b * c];
      for (int at = 0; at < expected.length; at++) {
        int[] index = {at / (b * c), at / c % b, at % c};
        expected[at] = x[at(operand, sizes, index)] + bias[at(labels, sizes, index)];
      }
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Tensor given = tensor(operand, sizes, x, dtype);
        Epilogue epilogue = Epilogue.none().withBias(labels, tensor(labels, sizes, bias, dtype));
        double[] got =
            Einsum.compile(
                    operand + "->abc",
                    EinsumOptions.defaults().withEpilogue(epilogue),
                    OperandSpec.like(given))
                .run(given)
                .toDoubleArray();
        assertArrayEquals(expected, got, "bias " + labels + " of " + dtype);
      }
    }
  }
}
