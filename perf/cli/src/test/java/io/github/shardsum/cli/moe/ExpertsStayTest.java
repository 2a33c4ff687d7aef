package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.PlanAssert;
import io.github.shardsum.testsupport.TestDepth;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The matrices of experts stay on their devices in every form of a layer, also where they are so
 * small that it were cheaper to gather them than to move tokens; but for hidden rows that are kept.
 * In slots and as rows no device has all tokens either, on more devices than a token has choices.
 */
class ExpertsStayTest {
  private static final List<String> MESHES = List.of("x=4", "d=2 x=4", "x=4 m=2", "d=2 x=4 m=2");

  /** M, H and S: small matrices and many tokens, and large ones and few. */
  private static final List<long[]> SIZES =
      List.of(new long[] {8, 8, 256}, new long[] {64, 128, 4}, new long[] {16, 32, 32});

  /** How tokens and experts come together. */
  enum Form {
    SLOTS,
    ROWS,
    GATHERED,
    BY_PRICE;

    PlanOptions options() {
      return PlanOptions.defaults()
          .withPartitions(
              switch (this) {
                case ROWS -> Partitions.ALWAYS;
                case GATHERED -> Partitions.NEVER;
                case SLOTS, BY_PRICE -> Partitions.BY_PRICE;
              });
    }

    Program layer(MoeSpec spec, Mesh mesh) {
      Program layer = this == SLOTS ? MoePrograms.layer(spec) : MoePrograms.raggedLayer(spec);
      String groups = mesh.axisNames().contains("d") ? "G@d.x S M" : "G@x S M";
      Map<String, String> layouts = new HashMap<>(Map.of("inputs", groups, "outputs", groups));
      String hidden = mesh.axisNames().contains("m") ? "H@m" : "H";
      for (Value input : layer.inputs()) {
        String labels = String.join(" ", input.type().names());
        if (labels.startsWith("E")) {
          layouts.put(input.name(), labels.replace("E", "E@x").replace("H", hidden));
        }
      }
      if (this == SLOTS) {
        String data = mesh.axisNames().contains("d") ? "G@d" : "G";
        layouts.put("dispatched", "E@x " + data + " C M");
        layouts.put("expert_outputs", data + " E@x C M");
      }
      return Annotations.of(layouts).apply(layer);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noCollectiveGathersThem(Form form) {
    int turn = (int) Math.floorMod(TestDepth.seed(5), 1L << 20);
    for (Activation activation : Activation.values()) {
      for (boolean biased : new boolean[] {false, true}) {
        Mesh mesh = Mesh.parse(MESHES.get(turn % MESHES.size()));
        long[] sizes = SIZES.get(turn++ % SIZES.size());
        RouteOptions route =
            RouteOptions.parse(
                "top2 second=all capacity=" + (form == Form.SLOTS ? "factor:1" : "load"));
        MoeSizes all = MoeSizes.of(8, sizes[2], 8, sizes[0], sizes[1], route);
        MoeSpec spec =
            MoeSpec.of(all, DType.F32, route, Randomness.seeded(0)).withActivation(activation);
        Program layer = form.layer(biased ? spec.withBias() : spec, mesh);
        for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
          check(form, biased, ProgramPlan.of(program, mesh, MoePrograms.kernels(), form.options()));
        }
      }
    }
  }

  /** The exception: rows of all experts, kept one after the other, have no label of experts. */
  @Test
  void keptHiddenRowsGatherThem() {
    Mesh mesh = Mesh.parse("x=4");
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    MoeSpec spec =
        MoeSpec.of(MoeSizes.of(8, 256, 8, 8, 8, route), DType.F32, route, Randomness.seeded(0));
    Program layer = Form.BY_PRICE.layer(spec.withHiddenKept(), mesh);
    for (Program program : List.of(layer, MoePrograms.gradient(layer))) {
      ProgramPlan plan =
          ProgramPlan.of(program, mesh, MoePrograms.kernels(), Form.BY_PRICE.options());
      List<PlannedValue> gathered =
          plan.plan().steps().stream()
              .filter(step -> step.action() instanceof Action.AllGather && moves(step))
              .map(PlanStep::result)
              .toList();
      assertEquals(
          Set.of("E M H", "E H M"),
          gathered.stream()
              .map(value -> value.layout().toString())
              .collect(Collectors.toUnmodifiableSet()),
          plan::toString);
    }
  }

  private static void check(Form form, boolean biased, ProgramPlan plan) {
    PlanAssert.that(plan).neverHoldsWhole("wi").neverHoldsWhole("wo");
    boolean hasAllTokens = form == Form.GATHERED || form == Form.BY_PRICE;
    for (PlannedValue value : plan.plan().values()) {
      Set<String> labels = labels(value);
      if (labels.equals(Set.of("E", "M", "H"))) {
        List<String> over = value.layout().axes(value.layout().dim("E"));
        assertTrue(over.contains("x"), () -> value + " must be split over x in\n" + plan);
      }
      boolean isWhole = value.localElements() == value.shape().elementCount();
      boolean isOfAllTokens = labels.equals(Set.of("G", "S", "M")) && isWhole;
      assertFalse(isOfAllTokens && !hasAllTokens, () -> value + " is whole in\n" + plan);
    }
    if (!hasAllTokens) {
      PlanAssert.that(plan).neverHoldsWhole("inputs");
    }
    // An output's bias is no addend of a part of the hidden width, which rules then gather.
    if (form == Form.ROWS || (form != Form.SLOTS && !biased)) {
      plan.plan().steps().forEach(step -> assertFalse(moves(step), () -> step + " in\n" + plan));
    }
  }

  /** Whether a collective brings matrices to other devices, other than as their sum. */
  private static boolean moves(PlanStep step) {
    boolean isSum =
        step.action() instanceof Action.AllReduce || step.action() instanceof Action.ReduceScatter;
    return step.action().isCollective()
        && !isSum
        && !(step.action() instanceof Action.Partitioned)
        && labels(step.result()).equals(Set.of("E", "M", "H"));
  }

  private static Set<String> labels(PlannedValue value) {
    Set<String> labels = new HashSet<>();
    for (int dim = 0; dim < value.layout().rank(); dim++) {
      labels.add(value.layout().label(dim));
    }
    return labels;
  }
}
