package io.github.shardsum.internal.partition.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Statements that share their choices, and those that must not. */
final class EqualStatementsTest {
  private static final Mesh MESH = Mesh.parse("x=2,y=2");

  /** Parts of a program that share no value: their results, and what they read. */
  private static final List<String> PARTS =
      List.of(
          "  input p%: T[L]\n  r% = relu(p%)\n",
          "  input p%: T[L]\n  r% = add(p%, p%)\n",
          "  input p%: T[L]\n  input q%: T[N]\n  r% = add(p%, q%)\n",
          "  input p%: T[L]\n  input q%: T[N]\n  r% = subtract(p%, q%)\n",
          "  input p%: T[L]\n  r% = reduce_sum(p%) {labels=[\"a\"]}\n",
          "  input p%: T[L]\n  r% = reduce_max(p%) {labels=[\"a\"]}\n",
          "  input p%: T[L]\n  r% = shift(p%) {label=\"a\", by=1, fill=0}\n",
          "  input p%: T[L]\n  r% = cumulative_sum(p%) {label=\"a\"}\n",
          "  input p%: T[L]\n  s% = negate(p%)\n  r% = add(s%, p%)\n",
          """
            input p%: T[L]
            input q%: T[c=256 d=512]
            r% = einsum(p%, q%) {equation="abc,cd->abd"}
          """,
          "  input p%: T[L]\n  s% = negate(p%)\n  t% = negate(s%)\n  r% = negate(t%)\n",
          """
            input p%: T[L]
            s% = negate(p%)
            t% = reduce_sum(s%) {labels=["a"]}
            u% = cumulative_sum(s%) {label="a"}
            r% = add(t%, u%)
          """);

  private static ReshardWays ways() {
    return new ReshardWays(
        MESH, _ -> Optional.empty(), PlanOptions.defaults(), PlanningPolicy.CHEAPEST);
  }

  private static SpmdPlan plan(Program program) {
    Map<String, Layout> homes =
        Propagation.of(program, MESH, PropagationOptions.defaults()).layouts();
    return ProgramPlanner.plan(ways(), program, homes, false, false).plan();
  }

  /** Values too large for short sums, which travel together. */
  private static String labels(Random random) {
    String[] on = {"", "", ""};
    for (String axis : MESH.axisNames()) {
      int label = random.nextInt(4);
      if (label < 3) {
        on[label] += (on[label].isEmpty() ? "@" : ".") + axis;
      }
    }
    return "a" + on[0] + "=1024 b" + on[1] + "=512 c" + on[2] + "=256";
  }

  private static String part(Random random) {
    return PARTS
        .get(random.nextInt(PARTS.size()))
        .replace("T", random.nextBoolean() ? "f32" : "i32")
        .replace("[L]", "[" + labels(random) + "]")
        .replace("[N]", "[" + labels(random) + "]");
  }

  private static Program program(List<String> parts, List<Integer> which) {
    StringBuilder inputs = new StringBuilder();
    StringBuilder statements = new StringBuilder();
    StringBuilder outputs = new StringBuilder();
    for (int i : which) {
      for (String line : parts.get(i).replace("%", "_" + i).lines().toList()) {
        (line.startsWith("  input") ? inputs : statements).append(line).append('\n');
      }
      outputs.append("  output r_" + i + "\n");
    }
    return Program.parse("program parts {\n" + inputs + statements + outputs + "}\n");
  }

