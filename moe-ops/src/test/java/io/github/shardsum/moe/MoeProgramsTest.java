package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MoeProgramsTest {
  private static final Randomness SEEDED = Randomness.seeded(11).stream(3);

  private static Tensor random(DType dtype, long seed, long... shape) {
    int count = (int) Tensor.zeros(DType.BOOL, shape).shape().elementCount();
    double[] values = new Random(seed).doubles(count, -1, 1).toArray();
    return Tensor.of(values, shape).convert(dtype);
  }

  private static LocalBackend local(Workers workers) {
    return LocalBackend.of(workers, MoePrograms.kernels());
  }

  private static MoeSizes sizes(RouteOptions options, long g, long s, long e, long m, long h) {
    return MoeSizes.of(g, s, e, m, h, options);
  }

  private static List<Tensor> inputs(MoeSizes sizes, DType dtype, long seed) {
    return List.of(
        random(dtype, seed, sizes.groups(), sizes.tokens(), sizes.model()),
        random(dtype, seed + 1, sizes.model(), sizes.experts()),
        random(dtype, seed + 2, sizes.experts(), sizes.model(), sizes.hidden()),
        random(dtype, seed + 3, sizes.experts(), sizes.hidden(), sizes.model()));
  }

  private static RouteOptions options(Random random) {
    int choices = 1 + random.nextInt(3);
    RouteOptions.Builder builder =
        RouteOptions.builder()
            .router(Router.topK(choices))
            .capacity(Capacity.factor(0.5 + random.nextDouble()))
            .rejectedKeepsSlot(random.nextBoolean())
            .normalization(Normalization.values()[random.nextInt(3)])
            .normalizationEpsilon(random.nextBoolean() ? 0 : 1e-3)
            .slotOrder(random.nextBoolean() ? SlotOrder.CHOICE_MAJOR : SlotOrder.TOKEN_MAJOR)
            .auxLoss(
                (random.nextBoolean() ? AuxLoss.paper() : AuxLoss.squaredExperts())
                    .over(AuxLoss.Choices.values()[random.nextInt(3)]));
    List<SecondChoice> policies =
        List.of(
            SecondChoice.all(),
            SecondChoice.none(),
            SecondChoice.threshold(0.3),
            SecondChoice.random(0.4));
    return choices == 2
        ? builder.secondChoice(policies.get(random.nextInt(4))).build()
        : builder.build();
  }

  @Test
  void groupsWithoutTokensAreAProgramInEverySlotOrder() {
    for (SlotOrder order : List.of(SlotOrder.CHOICE_MAJOR, SlotOrder.TOKEN_MAJOR)) {
      RouteOptions options =
          RouteOptions.builder()
              .router(Router.topK(2))
              .capacity(Capacity.factor(1))
              .slotOrder(order)
              .build();
      MoeSizes sizes = sizes(options, 2, 0, 5, 6, 10);
      Program program = MoePrograms.layer(sizes, DType.F32, options, SEEDED);
      try (Executable plain = new ReferenceBackend().compile(program)) {
        assertEquals(0, plain.run(inputs(sizes, DType.F32, 1)).getFirst().shape().elementCount());
      }
    }
  }

  @Property(tries = 60)
  void theLayerAsAProgramEqualsEinsumsByHand(@ForAll long seed) {
    Random random = new Random(seed);
    RouteOptions options = options(random);
    MoeSizes sizes =
        sizes(options, random.nextInt(4), random.nextInt(20), 3 + random.nextInt(4), 6, 10);
    for (DType dtype : new DType[] {DType.F32, DType.F64, DType.BF16}) {
      List<Tensor> inputs = inputs(sizes, dtype, seed);
      MoeWeights weights = new MoeWeights(inputs.get(1), inputs.get(2), inputs.get(3));
      LayerByEinsums layer = LayerByEinsums.of(weights, options, inputs.get(0), SEEDED);
      Program program = MoePrograms.layer(sizes, dtype, options, SEEDED);
      try (Executable fused = local(Workers.sequential()).compile(program)) {
        List<Tensor> results = fused.run(inputs);
        assertArrayEquals(
            layer.outputs().toDoubleArray(), results.get(0).toDoubleArray(), options::toString);
        assertArrayEquals(
            layer.route().metrics().auxLoss().toDoubleArray(), results.get(1).toDoubleArray());
      }
      for (Backend plain : List.of(new ReferenceBackend(), LocalBackend.of(Workers.sequential()))) {
        try (Executable executable = plain.compile(program)) {
          List<Tensor> results = executable.run(inputs);
          layer.assertNear(weights, results.get(0), () -> plain.name() + options);
          assertArrayEquals(
              layer.route().metrics().auxLoss().toDoubleArray(),
              results.get(1).toDoubleArray(),
              dtype == DType.F64 ? 1e-12 : 1e-6);
        }
      }
    }
  }

  @Property(tries = 20)
  void theGradientWithKernelsIsThatOfTheDecomposition(@ForAll long seed) {
    Random random = new Random(seed);
    RouteOptions options = options(random);
    MoeSizes sizes = sizes(options, 2, 7, 4, 5, 6);
    Program gradient = MoePrograms.gradient(MoePrograms.layer(sizes, DType.F64, options, SEEDED));
    List<Tensor> inputs = new ArrayList<>(inputs(sizes, DType.F64, seed));
    inputs.add(random(DType.F64, seed + 4, 2, 7, 5));
    inputs.add(random(DType.F64, seed + 5, 2));
    inputs.add(random(DType.F64, seed + 6));
    assertEquals(
        List.of(
            "inputs",
            "wg",
            "wi",
            "wo",
            "cotangent.outputs",
            "cotangent.aux_loss",
            "cotangent.z_loss"),
        gradient.inputs().stream().map(Value::name).toList());
    try (Executable fused = local(Workers.sequential()).compile(gradient);
        Executable plain = new ReferenceBackend().compile(gradient)) {
      List<Tensor> given = fused.run(inputs);
      List<Tensor> expected = plain.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(
            expected.get(i).toDoubleArray(),
            given.get(i).toDoubleArray(),
            1e-11,
            options::toString);
      }
    }
  }

  @Test
  void theGradientEqualsFiniteDifferences() {
    RouteOptions options = RouteOptions.builder().secondChoice(SecondChoice.all()).build();
    MoeSizes sizes = sizes(options, 1, 5, 3, 4, 5);
    Program layer = MoePrograms.layer(sizes, DType.F64, options, SEEDED);
    List<Tensor> inputs = inputs(sizes, DType.F64, 5);
    Tensor ones = Tensor.full(DType.F64, 1, 1, 5, 4);
    Tensor lossWeight = Tensor.full(DType.F64, 2, 1);
    List<Tensor> all = new ArrayList<>(inputs);
    all.add(ones);
    all.add(lossWeight);
    all.add(Tensor.full(DType.F64, 3));
    Backend backend = local(Workers.sequential());
    try (Executable forward = backend.compile(layer);
        Executable backward = backend.compile(MoePrograms.gradient(layer))) {
      List<Tensor> gradients = backward.run(all).subList(3, 7);
      for (int input = 0; input < 4; input++) {
        double[] gradient = gradients.get(input).toDoubleArray();
        for (int at = 0; at < gradient.length; at++) {
          double slope =
              (loss(forward, inputs, input, at, 1e-6) - loss(forward, inputs, input, at, -1e-6))
                  / 2e-6;
          assertEquals(slope, gradient[at], 1e-6 * (1 + Math.abs(slope)));
        }
      }
    }
  }

  private static double loss(
      Executable forward, List<Tensor> inputs, int input, int at, double step) {
    double[] values = inputs.get(input).toDoubleArray();
    values[at] += step;
    List<Tensor> moved = new ArrayList<>(inputs);
    moved.set(input, Tensor.of(values, inputs.get(input).shape().toArray()));
    List<Tensor> results = forward.run(moved);
    double sum = 0;
    for (double value : results.get(0).toDoubleArray()) {
      sum += value;
    }
    return sum + 2 * results.get(1).getDouble(0) + 3 * results.get(2).getDouble();
  }

  @Test
  void theTextOfTheLayerAndOfItsGradientIsParsedBack() {
    RouteOptions options = RouteOptions.paper();
    MoeSizes sizes = sizes(options, 2, 8, 4, 6, 10);
    Program layer = MoePrograms.layer(sizes, DType.F32, options, SEEDED);
    assertEquals(layer, Program.parse(layer.toString()));
    Program gradient = MoePrograms.gradient(layer);
    assertEquals(gradient, Program.parse(gradient.toString()));
    assertTrue(gradient.toString().contains("moe.route.gradient"));
  }

  @Test
  void aProgramOfLaterTokensDrawsTheNumbersOfTheWhole() {
    RouteOptions options = RouteOptions.parse("top2 second=random:0.9 capacity=factor:0.8");
    MoeSizes all = sizes(options, 4, 9, 5, 6, 10);
    MoeSizes half = sizes(options, 2, 9, 5, 6, 10);
    List<Tensor> inputs = inputs(all, DType.F64, 7);
    List<Tensor> last = new ArrayList<>(inputs);
    last.set(0, inputs.getFirst().slice(0, 2, 4));
    Randomness later = SEEDED.from(SEEDED.firstToken() + 18);
    for (Backend backend : List.of(local(Workers.sequential()), new ReferenceBackend())) {
      try (Executable whole = backend.compile(MoePrograms.layer(all, DType.F64, options, SEEDED));
          Executable part = backend.compile(MoePrograms.layer(half, DType.F64, options, later))) {
        Tensor expected = whole.run(inputs).getFirst().slice(0, 2, 4);
        assertArrayEquals(
            expected.contiguous().toDoubleArray(), part.run(last).getFirst().toDoubleArray());
      }
    }
  }

  @Test
  void everyNumberOfThreadsGivesTheSameBits() {
    RouteOptions options = RouteOptions.paper();
    MoeSizes sizes = sizes(options, 5, 33, 6, 24, 40);
    Program program = MoePrograms.layer(sizes, DType.F32, options, SEEDED);
    List<Tensor> inputs = inputs(sizes, DType.F32, 6);
    try (Executable one = local(Workers.sequential()).compile(program);
        Workers workers = Workers.of(3);
        Executable many = local(workers).compile(program)) {
      assertArrayEquals(
          one.run(inputs).getFirst().toFloatArray(), many.run(inputs).getFirst().toFloatArray());
    }
  }
}
