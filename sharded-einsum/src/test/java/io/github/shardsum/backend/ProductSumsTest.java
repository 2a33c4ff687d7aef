package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sum of a product that nothing else reads stores no product. */
class ProductSumsTest {
  private static final Backend LOCAL = LocalBackend.of(Workers.sequential());

  private static Program program(DType dtype, int a, int b, String output) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
            program sums {
              input x: %1$s[a=%2$d b=%3$d]
              input y: %1$s[b=%3$d a=%2$d]
              input row: %1$s[b=%3$d]
              product = multiply(x, y)
              each = reduce_sum(product) {labels=["b"]}
              square = multiply(x, x)
              all = reduce_sum(square) {labels=["a", "b"]}
              scaled = multiply(x, row)
              rows = reduce_sum(scaled) {labels=["a"]}
              output each, all, rows%4$s
            }
            """,
            dtype.toString().toLowerCase(Locale.ROOT),
            a,
            b,
            output));
  }

  private static List<List<String>> pointwise(CompileOptions options, Program program) {
    try (Executable executable = LOCAL.compile(program, options)) {
      return executable.steps().stream()
          .filter(step -> step.kernel().equals("pointwise"))
          .map(PlannedStep::results)
          .toList();
    }
  }

  private static double[] numbers(Random random, DType dtype, int n) {
    double[] values = random.doubles(n, -1, 1).toArray();
    for (int i = 0; i < n && dtype == DType.F32; i++) {
      values[i] = (float) values[i];
    }
    return values;
  }

  @ParameterizedTest
  @CsvSource({"F32, 1, 1", "F32, 7, 130", "F64, 33, 5", "F32, 2, 1031"})
  void sumsEqualTheirDefinition(DType dtype, int a, int b) {
    Random random = new Random(3);
    double[] x = numbers(random, dtype, a * b);
    double[] y = numbers(random, dtype, a * b);
    double[] row = numbers(random, dtype, b);
    double[] each = new double[a];
    double[] rows = new double[b];
    double all = 0;
    for (int i = 0; i < a; i++) {
      for (int j = 0; j < b; j++) {
        each[i] += x[i * b + j] * y[j * a + i];
        rows[j] += x[i * b + j] * row[j];
        all += x[i * b + j] * x[i * b + j];
      }
    }
    try (Executable executable = LOCAL.compile(program(dtype, a, b, ""))) {
      List<Tensor> results =
          executable.run(
              Tensor.of(x, a, b).convert(dtype),
              Tensor.of(y, b, a).convert(dtype),
              Tensor.of(row, b).convert(dtype));
      double bound = (dtype == DType.F32 ? 1e-6 : 1e-14) * a * b;
      for (int i = 0; i < a; i++) {
        assertEquals(each[i], results.get(0).getDouble(i), bound);
      }
      assertEquals(all, results.get(1).getDouble(), bound);
      for (int j = 0; j < b; j++) {
        assertEquals(rows[j], results.get(2).getDouble(j), bound);
      }
    }
  }

  @Test
  void onlyProductsThatOthersReadOrThatRepeatAFactorAreStored() {
    CompileOptions options = CompileOptions.defaults();
    assertEquals(List.of(List.of("scaled")), pointwise(options, program(DType.F32, 3, 8, "")));
    assertEquals(
        List.of(List.of("product"), List.of("scaled")),
        pointwise(options, program(DType.F64, 3, 8, ", product")));
  }

  @Test
  void productsWithShortRowsAreStored() {
    assertEquals(
        List.of(List.of("product"), List.of("square"), List.of("scaled")),
        pointwise(CompileOptions.defaults(), program(DType.F32, 300, 7, "")));
  }

  @Test
  void roundedProductsAreStored() {
    List<List<String>> all = List.of(List.of("product"), List.of("square"), List.of("scaled"));
    CompileOptions options = CompileOptions.defaults();
    assertEquals(all, pointwise(options, program(DType.BF16, 3, 8, "")));
    assertEquals(all, pointwise(options, program(DType.I32, 3, 8, "")));
    CompileOptions inOrder = options.withSums(SumOrder.TREE);
    assertEquals(all, pointwise(inOrder, program(DType.F32, 3, 8, "")));
  }

  /** A gather would lose the products of zeros with infinities and NaN. */
  @ParameterizedTest
  @CsvSource({"F32", "F64"})
  void zerosOfOneHotsSpreadInfinitiesAndNaN(DType dtype) {
    Program program =
        Program.parse(
            String.format(
                Locale.ROOT,
                """
                program picked {
                  input i: i32[a=3]
                  input slots: i32[a=3 k=2]
                  input weights: %1$s[a=3 k=2]
                  input x: %1$s[a=3 b=9]
                  one = one_hot(i) {label="b", size=9, dtype=%1$s}
                  picked = multiply(one, x)
                  single = reduce_sum(picked) {labels=["b"]}
                  several = one_hot(slots) {label="b", size=9, dtype=%1$s}
                  count = reduce_sum(several) {labels=["k"]}
                  counted = multiply(x, count)
                  counts = reduce_sum(counted) {labels=["b"]}
                  weighted = einsum(several, weights) {equation="a k b,a k->a b"}
                  products = multiply(weighted, x)
                  sums = reduce_sum(products) {labels=["b"]}
                  output single, counts, sums
                }
                """,
                dtype.toString().toLowerCase(Locale.ROOT)));
    double inf = Double.POSITIVE_INFINITY;
    List<Tensor> inputs =
        List.of(
            Tensor.of(new int[] {0, 1, 3}, 3),
            Tensor.of(new int[] {0, 1, 1, 2, 3, 0}, 3, 2),
            Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2).convert(dtype),
            Tensor.of(
                    new double[] {
                      1,
                      2,
                      3,
                      4,
                      1,
                      1,
                      1,
                      1,
                      1,
                      inf,
                      5,
                      6,
                      7,
                      1,
                      1,
                      1,
                      1,
                      1,
                      1,
                      Double.NaN,
                      3,
                      4,
                      1,
                      1,
                      1,
                      1,
                      1
                    },
                    3,
                    9)
                .convert(dtype));
    double[][] expected = {
      {1, Double.NaN, Double.NaN}, {3, Double.NaN, Double.NaN}, {5, Double.NaN, Double.NaN}
    };
    try (Executable executable = LOCAL.compile(program)) {
      List<Tensor> results = executable.run(inputs);
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], results.get(i).convert(DType.F64).toDoubleArray());
      }
    }
  }
}
