package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  /** Half the distance of a number of f32 to the next, at the most, as its share. */
  private static final double F32 = 0x1p-24;

  /** The same twice of bf16, as two results are rounded. */
  private static final double BF16 = 0x1p-7;

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

  /**
   * Forward and backward; a bound of 0 asks for the same bits, but for the roundings of sums over
   * tokens of several devices.
   */
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
        double[] values = expected.get(i).toDoubleArray();
        double[] bounds = within == 0 ? roundings(plain, name, values, inputs) : new double[0];
        double[] got = given.get(i).toDoubleArray();
        for (int at = 0; at < values.length; at++) {
          double bound = within == 0 ? bounds[at] : within;
          assertEquals(values[at], got[at], bound, name + " at " + at);
        }
      }
    }
  }

  /**
   * How far sums over tokens may lie apart that are added in two orders, by the roundings of
   * either. All other values are those of one device.
   */
  private static double[] roundings(
      Program plain, String name, double[] values, List<Tensor> inputs) {
    double[] bounds = new double[values.length];
    if (name.equals("z_loss")) {
      // Squares, a sum a group, and a quotient; all in f64.
      bounds[0] = 2 * (plain.value("aux_loss").type().shape().size(0) + 1) * Math.ulp(values[0]);
    } else if (name.equals("gradient.wg")) {
      double[] terms = termsOfRouter(plain, inputs);
      long tokens = plain.value("inputs").type().shape().elementCount();
      tokens /= plain.value("inputs").type().shape().size(2);
      boolean isNarrow = plain.value(name).type().dtype() == DType.BF16;
      for (int at = 0; at < bounds.length; at++) {
        bounds[at] = 2 * tokens * F32 * terms[at] + (isNarrow ? BF16 * Math.abs(values[at]) : 0);
      }
    }
    return bounds;
  }

  /** For each weight of the router the sum over tokens of the sizes of what its gradient adds. */
  private static double[] termsOfRouter(Program plain, List<Tensor> inputs) {
    Value cotangent = plain.value("cotangent.logits");
    Program router = new Program("router", plain.inputs(), plain.statements(), List.of(cotangent));
    double[] ofLogits;
    try (Executable one =
        LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(router)) {
      ofLogits = one.run(inputs).getFirst().toDoubleArray();
    }
    double[] x = inputs.get(plain.inputs().indexOf(plain.value("inputs"))).toDoubleArray();
    int experts = Math.toIntExact(cotangent.type().shape().size(2));
    int tokens = ofLogits.length / experts;
    int width = x.length / tokens;
    double[] terms = new double[width * experts];
    for (int token = 0; token < tokens; token++) {
      for (int m = 0; m < width; m++) {
        for (int e = 0; e < experts; e++) {
          terms[m * experts + e] += Math.abs(x[token * width + m] * ofLogits[token * experts + e]);
        }
      }
    }
    return terms;
  }

  private static Tensor random(Value input, Random random) {
    long[] shape = input.type().shape().toArray();
    int count = Math.toIntExact(input.type().shape().elementCount());
    return Tensor.of(random.doubles(count, -1, 1).toArray(), count)
        .reshape(shape)
        .convert(input.type().dtype());
  }
}
