package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The layer as a program with every option, with slots and with ragged experts. */
class LayerProgramsTest {
  private static final LocalBackend PLAIN = LocalBackend.of(Workers.sequential());
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
  private static final Randomness SEEDED = Randomness.seeded(5);

  /** A layer, its arguments and what it should make of them. */
  private record Layer(MoeSpec spec, List<Tensor> inputs) {
    static Layer random(long seed, DType dtype) {
      Random random = new Random(seed);
      RouteOptions options = options(random);
      MoeSizes sizes = sizes(options, 1 + random.nextInt(3), random.nextInt(14), 4);
      MoeSpec spec = MoeSpec.of(sizes, dtype, options, SEEDED);
      spec = random.nextBoolean() ? spec.withPadding() : spec;
      spec =
          switch (random.nextInt(3)) {
            case 0 -> spec;
            case 1 -> spec.withUniform(RouteInput.Uniform.PER_TOKEN);
            default ->
                options.secondChoice() instanceof SecondChoice.Sample
                    ? spec.withUniform(RouteInput.Uniform.PER_EXPERT)
                    : spec;
          };
      return of(spec, seed);
    }

    static Layer of(MoeSpec spec, long seed) {
      Random random = new Random(seed);
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : MoePrograms.layer(spec).inputs()) {
        int count = (int) input.type().shape().elementCount();
        boolean uniform = input.name().equals("uniform");
        double[] values = random.doubles(count, uniform ? 0 : -1, 1).toArray();
        long[] shape = input.type().shape().toArray();
        Tensor numbers = Tensor.of(values, shape);
        inputs.add(
            input.type().dtype() == DType.BOOL
                ? bool(values, shape)
                : numbers.convert(input.type().dtype()));
      }
      return new Layer(spec, inputs);
    }

