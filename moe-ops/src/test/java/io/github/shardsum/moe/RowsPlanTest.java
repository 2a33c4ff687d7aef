package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.ExpertRows.Load;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanOptions.Partitions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans in which rows travel: overlap, memory limits, regions, and the figures of a step. */
class RowsPlanTest {
  private static final PlanOptions ROWS = PlanOptions.defaults().withPartitions(Partitions.ALWAYS);

  private static final List<String> OPERANDS = List.of("G S M", "G S K", "G S K", "E M H", "E H M");

  private static ProgramPlan plan(Program program, String mesh, PlanOptions options) {
    try (Collectives collectives = Collectives.open(Mesh.parse(mesh))) {
      return MeshBackend.of(collectives, MoePrograms.kernels(), options).plan(program);
    }
  }

  private static boolean isByRows(ProgramPlan plan) {
    return plan.plan().raggedBound() > 0;
  }

  private static List<Value> inputs(ProgramBuilder p, int groups, String axis) {
    String tokens = "[G" + axis + "=" + groups + " S=4 ";
    return List.of(
        p.input("x", "f64" + tokens + "M=8]"),
        p.input("scale", "f64" + tokens + "K=2]"),
        p.input("positions", "i32" + tokens + "K=2]"),
        p.input("wi", "f64[E" + axis + "=4 M=8 H=8]"),
        p.input("wo", "f64[E" + axis + "=4 H=8 M=8]"));
  }

  private static Value experts(ProgramBuilder p, List<Value> of) {
    return new LayerComposites(p, Activation.RELU, 4, 8, DType.F64)
        .experts(of.get(0), of.get(1), of.get(2), ExpertWeights.of(false, false, of, 3));
  }

  /** A gather that could travel behind experts. */
  private static Program withGather() {
    ProgramBuilder p = Program.builder("gather");
    Value a = p.input("a", "f64[s@x=64 m=64]");
    Value b = p.input("b", "f64[m=64 n=64]");
    Value all = p.layout(p.layout(p.einsum("sm,mn->sn", a, b), "s@x n"), "s n");
    p.output("z", p.einsum("sm,mn->sn", a, p.input("c", "f64[m=64 n=64]")));
    p.output("y", experts(p, inputs(p, 4, "@x")));
    p.output("all", p.layout(p.relu(all), "s n"));
    return p.build();
  }

  @Test
  void nothingIsInFlightWhileRowsTravel() {
    ProgramPlan plan = plan(withGather(), "x=2", ROWS.withOverlap(true));
    assertTrue(isByRows(plan), plan::toString);
    assertTrue(
        plan.plan().steps().stream().anyMatch(step -> step.action() instanceof Action.Start),
        plan::toString);
    assertTrue(plan.certify().startsWith("certified"));
  }

  /** A limit below the memory for received rows leaves the form without them. */
  @Test
  void underAMemoryLimitTheFormWithoutRowsIsTried() {
    int[] sizes = {8, 16, 2, 8, 32, 32};
    Program program =
        ExpertRows.of(sizes, Activation.RELU, false, Load.BALANCED, 1).onMesh(Mesh.parse("x=8"));
    PlanOptions options = PlanOptions.defaults().withRaggedBound(8);
    ProgramPlan rows = plan(program, "x=8", options);
    assertTrue(isByRows(rows), rows::toString);
    PlanOptions never = options.withPartitions(Partitions.NEVER);
    try (Collectives collectives = Collectives.open(Mesh.parse("x=8"));
        MeshExecutable byRows =
            MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(program);
        MeshExecutable byRules =
            MeshBackend.of(collectives, MoePrograms.kernels(), never).compile(program)) {
      long limit = byRules.heldBytes();
      assertTrue(limit < byRows.heldBytes(), () -> limit + " < " + byRows.heldBytes());
      CompileOptions within = CompileOptions.defaults().withMemoryLimit(limit);
      try (MeshExecutable both =
          MeshBackend.of(collectives, MoePrograms.kernels(), options).compile(program, within)) {
        assertTrue(both.heldBytes() <= limit);
        assertTrue(both.plan().cost() <= byRules.plan().cost(), both::explain);
      }
    }
  }

