package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The layer on a mesh gives what it gives on one device, forward and backward. */
class MeshLayerTest {
  private static final double ROUNDING = 1e-10;

  private static Tensor random(Value input, Random random) {
    long[] shape = input.type().shape().toArray();
    int count = Math.toIntExact(input.type().shape().elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), count)
        .reshape(shape)
        .convert(input.type().dtype());
  }

  @ParameterizedTest
  @CsvSource({
    "x=1, 4, 4, top2 capacity=factor:1.25 second=random:0.5",
    "x=2, 4, 4, top2 capacity=factor:1.25 second=random:0.5",
    "x=3, 5, 4, top2 capacity=factor:1.25 second=random:0.5",
    "x=4, 3, 7, top2 capacity=factor:1.25 second=sample",
    "x=8, 16, 4, top1 capacity=factor:2",
    "x=2 y=3, 6, 5, top4 capacity=factor:1"
  })
  void equalsTheUnsharded(String mesh, long groups, long experts, String text) {
    RouteOptions options = RouteOptions.parse(text);
    MoeSizes sizes = MoeSizes.of(groups, 9, experts, 6, 10, options);
    MoeSpec spec = MoeSpec.of(sizes, DType.F64, options, Randomness.seeded(7));
    Program layer = MoePrograms.layer(spec.withMetrics());
    Program annotated =
        Annotations.of(Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x")).apply(layer);
    equal(Mesh.parse(mesh), layer, annotated, List.of("positions", "asked", "overflow", "placed"));
    equal(
        Mesh.parse(mesh), MoePrograms.gradient(layer), MoePrograms.gradient(annotated), List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "x=2, 4, RELU, top2 second=all capacity=load",
    "x=3, 4, SWIGLU, top2 capacity=factor:1.25 second=random:0.5",
    "x=2 y=2, 5, GELU, top3 capacity=load"
  })
  void compactRowsToo(String mesh, long groups, Activation activation, String text) {
    RouteOptions options = RouteOptions.parse(text);
    MoeSizes sizes = MoeSizes.of(groups, 9, 4, 6, 10, options);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F64, options, Randomness.seeded(7))
            .withActivation(activation)
            .withBias();
    for (MoeSpec each : List.of(spec, spec.withHiddenKept())) {
      Program layer = MoePrograms.raggedLayer(each);
      Program annotated = Annotations.of(Map.of("inputs", "G@x", "outputs", "G@x")).apply(layer);
      equal(Mesh.parse(mesh), layer, annotated, List.of());
      equal(
          Mesh.parse(mesh),
          MoePrograms.gradient(layer),
          MoePrograms.gradient(annotated),
          List.of());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x=2", "x=4", "x=2 y=2"})
  void noDeviceHoldsADenseTensorOfSlots(String mesh) {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=factor:1");
    MoeSizes sizes = MoeSizes.of(8, 1024, 16, 8, 16, options);
    MoeSpec spec = MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(7));
    Map<String, String> annotations =
        Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");
    Mesh of = Mesh.parse(mesh);
    long dense = sizes.shape("GSEC").elementCount() * Float.BYTES / of.size("x");
    Program slots = Annotations.of(annotations).apply(MoePrograms.layer(spec));
    Program rows =
        Annotations.of(Map.of("inputs", "G@x", "outputs", "G@x"))
            .apply(MoePrograms.raggedLayer(spec));
    try (Collectives collectives = Collectives.open(of)) {
      MeshBackend backend =
          MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      for (Program layer : List.of(slots, rows)) {
        for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
          try (MeshExecutable executable = backend.compile(program)) {
            // A quarter of one of them is more than all that a device holds at a time.
            assertTrue(executable.peakBytes() < dense / 4, executable::explain);
          }
        }
      }
    }
  }

  private static void equal(Mesh mesh, Program plain, Program annotated, List<String> exact) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    plain.inputs().forEach(input -> inputs.add(random(input, random)));
    try (Collectives collectives = Collectives.open(mesh);
        Executable one =
            LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain);
        MeshExecutable many =
            MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())
                .compile(annotated)) {
      many.plan().certify();
      List<Tensor> expected = one.run(inputs);
      List<Tensor> given = many.run(inputs);
      assertEquals(expected.size(), given.size());
      for (int i = 0; i < expected.size(); i++) {
        String name = plain.outputs().get(i).name();
        double within = exact.contains(name) ? 0 : ROUNDING;
        assertArrayEquals(
            expected.get(i).toDoubleArray(), given.get(i).toDoubleArray(), within, name);
      }
    }
  }
}
