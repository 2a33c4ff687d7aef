package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.ReshardPlan;
import io.github.shardsum.partition.ShardedEinsumPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import io.github.shardsum.topology.Topologies;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A plan that is written as JSON and read is an equal plan; what is no plan is refused. */
class PlanFileTest {
  private static final PlanOptions OPTIONS = RandomPlans.OPTIONS;

  /** As the plan of {@code m@x k@y, n@x k@y -> m@x n@y}. */
  private static final String EINSUM = "m@x k@y, n@x k@y -> m@x n@y";

  private static ShardedEinsumPlan einsum() {
    return ShardedEinsumPlan.of(
        Equation.parse(EINSUM),
        Mesh.parse("x=2 y=2"),
        List.of(Shape.of(48, 100), Shape.of(32, 100)),
        Map.of(),
        DType.F32,
        OPTIONS);
  }

  private static SpmdPlan reread(SpmdPlan plan) {
    String json = plan.toJson(OPTIONS);
    SpmdPlan read = SpmdPlan.parse(json);
    assertEquals(plan, read, json);
    assertEquals(json, read.toJson(OPTIONS));
    return read;
  }

  @Test
  void plansOfRandomProgramsAreReadBack() {
    Check.forAll(
            choices -> {
              Mesh mesh = Layouts.meshes().generate(choices);
              Program program = Programs.exact(DType.I64, 12).generate(choices);
              return planned(program, mesh, choices.nextInt(2) == 0);
            })
        .tries(TestDepth.cases(60, 150, 400))
        .seed(TestDepth.seed(5))
        .holds(
            plan -> {
              SpmdPlan read = reread(plan.plan());
              assertEquals(plan.certify(), read.certify(plan.given(), plan.layouts()));
            });
  }

  private static ProgramPlan planned(Program program, Mesh mesh, boolean randomlyLaid) {
    return randomlyLaid
        ? RandomPlans.randomlyLaid(program, mesh)
        : ProgramPlan.of(program, mesh, _ -> true, OPTIONS);
  }

  @Test
  void plansOfEinsumsAndReshardsAndLongLabelsAreReadBack() {
    reread(einsum().plan());
    Mesh mesh = Mesh.parse("x=2 y=2").withDevices(3, 1, 0, 2);
    Layout from = new Layout(mesh, Term.parse("batch@x.y | "));
    assertEquals(1, from.rank());
    Layout to = from.whole();
    reread(ReshardPlan.of(from, to, Shape.of(7), DType.BF16, OPTIONS).plan());
  }

  @Test
  void pricesOfRunnersUpKeepTheirUnits() {
    PlanOptions timed = OPTIONS.withTopology(Topologies.nvlink(4));
    Mesh mesh = Mesh.parse("x=2 y=2");
    SpmdPlan plan =
        ReshardPlan.of(
                Layout.parse(mesh, "a@x.y b"),
                Layout.parse(mesh, "a b@x.y"),
                Shape.of(64, 64),
                DType.F32,
                timed)
            .plan();
    assertEquals(plan, SpmdPlan.parse(plan.toJson(timed)));
    // Of a plan that was chosen by elements the costs stay elements, on a network too.
    SpmdPlan elements = einsum().plan();
    assertEquals(elements, SpmdPlan.parse(elements.toJson(timed)));
  }

  private static Program loop() {
    return Program.parse(
        """
        program p {
          input s: f32[b@x=4]
          input x: f32[t=3 m@x=8]
          last = scan(s, x) {count=3, label="t", carried=1, sequences=1, body=program step {
            input h: f32[b=4]
            input row: f32[m=8]
            most = reduce_max(row) {labels=["m"]}
            next = add(h, h)
            both = multiply(next, next)
            output both
          }}
          top = reduce_max(x) {labels=["m"]}
          output last, top
        }
        """);
  }

  @Test
  void kindsOfReductionsAndBodiesOfLoopsAreInTheFile() {
    ProgramPlan plan = ProgramPlan.of(loop(), Mesh.parse("x=2"), _ -> true, OPTIONS);
    String json = plan.plan().toJson(OPTIONS);
    assertTrue(json.contains("\"action\":\"all-reduce\",\"axes\":[\"x\"],\"by\":\"max\""), json);
    assertTrue(json.contains("\"body\":{\"inputs\":[{\"name\":\"h\""), json);
    reread(plan.plan());
  }

