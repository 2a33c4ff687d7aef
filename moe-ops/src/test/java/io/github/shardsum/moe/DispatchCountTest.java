package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The layer of Algorithm 2 on a mesh, with the paper's annotations and nothing else: two
 * all-to-alls forward, four with the gradient, and one all-reduce for the router's weights, however
 * many devices there are. Only planned, so a device costs nothing.
 */
class DispatchCountTest {
  /** Bytes that a device may receive in a reduction of loss scalars, of which any number may be. */
  private static final long SMALL = 1024;

  private static final List<String> FORWARD = List.of("all-to-all", "all-to-all");
  private static final List<String> BACKWARD =
      List.of("all-to-all", "all-to-all", "all-to-all", "all-to-all", "all-reduce");

  private static Program layer(long groups, long experts, String options) {
    return layer(
        groups, experts, options, Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x"));
  }

  private static Program layer(
      long groups, long experts, String options, Map<String, String> annotations) {
    RouteOptions route = RouteOptions.parse(options);
    MoeSizes sizes = MoeSizes.of(groups, 256, experts, 256, 512, route);
    Program layer = MoePrograms.layer(sizes, DType.F32, route, Randomness.seeded(1));
    return Annotations.of(annotations).apply(layer);
  }

  private static ProgramPlan plan(Program program, int devices) {
    return plan(program, Mesh.of("x", devices));
  }

  private static ProgramPlan plan(Program program, Mesh mesh) {
    return ProgramPlan.of(
        program,
        mesh,
        composite -> MoePrograms.kernels().kernel(composite).isPresent(),
        PlanOptions.defaults());
  }

  /** Collectives by op, without all-reduces of a few scalars. */
  private static List<String> collectives(ProgramPlan plan) {
    List<String> ops = new ArrayList<>();
    for (int i = 0; i < plan.plan().steps().size(); i++) {
      PlanStep step = plan.plan().steps().get(i);
      long received = plan.plan().elementsReceived(i) * step.result().dtype().byteSize();
      boolean isOfScalars = step.action() instanceof Action.AllReduce && received <= SMALL;
      if (step.action().isCollective() && !isOfScalars) {
        ops.add(step.action().op());
      }
    }
    return ops;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 32, 128})
  void twoAllToAllsForwardAndFourWithTheGradient(int devices) {
    for (long experts : new long[] {devices, 4L * devices}) {
      Program layer = layer(2L * devices, experts, "top2 capacity=factor:1.25 second=random:0.5");
      assertEquals(FORWARD, collectives(plan(layer, devices)));
      assertEquals(BACKWARD, collectives(plan(MoePrograms.gradient(layer), devices)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "top1 capacity=factor:1.5",
        "top2 capacity=factor:1.25 second=all",
        "top2 capacity=factor:1.25 second=sample",
        "top4 capacity=factor:1.0"
      })
  void whateverTheRouter(String options) {
    Program layer = layer(16, 8, options);
    assertEquals(FORWARD, collectives(plan(layer, 8)));
    assertEquals(BACKWARD, collectives(plan(MoePrograms.gradient(layer), 8)));
  }

  @Test
  void groupsAndExpertsMayBeUneven() {
    Program layer = layer(13, 7, "top2 capacity=factor:1.25 second=random:0.5");
    assertEquals(FORWARD, collectives(plan(layer, 4)));
    assertEquals(BACKWARD, collectives(plan(MoePrograms.gradient(layer), 4)));
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 64, 2048})
  void withFewerExpertsThanDevicesOnAnAxisHalfOfTheTilesAreEmpty(int devices) {
    String options = "top2 capacity=factor:1.25 second=random:0.5";
    Program layer = layer(2L * devices, devices / 2, options);
    assertEquals(FORWARD, collectives(plan(layer, devices)));
    assertEquals(BACKWARD, collectives(plan(MoePrograms.gradient(layer), devices)));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 64})
  void withFewerExpertsThanDevicesTheyLieAlongAnAxisOfTheirOwn(int devices) {
    Program layer =
        layer(
            2L * devices,
            devices / 2,
            "top2 capacity=factor:1.25 second=random:0.5",
            Map.of("inputs", "G@y.x", "dispatched", "E@x G@y", "outputs", "G@y.x"));
    assertEquals(FORWARD, collectives(plan(layer, Mesh.of("x", devices / 2, "y", 2))));
  }

  @Test
  void aPlanFor2048DevicesIsThatFor8() {
    String options = "top2 capacity=factor:1.25 second=random:0.5";
    ProgramPlan few = plan(MoePrograms.gradient(layer(16, 8, options)), 8);
    ProgramPlan many = plan(MoePrograms.gradient(layer(4096, 2048, options)), 2048);
    assertEquals(BACKWARD, collectives(many));
    assertEquals(ops(few), ops(many));
  }

  private static List<String> ops(ProgramPlan plan) {
    return plan.plan().steps().stream()
        .map(step -> step.action().op() + " " + step.result().layout())
        .toList();
  }
}
