package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules of the checker that no plan of the planner breaks. */
final class CheckerRulesTest {
  private static final Mesh MESH = Mesh.parse("x=2 y=2");

  private static PlannedValue value(Mesh mesh, Value value, String layout) {
    return new PlannedValue(
        value.name(), value.type().dtype(), value.type().shape(), Layout.parse(mesh, layout));
  }

  /** A composite of two moves along i. */
  private static Nested.Composite composite(BiFunction<ProgramBuilder, Value, Value> moves) {
    ProgramBuilder meaning = Program.builder("meaning");
    meaning.output("w", moves.apply(meaning, meaning.input("v", "f32[i=8 j=2]")));
    Value x = Program.builder("around").input("x", "f32[i=8 j=2]");
    return Nested.Composite.of("moves", Map.of(), List.of(x), meaning.build(), List.of("j"));
  }

  @Test
  void windowsOfAPaddedValueAreTheOneCompositeThatReadsNeighbours() {
    assertEquals(
        "i",
        BlockRule.neighbours(
            composite((p, v) -> p.window(p.pad(v, "i", 1, 1, 0, 0), "i", "k", 3, 1, 1))));
    for (BiFunction<ProgramBuilder, Value, Value> other :
        List.<BiFunction<ProgramBuilder, Value, Value>>of(
            (p, v) -> p.shift(p.shift(v, "i", 1, 0), "i", 2, 0),
            (p, v) -> p.pad(p.window(v, "i", "k", 3, 1, 1), "i", 1, 1, 0, 0),
            (p, v) -> p.shift(v, "i", 1, 0),
            (p, v) -> p.window(p.pad(v, "j", 1, 1, 0, 0), "i", "k", 3, 1, 1),
            (p, v) -> {
              Value padded = p.pad(v, "i", 1, 1, 0, 0);
              return p.subtract(p.window(v, "i", "k", 3, 1, 1), p.sum(padded, "i", "j"));
            },
            (p, v) -> {
              p.pad(v, "i", 1, 1, 0, 0);
              return p.window(v, "i", "k", 3, 1, 1);
            },
            (p, v) -> {
              Value padded = p.pad(v, "i", 1, 1, 0, 0);
              p.window(padded, "i", "k", 3, 1, 1);
              return padded;
            })) {
      Nested.Composite composite = composite(other);
      assertThrows(PlanRefusedException.class, () -> BlockRule.neighbours(composite));
    }
  }

  /** Only a movement along a label reads neighbours. */
  @Test
  void whatMovesAlongALabelReadsNeighbours() {
    assertEquals("i", BlockRule.neighbours(only("shift(x) {label=\"i\", by=1, fill=0}")));
    for (String other :
        List.of("relu(x)", "softmax(x) {label=\"i\"}", "annotate(x) {layout=\"i j\"}")) {
      assertThrows(PlanRefusedException.class, () -> BlockRule.neighbours(only(other)), other);
    }
  }

  private static Operation only(String operation) {
    String text = "program p {\ninput x: f32[i=8 j=2]\nr = " + operation + "\noutput r\n}\n";
    return Program.parse(text).statements().getFirst().operation();
  }

  private static SpmdPlan product(String dtype, String equation, int operands) {
    ProgramBuilder p = Program.builder("product");
    List<Value> read = new ArrayList<>();
    List<PlannedValue> inputs = new ArrayList<>();
    for (int i = 0; i < operands; i++) {
      Value input = p.input("v" + i, dtype + "[a=4]");
      read.add(input);
      inputs.add(value(MESH, input, "a"));
    }
    p.output("r", p.einsum(equation, read.toArray(Value[]::new)));
    Statement statement = p.build().statements().getFirst();
    PlanStep step =
        new PlanStep(
            new Action.Apply(statement),
            List.of(0, 1, 2).subList(0, operands),
            value(MESH, statement.result(), ""),
            Origin.of("by hand"));
    return new SpmdPlan(MESH, inputs, List.of(step), List.of(operands), SumOrder.TREE);
  }

  @Test
  void anEinsumOfThreeOperandsHasNoOrderOfSums() {
    OrderLaw.check(product("f32", "a,a->", 2));
    OrderLaw.check(product("i32", "a,a,a->", 3));
    SpmdPlan three = product("f32", "a,a,a->", 3);
    PlanRefusedException refused =
        assertThrows(PlanRefusedException.class, () -> OrderLaw.check(three));
    assertTrue(String.valueOf(refused.getMessage()).contains("two operands"), refused::getMessage);
  }