  /** Steps whose results have names of a part. */
  private static List<String> steps(SpmdPlan plan, int part) {
    List<String> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      if (step.result().name().endsWith("_" + part)) {
        steps.add(step.action() + " to " + step.results() + " for " + step.origin());
      }
    }
    return steps;
  }

  /** Parts do not read each other's values, so each is planned as if it were alone. */
  @Test
  void partsOfAProgramArePlannedAsIfEachWereAlone() {
    int more = 0;
    for (int seed = 0; seed < TestDepth.cases(1, 2, 8); seed++) {
      Random random = new Random(TestDepth.seed(0) + seed);
      List<String> parts = new ArrayList<>();
      List<Integer> all = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        parts.add(part(random));
        all.add(i);
      }
      SpmdPlan together = plan(program(parts, all));
      for (int i : all) {
        List<String> alone = steps(plan(program(parts, List.of(i))), i);
        assertEquals(alone, steps(together, i), parts.get(i));
        more += alone.size() > 1 ? 1 : 0;
      }
    }
    assertTrue(more > 10, "parts with reshards: " + more);
  }

  private final ReshardWays ways = ways();
  private final Map<Value, HeldLayouts> held = new HashMap<>();

  private EqualStatements.Known choice(String statement, String home, String... layouts) {
    String text = "program one {\n" + statement.replace("; ", "\n") + "\n  output r\n}\n";
    Program program = Program.parse(text);
    for (int i = 0; i < program.inputs().size(); i++) {
      Value input = program.inputs().get(i);
      held.put(input, new HeldLayouts(input, Layout.parse(MESH, layouts[i]), i));
    }
    return choice(program, program.statements().getFirst(), home, true);
  }

  private EqualStatements.Known choice(
      Program program, Statement statement, String home, boolean mayAdd) {
    List<OperandSupply> supplies = new ArrayList<>();
    for (Value operand : statement.operation().operands()) {
      supplies.add(new OperandSupply.Held(ways, held.getOrDefault(operand, none(operand))));
    }
    return choice(program, statement, home, mayAdd, supplies);
  }

  private EqualStatements.Known choice(
      Program program,
      Statement statement,
      String home,
      boolean mayAdd,
      List<OperandSupply> supplies) {
    EinsumTrees trees = new EinsumTrees(ways, program);
    List<Layout> homes = List.of(Layout.parse(MESH, home));
    return ways.equal()
        .choice(
            statement,
            supplies,
            homes,
            false,
            mayAdd,
            () -> trees.planner(statement, supplies, homes, false));
  }

  private static HeldLayouts none(Value value) {
    return new HeldLayouts(value, new Layout(MESH, value.type().labels()), 0);
  }

  @Test
  void otherNamesAreNoReasonToChooseAgain() {
    EqualStatements.Known first =
        choice(
            "input p: f32[a=8 b=8]; input q: f32[a=8 b=8]; r = add(p, q)", "a b", "a@x b", "a b");
    assertSame(
        first,
        choice(
            "input s: f32[a=8 b=8]; input t: f32[a=8 b=8]; r = add(s, t)", "a b", "a@x b", "a b"));
    Set<EqualStatements.Known> others = new HashSet<>();
    others.add(first);
    for (String[] other :
        new String[][] {
          // In turn: the operation, sizes, a dtype, a home, and a layout differ.
          {
            "input p: f32[a=8 b=8]; input q: f32[a=8 b=8]; r = subtract(p, q)",
            "a b",
            "a@x b",
            "a b"
          },
          {"input p: f32[a=8 b=4]; input q: f32[a=8 b=4]; r = add(p, q)", "a b", "a@x b", "a b"},
          {"input p: i32[a=8 b=8]; input q: i32[a=8 b=8]; r = add(p, q)", "a b", "a@x b", "a b"},
          {"input p: f32[a=8 b=8]; input q: f32[a=8 b=8]; r = add(p, q)", "a@x b", "a@x b", "a b"},
          {"input p: f32[a=8 b=8]; input q: f32[a=8 b=8]; r = add(p, q)", "a b", "a@y b", "a b"},
          {"input p: f32[a=8 b=8]; r = add(p, p)", "a b", "a@x b"}
        }) {
      String[] layouts = Arrays.copyOfRange(other, 2, other.length);
      EqualStatements.Known known = choice(other[0], other[1], layouts);
      assertTrue(others.add(known), other[0]);
    }
  }

  @Test
  void aLayoutMoreIsAReasonToChooseAgain() {
    Program program =
        Program.parse("program p {\n  input p: f32[a=8 b=8]\n  r = relu(p)\n  output r\n}\n");
    Value input = program.inputs().getFirst();
    HeldLayouts holding = new HeldLayouts(input, Layout.parse(MESH, "a@x b"), 0);
    held.put(input, holding);
    Statement statement = program.statements().getFirst();
    EqualStatements.Known before = choice(program, statement, "a b", true);
    assertNotSame(before, choice(program, statement, "a b", false));
    holding.add(Layout.parse(MESH, "a b"), 1);
    EqualStatements.Known after = choice(program, statement, "a b", true);
    assertNotSame(before, after);
    assertNotEquals(before.chosen().candidate(), after.chosen().candidate());
  }

  @Test
  void aValueThatMayBeMadeAgainIsAReasonToChooseAgain() {
    Program program =
        Program.parse(
            """
            program p {
              input p: f32[a=8]
              wide = einsum(p) {equation="a -> a b", sizes=["b=64"]}
              r = relu(wide)
              output r
            }
            """);
    Statement wide = program.statements().getFirst();
    Statement relu = program.statements().getLast();
    Value input = program.inputs().getFirst();
    OperandSupply.Held held =
        new OperandSupply.Held(
            ways, new HeldLayouts(wide.result(), Layout.parse(MESH, "a@x b"), 0));
    Set<EqualStatements.Known> all = new HashSet<>();
    all.add(choice(program, relu, "a b", true, List.of(held)));
    for (String layout : List.of("a@x", "a")) {
      OperandSupply from =
          new OperandSupply.Held(ways, new HeldLayouts(input, Layout.parse(MESH, layout), 1));
      OperandSupply again =
          new OperandSupply.Expanded(held, new Expansion(ways, wide, List.of(from)));
      all.add(choice(program, relu, "a b", true, List.of(again)));
    }
    assertEquals(3, all.size());
  }
}