  @Test
  void mutatedFilesAreRefusedOrComputeTheSame() {
    ShardedEinsumPlan einsum = einsum();
    mutate(einsum.plan(), read -> read.certify(einsum.equation(), DType.F32));
    ProgramPlan program = ProgramPlan.of(loop(), Mesh.parse("x=2"), _ -> true, OPTIONS);
    mutate(program.plan(), read -> read.certify(program.given()));
  }

  private static void mutate(SpmdPlan plan, Consumer<SpmdPlan> checker) {
    String json = plan.toJson(OPTIONS);
    int start = json.indexOf("\"plan\":");
    Random random = new Random(TestDepth.seed(7));
    int refused = 0;
    int cases = TestDepth.cases(1_000, 2_000, 8_000);
    for (int i = 0; i < cases; i++) {
      StringBuilder mutant = new StringBuilder(json);
      int at = start + random.nextInt(json.length() - start);
      int from = start + random.nextInt(json.length() - start);
      mutant.replace(
          at, Math.min(json.length(), at + random.nextInt(6)), piece(json, from, random));
      refused += isRefused(mutant.toString(), checker) ? 1 : 0;
    }
    assertTrue(refused > cases / 2, refused + " of " + cases);
  }

  private static String piece(String json, int from, Random random) {
    return json.substring(from, Math.min(json.length(), from + random.nextInt(6)));
  }

  /** A plan that is not refused computes the same, which the checker says. */
  private static boolean isRefused(String mutant, Consumer<SpmdPlan> checker) {
    try {
      checker.accept(SpmdPlan.parse(mutant));
      return false;
    } catch (IllegalArgumentException | IllegalStateException refused) {
      assertTrue(String.valueOf(refused.getMessage()).length() > 10, mutant);
      return true;
    }
  }

  @Test
  void plansThatComputeSomethingElseAreRefused() {
    ShardedEinsumPlan plan = einsum();
    String json = plan.plan().toJson(OPTIONS);
    assertEquals(plan.certify(), SpmdPlan.parse(json).certify(plan.equation(), DType.F32));
    for (String[] change :
        new String[][] {
          {"\"reduce-scatter\",\"label\":\"n\"", "\"slice\",\"label\":\"n\""},
          {"\"operands\":[0,2]", "\"operands\":[0,1]"},
          {"\"layout\":\"m@x n@y\"", "\"layout\":\"m@y n@x\""},
          {"\"shape\":[48,32]", "\"shape\":[32,48]"},
          {"mk,nk->mn", "mk,nk->nm"},
          {"\"outputs\":[4]", "\"outputs\":[3]"},
        }) {
      int at = json.indexOf(change[0], json.indexOf("\"plan\":"));
      assertTrue(at > 0, change[0] + " in " + json);
      String mutant = json.substring(0, at) + change[1] + json.substring(at + change[0].length());
      assertTrue(isRefused(mutant, read -> read.certify(plan.equation(), DType.F32)), mutant);
    }
  }

  @Test
  void hostileFilesAreRefusedWithThePlace() {
    String json = einsum().plan().toJson(OPTIONS);
    for (String[] hostile :
        new String[][] {
          {"", "expected a value at character 1"},
          {"[".repeat(100_000), "at most 64 deep"},
          {"{\"plan\":".repeat(100_000), "at most 64 deep"},
          {"{}", "expected an object with a member \"plan\""},
          {"{\"a\":1,\"a\":2}", "expected another member than \"a\" at character 8"},
          {"{\"plan\":[]}", "plan: expected an object, got an array"},
          {json + "x", "expected the end"},
          {json.replace("\"mesh\":\"", "\"mesh\":\"x=999999999 "), "plan"},
          {json.replace("\"operands\":[1]", "\"operands\":[-1]"), "whole number, got -1"},
          {json.replace("\"operands\":[1]", "\"operands\":[99]"), "before its reader, got 99"},
          {json.replace("\"outputs\":[4]", "\"outputs\":[4,1e9]"), "plan.outputs[1]: expected"},
          {json.replace("\"dtype\":\"f32\"", "\"dtype\":\"f33\""), "plan.inputs[0]"},
          {json.replace("\"shape\":[48", "\"shape\":[999999999999999999"), "plan"},
          {json.replace("\"because\"", "\"why\""), "expected members of"},
        }) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> certified(hostile[0]), hostile[0]);
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(hostile[1]), message);
    }
  }

  private static void certified(String json) {
    try {
      SpmdPlan.parse(json).certify(Equation.parse(EINSUM), DType.F32);
    } catch (IllegalStateException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }
}
