package io.github.shardsum.moe.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training in a fixed order of sums: a mesh takes the steps of one device, bit for bit. */
class ReproducibleTrainingTest {
  private static final int STEPS = 20;

  private static final TransformerSpec SPEC =
      new TransformerSpec(
          9,
          8,
          2,
          4,
          8,
          2,
          4,
          4,
          2,
          RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"),
          DType.F32);

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

  /** Sentences and experts over all devices, sums in order. */
  private record Reproducible(Backend backend, Mesh mesh) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      Map<String, String> layouts = new TreeMap<>();
      for (Value input : program.inputs()) {
        List<String> labels = input.type().names();
        if (!labels.isEmpty() && List.of("B", "E").contains(labels.getFirst())) {
          layouts.put(input.name(), labels.getFirst() + "@" + String.join(".", mesh.axisNames()));
        }
      }
      Program given = mesh.size() == 1 ? program : Annotations.of(layouts).apply(program);
      return backend.compile(given, options.withReproducible());
    }
  }

  /**
   * The state after all steps.
   *
   * @param from the state to begin with, after so many steps; filled with that after half of them
   *     if it is empty
   */
  private static Map<String, float[]> trained(Backend backend, Map<String, Tensor> from) {
    try (Training training = new Training(SPEC, SETTINGS, backend, 1)) {
      boolean isAnew = from.isEmpty();
      if (!isAnew) {
        training.restore(from, STEPS / 2);
      }
      for (long step = training.steps(); step < STEPS; step++) {
        if (isAnew && step == STEPS / 2) {
          training.state().forEach((name, tensor) -> from.put(name, tensor.copy()));
        }
        training.step(BATCH, 0.01);
      }
      Map<String, float[]> state = new LinkedHashMap<>();
      training.state().forEach((name, tensor) -> state.put(name, tensor.toFloatArray()));
      return state;
    }
  }

  private static Backend local() {
    return new Reproducible(
        LocalBackend.of(Workers.sequential(), MoePrograms.kernels()), Mesh.parse(""));
  }

  private static Backend on(Collectives collectives) {
    return new Reproducible(
        MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults()),
        collectives.mesh());
  }

  private static void equal(Map<String, float[]> expected, Map<String, float[]> given) {
    expected.forEach((name, values) -> assertArrayEquals(values, given.get(name), name));
  }

  /** Eight groups, as many as there are devices at most. */
  private static final TransformerSpec WIDE =
      new TransformerSpec(16, 8, 2, 4, 8, 2, 8, 4, 8, SPEC.route(), DType.F32);

  private static Training.Batch wide() {
    Random random = new Random(7);
    return new Training.Batch(
        Tensor.of(random.ints(8 * 4, 0, 16).toArray(), 8, 4),
        Tensor.of(random.ints(8 * 3, 0, 16).toArray(), 8, 3),
        Tensor.of(random.ints(8 * 3, 0, 16).toArray(), 8, 3));
  }

  /** Losses of each step, and then the state. */
  private static Map<String, double[]> course(
      TransformerSpec spec, Backend backend, Optional<Training.Placement> placement) {
    try (Training training = new Training(spec, SETTINGS, backend, placement, 1)) {
      double[] losses = new double[2 * STEPS];
      for (int i = 0; i < STEPS; i++) {
        Training.Report report = training.step(wide(), 0.01);
        losses[2 * i] = report.loss();
        losses[2 * i + 1] = report.norm();
      }
      Map<String, double[]> all = new LinkedHashMap<>(Map.of("losses", losses));
      training.state().forEach((name, tensor) -> all.put(name, tensor.toDoubleArray()));
      return all;
    }
  }

  /**
   * In the layouts of {@link TrainingLayouts}, over sentences and experts; which of the meshes is
   * drawn at the short depth.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twentyStepsInTheLayoutsOfATrainingHaveOneDevicesBits(boolean hasSlots) {
    TransformerSpec spec =
        hasSlots
            ? WIDE.withRoute(WIDE.route().toBuilder().capacity(Capacity.factor(1)).build())
            : WIDE;
    Backend one = local();
    Map<String, double[]> expected = course(spec, one, Optional.empty());
    List<String> meshes = new ArrayList<>(List.of("x=2", "d=2", "d=2 x=2", "x=8", "d=2 x=4"));
    Collections.shuffle(meshes);
    for (String notation : meshes.subList(0, TestDepth.cases(1, 1, 2))) {
      Mesh mesh = Mesh.parse(notation);
      try (Collectives collectives = Collectives.open(mesh)) {
        MeshBackend backend =
            MeshBackend.of(
                collectives, MoePrograms.kernels(), PlanOptions.defaults().withSums(SumOrder.TREE));
        Training.Placement placement = new Training.Placement(MeshAxes.of(mesh), true);
        Map<String, double[]> given = course(spec, backend, Optional.of(placement));
        expected.forEach(
            (name, values) -> assertArrayEquals(values, given.get(name), notation + ": " + name));
      }
    }
  }

  /** The second mesh goes on from the checkpoint of the first. */
  @Test
  void twentyStepsOnMeshesHaveOneDevicesBits() {
    Map<String, float[]> expected = trained(local(), new LinkedHashMap<>());
    Map<String, Tensor> half = new LinkedHashMap<>();
    try (Collectives two = Collectives.open(Mesh.parse("x=2"))) {
      equal(expected, trained(on(two), half));
    }
    try (Collectives four = Collectives.open(Mesh.parse("x=2 y=2"))) {
      equal(expected, trained(on(four), half));
    }
  }
}
