package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An intermediate value of a pointwise kernel is a result of the kernel if others read it. */
class FusedResultsTest {
  private static final Backend LOCAL = LocalBackend.of(Workers.sequential());

  private static List<List<String>> pointwise(Executable executable) {
    return executable.steps().stream()
        .filter(step -> step.kernel().equals("pointwise"))
        .map(PlannedStep::results)
        .toList();
  }

  private static List<Double> elements(Tensor x) {
    return Arrays.stream(x.toDoubleArray()).boxed().toList();
  }

  @Test
  void anOutputOnTheWayIsAResultOfTheSameKernel() {
    Program program =
        Program.parse(
            """
            program both {
              input x: f64[i=3]
              input y: f64[i=3]
              mean = multiply(x, y)
              next = subtract(x, mean)
              output mean, next
            }
            """);
    try (Executable executable = LOCAL.compile(program)) {
      assertEquals(List.of(List.of("mean", "next")), pointwise(executable));
      Tensor x = Tensor.of(new double[] {1, 2, 3}, 3);
      List<Tensor> results = executable.run(x, Tensor.of(new double[] {2, 2, 0}, 3));
      assertEquals(List.of(2.0, 4.0, 0.0), elements(results.get(0)));
      assertEquals(List.of(-1.0, -2.0, 3.0), elements(results.get(1)));
    }
  }

  @Test
  void whatIsReadBeforeTheKernelsLastOperationHasAKernelOfItsOwn() {
    Program program =
        Program.parse(
            """
            program between {
              input x: f64[i=3]
              square = multiply(x, x)
              sum = reduce_sum(square) {labels=["i"]}
              share = divide(square, sum)
              output share
            }
            """);
    try (Executable executable = LOCAL.compile(program)) {
      assertEquals(List.of(List.of("square"), List.of("share")), pointwise(executable));
      Tensor x = Tensor.of(new double[] {1, 2, 3}, 3);
      assertEquals(List.of(1 / 14.0, 4 / 14.0, 9 / 14.0), elements(executable.run(x).getFirst()));
    }
  }

  @Test
  void aChoiceKeepsTheBitsOfWhatItTakes() {
    Program program =
        Program.parse(
            """
            program choice {
              input x: f32[i=4]
              input y: f32[i=4]
              zero = constant {type="f32[]", value=0}
              above = gt(x, zero)
              z = select(above, y, zero)
              output z
            }
            """);
    try (Executable executable = LOCAL.compile(program)) {
      Tensor x = Tensor.of(new float[] {1, Float.NaN, -0.0f, Float.MIN_VALUE}, 4);
      Tensor y = Tensor.of(new float[] {-0.0f, 5, Float.NaN, Float.NEGATIVE_INFINITY}, 4);
      Tensor z = executable.run(x, y).getFirst();
      assertEquals(List.of(-0.0, 0.0, 0.0, Double.NEGATIVE_INFINITY), elements(z));
    }
  }

  /** Blocks begin and end anywhere within a row. */
  @ParameterizedTest
  @CsvSource({
    "F32, 3, 700, 1",
    "F64, 700, 3, 5",
    "I32, 2, 1, 1100",
    "I64, 513, 2, 1",
    "I64, 3, 3, 333"
  })
  void anIndexCountsAlongItsAxisInEveryBlock(DType dtype, int a, int b, int c) {
    ProgramBuilder p = Program.builder("indices");
    ValueType type =
        ValueType.of(dtype, List.of("a", "b", "c"), List.of((long) a, (long) b, (long) c));
    Value x = p.input("x", type);
    List.of("a", "b", "c").forEach(label -> p.output(label, p.add(x, p.iota(type, label))));
    List.of("a", "b", "c").forEach(label -> p.output("only." + label, p.iota(type, label)));
    double[][] expected = new double[3][a * b * c];
    for (int i = 0; i < a * b * c; i++) {
      int row = i / c;
      int first = row / b;
      expected[0][i] = first;
      expected[1][i] = row % b;
      expected[2][i] = i % c;
    }
    try (Workers three = Workers.of(3)) {
      for (Workers workers : List.of(Workers.sequential(), three)) {
        try (Executable executable = LocalBackend.of(workers).compile(p.build())) {
          List<Tensor> results = executable.run(Tensor.zeros(dtype, a, b, c));
          for (int i = 0; i < results.size(); i++) {
            assertArrayEquals(expected[i % 3], results.get(i).convert(DType.F64).toDoubleArray());
          }
        }
      }
    }
  }
}
