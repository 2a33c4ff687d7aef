package io.github.shardsum.moe.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
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
import io.github.shardsum.testsupport.TestDepth;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training in a fixed order of sums: a mesh takes the steps of one device, bit for bit. */
class ReproducibleTrainingTest {
  static final int STEPS = 20;

  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(17));
  private static final List<String> MESHES =
      List.of("x=2", "d=2", "x=4", "d=2 x=2", "x=8", "d=2 x=4", "d=8");

  /** Meshes that a course goes over, one after the other, each from the state of the one before. */
  private static final int COUNT = Math.min(Integer.getInteger("shardsum.cases", 2), MESHES.size());

  /** Eight groups, as many as there are devices at most. */
  static TransformerSpec spec(String capacity) {
    RouteOptions route =
        RouteOptions.parse("top2 second=all capacity=" + capacity + " aux=squared,real z=real");
    return TransformerSpec.builder()
        .vocabulary(16)
        .model(8)
        .heads(2)
        .key(4)
        .hidden(8)
        .layers(2)
        .experts(8)
        .positions(4)
        .groups(8)
        .route(route)
        .dtype(DType.F32)
        .build();
  }

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.1, 0.01, 0.001),
          new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
          1);

  private static Training.Batch batch() {
    Random random = new Random(7);
    return new Training.Batch(
        Tensor.of(random.ints(8 * 4, 0, 16).toArray(), 8, 4),
        Tensor.of(random.ints(8 * 3, 0, 16).toArray(), 8, 3),
        Tensor.of(random.ints(8 * 3, 0, 16).toArray(), 8, 3));
  }

  /** Sums in order on one device. */
  private record Reproducible(Backend backend) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      return backend.compile(program, options.withReproducible());
    }
  }

  /** Losses and norms of all steps, and the state after some. */
  record Course(List<Double> losses, Map<String, Tensor> state) {
    static Course empty() {
      return new Course(new ArrayList<>(), new LinkedHashMap<>());
    }

    static Course onOneDevice(TransformerSpec spec, int until) {
      Course course = empty();
      Backend one = new Reproducible(LocalBackend.of(Workers.sequential(), MoePrograms.kernels()));
      try (Training training = new Training(spec, SETTINGS, one, 1)) {
        course.on(training, until);
      }
      return course;
    }

    void assertSame(Course given, String of) {
      assertEquals(losses, given.losses, of);
      state.forEach(
          (name, values) ->
              assertArrayEquals(
                  values.toFloatArray(),
                  Objects.requireNonNull(given.state.get(name)).toFloatArray(),
                  name + " of " + of));
    }

    /** Goes on from what was made until a step. */
    void on(Training training, int until) {
      if (!state.isEmpty()) {
        training.restore(state, losses.size() / 2);
      }
      while (losses.size() < 2 * until) {
        Training.Report report = training.step(batch(), 0.01);
        losses.add(report.loss());
        losses.add(report.norm());
      }
      training.state().forEach((name, tensor) -> state.put(name, tensor.copy()));
    }

    void on(Mesh mesh, TransformerSpec spec, int until) {
      PlanOptions options = PlanOptions.defaults().withSums(SumOrder.TREE);
      Training.Placement placement = new Training.Placement(MeshAxes.of(mesh), true);
      try (Collectives collectives = Collectives.open(mesh);
          Training training =
              new Training(
                  spec,
                  SETTINGS,
                  MeshBackend.of(collectives, MoePrograms.kernels(), options),
                  Optional.of(placement),
                  1)) {
        on(training, until);
      }
    }
  }

  /**
   * Steps have these bits at every vector width, without the Vector API, and on any number of
   * threads. The digest stands for the definition of a step and the order of its sums; a change of
   * either is the only reason to change it.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void threeStepsHaveTheBitsOfEveryWidth(int threads) {
    Course course = Course.empty();
    try (Workers workers = Workers.of(threads);
        Training training =
            new Training(
                spec("factor:1"),
                SETTINGS,
                new Reproducible(LocalBackend.of(workers, MoePrograms.kernels())),
                1)) {
      course.on(training, 3);
    }
    CRC32C digest = new CRC32C();
    course.losses().forEach(loss -> update(digest, loss));
    new TreeMap<>(course.state())
        .forEach(
            (_, values) -> {
              for (double value : values.toDoubleArray()) {
                update(digest, value);
              }
            });
    assertEquals("dba519d5", Long.toHexString(digest.getValue()));
  }

  private static void update(CRC32C digest, double value) {
    digest.update(ByteBuffer.allocate(Double.BYTES).putDouble(value).flip());
  }

  /** Over sentences and experts; each mesh goes on from the checkpoint of the one before. */
  @Test
  void twentyStepsOnMeshesHaveOneDevicesBits() {
    Random random = new Random(SEED);
    List<String> meshes = new ArrayList<>(MESHES);
    Collections.shuffle(meshes, random);
    TransformerSpec spec = spec(random.nextBoolean() ? "load" : "factor:1");
    Course expected = Course.onOneDevice(spec, STEPS);
    Course given = Course.empty();
    for (int i = 0; i < COUNT; i++) {
      given.on(Mesh.parse(meshes.get(i)), spec, STEPS * (i + 1) / COUNT);
    }
    String of = spec.route() + " on " + meshes.subList(0, COUNT) + ", seed " + SEED;
    expected.assertSame(given, of);
  }
}
