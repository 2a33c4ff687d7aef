package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A dropless layer whose experts are split over a mesh: tokens travel to the experts' devices, and
 * no weight of an expert to another device.
 */
class GatheredExpertsTest {
  private static final double ROUNDING = 1e-10;

  /** Experts on x, their hidden width on m, groups on d and x. */
  private static Program annotated(Program layer, Mesh mesh) {
    String data = mesh.axisNames().contains("d") ? "d.x" : "x";
    String hidden = mesh.axisNames().contains("m") ? "@m" : "";
    Map<String, String> layouts = new HashMap<>();
    layouts.put("inputs", "G@" + data + " S M");
    layouts.put("outputs", "G@" + data + " S M");
    Map<String, String> weights =
        Map.of(
            "wi", "E@x M H%s",
            "wv", "E@x M H%s",
            "wo", "E@x H%s M",
            "b_in", "E@x H%s",
            "b_v", "E@x H%s",
            "b_out", "E@x M");
    for (Value input : layer.inputs()) {
      String layout = weights.get(input.name());
      if (layout != null) {
        layouts.put(input.name(), layout.replace("%s", hidden));
      }
    }
    return Annotations.of(layouts).apply(layer);
  }

  private static MoeSpec spec(
      long groups, long experts, Activation activation, boolean biased, DType dtype) {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(groups, 9, experts, 32, 256, options);
    MoeSpec spec =
        MoeSpec.of(sizes, dtype, options, Randomness.seeded(7)).withActivation(activation);
    return biased ? spec.withBias() : spec;
  }

  @ParameterizedTest
  @CsvSource({
    "x=2, 4, 4, RELU, false, F32",
    "x=2, 4, 5, GELU, true, F32",
    "x=4, 8, 6, SWIGLU, true, F32",
    "x=4, 3, 5, SILU, false, BF16",
    "x=8, 8, 3, RELU, true, F32",
  })
  void onOneAxisTheBitsAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased, DType dtype) {
    MoeSpec spec = spec(groups, experts, activation, biased, dtype);
    check(spec, Mesh.parse(mesh), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "d=2 x=2, 4, 4, RELU, false",
    "d=2 x=2, 8, 5, SWIGLU, true",
    "x=2 m=2, 4, 4, GELU, false",
    "d=2 x=2 m=2, 4, 4, RELU, false",
    "d=2 x=2 m=3, 5, 3, SWIGLU, false",
    "x=2 m=16, 2, 3, SILU, false",
    "d=2 x=3, 4, 6, SILU, true",
  })
  void onSeveralAxesTheValuesAreThoseOfOneDevice(
      String mesh, long groups, long experts, Activation activation, boolean biased) {
    MoeSpec spec = spec(groups, experts, activation, biased, DType.F64);
    check(spec, Mesh.parse(mesh), ROUNDING);
  }

  private static void check(MoeSpec spec, Mesh mesh, double within) {
    Program layer = MoePrograms.raggedLayer(spec);
    Program annotated = annotated(layer, mesh);
    check(mesh, layer, annotated, within);
    check(mesh, MoePrograms.gradient(layer), MoePrograms.gradient(annotated), within);
  }

  private static void check(Mesh mesh, Program plain, Program annotated, double within) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    plain.inputs().forEach(input -> inputs.add(random(input, random)));
    try (Collectives collectives = Collectives.open(mesh);
        Executable one =
            LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain);
        MeshExecutable many =
            MeshBackend.of(
                    collectives,
                    MoePrograms.kernels(),
                    PlanOptions.defaults().withPartitions(PlanOptions.Partitions.NEVER))
                .compile(annotated)) {
      many.plan().certify();
      assertEquals(List.of(), ofExperts(many), many::explain);
      List<Tensor> expected = one.run(inputs);
      List<Tensor> given = many.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        String name = plain.outputs().get(i).name();
        assertArrayEquals(
            expected.get(i).toDoubleArray(),
            given.get(i).toDoubleArray(),
            bound(name, within),
            name);
      }
    }
  }

  /** Sums over tokens of several devices are in another order. */
  private static double bound(String name, double within) {
    List<String> sums = List.of("z_loss", "gradient.wg", "gradient.inputs");
    return within == 0 && sums.contains(name) ? 1e-2 : within;
  }

  /** Weights of experts that a collective moves, other than the sum of their gradients. */
  private static List<String> ofExperts(MeshExecutable executable) {
    List<String> moved = new ArrayList<>();
    for (PlanStep step : executable.plan().plan().steps()) {
      PlannedValue value = step.result();
      boolean isWeight =
          value.layout().rank() > 1
              && value.layout().label(0).equals("E")
              && !value.name().startsWith("gradient.");
      if (step.action().isCollective() && isWeight) {
        moved.add(step.action().op() + " of " + value);
      }
    }
    return moved;
  }

  private static Tensor random(Value input, Random random) {
    long[] shape = input.type().shape().toArray();
    int count = Math.toIntExact(input.type().shape().elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), count)
        .reshape(shape)
        .convert(input.type().dtype());
  }
}
