package io.github.shardsum.cli.program;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamedProgramsTest {
  private static SpmdPlan plan(Program program, Mesh mesh) {
    Kernels kernels = MoePrograms.kernels();
    return ProgramPlan.of(
            program, mesh, each -> kernels.kernel(each).isPresent(), PlanOptions.defaults())
        .plan();
  }

  @ParameterizedTest
  @CsvSource({"MOE, 2", "MOE_GRADIENT, 4", "GSHARD_600B_BLOCK, 4"})
  void tokensGoToTheExpertsAndBackByAllToAlls(NamedPrograms model, long expected) {
    Mesh mesh = Mesh.parse("x=16,y=2");
    long found =
        plan(model.program(mesh), mesh).steps().stream()
            .filter(step -> step.action() instanceof Action.AllToAll)
            .count();
    assertEquals(expected, found);
  }

  @Test
  void theBlockHasThePapersWeights() {
    Program block = NamedPrograms.GSHARD_600B_BLOCK.program(Mesh.parse("x=2048"));
    double weights =
        block.inputs().stream()
            .filter(input -> !input.name().equals("x") && !input.name().startsWith("cotangent."))
            .mapToDouble(input -> (double) input.type().shape().elementCount())
            .sum();
    // 18 of 36 layers have experts: 600 billion weights need 33 billion in each.
    assertTrue(weights > 33e9 && weights < 35e9, () -> "got " + weights);
    assertEquals("f32[E=2048 M=1024 H=8192]", block.value("wi").type().toString(), block::toString);
  }

  @Test
  void copiesOfTheExpertsShareTheTokensWhereThereAreMoreDevices() {
    Mesh few = Mesh.parse("x=2048");
    Mesh many = Mesh.parse("y=3,x=2048");
    SpmdPlan one = plan(NamedPrograms.GSHARD_600B_BLOCK.program(few), few);
    SpmdPlan three = plan(NamedPrograms.GSHARD_600B_BLOCK.program(many), many);
    assertEquals(
        List.of(1024L * 8192),
        three.inputs().stream()
            .filter(input -> input.name().equals("wi"))
            .map(PlannedValue::localElements)
            .toList());
    assertEquals(one.flops(), three.flops(), 1e-6 * one.flops());
    assertEquals(allToAlls(one), allToAlls(three));
  }

  @Test
  void aMeshMayHaveManyAxes() {
    String ones =
        IntStream.range(0, 40)
            .mapToObj(i -> String.format(Locale.ROOT, "a%d=1,", i))
            .collect(joining());
    assertEquals(
        2, NamedPrograms.MOE.program(Mesh.parse(ones + "x=2")).value("wi").type().size("E"));
    String twos =
        IntStream.range(0, 20)
            .mapToObj(i -> String.format(Locale.ROOT, "b%d=2", i))
            .collect(joining(","));
    Program block = NamedPrograms.GSHARD_600B_BLOCK.program(Mesh.parse(twos));
    assertEquals(2048, block.value("wi").type().size("E"));
  }

  private static List<Action> allToAlls(SpmdPlan plan) {
    return plan.steps().stream()
        .map(PlanStep::action)
        .filter(Action.AllToAll.class::isInstance)
        .toList();
  }
}
