package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The table names the devices to which an uneven split leaves nothing to compute. */
class IdleDevicesTest {
  /** A product for each of so many experts, over all devices. */
  private static List<String> idle(int experts, String mesh, String axes) {
    Program program =
        Program.parse(
            String.format(
                Locale.ROOT,
                """
                program experts {
                  input x: f32[E@%1$s=%2$d C=4 M=8]
                  input w: f32[E@%1$s=%2$d M=8 H=8]
                  y = einsum(x, w) {equation="E C M, E M H -> E C H"}
                  output y
                }
                """,
                axes,
                experts));
    ProgramPlan plan =
        ProgramPlan.of(program, Mesh.parse(mesh), _ -> false, PlanOptions.defaults());
    return plan.explain().lines().map(String::strip).filter(s -> s.startsWith("idle:")).toList();
  }

  @Test
  void anEvenSplitLeavesNoneIdle() {
    assertEquals(List.of(), idle(8, "x=4", "x"));
    assertEquals(List.of(), idle(7, "x=4", "x"));
  }

  /** Chunks of 2: the first three devices have 6. */
  @Test
  void theLastDevicesHaveNone() {
    assertEquals(List.of("idle: x=3, 1 of 4 along x, without a part of E=6"), idle(6, "x=4", "x"));
    assertEquals(
        List.of("idle: x=3, x=4, x=5, x=6, ..., 5 of 8 along x, without a part of E=3"),
        idle(3, "x=8", "x"));
  }

  /** Chunks of 2 over d, of which each is cut in two chunks of 1 over x; d=1 has but one. */
  @Test
  void overTwoAxesBothCoordinatesAreNamed() {
    assertEquals(
        List.of("idle: d=1 x=1, 1 of 4 along d.x, without a part of E=3"),
        idle(3, "d=2 x=2", "d.x"));
  }
}
