package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.CompiledCollective;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The comparison without a plugin; .ci/pjrt runs it with some. */
class PlanXlaComparisonTest {
  private static final Program LOOP =
      Program.parse(
          """
          program loop {
            input a: f32[m@x=8]
            input w: f32[m@x=8 n=8]
            last = scan(a, w) {count=5, label="t", carried=1, sequences=0, body=program round {
              input v: f32[m=8]
              input u: f32[m=8 n=8]
              next = einsum(v, u) {equation="m,mn->n"}
              again = einsum(next) {equation="m->m"}
              output again
            }}
            output last
          }
          """);

  private static SpmdPlan plan(Program program, Mesh mesh) {
    return ProgramPlan.of(program, mesh, _ -> false, PlanOptions.defaults()).plan();
  }

  private static CompiledCollective collective(String op, OptionalLong times, long... sizes) {
    return new CompiledCollective(
        op,
        op + ".1",
        List.of(new ArrayType(PjrtType.F32, Shape.of(sizes))),
        List.of(List.of(0, 1, 2, 3)),
        times);
  }

  @Test
  void loopsCountOnceARoundOnBothSides() {
    SpmdPlan plan = plan(LOOP, Mesh.parse("x=4"));
    StableHlo module = PlanXlaComparison.module(LOOP, plan, true);
    List<CompiledCollective> compiled =
        List.of(
            collective("all-reduce", OptionalLong.of(5), 8),
            collective("all-gather", OptionalLong.empty(), 2));
    PlanXlaComparison both = PlanXlaComparison.of("a compiler", plan, module, compiled);
    assertEquals(plan.elementsReceived() * Float.BYTES, PlanXlaComparison.bytes(both.ours()));
    assertTrue(
        both.ours().stream().anyMatch(row -> row.times().equals(OptionalLong.of(5))), both::table);
    // Five times twice three quarters of 32 bytes, and three times 8 bytes.
    assertEquals(5 * 48 + 24, PlanXlaComparison.bytes(both.theirs()));
    assertTrue(both.table().contains("a compiler"), both::table);
    assertTrue(both.table().contains("XLA does not know how many rounds"), both::table);
    assertEquals(List.of(), both.whole());
    ObjectNode json = JsonMapper.builder().build().createObjectNode();
    both.into(json);
    assertEquals(264, json.get("xlaBytes").longValue());
    assertEquals(5, json.get("xla").get(0).get("times").longValue());
    assertTrue(json.get("xla").get(1).path("times").isMissingNode(), json::toString);
  }

  @Test
  void bytesOfOtherDtypesAreNotSetSideBySideUnsaid() {
    SpmdPlan plan = plan(LOOP, Mesh.parse("x=4"));
    StableHlo module = PlanXlaComparison.module(LOOP, plan, true);
    CompiledCollective whole = collective("all-reduce", OptionalLong.of(5), 8);
    CompiledCollective halves =
        new CompiledCollective(
            whole.op(),
            whole.name(),
            List.of(new ArrayType(PjrtType.BF16, Shape.of(8))),
            whole.groups(),
            whole.times());
    PlanXlaComparison both = PlanXlaComparison.of("x", plan, module, List.of(halves));
    String note = "bytes are of f32 in ours and of bf16 in XLA's";
    assertTrue(both.table().contains(note), both::table);
    ObjectNode json = JsonMapper.builder().build().createObjectNode();
    both.into(json);
    assertTrue(json.get("note").stringValue().contains(note), json::toString);
    PlanXlaComparison same = PlanXlaComparison.of("x", plan, module, List.of(whole));
    assertFalse(same.table().contains("bytes are of"), same::table);
  }

  /** Rows of bf16 travel with counts and weights of other dtypes. */
  @Test
  void partsOfACompositeHaveTheirOwnDtypes() {
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    MoeSpec spec =
        MoeSpec.of(MoeSizes.of(8, 4, 8, 8, 8, route), DType.BF16, route, Randomness.seeded(0));
    Program layer =
        Annotations.of(Map.of("inputs", "G@x", "outputs", "G@x", "wi", "E@x", "wo", "E@x"))
            .apply(MoePrograms.raggedLayer(spec));
    PlanOptions options = PlanOptions.defaults().withPartitions(PlanOptions.Partitions.ALWAYS);
    SpmdPlan plan = ProgramPlan.of(layer, Mesh.parse("x=4"), MoePrograms.kernels(), options).plan();
    StableHlo module = PlanXlaComparison.module(layer, plan, true);
    long bytes = 0;
    for (int step = 0; step < plan.steps().size(); step++) {
      bytes += plan.bytesReceived(step);
    }
    PlanXlaComparison both = PlanXlaComparison.of("a compiler", plan, module, List.of());
    assertEquals(bytes, PlanXlaComparison.bytes(both.ours()), both::table);
  }

  @Test
  void theLayoutsAtTheEdgesAreThoseOfThePlan() {
    SpmdPlan plan = plan(LOOP, Mesh.parse("x=4"));
    StableHlo module = PlanXlaComparison.module(LOOP, plan, true);
    assertEquals(
        plan.value(plan.outputs().getFirst()).layout().term(), module.outputLayouts().getFirst());
    assertTrue(
        module.text().contains("tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{\"x\"}]>}"),
        module::text);
  }

  @Test
  void anUnevenEdgeIsSaid() {
    Mesh mesh = Mesh.parse("x=3");
    SpmdPlan plan = plan(LOOP, mesh);
    PlanXlaComparison both =
        PlanXlaComparison.of("x", plan, PlanXlaComparison.module(LOOP, plan, true), List.of());
    assertEquals("input a m@x", both.whole().getFirst());
    assertTrue(both.table().contains("it takes no uneven layout"), both::table);
  }

  @Test
  void aPluginThatIsNotThereIsSaid() {
    StringWriter err = new StringWriter();
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(new StringWriter(), true))
            .setErr(new PrintWriter(err, true))
            .execute(
                "plan", "--mesh", "x=2", "--sizes", "m=4", "m@x -> m", "--beside-xla", "none.so");
    assertEquals(1, status);
    assertTrue(err.toString().contains("none.so"), err::toString);
  }
}
