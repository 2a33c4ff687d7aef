package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Twenty steps of training a Transformer with experts, on our kernels, on our mesh, and on a
 * plugin's one and eight devices: forward, backward, clipping and Adam, each step on what the one
 * before made. Sums have other orders, and Adam divides by the root of a mean of squares, so that
 * what is nearly 0 loses digits; in f64 there are enough of them to hold every parameter to a
 * bound.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class TrainingOnPluginTest {
  private static final Mesh MESH = Mesh.parse("x=8");
  private static final int STEPS = 20;
  private static final int VOCABULARY = 24;
  private static final int BATCH = 8;
  private static final int SOURCE = 6;
  private static final int TARGET = 5;

  /** Sentences and experts, as the first label of an input. */
  private static final List<String> SPLIT = List.of("B", "E");

  @Parameter Path library;

  private PjrtClient client;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, MESH.size());
  }

  @AfterEach
  void close() {
    client.close();
  }

  /** What a training told of each step, and the parameters and slots that it ended with. */
  private record Trained(List<Training.Report> reports, Map<String, double[]> state) {}

  private static Trained train(Backend backend, DType dtype) {
    TransformerSpec spec =
        TransformerSpec.builder()
            .vocabulary(VOCABULARY)
            .model(16)
            .heads(2)
            .key(8)
            .hidden(32)
            .layers(2)
            .experts(8)
            .positions(8)
            .groups(2)
            .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
            .dtype(dtype)
            .build();
    Training.Settings settings =
        new Training.Settings(
            new Transformer.Loss(0.1, 0.01, 0.001),
            new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
            1);
    List<Training.Report> reports = new ArrayList<>();
    Map<String, double[]> state = new LinkedHashMap<>();
    try (Training training = new Training(spec, settings, backend, 1)) {
      for (int step = 0; step < STEPS; step++) {
        reports.add(training.step(batch(step), 0.003));
      }
      training.state().forEach((name, tensor) -> state.put(name, tensor.toDoubleArray()));
    }
    return new Trained(reports, state);
  }

  /** Sentences of random tokens, each with its end, of any length that fits. */
  private static Training.Batch batch(int step) {
    int[] source = new int[BATCH * SOURCE];
    int[] target = new int[BATCH * TARGET];
    int[] next = new int[BATCH * TARGET];
    Philox philox = new Philox(step);
    for (int sentence = 0; sentence < BATCH; sentence++) {
      int from = 1 + (int) (philox.uniform(sentence, 1) * (SOURCE - 1));
      int to = 1 + (int) (philox.uniform(sentence, 2) * (TARGET - 1));
      for (int i = 0; i <= from; i++) {
        source[sentence * SOURCE + i] =
            i < from ? token(philox, sentence * SOURCE + i, 3) : TransformerSpec.END;
      }
      target[sentence * TARGET] = TransformerSpec.BEGIN;
      for (int i = 0; i <= to; i++) {
        int token = i < to ? token(philox, sentence * TARGET + i, 4) : TransformerSpec.END;
        next[sentence * TARGET + i] = token;
        if (i < to) {
          target[sentence * TARGET + i + 1] = token;
        }
      }
    }
    return new Training.Batch(
        Tensor.of(source, BATCH, SOURCE),
        Tensor.of(target, BATCH, TARGET),
        Tensor.of(next, BATCH, TARGET));
  }

  private static int token(Philox philox, int at, int stream) {
    int first = TransformerSpec.END + 1;
    return first + (int) (philox.uniform(at, stream) * (VOCABULARY - first));
  }

  /** Sentences and experts over all devices, as {@code shardsum train --mesh} lays them out. */
  private record Split(Backend backend) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      Map<String, String> layouts = new LinkedHashMap<>();
      program.inputs().stream()
          .filter(input -> !input.type().names().isEmpty())
          .filter(input -> SPLIT.contains(input.type().names().getFirst()))
          .forEach(input -> layouts.put(input.name(), input.type().names().getFirst() + "@x"));
      return backend.compile(Annotations.of(layouts).apply(program), options);
    }
  }

  private Trained onDevice(DType dtype) {
    try (PjrtBackend device = PjrtBackend.of(client)) {
      return train(device, dtype);
    }
  }

  private Trained onDevices(DType dtype) {
    try (PjrtBackend devices = PjrtBackend.of(client, MESH)) {
      return train(new Split(devices), dtype);
    }
  }

  private static Trained onOurMesh(DType dtype) {
    try (Collectives collectives = Collectives.open(MESH)) {
      return train(
          new Split(MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())),
          dtype);
    }
  }

  private static Trained ours(DType dtype) {
    try (Workers workers = Workers.of(1)) {
      return train(LocalBackend.of(workers, MoePrograms.kernels()), dtype);
    }
  }

  @Test
  void twentyStepsInF64AreTheSameToTenDigits() {
    Trained ours = ours(DType.F64);
    double first = ours.reports().getFirst().loss();
    assertTrue(ours.reports().getLast().loss() < first, "the loss falls");
    Map.of(
            "our mesh", onOurMesh(DType.F64),
            "a device", onDevice(DType.F64),
            "eight devices", onDevices(DType.F64))
        .forEach(
            (name, other) -> {
              assertReports(ours, other, 1e-10, name);
              for (int step = 0; step < STEPS; step++) {
                assertPlaced(ours.reports().get(step), other.reports().get(step), name);
              }
              ours.state()
                  .forEach((of, values) -> assertNear(values, other.state(), of, 1e-8, name));
            });
  }

  @Test
  void twentyStepsInF32HaveLossesAndNormsWithinAThousandth() {
    Trained ours = ours(DType.F32);
    assertReports(ours, onOurMesh(DType.F32), 1e-3, "our mesh");
    assertReports(ours, onDevice(DType.F32), 1e-3, "a device");
  }

  private static void assertReports(Trained ours, Trained other, double bound, String name) {
    for (int step = 0; step < STEPS; step++) {
      Training.Report a = ours.reports().get(step);
      Training.Report b = other.reports().get(step);
      String what = name + ", step " + (step + 1);
      assertEquals(a.loss(), b.loss(), bound * a.loss(), what + ", loss");
      assertEquals(a.norm(), b.norm(), bound * a.norm(), what + ", norm");
      assertEquals(a.balance(), b.balance(), bound * a.balance(), what + ", balance");
      assertEquals(a.unusable(), b.unusable(), what);
    }
  }

  private static void assertPlaced(Training.Report ours, Training.Report other, String name) {
    assertEquals(ours.placed().keySet(), other.placed().keySet());
    ours.placed()
        .forEach((layer, placed) -> assertArrayEquals(placed, other.placed().get(layer), name));
  }

  private static void assertNear(
      double[] ours, Map<String, double[]> other, String of, double bound, String name) {
    double largest = 0;
    for (double each : ours) {
      largest = Math.max(largest, Math.abs(each));
    }
    assertArrayEquals(ours, other.get(of), bound * largest, name + ", " + of);
  }
}
