package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Dropless layers whose experts are split over a mesh, held to one device.
 *
 * @param options that choose the form of the experts
 * @param plans is given every executable before it runs
 */
record ExpertsOnMesh(PlanOptions options, Consumer<MeshExecutable> plans) {
  /** Experts on x, their hidden width on m, groups on d and x. */
  static Program annotated(Program layer, Mesh mesh) {
    String data = mesh.axisNames().contains("d") ? "d.x" : "x";
    String hidden = mesh.axisNames().contains("m") ? "@m" : "";
    Map<String, String> layouts = new HashMap<>();
    layouts.put("inputs", "G@" + data + " S M");
    layouts.put("outputs", "G@" + data + " S M");
    for (Value input : layer.inputs()) {
      if (input.type().names().getFirst().equals("E")) {
        layouts.put(
            input.name(),
            String.join(" ", input.type().names()).replace("E", "E@x").replace("H", "H" + hidden));
      }
    }
    return Annotations.of(layouts).apply(layer);
  }

  /** A layer of groups of 9 tokens, 32 wide. */
  static MoeSpec spec(
      long groups, long experts, long hidden, Activation activation, boolean biased, DType dtype) {
    RouteOptions options = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(groups, 9, experts, 32, hidden, options);
    MoeSpec spec =
        MoeSpec.of(sizes, dtype, options, Randomness.seeded(7)).withActivation(activation);
    return biased ? spec.withBias() : spec;
  }

  /** Forward and backward; a bound of 0 asks for the same bits. */
  void check(MoeSpec spec, Mesh mesh, double within) {
    Program layer = MoePrograms.raggedLayer(spec);
    Program annotated = annotated(layer, mesh);
    check(mesh, layer, annotated, within);
    check(mesh, MoePrograms.gradient(layer), MoePrograms.gradient(annotated), within);
  }

  private void check(Mesh mesh, Program plain, Program annotated, double within) {
    Random random = new Random(5);
    List<Tensor> inputs = new ArrayList<>();
    plain.inputs().forEach(input -> inputs.add(random(input, random)));
    try (Collectives collectives = Collectives.open(mesh);
        Executable one =
            LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain);
        MeshExecutable many =
            MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(annotated)) {
      many.plan().certify();
      plans.accept(many);
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

  private static Tensor random(Value input, Random random) {
    long[] shape = input.type().shape().toArray();
    int count = Math.toIntExact(input.type().shape().elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), count)
        .reshape(shape)
        .convert(input.type().dtype());
  }
}
