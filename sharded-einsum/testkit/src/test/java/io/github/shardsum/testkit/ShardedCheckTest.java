package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ShardedCheckTest {
  private static final Program LAYER =
      Program.parse(
          """
          program layer {
            input x: f32[B=12 M=6]
            input w: f32[M=6 H=10]
            input v: f32[H=10 M=6]
            h = einsum(x, w) {equation="B M, M H -> B H"}
            a = relu(h)
            y = einsum(a, v) {equation="B H, H M -> B M"}
            output y
          }
          """);

  /** A program and annotations on a mesh. */
  private record Annotated(Program program, Mesh mesh, Map<String, String> annotations) {
    ShardedCheck check() {
      String[] all =
          annotations.entrySet().stream()
              .map(each -> each.getKey() + "=" + each.getValue())
              .toArray(String[]::new);
      return ShardedCheck.of(program).on(mesh).annotated(all).tries(1);
    }
  }

  @Test
  void aLayerIsTheSameOnEveryMesh() {
    Check.forAll(Layouts.meshes())
        .tries(20)
        .holds(mesh -> ShardedCheck.of(LAYER).on(mesh).annotated("a=B H@x").equalsUnsharded());
    ShardedCheck.of(LAYER).on(Mesh.parse("x=3 y=2")).annotated("h=B@y H@x").withinErrorBounds();
  }

  @Test
  void programsWithSomeValuesAnnotatedAreTheSame() {
    Generator<Annotated> drawn =
        choices -> {
          Mesh mesh = Layouts.meshes().generate(choices);
          Program program = Programs.exact(DType.F32, 10).generate(choices);
          return new Annotated(program, mesh, Layouts.annotations(mesh, program).generate(choices));
        };
    PlanOptions options = PlanOptions.defaults().withReplication();
    Check.forAll(drawn).tries(20).holds(each -> each.check().options(options).equalsUnsharded());
  }

  @Test
  void whatAPlanIsCanBeAsserted() {
    ProgramPlan plan = ShardedCheck.of(LAYER).on(Mesh.parse("x=2")).annotated("a=B H@x").plan();
    PlanAssert.that(plan)
        .communicates("all-reduce")
        .neverHoldsWhole("h")
        .receivesAtMost(72)
        .peakAtMost(plan.plan().peakBytes());
    assertThrows(AssertionError.class, () -> PlanAssert.that(plan).communicates());
    assertThrows(AssertionError.class, () -> PlanAssert.that(plan).receivesAtMost(71));
    assertThrows(AssertionError.class, () -> PlanAssert.that(plan).neverHoldsWhole("x"));
    assertThrows(AssertionError.class, () -> PlanAssert.that(plan).neverHoldsWhole("nobody"));
    assertThrows(
        AssertionError.class, () -> PlanAssert.that(plan).peakAtMost(plan.plan().peakBytes() - 1));
  }

  @Test
  void anAnnotationMustBeOne() {
    assertThrows(IllegalArgumentException.class, () -> ShardedCheck.of(LAYER).annotated("h"));
    ShardedCheck unknown = ShardedCheck.of(LAYER).on(Mesh.parse("x=2")).annotated("h=B@q");
    assertThrows(IllegalArgumentException.class, unknown::equalsUnsharded);
    ShardedCheck small =
        ShardedCheck.of(LAYER)
            .on(Mesh.parse("x=2"))
            .options(PlanOptions.defaults().withMemoryLimit(8));
    String message = assertThrows(PlanException.class, small::plan).getMessage();
    assertTrue(message.contains("bytes"), message);
  }
}