  /** Members of a region do not agree on the rows that devices receive. */
  @Test
  void inARegionNoRowsTravel() {
    ProgramBuilder p = Program.builder("regions");
    List<Value> given = inputs(p, 8, "");
    List<String> in = OPERANDS.stream().map(labels -> labels.replace("G", "G@y")).toList();
    Value y =
        p.manual(
                "y=2",
                given,
                in,
                List.of("G@y S M"),
                (b, members) -> {
                  List<Value> laid = new ArrayList<>();
                  for (int i = 0; i < members.size(); i++) {
                    String labels = OPERANDS.get(i).replace("G", "G@x").replace("E", "E@x");
                    laid.add(b.layout(members.get(i), labels));
                  }
                  return List.of(b.layout(experts(b, laid), "G@x S M"));
                })
            .getFirst();
    p.output("y", y);
    ProgramPlan plan = plan(p.build(), "y=2 x=2", ROWS);
    assertEquals(0, plan.plan().raggedBound(), plan::toString);
    plan.certify();
  }

  /** Of 5 groups on 4 devices a run may ask for the rows of 8, twice as many on each. */
  @ParameterizedTest
  @CsvSource({"1024, true", "12288, false"})
  void rowsFitArraysUnderEveryLoad(int model, boolean fits) {
    ExpertRows large =
        new ExpertRows(5, 1 << 14, 2, 4, model, 2, Activation.RELU, false, new int[0], List.of());
    assertEquals(fits, isByRows(plan(large.onMesh(Mesh.parse("x=4")), "x=4", ROWS)));
  }

  /** An axis after the other is cut: of 5 experts 3 and 2, then 2, 1, 1 and 1. */
  @ParameterizedTest
  @CsvSource({"5, 0", "3, 1", "1, 3", "4, 0"})
  void devicesWithoutExpertsAreThoseOfTheCut(int experts, int idle) {
    int[] sizes = {4, 4, 2, experts, 8, 8};
    Program program = ExpertRows.of(sizes, Activation.RELU, false, Load.BALANCED, 1).program();
    Map<String, String> layouts = new HashMap<>();
    for (Value input : program.inputs()) {
      String labels = String.join(" ", input.type().names());
      layouts.put(input.name(), labels.replace("G", "G@x.y").replace("E", "E@x.y"));
    }
    ProgramPlan plan = plan(Annotations.of(layouts).apply(program), "x=2 y=2", ROWS);
    assertTrue(isByRows(plan), plan::toString);
    String text = plan.explain().replaceAll("\\s+", " ");
    String said = idle + " of 4 along x.y, without a part of E=" + experts;
    assertEquals(idle > 0, text.contains("x=1 y=1, " + said), text);
    assertEquals(idle > 0, text.contains("idle: "), text);
    assertTrue(text.contains(" (bound 2): counts "), text);
  }

  @Test
  void aStepByRowsIsPricedAsAnAllToAll() {
    SpmdPlan plan = plan(withGather(), "x=2", ROWS).plan();
    int rows = 0;
    for (int i = 0; i < plan.steps().size(); i++) {
      if (plan.steps().get(i).action() instanceof Action.Partitioned) {
        assertInstanceOf(Collective.AllToAll.class, plan.collective(i));
        rows++;
      }
    }
    assertEquals(1, rows);
  }

  /** A plan of one order of sums has no rows, and one that has is refused. */
  @Test
  void rowsHaveNoOrderOfSums() {
    ProgramPlan plan = plan(withGather(), "x=2", ROWS);
    SpmdPlan tree = plan.plan().withSums(SumOrder.TREE);
    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> tree.certify(plan.given()));
    assertTrue(refused.getMessage().contains("no order of sums"), refused::getMessage);
  }
}
