package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Mixture-of-Experts layer and its gradient on our kernels, on our mesh, and on a plugin's one
 * and eight devices. Routes are the same ones; a sum of n terms of f32 lies within n roundings of
 * its largest.
 */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class MoeOnPluginTest {
  private static final Mesh MESH = Mesh.parse("x=8");
  private static final int GROUPS = 8;
  private static final int TOKENS = 24;
  private static final int EXPERTS = 8;
  private static final int HIDDEN = 32;

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

  private static Program layer(String route, DType dtype) {
    RouteOptions options =
        RouteOptions.parse(route).toBuilder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(GROUPS, TOKENS, EXPERTS, 16, HIDDEN, options);
    return MoePrograms.layer(MoeSpec.of(sizes, dtype, options, Randomness.seeded(7)));
  }

  private static Program annotated(Program layer) {
    return Annotations.of(Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x"))
        .apply(layer);
  }

  private static List<Tensor> inputs(Program program) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      Philox philox = new Philox(inputs.size());
      double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
      for (int i = 0; i < values.length; i++) {
        values[i] = philox.uniform(i, 3) - 0.5;
      }
      inputs.add(
          Tensor.of(values, values.length)
              .convert(input.type().dtype())
              .reshape(input.type().shape().toArray()));
    }
    return inputs;
  }

  private static List<Tensor> run(Backend backend, Program program) {
    try (Executable executable = backend.compile(program)) {
      return executable.run(inputs(program));
    }
  }

  /** Within the bound of the longest sum in units of the dtype, by the largest element. */
  private static void near(
      Program program, List<Tensor> expected, List<Tensor> given, double unit) {
    double terms = GROUPS * TOKENS;
    for (int i = 0; i < expected.size(); i++) {
      double[] a = expected.get(i).toDoubleArray();
      double[] b = given.get(i).toDoubleArray();
      double largest = 0;
      double apart = 0;
      for (int at = 0; at < a.length; at++) {
        largest = Math.max(largest, Math.abs(a[at]));
        apart = Math.max(apart, Math.abs(a[at] - b[at]));
      }
      String name = program.outputs().get(i).name();
      double bound = terms * unit * largest;
      double found = apart;
      assertTrue(apart <= bound, () -> name + ": apart " + found + ", bound " + bound);
    }
  }

  @Test
  void theLayerAndItsGradientAreTheSameOnEveryBackend() {
    Program layer = layer("top2", DType.F32);
    Program one = MoePrograms.gradient(layer);
    Program many = MoePrograms.gradient(annotated(layer));
    try (Workers workers = Workers.of(1);
        Collectives collectives = Collectives.open(MESH);
        PjrtBackend device = PjrtBackend.of(client);
        PjrtBackend devices = PjrtBackend.of(client, MESH)) {
      List<Tensor> expected = run(LocalBackend.of(workers, MoePrograms.kernels()), one);
      MeshBackend mesh = MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults());
      near(one, expected, run(mesh, many), 0x1p-24);
      near(one, expected, run(device, one), 0x1p-24);
      near(one, expected, run(devices, many), 0x1p-24);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"top1 aux=squared", "top2 second=all slots=gate", "experts2"})
  void otherRoutesAreOurs(String route) {
    Program layer = layer(route, DType.F32);
    try (Workers workers = Workers.of(1);
        PjrtBackend device = PjrtBackend.of(client)) {
      List<Tensor> expected = run(LocalBackend.of(workers, MoePrograms.kernels()), layer);
      near(layer, expected, run(device, layer), 0x1p-24);
    }
  }

  @Test
  void inBf16ItIsWithinRoundingsOfBf16() {
    Program layer = layer("top1 aux=squared", DType.BF16);
    try (Workers workers = Workers.of(1);
        PjrtBackend device = PjrtBackend.of(client)) {
      List<Tensor> expected = run(LocalBackend.of(workers, MoePrograms.kernels()), layer);
      // Sums are in f32, and each of a few results along the way is rounded to 8 bits.
      near(layer, expected, run(device, layer), 8 * 0x1p-8 / (GROUPS * TOKENS));
    }
  }

  @Test
  void theRouteOfPluginsHasOurPositions() {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(GROUPS, TOKENS, EXPERTS, 16, HIDDEN, options);
    Program layer =
        MoePrograms.layer(
            MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(7)).withMetrics());
    try (Workers workers = Workers.of(1);
        PjrtBackend device = PjrtBackend.of(client)) {
      List<Tensor> expected = run(LocalBackend.of(workers, MoePrograms.kernels()), layer);
      List<Tensor> given = run(device, layer);
      for (int i = 0; i < expected.size(); i++) {
        if (!expected.get(i).dtype().isFloating()) {
          String name = layer.outputs().get(i).name();
          assertEquals(
              Arrays.toString(expected.get(i).toLongArray()),
              Arrays.toString(given.get(i).toLongArray()),
              name);
        }
      }
    }
  }
}
