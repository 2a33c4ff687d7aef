package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Experts over compact rows against the einsums of algorithm 2, with every activation. */
class ExpertsProperties {
  private static final Randomness SEEDED = Randomness.seeded(3);
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static MoeSpec spec(Random random, DType dtype) {
    List<String> routes =
        List.of(
            "top1",
            "top2",
            "top2 second=all capacity=load",
            "top2 second=threshold:0.3 normalize=after capacity=factor:0.5",
            "top3 slots=token capacity=factor:0.7",
            "top3 normalize=never slots=gate capacity=load",
            "top4 gates=sigmoid limit=2/2 capacity=factor:1,multiple:4",
            "experts2 capacity=factor:0.8");
    RouteOptions options = RouteOptions.parse(routes.get(random.nextInt(routes.size())));
    MoeSizes sizes =
        MoeSizes.of(
            1 + random.nextInt(3),
            random.nextInt(12),
            4,
            1 + random.nextInt(7),
            1 + random.nextInt(9),
            options);
    MoeSpec spec =
        MoeSpec.of(sizes, dtype, options, SEEDED)
            .withActivation(Activation.values()[random.nextInt(4)]);
    spec = random.nextBoolean() ? spec.withBias() : spec;
    return random.nextBoolean() ? spec.withPadding() : spec;
  }

