package io.github.shardsum.moe.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training on a mesh moves the parameters as one device does. */
class MeshTrainingTest {
  private static final int STEPS = 20;
  private static final double RATE = 0.01;

  /** Of numbers of f64 whose sums are taken in another order, over all the steps. */
  private static final double ROUNDING = 1e-8;

  private static final TransformerSpec SPEC =
      TransformerSpec.builder()
          .vocabulary(16)
          .model(8)
          .heads(2)
          .key(4)
          .hidden(12)
          .layers(2)
          .experts(6)
          .positions(6)
          .groups(4)
          .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
          .dtype(DType.F64)
          .build();

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.1, 0.01, 0.001),
          new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
          1);

  private static Map<String, double[]> expected = Map.of();
  private static double loss;

  private static Training.Batch batch() {
    Random random = new Random(3);
    int[] source = random.ints(8 * 5, 0, 16).toArray();
    int[] target = random.ints(8 * 3, 0, 16).toArray();
    int[] next = random.ints(8 * 3, 0, 16).toArray();
    return new Training.Batch(
        Tensor.of(source, 8, 5), Tensor.of(target, 8, 3), Tensor.of(next, 8, 3));
  }

  private static Map<String, double[]> trained(Training training) {
    for (int i = 0; i < STEPS; i++) {
      training.step(batch(), RATE);
    }
    Map<String, double[]> values = new LinkedHashMap<>();
    training.state().forEach((name, tensor) -> values.put(name, tensor.toDoubleArray()));
    return values;
  }

  @BeforeAll
  static void train() {
    Backend one = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    try (Training training = new Training(SPEC, SETTINGS, one, 1)) {
      expected = trained(training);
      loss = training.crossEntropy(batch(), Optimizer.Averaged.MEAN);
      Map<String, Tensor> averages = new LinkedHashMap<>();
      training
          .state()
          .forEach((name, tensor) -> averages.put(name.replaceFirst("^average\\.", ""), tensor));
      assertEquals(loss, training.crossEntropy(batch(), averages));
    }
  }

  @ParameterizedTest
  @CsvSource({"x=2, false", "d=2 x=2 m=2, true"})
  void movesParametersAsOneDevice(String notation, boolean splitsSlots) {
    Mesh mesh = Mesh.parse(notation);
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend =
          MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      Training.Placement placement = new Training.Placement(MeshAxes.of(mesh), splitsSlots);
      try (Training training = new Training(SPEC, SETTINGS, backend, Optional.of(placement), 1)) {
        Map<String, double[]> values = trained(training);
        assertEquals(expected.keySet(), values.keySet());
        expected.forEach(
            (name, numbers) -> assertArrayEquals(numbers, values.get(name), ROUNDING, name));
        if (mesh.size() == 2) {
          // A plan of the loss for more devices takes seconds.
          assertEquals(loss, training.crossEntropy(batch(), Optimizer.Averaged.MEAN), ROUNDING);
        }
        Map<String, Tensor> state = new LinkedHashMap<>(training.state());
        training.step(batch(), RATE);
        training.restore(state, STEPS);
        training
            .state()
            .forEach((name, tensor) -> assertArrayEquals(values.get(name), tensor.toDoubleArray()));
        assertEquals(STEPS, training.steps());
      }
    }
  }

  @Test
  void aStepOnSeveralBatchesToo() {
    Backend local = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    Mesh mesh = Mesh.parse("x=2");
    try (Collectives collectives = Collectives.open(mesh);
        Training one = new Training(SPEC, SETTINGS, local, 1)) {
      MeshBackend backend =
          MeshBackend.of(
              collectives,
              MoePrograms.kernels(),
              PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS));
      Optional<Training.Placement> placement =
          Optional.of(new Training.Placement(MeshAxes.of(mesh), true));
      try (Training many = new Training(SPEC, SETTINGS, backend, placement, 1)) {
        for (int i = 0; i < 2; i++) {
          one.step(List.of(batch(), batch(), batch()), RATE);
          many.step(List.of(batch(), batch(), batch()), RATE);
        }
        Map<String, Tensor> given = many.state();
        one.state()
            .forEach(
                (name, tensor) ->
                    assertArrayEquals(
                        tensor.toDoubleArray(),
                        Objects.requireNonNull(given.get(name)).toDoubleArray(),
                        ROUNDING,
                        name));
        Training.Traffic traffic = many.traffic().orElseThrow();
        assertTrue(traffic.collectives() > 0 && traffic.receivedBytes() > 0, traffic::toString);
        // Two of four groups of 10 tokens, each with two choices, in an encoder's layer.
        Training.SentRows rows = new Training.SentRows(4, List.of("x"), 40, 80, 2, 1);
        assertEquals(Optional.of(rows), traffic.rows());
        assertEquals(Optional.empty(), one.traffic());
      }
    }
  }

  @Test
  void layoutsAreThoseOfTheTable() {
    Mesh mesh = Mesh.parse("d=2 x=2 m=2");
    try (Training training =
        new Training(
            SPEC, SETTINGS, LocalBackend.of(Workers.sequential(), MoePrograms.kernels()), 1)) {
      Program step = training.program(8, 5, 3);
      Map<String, String> layouts = TrainingLayouts.of(step, MeshAxes.of(mesh));
      assertEquals("B@d.x N", layouts.get("source"));
      assertEquals("B@d.x T", layouts.get("next"));
      assertEquals("V@m M", layouts.get("source.embedding"));
      assertEquals("V@m.d.x M", layouts.get("mean.source.embedding"));
      assertEquals("V@m.d.x M", layouts.get("gradient.source.embedding"));
      assertEquals("E@x M H@m", layouts.get("encoder.1.feed_forward.wi"));
      assertEquals("E@x M H@m", layouts.get("next.encoder.1.feed_forward.wi"));
      assertEquals("E@x H@m M@d", layouts.get("square.encoder.1.feed_forward.wo"));
      assertEquals("M E", layouts.get("encoder.1.feed_forward.wg"));
      assertEquals("M@d.x E", layouts.get("average.encoder.1.feed_forward.wg"));
      assertEquals("F@m", layouts.get("encoder.0.feed_forward.bias"));
      assertEquals("A@m D M@d.x", layouts.get("next.mean.encoder.0.attention.output"));
      assertEquals(
          "E@x H@m M",
          TrainingLayouts.of(step, MeshAxes.of(mesh), false)
              .get("square.encoder.1.feed_forward.wo"));
    }
  }

  private static Map<String, String> layouts(Optimizer optimizer, List<Parameter> parameters) {
    ProgramBuilder p = Program.builder("loss");
    Value sum = p.constant(DType.F32, 0);
    for (Parameter each : parameters) {
      String[] labels = each.type().names().toArray(String[]::new);
      sum = p.add(sum, p.sum(p.input(each.name(), each.type()), labels));
    }
    p.output("loss", sum);
    Program step = TrainingStep.of(p.build(), parameters, optimizer, 1, List.of("loss"));
    return TrainingLayouts.of(step, MeshAxes.of(Mesh.parse("d=2 x=2 m=2")));
  }

  private static Parameter parameter(String name, String type) {
    return new Parameter(name, ValueType.parse(type), 0, 1);
  }

  @Test
  void aParameterNamedAfterAnotherIsNoSlotOfIt() {
    Map<String, String> layouts =
        layouts(
            new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
            List.of(
                parameter("embedding", "f32[V=16 M=8]"),
                parameter("decoder.embedding", "f32[V=16 M=8]")));
    assertEquals("V@m M", layouts.get("embedding"));
    assertEquals("V@m M", layouts.get("decoder.embedding"));
    for (String slot : List.of("mean", "square", "average")) {
      assertEquals("V@m.d.x M", layouts.get(slot + ".embedding"), slot);
      assertEquals("V@m.d.x M", layouts.get("next." + slot + ".decoder.embedding"), slot);
    }
  }

  @Test
  void aVectorOfExpertsIsNoWeightOfTheirs() {
    List<Parameter> parameters =
        List.of(
            parameter("router", "f32[M=8 E=8]"),
            parameter("router.bias", "f32[E=8]"),
            parameter("experts", "f32[E=8 M=8 H=8]"),
            parameter("experts.bias", "f32[E=8 H=8]"));
    Map<String, String> layouts = layouts(Optimizer.Adafactor.paper(), parameters);
    assertEquals("M E", layouts.get("router"));
    assertEquals("E", layouts.get("router.bias"));
    assertEquals("E@d.x", layouts.get("square.router.bias"));
    assertEquals("E@d.x", layouts.get("column.router"));
    assertEquals("M@d.x", layouts.get("row.router"));
    assertEquals("E@x H@m", layouts.get("experts.bias"));
    assertEquals("E@x.d", layouts.get("row.experts.bias"));
    assertEquals("H@m.d.x", layouts.get("column.experts.bias"));
    assertEquals("E@x M@d", layouts.get("row.experts"));
    assertEquals("E@x H@m.d", layouts.get("column.experts"));
  }

  @Test
  void anAxisThatWouldCutAWeightUnevenlyStaysAway() {
    Mesh mesh = Mesh.parse("x=3,m=3");
    try (Training training =
        new Training(
            SPEC, SETTINGS, LocalBackend.of(Workers.sequential(), MoePrograms.kernels()), 1)) {
      Map<String, String> layouts =
          TrainingLayouts.of(training.program(8, 5, 3), MeshAxes.of(mesh));
      assertEquals("M A D", layouts.get("encoder.0.attention.query"));
      assertEquals("V M", layouts.get("target.embedding"));
      assertEquals("E@x M H@m", layouts.get("decoder.1.feed_forward.wi"));
    }
  }

  @Test
  void devicesThatDoNotDivideTheGroupsAreRefused() {
    Mesh mesh = Mesh.parse("d=3,x=2");
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend =
          MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      Optional<Training.Placement> placement =
          Optional.of(new Training.Placement(MeshAxes.of(mesh), true));
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> new Training(SPEC, SETTINGS, backend, placement, 1))
                  .getMessage());
      assertTrue(message.contains("6 parts of sentences over d and x"), message);
      assertTrue(message.contains("4 groups"), message);
    }
  }

  @Test
  void anAxisOfAnotherNameCountsAsOneOfExperts() {
    MeshAxes axes = MeshAxes.of(Mesh.parse("d=2,y=2,m=2"));
    assertEquals(List.of("y"), axes.experts());
    assertEquals(List.of("d", "y"), axes.tokens());
    assertEquals(List.of("m"), axes.hidden());
  }
}
