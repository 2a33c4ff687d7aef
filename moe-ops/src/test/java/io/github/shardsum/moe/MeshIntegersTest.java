package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.PlanOptions.Windows;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random layers on random meshes have the bits of one device, by its kernels and by the definition
 * of every operation, forward and backward, in slots and as rows, at once and in pieces, whatever
 * the activation and the loads: on data whose every sum is exact. Experts come in pairs with one
 * column of the router, whose logits are so far apart that gates are 1/2, 1/2 and 0. What goes into
 * a smooth activation is 0 or so far from it that the activation and its derivative are exact.
 */
class MeshIntegersTest {
  /** Beyond which the exponential of a negative number is 0 in f64. */
  private static final double APART = 1024;

  /** Layers; each has several loads, which share its plan. */
  private static final int CASES = Integer.getInteger("shardsum.cases", TestDepth.cases(6, 12, 12));

  private static final int LOADS = 4;
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(31));

  /** One layer of so many is also held to the definition, which is slow. */
  private static final long BY_DEFINITION = 3;

  private static final List<String> MESHES =
      List.of(
          "x=2", "x=4", "x=3", "x=8", "d=2 x=2", "x=2 m=2", "d=2 x=2 m=2", "d=2 m=2", "d=3 x=2");

  private static final List<String> CAPACITIES =
      List.of("load", "factor:1", "factor:0.5", "fixed:2");

  private static <T> T one(List<T> all, Random random) {
    return all.get(random.nextInt(all.size()));
  }

  /** A layer, and the seed of its data. */
  record Case(MoeSpec spec, Mesh mesh, boolean hasSlots, long seed) {
    static Case of(long seed) {
      Random random = new Random(seed);
      String options =
          String.join(
              " ",
              one(List.of("top1", "top2 second=all"), random),
              "slots=" + one(List.of("choice", "gate"), random),
              "capacity=" + one(CAPACITIES, random));
      RouteOptions route = RouteOptions.parse(options);
      long groups = 1L + random.nextInt(9);
      long tokens = 1L << random.nextInt(4);
      long experts = 2L << random.nextInt(3);
      MoeSizes sizes =
          MoeSizes.of(groups, tokens, experts, 5 + random.nextInt(4), 1 + random.nextInt(6), route);
      MoeSpec spec =
          MoeSpec.of(sizes, DType.F64, route, Randomness.seeded(seed))
              .withActivation(one(List.of(Activation.values()), random));
      return new Case(
          random.nextBoolean() ? spec.withBias() : spec,
          Mesh.parse(one(MESHES, random)),
          random.nextBoolean(),
          seed);
    }

    /** Small integers; of the tokens the first numbers say which pair they go to. */
    Tensor input(Value value, int skew, Random random) {
      int count = Math.toIntExact(value.type().shape().elementCount());
      double[] numbers = random.ints(count, -2, 3).asDoubleStream().toArray();
      int pairs = (int) spec.sizes().experts() / 2;
      if (value.name().equals("wg")) {
        for (int i = 0; i < count; i++) {
          int expert = i % (2 * pairs);
          numbers[i] = i / (2 * pairs) == expert / 2 ? APART : 0;
        }
      } else if (value.name().equals("inputs")) {
        int width = (int) spec.sizes().model();
        for (int token = 0; token < count / width; token++) {
          List<Integer> order = new ArrayList<>(IntStream.range(0, pairs).boxed().toList());
          // All to one pair, most to one pair, or as it falls.
          if (skew == 2 || (skew == 1 && token % 4 == 0)) {
            Collections.shuffle(order, random);
          }
          for (int i = 0; i < pairs; i++) {
            numbers[token * width + i] = order.get(i);
          }
        }
      } else if (value.name().equals("cotangent.z_loss")) {
        numbers[0] = 0;
      } else if (spec.activation() != Activation.RELU
          && List.of("wi", "b_in").contains(value.name())) {
        for (int i = 0; i < count; i++) {
          numbers[i] *= APART;
        }
      }
      return Tensor.of(numbers, count)
          .reshape(value.type().shape().toArray())
          .convert(value.type().dtype());
    }

    Program layer() {
      return hasSlots ? MoePrograms.layer(spec) : MoePrograms.raggedLayer(spec);
    }

    Program annotated(Program layer) {
      MeshAxes axes = MeshAxes.of(mesh);
      Map<String, String> layouts = new HashMap<>();
      layouts.put("inputs", MeshAxes.split("G", axes.tokens()) + " S M");
      layouts.put("outputs", MeshAxes.split("G", axes.tokens()) + " S M");
      for (Value input : layer.inputs()) {
        List<String> labels = input.type().names();
        if (labels.getFirst().equals("E")) {
          layouts.put(
              input.name(),
              labels.stream()
                  .map(
                      label ->
                          switch (label) {
                            case "E" -> MeshAxes.split(label, axes.experts());
                            case "H" -> MeshAxes.split(label, axes.hidden());
                            default -> label;
                          })
                  .collect(Collectors.joining(" ")));
        }
      }
      if (hasSlots) {
        layouts.put(
            "dispatched",
            MeshAxes.split("E", axes.experts()) + " " + MeshAxes.split("G", axes.data()) + " C M");
      }
      return Annotations.of(layouts).apply(layer);
    }

    /** Rows by price, or always, of a device's experts at once or in pieces. */
    PlanOptions options() {
      PlanOptions always = PlanOptions.defaults().withPartitions(Partitions.ALWAYS);
      return switch ((int) Math.floorMod(seed, 4L)) {
        case 0 -> PlanOptions.defaults();
        case 1 -> always;
        default -> always.withWindows(Windows.ALWAYS);
      };
    }

    void check() {
      Program layer = layer();
      Program plain = MoePrograms.gradient(layer);
      Program laid = MoePrograms.gradient(annotated(layer));
      Random random = new Random(seed);
      try (Collectives collectives = Collectives.open(mesh);
          Executable one =
              LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(plain);
          Executable definition = new ReferenceBackend().compile(plain);
          MeshExecutable many =
              MeshBackend.of(collectives, MoePrograms.kernels(), options()).compile(laid)) {
        for (int load = 0; load < LOADS; load++) {
          int skew = random.nextInt(3);
          List<Tensor> inputs =
              plain.inputs().stream().map(each -> input(each, skew, random)).toList();
          List<Tensor> given = many.run(inputs);
          equal(one.run(inputs), given, plain, "one device under load " + load);
          if (seed % BY_DEFINITION == 0) {
            equal(definition.run(inputs), given, plain, "the definition under load " + load);
          }
        }
      }
    }

    private void equal(List<Tensor> expected, List<Tensor> given, Program plain, String whose) {
      for (int i = 0; i < expected.size(); i++) {
        String name = plain.outputs().get(i).name();
        // Logarithms, which no data makes exact.
        if (!name.equals("z_loss")) {
          assertArrayEquals(
              expected.get(i).toDoubleArray(),
              given.get(i).toDoubleArray(),
              0,
              () ->
                  String.join(
                      " ",
                      name,
                      "by",
                      whose,
                      "of",
                      toString(),
                      "; repeat with -Dshardsum.cases=1 -Dshardsum.seed=" + seed));
        }
      }
    }
  }

  @Test
  void randomLayersHaveTheBitsOfOneDevice() {
    for (long i = 0; i < CASES; i++) {
      Case drawn = Case.of(SEED + i);
      try {
        drawn.check();
      } catch (RuntimeException failed) {
        throw new AssertionError(drawn.toString(), failed);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"d=2 m=2", "x=2 m=2", "d=2 x=2 m=2"})
  void aDeviceMayHaveNeitherTokensNorHiddenWidth(String mesh) {
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    for (Activation activation : List.of(Activation.RELU, Activation.SWIGLU)) {
      MoeSpec spec =
          MoeSpec.of(MoeSizes.of(1, 2, 2, 5, 1, route), DType.F64, route, Randomness.seeded(1))
              .withActivation(activation);
      for (long seed = 0; seed < 3; seed++) {
        new Case(spec, Mesh.parse(mesh), false, seed).check();
      }
    }
  }
}