  @Test
  void aStepReadsAsManyValuesAsItsStatement() {
    Program sum = Program.parse("program p {\ninput v0: f32[a=4]\nr = add(v0, v0)\noutput r\n}");
    Statement statement = sum.statements().getFirst();
    for (List<Integer> read : List.of(List.of(0), List.of(0, 0, 0))) {
      PlanStep step =
          new PlanStep(
              new Action.Apply(statement),
              read,
              value(MESH, statement.result(), "a"),
              Origin.of("by hand"));
      SpmdPlan plan =
          new SpmdPlan(
              MESH, List.of(value(MESH, sum.inputs().getFirst(), "a")), List.of(step), List.of(1));
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> plan.certify(sum));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("got " + read.size() + " values"), message);
    }
  }

  private static final Program LOOP_AND_REGION =
      Program.parse(
          """
          program both {
            input a: f32[k=4]
            b = scan(a) {count=2, label="t", carried=1, sequences=0, body=program round {
              input v: f32[k=4]
              r = relu(v)
              output r
            }}
            c = manual(b) {axes=["x=2"], in=["k"], out=["k"], body=program member {
              input v: f32[k=4]
              r = relu(v)
              output r
            }}
            output c
          }
          """);

  private static SpmdPlan body(Mesh mesh, String layout) {
    Statement loop = LOOP_AND_REGION.statements().getFirst();
    Program round = ((Nested.Scan) loop.operation()).body();
    Statement relu = round.statements().getFirst();
    return new SpmdPlan(
        mesh,
        List.of(value(mesh, relu.operation().operands().getFirst(), layout)),
        List.of(
            new PlanStep(
                new Action.Apply(relu),
                List.of(0),
                value(mesh, relu.result(), layout),
                Origin.of("by hand"))),
        List.of(1));
  }

  private static SpmdPlan plan(SpmdPlan body, String layout) {
    List<PlanStep> steps = new ArrayList<>();
    for (Statement statement : LOOP_AND_REGION.statements()) {
      steps.add(
          new PlanStep(
              new Action.Loop(statement, body),
              List.of(steps.size()),
              value(MESH, statement.result(), layout),
              Origin.of("by hand")));
    }
    Value input = LOOP_AND_REGION.inputs().getFirst();
    return new SpmdPlan(MESH, List.of(value(MESH, input, layout)), steps, List.of(2));
  }

  /** What the loop may split over x the region may not, though both have one body. */
  @Test
  void aBodyIsFollowedAgainInsideOfARegion() {
    String certificate = plan(body(MESH, "k@y"), "k@y").certify(LOOP_AND_REGION);
    assertTrue(certificate.startsWith("certified"), certificate);
    SpmdPlan split = plan(body(MESH, "k@x"), "k@x");
    assertThrows(IllegalStateException.class, () -> split.certify(LOOP_AND_REGION));
  }

  @Test
  void aBodyIsOnThePlansMesh() {
    SpmdPlan other = body(Mesh.parse("x=4"), "k");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> plan(other, "k"));
    assertTrue(String.valueOf(refused.getMessage()).contains("must be on"), refused::getMessage);
  }

  private static final Program TWO_EQUAL_LOOPS =
      Program.parse(
          """
          program p {
            input x: i64[j=12]
            y: i64[j=12] = manual(x) {axes=["x=2"], in=["j"], out=["j"], body=program region {
              input in0: i64[j=12]
              a: i64[j=12] = scan(in0) {count=2, label="r", reverse=false, carried=1, sequences=0, body=program round {
                input carried: i64[j=12]
                twice: i64[j=12] = add(carried, carried)
                output twice
              }}
              b: i64[j=12] = scan(in0) {count=2, label="r", reverse=false, carried=1, sequences=0, body=program round {
                input carried: i64[j=12]
                twice: i64[j=12] = add(carried, carried)
                output twice
              }}
              output a
            }}
            output y
          }
          """);

  /** The layouts of the two loops and of their bodies. */
  private static Map<String, Layout> layouts(String a, String b) {
    Map<String, Layout> layouts = new HashMap<>();
    for (String name : List.of("x", "y", "y.body.in0", "y.body.a", "y.body.b")) {
      layouts.put(name, Layout.parse(MESH, "j"));
    }
    for (String name : List.of("carried", "twice")) {
      layouts.put("y.body.a.body." + name, Layout.parse(MESH, a));
      layouts.put("y.body.b.body." + name, Layout.parse(MESH, b));
    }
    return layouts;
  }

  private static SpmdPlan laidOut(String a, String b) {
    PlanOptions options = PlanOptions.defaults().withReplication();
    return ProgramPlan.withLayouts(TWO_EQUAL_LOOPS, MESH, layouts(a, b), options).plan();
  }

  /** Two equal loops of a region, one of which nothing reads, in layouts of their own. */
  @Test
  void aLoopThatNothingReadsMayLieInOtherLayoutsThanOneThatItEquals() {
    SpmdPlan plan = laidOut("j", "j@y");
    assertTrue(plan.toString().contains("j@y"), plan::toString);
    PlanChecker.check(plan, TWO_EQUAL_LOOPS, layouts("j", "j@y"));
  }

  @ParameterizedTest
  @CsvSource({"j, j@y", "j@y, j"})
  void aLoopThatAnOutputNeedsLiesAsItWasAskedTo(String a, String b) {
    PlanChecker.check(laidOut(a, b), TWO_EQUAL_LOOPS, layouts(a, b));
    for (SpmdPlan other : List.of(laidOut(b, b), laidOut(b, a))) {
      assertThrows(
          PlanRefusedException.class,
          () -> PlanChecker.check(other, TWO_EQUAL_LOOPS, layouts(a, b)));
    }
  }
}
