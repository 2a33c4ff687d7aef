package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Text and page of a plan: the program's names, all steps of loops, lines that fit. */
class PlanTextTest {
  private static final PlanOptions OPTIONS = RandomPlans.OPTIONS;

  private static final String LOOP =
      """
      program p {
        input s: f32[b=4 d@x=8]
        input w: f32[d=8 h=8]
        input x: f32[t=3 b=4]
        last, all = scan(s, x, w) {count=3, label="t", carried=1, sequences=1, body=program step {
          input h: f32[b=4 d=8]
          input row: f32[b=4]
          input w: f32[d=8 h=8]
          turned = einsum(h, w) {equation="b d, d h -> b h"}
          next = merge(turned) {labels=["h"], into="d"}
          scaled = einsum(next, row) {equation="b d, b -> b d"}
          output scaled, turned
        }}
        p = softmax(last) {label="d"}
        output last, all, p
      }
      """;

  private static SpmdPlan loop() {
    return ProgramPlan.of(Program.parse(LOOP), Mesh.parse("x=2"), _ -> true, OPTIONS).plan();
  }

  @Test
  void linesFitIntoThePage() {
    Check.forAll(
            choices -> {
              Mesh mesh = Layouts.meshes().generate(choices);
              Program program = Programs.exact(DType.I64, 12).generate(choices);
              return RandomPlans.randomlyLaid(program, mesh).plan();
            })
        .tries(TestDepth.cases(20, 60, 200))
        .seed(TestDepth.seed(6))
        .holds(plan -> assertFits(plan.explain()));
    assertFits(loop().explain());
  }

  private static void assertFits(String text) {
    text.lines().forEach(line -> assertTrue(line.length() <= 120, () -> line + "\nof\n" + text));
  }

  @Test
  void theBodyOfALoopIsShownWithItsStepsLayoutsAndReasons() {
    SpmdPlan plan = loop();
    String text = plan.explain();
    Action.Loop loop = (Action.Loop) plan.steps().getFirst().action();
    for (PlanStep step : loop.body().steps()) {
      assertTrue(text.contains(step.origin().cause()), text);
      assertTrue(text.contains(step.result().name() + " ["), text);
    }
    assertTrue(text.contains("    in each of 3 rounds:\n      given h f32[4, 8] b d@x"), text);
    assertTrue(text.contains("        all-gather d over x"), text);
    String page = plan.toHtml("loop", OPTIONS, List.of());
    assertTrue(page.contains("in each of 3 rounds"), page);
    assertTrue(page.contains("all-gather d over x"), page);
    String json = plan.toJson(OPTIONS);
    String body =
        "\"rounds\":3,\"body\":[{\"op\":\"all-gather\",\"operand\":\"h\",\"label\":\"d\",";
    assertTrue(json.contains(body), json);
  }

  @Test
  void valuesHaveTheProgramsNamesAndStandUnderTheirStatement() {
    Program program =
        Annotations.of(Map.of("c", "m@x n", "a", "m k@x"))
            .apply(
                Program.parse(
                    """
                    program p {
                      input a: f32[m=8 k=8]
                      input b: f32[k=8 n=8]
                      c = einsum(a, b) {equation="m k, k n -> m n"}
                      output c
                    }
                    """));
    SpmdPlan plan = ProgramPlan.of(program, Mesh.parse("x=2"), _ -> true, OPTIONS).plan();
    String page = plan.toHtml("p", OPTIONS, List.of());
    String body = page.substring(page.indexOf("<body>"));
    for (String text : List.of(plan.explain(), body, steps(plan))) {
      assertFalse(text.contains("annotated.") || text.contains(".annotated"), text);
      assertFalse(text.contains(".unannotated"), text);
      assertFalse(text.contains("%"), text);
    }
    assertEquals("c", plan.value(plan.outputs().getFirst()).programName());
    assertTrue(plan.values().stream().noneMatch(value -> value.toString().contains("annotated")));
    String text = plan.explain();
    assertEquals(1, text.lines().filter("c:"::equals).count(), text);
    assertTrue(text.indexOf("\nc:\n") < text.indexOf("over x"), text);
    List<String> softmax = loop().explain().lines().filter(line -> line.endsWith(":")).toList();
    assertEquals("p:", softmax.getLast());
    assertEquals(1, softmax.stream().filter("p:"::equals).count(), softmax.toString());
  }

  /** The part of a plan's file that is meant for readers. */
  private static String steps(SpmdPlan plan) {
    String json = plan.toJson(OPTIONS);
    return json.substring(0, json.indexOf("\"plan\":"));
  }

  /** With time cubic in the steps this takes hours. */
  @Test
  void aLongPlanIsPrintedInLinearTime() {
    Mesh mesh = Mesh.parse("x=2");
    int steps = TestDepth.cases(2_000, 4_000, 8_000);
    StringBuilder text = new StringBuilder("program adds {\n  input x: f32[a=8]\n");
    for (int i = 0; i < steps; i++) {
      text.append(String.format(Locale.ROOT, "  v%d = add(%s, x)\n", i, before(i)));
    }
    text.append("  output v").append(steps - 1).append("\n}\n");
    List<Statement> statements = Program.parse(text.toString()).statements();
    Layout layout = Layout.parse(mesh, "a@x");
    PlannedValue input =
        new PlannedValue("x", DType.F32, statements.getFirst().result().type().shape(), layout);
    List<PlanStep> all = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      Statement statement = statements.get(i);
      all.add(
          new PlanStep(
              new Action.Apply(statement),
              List.of(i, 0),
              new PlannedValue(statement.result().name(), DType.F32, input.shape(), input.layout()),
              Origin.of("split as a@x")));
    }
    SpmdPlan plan = new SpmdPlan(mesh, List.of(input), all, List.of(steps));
    assertTimeoutPreemptively(
        Duration.ofMinutes(5),
        () -> {
          assertTrue(plan.explain().lines().count() > 3L * steps);
          assertEquals(plan, SpmdPlan.parse(plan.toJson(OPTIONS)));
        });
  }

  private static String before(int i) {
    return i == 0 ? "x" : "v" + (i - 1);
  }
}
