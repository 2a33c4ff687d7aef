package io.github.shardsum.moe.train;

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
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Activations that are computed again have the bits of those that are kept, in less memory. */
class RecomputationTest {
  /** So many that activations take more memory than the kernels' scratch, which does not grow. */
  private static final int SENTENCES = 32;

  private static final int SOURCE = 24;
  private static final int TARGET = 16;

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.1, 0.01, 0.001), new Optimizer.Adam(0.9, 0.98, 1e-9), 1);

  private static TransformerSpec spec(String capacity) {
    RouteOptions route =
        RouteOptions.parse("top2 second=all capacity=" + capacity + " aux=squared,real z=real");
    return TransformerSpec.builder()
        .vocabulary(32)
        .model(32)
        .heads(2)
        .key(16)
        .hidden(48)
        .layers(2)
        .experts(4)
        .positions(SOURCE)
        .groups(4)
        .route(route)
        .dtype(DType.F32)
        .build();
  }

  private static Training.Batch batch() {
    Random random = new Random(5);
    int[] source = random.ints(SENTENCES * SOURCE, 0, 32).toArray();
    int[] target = random.ints(SENTENCES * TARGET, 0, 32).toArray();
    int[] next = random.ints(SENTENCES * TARGET, 0, 32).toArray();
    return new Training.Batch(
        Tensor.of(source, SENTENCES, SOURCE),
        Tensor.of(target, SENTENCES, TARGET),
        Tensor.of(next, SENTENCES, TARGET));
  }

  /** A program that a training compiled. */
  private record Compiled(Program program, CompileOptions options) {}

  private record Recorded(Backend backend, List<Compiled> all) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      all.add(new Compiled(program, options));
      return backend.compile(program, options);
    }
  }

  private static Map<String, float[]> trained(Training training) {
    training.step(batch(), 0.01);
    training.step(List.of(batch(), batch()), 0.01);
    return values(training);
  }

  private static Map<String, float[]> values(Training training) {
    Map<String, float[]> values = new LinkedHashMap<>();
    training.state().forEach((name, tensor) -> values.put(name, tensor.toFloatArray()));
    return values;
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> given) {
    assertEquals(expected.keySet(), given.keySet());
    expected.forEach(
        (name, values) ->
            assertArrayEquals(values, Objects.requireNonNull(given.get(name)), 0, name));
  }

  @Test
  void onOneDeviceItHasTheSameBitsInLessMemory() {
    Backend local = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    List<Map<String, float[]>> states = new ArrayList<>();
    List<Long> planned = new ArrayList<>();
    for (boolean recomputes : List.of(false, true)) {
      Recorded recorded = new Recorded(local, new ArrayList<>());
      Training.Settings settings = SETTINGS.withRecomputes(recomputes);
      try (Training training = new Training(spec("load"), settings, recorded, 1)) {
        states.add(trained(training));
        Compiled step = recorded.all().getFirst();
        try (Executable executable = local.compile(step.program(), step.options())) {
          planned.add(executable.peakBytes());
        }
      }
    }
    assertSame(states.getFirst(), states.getLast());
    assertTrue(planned.getLast() < planned.getFirst() / 2, planned::toString);
  }

  @Test
  void onAMeshToo() {
    Mesh mesh = Mesh.parse("x=2");
    Optional<Training.Placement> placement =
        Optional.of(new Training.Placement(MeshAxes.of(mesh), true));
    List<Map<String, float[]>> states = new ArrayList<>();
    List<Long> held = new ArrayList<>();
    try (Collectives collectives = Collectives.open(mesh)) {
      Supplier<MeshBackend> backend =
          () -> MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      for (boolean recomputes : List.of(false, true)) {
        Training.Settings settings = SETTINGS.withRecomputes(recomputes);
        try (Training training =
            new Training(spec("factor:1"), settings, backend.get(), placement, 1)) {
          training.step(batch(), 0.01);
          held.add(training.traffic().orElseThrow().heldBytes());
          states.add(values(training));
        }
      }
    }
    assertSame(states.getFirst(), states.getLast());
    assertTrue(held.getLast() < held.getFirst(), held::toString);
  }
}
