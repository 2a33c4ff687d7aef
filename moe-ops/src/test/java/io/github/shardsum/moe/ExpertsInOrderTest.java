package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The experts' kernels in a fixed order of sums, which compute the rows of chosen experts only,
 * have the bits of the einsums over all slots.
 */
class ExpertsInOrderTest {
  /** The program of the experts alone, and its pullback. */
  private static List<Program> programs(MoeSpec spec) {
    Composite experts =
        MoePrograms.raggedLayer(spec).statements().stream()
            .map(statement -> statement.operation())
            .filter(Composite.class::isInstance)
            .map(Composite.class::cast)
            .filter(composite -> composite.name().equals("moe.experts"))
            .findFirst()
            .orElseThrow();
    ProgramBuilder p = Program.builder("experts");
    List<Value> operands = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Value input : experts.decomposition().inputs()) {
      operands.add(p.input(input.name(), input.type()));
      if (input.type().dtype().isFloating()) {
        names.add(input.name());
      }
    }
    Composite own =
        new Composite(
            experts.name(),
            experts.attributes(),
            operands,
            experts.decomposition(),
            experts.splittable());
    p.output("y", p.add(own).getFirst());
    Program forward = p.build();
    return List.of(forward, Gradients.valueAndPullback(forward, List.of("y"), names));
  }

  private record Case(
      int groups, int tokens, int experts, int choices, int capacity, int model, int hidden) {
    MoeSpec spec(DType dtype) {
      RouteOptions options = RouteOptions.parse("top" + choices + " capacity=fixed:" + capacity);
      MoeSizes sizes = MoeSizes.of(groups, tokens, experts, model, hidden, options);
      return MoeSpec.of(sizes, dtype, options, Randomness.seeded(1));
    }

    /** Each choice has a slot of its own, or none. */
    Tensor positions(Random random) {
      int[] all = new int[groups * tokens * choices];
      for (int group = 0; group < groups; group++) {
        int[] next = new int[experts];
        for (int token = 0; token < tokens; token++) {
          int first = random.nextInt(experts);
          for (int k = 0; k < choices; k++) {
            int expert = (first + k * (1 + random.nextInt(2))) % experts;
            boolean sent = next[expert] < capacity && random.nextInt(8) > 0;
            all[(group * tokens + token) * choices + k] =
                sent ? expert * capacity + next[expert]++ : -1;
          }
        }
      }
      return Tensor.of(all, groups, tokens, choices);
    }

    List<Tensor> inputs(Program program, double odd) {
      Random random = new Random(program.inputs().size());
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : program.inputs()) {
        if (input.type().dtype() == DType.I32) {
          inputs.add(positions(random));
          continue;
        }
        double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
        Arrays.setAll(
            values,
            _ ->
                switch (random.nextInt(9)) {
                  case 0 -> -0.0;
                  case 1 -> 0.0;
                  default -> random.nextGaussian() * Math.scalb(1.0, random.nextInt(30) - 15);
                });
        if (odd != 0) {
          values[values.length / 2] = odd;
          values[values.length / 3] = odd;
        }
        inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
      }
      return inputs;
    }
  }

  private static long[] bits(Tensor tensor) {
    return Arrays.stream(tensor.toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
  }

  private static void equal(Case of, DType dtype, int leaf, double odd, boolean isKernel) {
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(leaf));
    for (Program program : programs(of.spec(dtype))) {
      List<Tensor> inputs = of.inputs(program, odd);
      try (Workers three = Workers.of(3);
          Executable all =
              LocalBackend.of(Workers.sequential(), Kernels.none()).compile(program, sums);
          Executable one =
              LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(program, sums);
          Executable many = LocalBackend.of(three, MoePrograms.kernels()).compile(program, sums)) {
        assertEquals(isKernel, !one.explain().contains("runs as its decomposition"), one::explain);
        List<Tensor> expected = all.run(inputs);
        for (Executable each : List.of(one, many, one)) {
          List<Tensor> given = each.run(inputs);
          for (int i = 0; i < expected.size(); i++) {
            String what = of + " " + program.outputs().get(i).name();
            assertArrayEquals(bits(expected.get(i)), bits(given.get(i)), what);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 7, 5, 2, 4, 6, 10, 512, F32, true",
    "1, 9, 4, 2, 9, 5, 3, 512, F32, true",
    "5, 6, 4, 1, 2, 11, 1, 4, F32, true",
    "3, 8, 7, 3, 4, 13, 9, 4, F32, true",
    "2, 16, 4, 3, 12, 3, 21, 16, F32, true",
    "4, 24, 5, 2, 14, 96, 90, 512, F32, true",
    "3, 8, 7, 2, 5, 13, 9, 4, F32, false",
    "3, 8, 7, 2, 1, 13, 9, 4, F32, false",
    "2, 8, 2, 2, 4, 3, 4, 512, F32, false",
    "3, 8, 7, 2, 4, 6, 9, 4, F64, false",
    "3, 8, 7, 2, 4, 6, 9, 4, BF16, false",
  })
  void haveTheBitsOfAllSlots(
      int groups,
      int tokens,
      int experts,
      int choices,
      int capacity,
      int model,
      int hidden,
      int leaf,
      DType dtype,
      boolean isKernel) {
    Case of = new Case(groups, tokens, experts, choices, capacity, model, hidden);
    equal(of, dtype, leaf, 0, isKernel);
  }

  /** The product over all slots has 4e9 elements, which fit no array. */
  @Test
  void needNoMemoryForAllSlots() {
    Case of = new Case(1, 8192, 512, 1, 1024, 1, 1);
    Random random = new Random(7);
    int[] positions = of.positions(random).toIntArray();
    float[] x = whole(random, positions.length);
    float[] weights = whole(random, positions.length);
    float[] in = whole(random, 512);
    float[] out = whole(random, 512);
    float[] cotangent = whole(random, positions.length);
    float[][] expected = new float[5][];
    Arrays.setAll(expected, i -> new float[i < 3 ? positions.length : 512]);
    for (int token = 0; token < positions.length; token++) {
      if (positions[token] < 0) {
        continue;
      }
      int expert = positions[token] / 1024;
      float h = Math.max(0, x[token] * in[expert]);
      float dy = cotangent[token] * weights[token];
      float dh = h > 0 ? dy * out[expert] : 0;
      expected[0][token] = weights[token] * h * out[expert];
      expected[1][token] = dh * in[expert];
      expected[2][token] = cotangent[token] * h * out[expert];
      expected[3][expert] += dh * x[token];
      expected[4][expert] += dy * h;
    }
    List<Tensor> inputs =
        List.of(
            Tensor.of(x, 1, x.length, 1),
            Tensor.of(weights, 1, x.length, 1),
            Tensor.of(positions, 1, x.length, 1),
            Tensor.of(in, 512, 1, 1),
            Tensor.of(out, 512, 1, 1),
            Tensor.of(cotangent, 1, x.length, 1));
    CompileOptions sums = CompileOptions.defaults().withSums(new SumOrder(1024));
    for (Program program : programs(of.spec(DType.F32))) {
      try (Workers three = Workers.of(3);
          Executable many = LocalBackend.of(three, MoePrograms.kernels()).compile(program, sums)) {
        List<Tensor> given = many.run(inputs.subList(0, program.inputs().size()));
        for (int i = 0; i < given.size(); i++) {
          assertArrayEquals(expected[i], given.get(i).toFloatArray(), 0, "result " + i);
        }
      }
    }
  }

  /** Whole numbers, whose sums are exact in any order. */
  private static float[] whole(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(1, 4) * (random.nextBoolean() ? 1 : -1);
    }
    return values;
  }

  /** Zeros of other slots spread infinities; large numbers overflow, small ones underflow. */
  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity", "3e38", "-1e30", "1e-30", "-1e-38", "1e-45"})
  void numbersAtTheEndsHaveThemToo(double odd) {
    equal(new Case(3, 8, 5, 2, 4, 6, 9), DType.F32, 4, odd, true);
  }
}