  /** Inputs of a program: numbers between -1 and 1, some of which are 0. */
  private static List<Tensor> inputs(Program program, Random random) {
    List<Tensor> all = new ArrayList<>();
    for (Value input : program.inputs()) {
      int count = (int) input.type().shape().elementCount();
      long[] shape = input.type().shape().toArray();
      if (input.type().dtype() == DType.BOOL) {
        byte[] bits = new byte[count];
        for (int i = 0; i < count; i++) {
          bits[i] = (byte) (random.nextInt(4) == 0 ? 0 : 1);
        }
        all.add(Tensor.ofBool(bits, shape));
      } else {
        double[] values =
            random.doubles(count, -1, 1).map(x -> random.nextInt(9) == 0 ? 0 : x).toArray();
        all.add(Tensor.of(values, shape).convert(input.type().dtype()));
      }
    }
    return all;
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  private static void near(
      List<Tensor> expected, List<Tensor> given, double within, Program program, MoeSpec spec) {
    assertEquals(expected.size(), given.size());
    for (int i = 0; i < expected.size(); i++) {
      String name = program.outputs().get(i).name();
      double[] a = expected.get(i).toDoubleArray();
      double largest = Arrays.stream(a).map(Math::abs).max().orElse(0);
      assertArrayEquals(
          a,
          given.get(i).toDoubleArray(),
          within * Math.max(1, largest),
          () -> name + " of " + spec);
    }
  }

  @Property(tries = 60)
  void everyOptionGivesTheValuesAndGradientsOfAlgorithm2(@ForAll long seed) {
    for (DType dtype : List.of(DType.F64, DType.F32, DType.BF16)) {
      Random random = new Random(seed);
      MoeSpec drawn = spec(random, dtype);
      // A relu's slope jumps at 0, to the other side of which a rounding to bf16 may bring its
      // input.
      MoeSpec spec =
          dtype == DType.BF16 && drawn.activation() == Activation.RELU
              ? drawn.withActivation(Activation.GELU)
              : drawn;
      Program literal = MoePrograms.gradient(MoePrograms.layer(spec));
      List<Tensor> inputs = inputs(literal, random);
      List<Tensor> expected = run(new ReferenceBackend(), literal, inputs);
      double within = dtype == DType.F64 ? 1e-12 : dtype == DType.F32 ? 2e-5 : 0.1;
      for (MoeSpec each : List.of(spec, spec.withHiddenKept())) {
        Program compact = MoePrograms.gradient(MoePrograms.raggedLayer(each));
        near(expected, run(KERNELS, compact, inputs), within, compact, each);
        if (dtype == DType.F64) {
          near(expected, run(new ReferenceBackend(), compact, inputs), within, compact, each);
        }
      }
    }
  }

  @Property(tries = 20)
  void recomputingChangesNoBitOfF32AndF64(@ForAll long seed) {
    Random random = new Random(seed);
    MoeSpec spec = spec(random, random.nextBoolean() ? DType.F32 : DType.F64);
    Program again = MoePrograms.gradient(MoePrograms.raggedLayer(spec));
    Program kept = MoePrograms.gradient(MoePrograms.raggedLayer(spec.withHiddenKept()));
    List<Tensor> inputs = inputs(again, random);
    List<Tensor> expected = run(KERNELS, again, inputs);
    List<Tensor> given = run(KERNELS, kept, inputs);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i).toDoubleArray(), given.get(i).toDoubleArray(), () -> "with " + spec);
    }
  }

  /** Sizes at which experts are cut in chunks' tasks, and one expert has most of the rows. */
  private static MoeSpec large(Activation activation) {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(2, 700, 6, 24, 40, options);
    return MoeSpec.of(sizes, DType.F32, options, SEEDED).withActivation(activation).withBias();
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void everyNumberOfThreadsGivesTheSameBits(Activation activation) {
    for (MoeSpec spec : List.of(large(activation), large(activation).withHiddenKept())) {
      Program program = MoePrograms.gradient(MoePrograms.raggedLayer(spec));
      List<Tensor> inputs = new ArrayList<>(inputs(program, new Random(2)));
      // Most tokens want the first expert.
      double[] gate = inputs.get(1).toDoubleArray();
      for (int i = 0; i < gate.length; i += 6) {
        gate[i] *= 9;
      }
      inputs.set(1, Tensor.of(gate, 24, 6).convert(DType.F32));
      List<Tensor> expected = run(KERNELS, program, inputs);
      for (int threads : new int[] {2, 5}) {
        try (Workers workers = Workers.of(threads)) {
          List<Tensor> given =
              run(LocalBackend.of(workers, MoePrograms.kernels()), program, inputs);
          for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i).toDoubleArray(), given.get(i).toDoubleArray());
          }
        }
      }
    }
  }

  /** Fills all scratch of some workers, as far as a kernel may have left it. */
  private static void poison(Workers workers, int depth) {
    workers.run(
        1,
        (_, scratch) -> {
          fill(scratch);
          if (depth > 0) {
            poison(workers, depth - 1);
          }
        });
  }

  private static void fill(Scratch scratch) {
    for (int slot = 0; slot < 48; slot++) {
      Arrays.fill(scratch.floats(slot, 1 << 12), Float.NaN);
      Arrays.fill(scratch.doubles(slot, 1 << 12), Double.NaN);
      Arrays.fill(scratch.ints(slot, 1 << 12), -7);
    }
  }

  @Property(tries = 30)
  void whatWorkspacesHoldChangesNothing(@ForAll long seed) {
    Random random = new Random(seed);
    MoeSpec spec = spec(random, random.nextBoolean() ? DType.F32 : DType.F64);
    spec = random.nextBoolean() ? spec : spec.withHiddenKept();
    Program program = MoePrograms.gradient(MoePrograms.raggedLayer(spec));
    List<Tensor> inputs = inputs(program, random);
    Workers workers = Workers.sequential();
    try (Executable executable = LocalBackend.of(workers, MoePrograms.kernels()).compile(program)) {
      List<Tensor> expected = executable.run(inputs);
      List<Tensor> given = new ArrayList<>();
      for (Tensor result : expected) {
        double none = result.dtype().isFloating() ? Double.NaN : -1;
        given.add(Tensor.full(result.dtype(), none, result.shape().toArray()));
      }
      poison(workers, 4);
      executable.runInto(given, inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i).toDoubleArray(), given.get(i).toDoubleArray());
      }
    }
  }

  @Test
  void anExpertWithoutTokensHasAGradientOfZero() {
    RouteOptions options = RouteOptions.parse("top1 capacity=load");
    MoeSizes sizes = MoeSizes.of(2, 5, 9, 4, 3, options);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F64, options, SEEDED)
            .withActivation(Activation.SWIGLU)
            .withBias()
            .withMetrics();
    for (MoeSpec each : List.of(spec, spec.withHiddenKept())) {
      Program program = MoePrograms.gradient(MoePrograms.raggedLayer(each));
      List<Tensor> inputs = new ArrayList<>(inputs(program, new Random(4)));
      // Equal gates: all tokens go to expert 0.
      inputs.set(1, Tensor.zeros(DType.F64, 4, 9));
      List<Tensor> results = run(KERNELS, program, inputs);
      int weights = 0;
      for (int i = 0; i < results.size(); i++) {
        String name = program.outputs().get(i).name();
        Tensor gradient = results.get(i);
        if (List.of("gradient.wi", "gradient.wo", "gradient.wv").contains(name)
            || name.startsWith("gradient.b_")) {
          weights++;
          double[] rest = gradient.slice(0, 1, 9).contiguous().toDoubleArray();
          assertArrayEquals(new double[rest.length], rest, name);
          double[] first = gradient.select(0, 0).toDoubleArray();
          assertTrue(Arrays.stream(first).anyMatch(x -> x != 0), name);
        }
      }
      assertEquals(6, weights);
    }
  }

  @Property(tries = 10)
  void gradientsByWeightsEqualFiniteDifferencesOfTheFixedRoute(@ForAll long seed) {
    Random random = new Random(seed);
    MoeSpec spec = spec(random, DType.F64);
    spec = random.nextBoolean() ? spec : spec.withHiddenKept();
    Program forward = MoePrograms.raggedLayer(spec);
    Program backward = MoePrograms.gradient(forward);
    List<Tensor> inputs = inputs(backward, random);
    List<Tensor> results = run(KERNELS, backward, inputs);
    int count = forward.inputs().size();
    double[] cotangent = inputs.get(count).toDoubleArray();
    try (Executable executable = KERNELS.compile(forward)) {
      // The experts' weights do not enter the route, so that it stays as it is.
      for (int output = 0; output < results.size(); output++) {
        String name = backward.outputs().get(output).name();
        int input = indexOf(forward, name.replace("gradient.", ""));
        if (name.startsWith("gradient.") && input >= 2) {
          double[] gradient = results.get(output).toDoubleArray();
          for (int at = random.nextInt(5); at < gradient.length; at += 5) {
            double slope =
                (loss(executable, inputs.subList(0, count), cotangent, input, at, 1e-6)
                        - loss(executable, inputs.subList(0, count), cotangent, input, at, -1e-6))
                    / 2e-6;
            assertEquals(slope, gradient[at], 1e-6 * (1 + Math.abs(slope)), name + " of " + spec);
          }
        }
      }
    }
  }

  private static int indexOf(Program program, String name) {
    for (int i = 0; i < program.inputs().size(); i++) {
      if (program.inputs().get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static double loss(
      Executable forward, List<Tensor> inputs, double[] cotangent, int input, int at, double step) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    double[] outputs = forward.run(moved).getFirst().toDoubleArray();
    double sum = 0;
    for (int i = 0; i < outputs.length; i++) {
      sum += outputs[i] * cotangent[i];
    }
    return sum;
  }

  @Test
  void integersAreExact() {
    // Logits are multiples of 1000, so gates are 1, or 1/2 twice, and all is exact in f32.
    Random random = new Random(6);
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=factor:0.8");
    MoeSizes sizes = MoeSizes.of(3, 40, 4, 8, 16, options);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, SEEDED).withBias();
    Program literal = MoePrograms.gradient(MoePrograms.layer(spec));
    List<Tensor> inputs = new ArrayList<>();
    for (Tensor each : inputs(literal, random)) {
      double[] whole = Arrays.stream(each.toDoubleArray()).map(x -> Math.rint(2 * x)).toArray();
      inputs.add(Tensor.of(whole, each.shape().toArray()).convert(each.dtype()));
    }
    double[] gate = Arrays.stream(inputs.get(1).toDoubleArray()).map(x -> 1000 * x).toArray();
    inputs.set(1, Tensor.of(gate, 8, 4).convert(DType.F32));
    List<Tensor> expected = run(new ReferenceBackend(), literal, inputs);
    for (MoeSpec each : List.of(spec, spec.withHiddenKept())) {
      Program compact = MoePrograms.gradient(MoePrograms.raggedLayer(each));
      List<Tensor> given = run(KERNELS, compact, inputs);
      for (int i = 0; i < expected.size(); i++) {
        String name = compact.outputs().get(i).name();
        if (!List.of("gradient.inputs", "gradient.wg").contains(name)) {
          assertArrayEquals(
              expected.get(i).toDoubleArray(),
              given.get(i).toDoubleArray(),
              Double.MIN_VALUE,
              name);
        }
      }
    }
  }

  @Test
  void aCompositeThatOnlyHasTheNameRunsItsDecomposition() {
    for (String name : List.of("moe.experts", "moe.experts_in", "moe.experts_out")) {
      for (String suffix : List.of("", ".gradient")) {
        ProgramBuilder own = Program.builder("own");
        own.output("y", own.scale(own.input("x", "f32[a=3]"), 2));
        ProgramBuilder p = Program.builder("named");
        Value x = p.input("x", "f32[a=3]");
        p.output(
            "y",
            p.add(Composite.of(name + suffix, Map.of(), List.of(x), own.build(), List.of()))
                .getFirst());
        Tensor given = Tensor.of(new float[] {1, 2, 3}, 3);
        assertArrayEquals(
            new float[] {2, 4, 6},
            run(KERNELS, p.build(), List.of(given)).getFirst().toFloatArray());
      }
    }
  }

  @Test
  void noBufferIsADenseTensorOfSlots() {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=factor:1");
    MoeSizes sizes = MoeSizes.of(2, 512, 32, 8, 16, options);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, SEEDED).withActivation(Activation.SWIGLU);
    long dense = sizes.shape("GSEC").elementCount();
    for (MoeSpec each : List.of(spec, spec.withHiddenKept())) {
      Program layer = MoePrograms.raggedLayer(each);
      for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
        program
            .statements()
            .forEach(
                statement ->
                    statement
                        .results()
                        .forEach(
                            value ->
                                assertTrue(
                                    value.type().shape().elementCount() < dense, value::toString)));
        try (Executable executable = KERNELS.compile(program)) {
          assertTrue(executable.peakBytes() < dense * Float.BYTES, executable.explain());
        }
      }
    }
  }
}
