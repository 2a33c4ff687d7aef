package io.github.shardsum.moe.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingTest {
  private static final Backend BACKEND =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static final TransformerSpec SPEC =
      TransformerSpec.builder()
          .vocabulary(9)
          .model(8)
          .heads(2)
          .key(4)
          .hidden(8)
          .layers(2)
          .experts(4)
          .positions(6)
          .groups(2)
          .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
          .dtype(DType.F32)
          .build();

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.1, 0.01, 0.001),
          new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
          1);

  private static final Training.Batch BATCH =
      new Training.Batch(
          Tensor.of(new int[] {3, 4, 2, 0, 5, 2, 0, 0}, 2, 4),
          Tensor.of(new int[] {1, 6, 7, 1, 8, 0}, 2, 3),
          Tensor.of(new int[] {6, 7, 2, 8, 2, 0}, 2, 3));

  private static Map<String, Tensor> copies(Map<String, Tensor> state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    state.forEach((name, tensor) -> copies.put(name, tensor.copy()));
    return copies;
  }

  @Test
  void aModelLearnsABatchByHeart() {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      double first = training.crossEntropy(BATCH, training.state());
      Training.Report report = training.step(BATCH, 0.01);
      for (int i = 0; i < 60; i++) {
        report = training.step(BATCH, 0.01);
      }
      assertTrue(training.crossEntropy(BATCH, training.state()) < first / 4);
      assertEquals(61, training.steps());
      assertEquals(0, report.unusable());
      // Five real source tokens, of two choices each; a target's end is predicted, not read.
      long[] placed = report.placed().get("encoder.1.feed_forward");
      assertEquals(10, java.util.Arrays.stream(placed).sum());
      assertEquals(
          10, java.util.Arrays.stream(report.placed().get("decoder.1.feed_forward")).sum());
    }
  }

  @Test
  void aRunThatIsResumedHasTheBitsOfOneThatWasNot() {
    Map<String, Tensor> whole;
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      for (int i = 0; i < 6; i++) {
        training.step(BATCH, 0.01);
      }
      whole = copies(training.state());
    }
    Map<String, Tensor> half;
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      for (int i = 0; i < 3; i++) {
        training.step(BATCH, 0.01);
      }
      half = copies(training.state());
    }
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 2)) {
      training.restore(half, 3);
      for (int i = 0; i < 3; i++) {
        training.step(BATCH, 0.01);
      }
      whole.forEach(
          (name, tensor) ->
              assertArrayEquals(
                  tensor.toFloatArray(), training.state().get(name).toFloatArray(), name));
    }
  }

  private static final Training.Batch OTHER =
      new Training.Batch(
          Tensor.of(new int[] {7, 3, 2, 8, 2, 0}, 2, 3),
          Tensor.of(new int[] {1, 5, 1, 4}, 2, 2),
          Tensor.of(new int[] {5, 2, 4, 2}, 2, 2));

  private static Map<String, Tensor> after(List<Training.Batch> batches) {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      for (int i = 0; i < 3; i++) {
        training.step(batches, 0.01);
      }
      assertEquals(3, training.steps());
      return copies(training.state());
    }
  }

  private static void assertSame(Map<String, Tensor> expected, Map<String, Tensor> given) {
    assertEquals(expected.keySet(), given.keySet());
    expected.forEach(
        (name, tensor) ->
            assertArrayEquals(
                tensor.toFloatArray(),
                Objects.requireNonNull(given.get(name)).toFloatArray(),
                name));
  }

  /** Halving a sum of twice the same number is exact, and so is the order of two addends. */
  @Test
  void aStepOnSeveralBatchesIsOneOnTheMeanOfTheirGradients() {
    Map<String, Tensor> one = after(List.of(BATCH));
    assertSame(one, after(List.of(BATCH, BATCH)));
    assertSame(one, after(List.of(BATCH, BATCH, BATCH, BATCH)));
    Map<String, Tensor> both = after(List.of(BATCH, OTHER));
    assertSame(both, after(List.of(OTHER, BATCH)));
    String name = "target.embedding";
    assertTrue(
        !java.util.Arrays.equals(
            Objects.requireNonNull(one.get(name)).toFloatArray(),
            Objects.requireNonNull(both.get(name)).toFloatArray()));
  }

  /** Compiles for this machine; fails at the run of one number, counted from 1. */
  private static final class Failing implements Backend {
    private final String of;
    private int left;

    Failing(String of, int run) {
      this.of = of;
      this.left = run;
    }

    @Override
    public String name() {
      return "failing";
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      Executable own = BACKEND.compile(program, options);
      return program.name().equals(of) ? new Run(own) : own;
    }

    private final class Run implements Executable {
      private final Executable own;

      Run(Executable own) {
        this.own = own;
      }

      @Override
      public Program program() {
        return own.program();
      }

      @Override
      public List<Tensor> run(List<Tensor> inputs) {
        return own.run(inputs);
      }

      @Override
      public void runInto(List<Tensor> outputs, List<Tensor> inputs) {
        if (--left == 0) {
          throw new IllegalStateException("no memory");
        }
        own.runInto(outputs, inputs);
      }

      @Override
      public CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs) {
        return own.start(outputs, inputs);
      }

      @Override
      public CompletableFuture<List<Tensor>> start(List<Tensor> inputs) {
        return own.start(inputs);
      }

      @Override
      public long peakBytes() {
        return own.peakBytes();
      }

      @Override
      public String explain() {
        return own.explain();
      }

      @Override
      public void close() {
        own.close();
      }
    }
  }

  /** The gradients of batches before the one that fails are not of the next step. */
  @ParameterizedTest
  @CsvSource({"training.sum, 2, false", "training.sum, 6, true", "training.move, 1, false"})
  void aStepThatFailsBetweenItsBatchesLeavesNothingBehind(String program, int run, boolean later) {
    List<Training.Batch> batches = List.of(BATCH, OTHER, OTHER, BATCH);
    try (Training sound = new Training(SPEC, SETTINGS, BACKEND, 1);
        Training training = new Training(SPEC, SETTINGS, new Failing(program, run), 1)) {
      if (later) {
        training.step(batches, 0.01);
        sound.step(batches, 0.01);
      }
      Map<String, Tensor> before = copies(training.state());
      assertThrows(IllegalStateException.class, () -> training.step(batches, 0.01));
      assertEquals(later ? 1 : 0, training.steps());
      assertSame(before, training.state());
      for (int i = 0; i < 2; i++) {
        assertEquals(sound.step(batches, 0.01).norm(), training.step(batches, 0.01).norm());
      }
      assertSame(sound.state(), training.state());
    }
  }

  @Test
  void someOfTheStateIsGivenInOrder() {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      Map<String, Tensor> some = new LinkedHashMap<>();
      training.state(name -> name.startsWith("average."), some::put);
      List<String> names =
          training.state().keySet().stream().filter(name -> name.startsWith("average.")).toList();
      assertEquals(names, List.copyOf(some.keySet()));
      assertEquals(training.state().size(), 4 * names.size());
    }
  }

  @Test
  void aReportHasTheCrossEntropyOfTheParametersBeforeTheStep() {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      double before = training.crossEntropy(BATCH, training.state());
      Training.Report report = training.step(BATCH, 0.01);
      assertEquals(before, report.crossEntropy(), 1e-6 * before);
      assertNotEquals(report.loss(), report.crossEntropy(), 1e-6 * before);
    }
  }

  @Test
  void withoutSmoothingAndRoutersTheLossIsTheCrossEntropy() {
    Training.Settings plain =
        new Training.Settings(new Transformer.Loss(0, 0, 0), SETTINGS.optimizer(), SETTINGS.clip());
    try (Training training = new Training(SPEC, plain, BACKEND, 1)) {
      Training.Report report = training.step(BATCH, 0.01);
      assertEquals(report.crossEntropy(), report.loss(), 1e-6 * report.loss());
    }
  }

  @Test
  void aReportOfSeveralBatchesHasMeansOfLossesAndSumsOfTokens() {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1);
        Training first = new Training(SPEC, SETTINGS, BACKEND, 1);
        Training second = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      Training.Report both = training.step(List.of(BATCH, OTHER), 0.01);
      Training.Report one = first.step(BATCH, 0.01);
      Training.Report other = second.step(List.of(OTHER), 0.01);
      assertEquals((one.loss() + other.loss()) / 2, both.loss());
      assertEquals((one.crossEntropy() + other.crossEntropy()) / 2, both.crossEntropy());
      assertEquals((one.balance() + other.balance()) / 2, both.balance());
      both.placed()
          .forEach(
              (layer, tokens) -> {
                for (int i = 0; i < tokens.length; i++) {
                  long sum =
                      Objects.requireNonNull(one.placed().get(layer))[i]
                          + Objects.requireNonNull(other.placed().get(layer))[i];
                  assertEquals(sum, tokens[i]);
                }
              });
      assertThrows(IllegalArgumentException.class, () -> training.step(List.of(), 0.01));
    }
  }

  @Test
  void aStateOfAnotherModelIsRefused() {
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1);
        Training other = new Training(SPEC.withExperts(2), SETTINGS, BACKEND, 1);
        Training dense = new Training(SPEC.withExperts(1), SETTINGS, BACKEND, 1)) {
      assertThrows(IllegalArgumentException.class, () -> training.restore(other.state(), 1));
      String told =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> training.restore(dense.state(), 1))
                  .getMessage());
      assertTrue(told.contains(", ...) and with ") && told.length() < 400, told);
      assertEquals(0, training.steps());
    }
  }

  @Test
  void aLargeGradientIsScaledDown() {
    double norm;
    Map<String, Tensor> gentle;
    try (Training training = new Training(SPEC, settings(1e9), BACKEND, 1)) {
      norm = training.step(BATCH, 0.01).norm();
      gentle = copies(training.state());
    }
    try (Training training = new Training(SPEC, settings(norm / 2), BACKEND, 1)) {
      assertEquals(norm, training.step(BATCH, 0.01).norm(), 0);
      double[] half = training.state().get("mean.decoder.norm.bias").toDoubleArray();
      double[] all = gentle.get("mean.decoder.norm.bias").toDoubleArray();
      for (int i = 0; i < half.length; i++) {
        assertEquals(all[i] / 2, half[i], Math.abs(all[i]) * 1e-6);
      }
    }
  }

  /** By hand: 256 and 1 are 257, which bf16 has not, and 257 halves of 257 batches a half. */
  @Test
  void sumsOfGradientsOfBf16AreOfF32() {
    ValueType type = ValueType.parse("bf16[M=2]");
    List<Parameter> parameters = List.of(new Parameter("x", type, 0, 1));
    ProgramBuilder p = Program.builder("loss");
    p.output("loss", p.convert(p.sum(p.input("x", type), "M"), DType.F32));
    Tensor x = Tensor.zeros(DType.BF16, 2);
    try (Executable sum =
        BACKEND.compile(TrainingStep.sum(p.build(), parameters, List.of("loss")))) {
      Tensor next = sum.run(x, Tensor.of(new float[] {256, 512}, 2)).getFirst();
      assertArrayEquals(new double[] {257, 513}, next.toDoubleArray());
    }
    Optimizer optimizer = new Optimizer.Adam(0.5, 0.5, 0);
    try (Executable move = BACKEND.compile(TrainingStep.move(parameters, optimizer, 1e9))) {
      List<Tensor> results =
          move.run(
              x,
              Tensor.zeros(DType.BF16, 2),
              Tensor.zeros(DType.BF16, 2),
              Tensor.of(new float[] {128.5f, 257}, 2),
              Tensor.scalar(DType.F64, 0.01),
              Tensor.scalar(DType.F64, 1),
              Tensor.scalar(DType.F64, 257));
      assertEquals(DType.BF16, results.getFirst().dtype());
      assertArrayEquals(new double[] {0.25, 0.5}, results.get(1).toDoubleArray());
      assertArrayEquals(new double[] {0.125, 0.5}, results.get(2).toDoubleArray());
      assertEquals(DType.F32, results.get(3).dtype());
      assertArrayEquals(new double[] {0, 0}, results.get(3).toDoubleArray());
    }
  }

  private static Training.Settings settings(double clip) {
    return new Training.Settings(SETTINGS.loss(), new Optimizer.Adam(0.9, 0.98, 1e-9), clip);
  }

  /** The results of steps of an optimizer on one parameter, and its gradients. */
  private static List<double[]> steps(
      Optimizer optimizer, ValueType type, double[] first, List<double[]> gradients, double rate) {
    ProgramBuilder p = Program.builder("steps");
    Value parameter = p.input("parameter", type);
    Value gradient = p.input("gradient", type);
    List<Value> slots = new ArrayList<>();
    for (Optimizer.Slot slot : optimizer.slots(type)) {
      slots.add(p.input(slot.name(), slot.type()));
    }
    Value by = p.input("rate", ValueType.scalar(DType.F64));
    Value step = p.input("step", ValueType.scalar(DType.F64));
    List<Value> next =
        optimizer.update(p, new Optimizer.Step(parameter, gradient, slots, by, step));
    for (int i = 0; i < next.size(); i++) {
      p.output("next" + i, next.get(i));
    }
    long[] sizes = type.sizes().stream().mapToLong(Long::longValue).toArray();
    List<Tensor> state = new ArrayList<>(List.of(Tensor.of(first.clone(), sizes)));
    optimizer
        .slots(type)
        .forEach(slot -> state.add(Tensor.zeros(slot.type().dtype(), slot.type().shape())));
    List<double[]> results = new ArrayList<>();
    try (Executable executable = BACKEND.compile(p.build())) {
      for (int i = 0; i < gradients.size(); i++) {
        List<Tensor> inputs = new ArrayList<>(List.of(state.getFirst()));
        inputs.add(Tensor.of(gradients.get(i), sizes));
        inputs.addAll(state.subList(1, state.size()));
        inputs.add(Tensor.scalar(DType.F64, rate));
        inputs.add(Tensor.scalar(DType.F64, i + 1));
        List<Tensor> outputs = executable.run(inputs);
        state.clear();
        state.addAll(outputs);
        results.add(state.getFirst().toDoubleArray());
      }
    }
    return results;
  }

  private static double[] normal(Random random, int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  @Test
  void adamIsItsScalarTranscription() {
    Random random = new Random(4);
    int count = 6;
    double[] x = normal(random, count);
    List<double[]> gradients =
        List.of(normal(random, count), normal(random, count), normal(random, count));
    List<double[]> moved =
        steps(
            new Optimizer.Adam(0.9, 0.98, 1e-9),
            ValueType.parse("f64[M=2 F=3]"),
            x,
            gradients,
            0.01);
    double[] m = new double[count];
    double[] v = new double[count];
    for (int t = 1; t <= gradients.size(); t++) {
      for (int i = 0; i < count; i++) {
        double g = gradients.get(t - 1)[i];
        m[i] = m[i] * 0.9 + g * (1 - 0.9);
        v[i] = v[i] * 0.98 + g * g * (1 - 0.98);
        double second = Math.sqrt(1 - StrictMath.pow(0.98, t));
        double by = 0.01 * (second / (1 - StrictMath.pow(0.9, t)));
        x[i] = x[i] - m[i] / (Math.sqrt(v[i]) + second * 1e-9) * by;
      }
      assertArrayEquals(x, moved.get(t - 1), 0);
    }
  }

  @Test
  void adafactorIsItsScalarTranscription() {
    Random random = new Random(5);
    int rows = 2;
    int columns = 3;
    double[] x = normal(random, rows * columns);
    List<double[]> gradients = List.of(normal(random, 6), normal(random, 6), normal(random, 6));
    List<double[]> moved =
        steps(Optimizer.Adafactor.paper(), ValueType.parse("f64[M=2 F=3]"), x, gradients, 0.1);
    double[] row = new double[rows];
    double[] column = new double[columns];
    for (int t = 1; t <= gradients.size(); t++) {
      double[] g = gradients.get(t - 1);
      double beta = 1 - Math.pow(t, -0.8);
      double total = 0;
      for (int i = 0; i < rows; i++) {
        double mean = 0;
        for (int j = 0; j < columns; j++) {
          mean += (g[i * columns + j] * g[i * columns + j] + 1e-30) / columns;
        }
        row[i] = beta * row[i] + (1 - beta) * mean;
        total += row[i] / rows;
      }
      for (int j = 0; j < columns; j++) {
        double mean = 0;
        for (int i = 0; i < rows; i++) {
          mean += (g[i * columns + j] * g[i * columns + j] + 1e-30) / rows;
        }
        column[j] = beta * column[j] + (1 - beta) * mean;
      }
      double[] update = new double[g.length];
      double size = 0;
      double scale = 0;
      for (int i = 0; i < g.length; i++) {
        update[i] = g[i] / Math.sqrt(row[i / columns] * column[i % columns] / total);
        size += update[i] * update[i] / g.length;
        scale += x[i] * x[i] / g.length;
      }
      for (int i = 0; i < g.length; i++) {
        double clipped = update[i] / Math.max(1, Math.sqrt(size));
        x[i] -= clipped * Math.max(1e-3, Math.sqrt(scale)) * 0.1;
      }
      assertArrayEquals(x, moved.get(t - 1), 1e-13);
    }
  }

  @Test
  void adafactorKeepsSumsOfRowsAndColumnsOfEachExpert() {
    List<Optimizer.Slot> slots =
        Optimizer.Adafactor.paper().slots(ValueType.parse("f32[E=3 M=4 H=5]"));
    assertEquals(
        List.of("f32[E=3 M=4]", "f32[E=3 H=5]"),
        slots.stream().map(slot -> slot.type().toString()).toList());
    List<double[]> one =
        steps(
            Optimizer.Adafactor.paper(),
            ValueType.parse("f64[M=3]"),
            new double[] {1, 2, 2},
            List.of(new double[] {0.5, -4, 0}),
            0.1);
    // At the first step nothing is remembered: each element moves by its sign, of size sqrt(3).
    double by = Math.sqrt(3) * 0.1 / Math.max(1, Math.sqrt(2.0 / 3));
    assertArrayEquals(new double[] {1 - by, 2 + by, 2}, one.getFirst(), 1e-12);
  }

  @Test
  void theRunningMeanBeginsWithTheFirstParameters() {
    Optimizer averaged = new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.5);
    ValueType type = ValueType.parse("f64[M=2]");
    ProgramBuilder p = Program.builder("mean");
    assertEquals(3, averaged.slots(type).size());
    List<Value> slots = new ArrayList<>();
    averaged.slots(type).forEach(slot -> slots.add(p.input(slot.name(), slot.type())));
    Value rate = p.constant(DType.F64, 0.1);
    Value step = p.input("step", ValueType.scalar(DType.F64));
    List<Value> next =
        averaged.update(
            p, new Optimizer.Step(p.input("x", type), p.input("g", type), slots, rate, step));
    p.output("moved", next.getFirst());
    p.output("running", next.getLast());
    try (Executable executable = BACKEND.compile(p.build())) {
      Tensor zero = Tensor.zeros(DType.F64, 2);
      List<Tensor> results =
          executable.run(
              zero,
              zero,
              Tensor.of(new double[] {8, 8}, 2),
              Tensor.scalar(DType.F64, 1),
              Tensor.of(new double[] {1, 2}, 2),
              Tensor.of(new double[] {3, -3}, 2));
      assertArrayEquals(results.get(0).toDoubleArray(), results.get(1).toDoubleArray(), 1e-15);
    }
  }

  @Test
  void aBatchOfNothingAndStepsBelowZeroAreRefused() {
    Tensor none = Tensor.zeros(DType.I32, 0, 3);
    says("sentences B must be at least 1", () -> new Training.Batch(none, none, none));
    Tensor empty = Tensor.zeros(DType.I32, 2, 0);
    says("source tokens N", () -> new Training.Batch(empty, BATCH.target(), BATCH.next()));
    says("target tokens T", () -> new Training.Batch(BATCH.source(), empty, empty));
    says("factors of losses must be finite", () -> new Transformer.Loss(0, Double.NaN, 0));
    try (Training training = new Training(SPEC, SETTINGS, BACKEND, 1)) {
      says("must be at least 0, got -1", () -> training.restore(training.state(), -1));
    }
  }

  private static void says(String part, org.junit.jupiter.api.function.Executable call) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call).getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void theRateDependsOnTheStepAlone() {
    WarmUp rate = new WarmUp(2e-3, 400);
    assertEquals(1e-3, rate.rate(200), 1e-15);
    assertEquals(2e-3, rate.rate(400), 1e-15);
    assertEquals(1e-3, rate.rate(1600), 1e-15);
    assertThrows(IllegalArgumentException.class, () -> new WarmUp(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new WarmUp(1, 0));
    assertThrows(IllegalArgumentException.class, () -> new WarmUp(Double.POSITIVE_INFINITY, 1));
    assertThrows(IllegalArgumentException.class, () -> rate.rate(0));
  }

  @Test
  void numbersThatNoOptimizerHasAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Optimizer.Adam(1, 0.98, 1e-9));
    assertThrows(IllegalArgumentException.class, () -> new Optimizer.Adam(0.9, -0.1, 1e-9));
    assertThrows(IllegalArgumentException.class, () -> new Optimizer.Adam(0.9, 0.98, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Optimizer.Adafactor(0.8, 0, 0, 0));
    Optimizer adafactor = Optimizer.Adafactor.paper();
    assertThrows(IllegalArgumentException.class, () -> new Optimizer.Averaged(adafactor, 1.1));
    assertThrows(
        IllegalArgumentException.class, () -> new Training.Settings(SETTINGS.loss(), adafactor, 0));
  }

  @Test
  void aBatchWhoseShapesDifferIsRefused() {
    Tensor two = Tensor.zeros(DType.I32, 2, 3);
    Tensor three = Tensor.zeros(DType.I32, 3, 3);
    assertThrows(IllegalArgumentException.class, () -> new Training.Batch(three, two, two));
    assertThrows(IllegalArgumentException.class, () -> new Training.Batch(two, two, three));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Training.Batch(Tensor.zeros(DType.I32, 2), two, two));
  }
}
