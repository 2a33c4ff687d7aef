package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The composite of ragged groups of rows. */
class ExpertProductTest {
  private static final LocalBackend PLAIN = LocalBackend.of(Workers.sequential());
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static Program product(long r, long k, long e, long n, DType dtype, DType index) {
    ProgramBuilder p = Program.builder("grouped");
    Value x = p.input("x", dtype + "[row=" + r + " k=" + k + "]");
    Value w = p.input("w", dtype + "[e=" + e + " k=" + k + " n=" + n + "]");
    Value sizes = p.input("sizes", index + "[e=" + e + "]");
    p.output("y", p.add(MoePrograms.expertProduct(x, w, sizes)).getFirst());
    return p.build();
  }

  private static Tensor integers(Random random, DType dtype, long... shape) {
    int count = (int) Tensor.zeros(DType.BOOL, shape).shape().elementCount();
    double[] values = random.doubles(count, -3, 4).map(Math::floor).toArray();
    return Tensor.of(values, shape).convert(dtype);
  }

  /** Sizes of which some are 0, with a sum of at most the rows. */
  private static Tensor sizes(Random random, long rows, long groups, DType index) {
    double[] sizes = new double[(int) groups];
    long left = rows;
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextInt(3) == 0 ? 0 : random.nextLong(left + 1);
      left -= (long) sizes[i];
    }
    return Tensor.of(sizes, groups).convert(index);
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  @Property(tries = 100)
  void equalsItsDecompositionForwardAndBackward(@ForAll long seed) {
    Random random = new Random(seed);
    long r = random.nextInt(20);
    long k = random.nextInt(5);
    long e = random.nextInt(6);
    long n = random.nextInt(5);
    DType index = random.nextBoolean() ? DType.I32 : DType.I64;
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I64)) {
      Program forward = product(r, k, e, n, dtype, index);
      Program program =
          dtype.isFloating()
              ? Gradients.valueAndPullback(forward, List.of("y"), List.of("x", "w"))
              : forward;
      List<Tensor> inputs = new ArrayList<>();
      inputs.add(integers(random, dtype, r, k));
      inputs.add(integers(random, dtype, e, k, n));
      inputs.add(sizes(random, r, e, index));
      if (dtype.isFloating()) {
        inputs.add(integers(random, dtype, r, n));
      }
      List<Tensor> expected = run(new ReferenceBackend(), program, inputs);
      for (Backend backend : List.of(KERNELS, PLAIN)) {
        List<Tensor> given = run(backend, program, inputs);
        for (int i = 0; i < expected.size(); i++) {
          close(expected.get(i), given.get(i));
        }
      }
    }
  }

  /** Integers are exact but where bf16 rounds them, and the sign of a zero is not promised. */
  private static void close(Tensor expected, Tensor given) {
    assertArrayEquals(expected.toDoubleArray(), given.toDoubleArray(), Double.MIN_VALUE);
  }

  @Test
  void rowsBehindTheLastGroupAreZeroAndGiveNoGradient() {
    Program forward = product(5, 2, 3, 2, DType.F64, DType.I32);
    Program program = Gradients.valueAndPullback(forward, List.of("y"), List.of("x", "w"));
    List<Tensor> inputs =
        List.of(
            Tensor.full(DType.F64, 1, 5, 2),
            Tensor.full(DType.F64, 1, 3, 2, 2),
            Tensor.of(new int[] {1, 0, 2}, 3),
            Tensor.full(DType.F64, 1, 5, 2));
    List<Tensor> results = run(KERNELS, program, inputs);
    double[] rows = {2, 2, 2, 2, 2, 2, 0, 0, 0, 0};
    assertArrayEquals(rows, results.get(0).toDoubleArray());
    assertArrayEquals(rows, results.get(1).toDoubleArray());
    assertArrayEquals(
        new double[] {1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2}, results.get(2).toDoubleArray());
  }

  @Test
  void theGradientEqualsFiniteDifferences() {
    Program forward = product(7, 3, 4, 2, DType.F64, DType.I32);
    Program program = Gradients.valueAndPullback(forward, List.of("y"), List.of("x", "w"));
    Random random = new Random(3);
    List<Tensor> inputs = new ArrayList<>();
    inputs.add(integers(random, DType.F64, 7, 3));
    inputs.add(integers(random, DType.F64, 4, 3, 2));
    inputs.add(Tensor.of(new int[] {2, 0, 3, 1}, 4));
    inputs.add(integers(random, DType.F64, 7, 2));
    List<Tensor> gradients = run(KERNELS, program, inputs).subList(1, 3);
    for (int input = 0; input < 2; input++) {
      double[] gradient = gradients.get(input).toDoubleArray();
      for (int at = 0; at < gradient.length; at++) {
        // The product is linear in each operand, so that a step of 1 has no error.
        double slope = dot(forward, inputs, input, at, 1) - dot(forward, inputs, input, at, 0);
        assertEquals(slope, gradient[at]);
      }
    }
  }

  private static double dot(Program forward, List<Tensor> inputs, int input, int at, double step) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs.subList(0, 3));
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    double[] y = run(KERNELS, forward, moved).getFirst().toDoubleArray();
    double[] cotangent = inputs.get(3).toDoubleArray();
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += y[i] * cotangent[i];
    }
    return sum;
  }

  @Test
  void otherTypesAreErrorsThatShowTheRightOnes() {
    ProgramBuilder p = Program.builder("bad");
    Value x = p.input("x", "f32[r=4 k=3]");
    Value w = p.input("w", "f32[e=2 m=3 n=5]");
    Value sizes = p.input("sizes", "i32[e=2]");
    String message =
        assertThrows(IllegalArgumentException.class, () -> MoePrograms.expertProduct(x, w, sizes))
            .getMessage();
    assertTrue(message.contains("w [e, k, n]") && message.contains("m=3"), message);
  }

  @Test
  void aCompositeThatHasTheNameAloneRunsItsDecomposition() {
    for (String name :
        List.of("moe.expert_product", "moe.expert_product.gradient", "moe.expert_rows")) {
      Program program =
          Program.parse(
              String.format(
                  Locale.ROOT,
                  """
              program p {
                input x: f32[a=2]
                y = composite(x) {name=%s, splittable=[], decomposition=program twice {
                  input c: f32[a=2]
                  d = add(c, c)
                  output d
                }}
                output y
              }
              """,
                  name));
      assertArrayEquals(
          new float[] {2, 6},
          run(KERNELS, program, List.of(Tensor.of(new float[] {1, 3}, 2)))
              .getFirst()
              .toFloatArray(),
          name);
    }
  }
}