    private static Tensor bool(double[] values, long... shape) {
      byte[] bits = new byte[values.length];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = (byte) (values[i] > -0.5 ? 1 : 0);
      }
      return Tensor.ofBool(bits, shape);
    }

    MoeWeights weights() {
      return new MoeWeights(inputs.get(1), inputs.get(2), inputs.get(3));
    }

    LayerByEinsums expected() {
      boolean drawn = spec.uniform() == RouteInput.Uniform.DRAWN;
      return LayerByEinsums.of(
          weights(),
          spec.options(),
          inputs.getFirst(),
          spec.padded() ? Optional.of(inputs.get(4)) : Optional.empty(),
          drawn ? Optional.empty() : Optional.of(inputs.getLast()),
          spec.randomness());
    }

    /** Inputs and then a cotangent of each output. */
    List<Tensor> withCotangents(Program gradient, long seed) {
      Random random = new Random(seed);
      List<Tensor> all = new ArrayList<>(inputs);
      for (Value input : gradient.inputs().subList(inputs.size(), gradient.inputs().size())) {
        int count = (int) input.type().shape().elementCount();
        double[] values = random.doubles(count, -1, 1).toArray();
        all.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
      }
      return all;
    }
  }

  private static MoeSizes sizes(RouteOptions options, long g, long s, long e) {
    return MoeSizes.of(g, s, e, 6, 10, options);
  }

  private static RouteOptions options(Random random) {
    MaskedMean[] means = MaskedMean.values();
    RouteOptions.Builder builder =
        RouteOptions.builder()
            .auxLoss(AuxLoss.squaredExperts().mean(means[random.nextInt(3)]))
            .zLoss(means[random.nextInt(3)]);
    if (random.nextInt(4) == 0) {
      return builder.router(Router.expertChoice()).capacity(Capacity.factor(1.5)).build();
    }
    List<SecondChoice> policies =
        List.of(
            SecondChoice.all(),
            SecondChoice.none(),
            SecondChoice.threshold(0.3),
            SecondChoice.random(0.4),
            SecondChoice.sample(),
            SecondChoice.sample());
    return builder
        .secondChoice(policies.get(random.nextInt(6)))
        .slotOrder(SlotOrder.values()[random.nextInt(3)])
        .rejectedKeepsSlot(random.nextBoolean())
        .capacity(random.nextBoolean() ? Capacity.largestLoad() : Capacity.factor(0.8))
        .build();
  }

  private static List<Tensor> run(Backend backend, Program program, List<Tensor> inputs) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs);
    }
  }

  @Property(tries = 80)
  void everyOptionGivesTheValuesOfEinsumsByHand(@ForAll long seed) {
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16)) {
      Layer layer = Layer.random(seed, dtype);
      LayerByEinsums expected = layer.expected();
      for (Program program :
          List.of(MoePrograms.layer(layer.spec()), MoePrograms.raggedLayer(layer.spec()))) {
        // Fewer slots than their static bound are matrices of other sizes, so of other kernels.
        boolean sameSizes =
            program.name().equals("moe_layer")
                && expected.route().capacity() == layer.spec().sizes().capacity();
        List<Tensor> given = run(KERNELS, program, layer.inputs());
        Supplier<String> name = () -> program.name() + layer.spec();
        if (sameSizes) {
          assertArrayEquals(expected.outputs().toDoubleArray(), given.get(0).toDoubleArray(), name);
        } else {
          expected.assertNear(layer.weights(), given.get(0), name);
        }
        checkLosses(expected, given, 0, layer.spec());
        List<Tensor> plain = run(PLAIN, program, layer.inputs());
        expected.assertNear(layer.weights(), plain.get(0), name);
        checkLosses(expected, plain, 1e-12, layer.spec());
      }
    }
  }

  private static void checkLosses(
      LayerByEinsums expected, List<Tensor> given, double within, MoeSpec spec) {
    double[] aux = expected.route().metrics().auxLoss().toDoubleArray();
    double z = expected.route().metrics().zLoss().orElseThrow();
    if (within == 0) {
      assertArrayEquals(aux, given.get(1).toDoubleArray(), spec::toString);
      // The metrics add the groups in order, the layer in any.
      double rounding = 2 * aux.length * Math.ulp(z);
      assertEquals(z, given.get(2).getDouble(), rounding, spec::toString);
    } else {
      assertArrayEquals(aux, given.get(1).toDoubleArray(), within, spec::toString);
      assertEquals(z, given.get(2).getDouble(), within, spec::toString);
    }
  }

  @Property(tries = 40)
  void theGradientIsOneWithSlotsWithRaggedExpertsAndInThePlainOperations(@ForAll long seed) {
    Layer layer = Layer.random(seed, DType.F64);
    Program slots = MoePrograms.gradient(MoePrograms.layer(layer.spec()));
    Program ragged = MoePrograms.gradient(MoePrograms.raggedLayer(layer.spec()));
    List<Tensor> inputs = layer.withCotangents(slots, seed);
    List<Tensor> expected = run(new ReferenceBackend(), slots, inputs);
    for (Program program : List.of(slots, ragged)) {
      for (Backend backend : List.of(KERNELS, PLAIN)) {
        List<Tensor> given = run(backend, program, inputs);
        for (int i = 0; i < expected.size(); i++) {
          assertArrayEquals(
              expected.get(i).toDoubleArray(),
              given.get(i).toDoubleArray(),
              1e-11,
              () -> program.name() + layer.spec());
        }
      }
    }
  }

  @Property(tries = 12)
  void theGradientOfRaggedExpertsEqualsFiniteDifferences(@ForAll long seed) {
    Layer layer = Layer.random(seed, DType.F64);
    Program forward = MoePrograms.raggedLayer(layer.spec());
    Program backward = MoePrograms.gradient(forward);
    List<Tensor> inputs = layer.withCotangents(backward, seed);
    List<Tensor> cotangents = inputs.subList(layer.inputs().size(), inputs.size());
    List<Tensor> gradients = run(KERNELS, backward, inputs).subList(3, 7);
    try (Executable executable = KERNELS.compile(forward)) {
      for (int input = 0; input < 4; input++) {
        double[] gradient = gradients.get(input).toDoubleArray();
        for (int at = 0; at < gradient.length; at += 3) {
          double above = loss(executable, layer.inputs(), cotangents, input, at, 1e-6);
          double below = loss(executable, layer.inputs(), cotangents, input, at, -1e-6);
          double slope = (above - below) / 2e-6;
          assertEquals(slope, gradient[at], 2e-6 * (1 + Math.abs(slope)), layer.spec()::toString);
        }
      }
    }
  }

  private static double loss(
      Executable forward,
      List<Tensor> inputs,
      List<Tensor> cotangents,
      int input,
      int at,
      double step) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    List<Tensor> results = forward.run(moved);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      double[] result = results.get(i).toDoubleArray();
      double[] cotangent = cotangents.get(i).toDoubleArray();
      for (int j = 0; j < result.length; j++) {
        sum += result[j] * cotangent[j];
      }
    }
    return sum;
  }

  @Test
  void neitherPassHoldsADenseTensorOfSlots() {
    RouteOptions options = RouteOptions.builder().secondChoice(SecondChoice.all()).build();
    MoeSizes sizes = new MoeSizes(2, 1024, 16, 128, 8, 16);
    long dense = 2L * 1024 * 16 * 128 * Float.BYTES;
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, SEEDED);
    for (Program layer : List.of(MoePrograms.layer(spec), MoePrograms.raggedLayer(spec))) {
      for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
        try (Executable executable = KERNELS.compile(program)) {
          // 16 MiB would be one of them; all that either pass holds at a time is a tenth.
          assertTrue(executable.peakBytes() < dense / 8, executable.explain());
        }
      }
    }
  }

  @Test
  void theMaskOfARoutingAsksForNoCotangent() {
    MoeSizes sizes = sizes(RouteOptions.paper(), 2, 8, 4);
    Program gradient =
        MoePrograms.gradient(MoePrograms.layer(sizes, DType.F32, RouteOptions.paper(), SEEDED));
    assertTrue(gradient.toString().contains("GSM,GECM->GSEC"), gradient::toString);
    assertFalse(gradient.toString().contains("EGCM,GSM->GSEC"), gradient::toString);
  }

  @Test
  void raggedExpertsTakeTheWorkOfTheTokensThereAre() {
    RouteOptions options =
        RouteOptions.builder()
            .secondChoice(SecondChoice.all())
            .capacity(Capacity.largestLoad())
            .build();
    MoeSizes sizes = new MoeSizes(2, 64, 8, 64, 16, 32);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, SEEDED);
    // Two experts' rows a token instead of 64 slots an expert.
    double ragged = flops(MoePrograms.raggedLayer(spec));
    double slots = flops(MoePrograms.layer(spec));
    assertTrue(ragged < 0.4 * slots, ragged + " and " + slots);
  }

  private static double flops(Program program) {
    try (Executable executable = KERNELS.compile(program)) {
      String first = executable.explain().lines().findFirst().orElseThrow();
      String[] words = first.split(" ", -1);
      return Double.parseDouble(words[words.length - 2]);
    }
  }

  @Test
  void textOfRaggedLayersIsParsedBack() {
    MoeSpec spec =
        MoeSpec.of(sizes(RouteOptions.paper(), 2, 8, 4), DType.BF16, RouteOptions.paper(), SEEDED)
            .withPadding()
            .withUniform(RouteInput.Uniform.PER_TOKEN);
    Program layer = MoePrograms.raggedLayer(spec);
    assertEquals(layer, Program.parse(layer.toString()));
    Program gradient = MoePrograms.gradient(layer);
    assertEquals(gradient, Program.parse(gradient.toString()));
  }

  @Test
  void resultsOfAnyStridesAreWritten() {
    MoeSpec spec =
        MoeSpec.of(sizes(RouteOptions.paper(), 3, 8, 4), DType.F64, RouteOptions.paper(), SEEDED);
    Program program = MoePrograms.gradient(MoePrograms.raggedLayer(spec));
    List<Tensor> inputs = Layer.of(spec, 4).withCotangents(program, 4);
    try (Executable executable = KERNELS.compile(program)) {
      List<Tensor> expected = executable.run(inputs);
      List<Tensor> given = new ArrayList<>();
      for (Tensor result : expected) {
        int[] reversed = new int[result.rank()];
        java.util.Arrays.setAll(reversed, axis -> reversed.length - 1 - axis);
        Tensor memory = Tensor.zeros(result.dtype(), result.transpose(reversed).shape());
        given.add(memory.transpose(reversed));
      }
      executable.runInto(given, inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(
            expected.get(i).toDoubleArray(), given.get(i).contiguous().toDoubleArray());
      }
    }
  }
}
