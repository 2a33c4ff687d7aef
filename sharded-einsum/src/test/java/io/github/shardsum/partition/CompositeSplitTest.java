package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Composites that promise to be split along labels along which their meaning is not independent:
 * the checker goes by the decomposition, and by the promise only where it promises less.
 */
final class CompositeSplitTest {
  private static final Action ALL_REDUCE = new Action.AllReduce(List.of("x"));

  private static String program(String splittable, String statement, String type) {
    return String.format(
        Locale.ROOT,
        """
        program p {
          input a: f32[m=4 n=6]
          b: f32[%2$s] = composite(a) {name=test.c, splittable=[%1$s], decomposition=program c {
            input x: f32[m=4 n=6]
            y: f32[%2$s] = %3$s
            output y
          }}
          output b
        }
        """,
        splittable,
        type,
        statement);
  }

  private static String merge(String splittable) {
    return program(splittable, "merge(x) {labels=[\"m\", \"n\"], into=\"p\"}", "p=24");
  }

  private static PlanDraft merge(String splittable, String operand, String result) {
    return new PlanDraft(merge(splittable), operand).apply("b", result, 0);
  }

  private static PlanDraft softmax(String splittable, String operand, String result) {
    String program = program(splittable, "softmax(x) {label=\"n\"}", "m=4 n=6");
    return new PlanDraft(program, operand).apply("b", result, 0);
  }

  /** Of a merge's minor label a device has strips of the merged one. */
  @Test
  void aMergesMinorLabel() {
    merge("\"n\"", "m n@x", "p@x").isRefused("must be one interval");
    merge("\"n\"", "m n@x", "p").isRefused("must be one interval");
    merge("\"n\", \"p\"", "m n@x", "p@x").isRefused("must be one interval");
    merge("\"m\", \"n\", \"p\"", "m@x n@y", "p@x.y").isRefused("must be one interval");
    merge("\"m\", \"n\", \"p\"", "m@x.y n", "p@x.y").isAccepted();
  }

  /** A merge's major label splits the merged one, which the kernel must have promised too. */
  @Test
  void aMergesMajorLabel() {
    merge("\"m\", \"p\"", "m@x n", "p@x").isAccepted();
    merge("\"m\"", "m@x n", "p@x").isRefused("p@x=24 must be whole");
  }

  /** A label that the meaning reads whole. */
  @Test
  void aNormalisedLabel() {
    softmax("\"m\", \"n\"", "m n@x", "m n@x").isRefused("n must be whole");
    softmax("\"m\"", "m@x n", "m@x n").isAccepted();
    softmax("\"n\"", "m@x n", "m@x n").isRefused("m@x=4 must be whole");
  }

  /** A label that the meaning sums over leaves addends, whatever the kernel promises. */
  @Test
  void aLabelThatIsSummed() {
    String program = program("\"m\", \"n\"", "reduce_sum(x) {labels=[\"n\"]}", "m=4");
    new PlanDraft(program, "m n@x")
        .apply("b", "m", 0)
        .isRefused("devices have [m=4] | x, not [m=4]");
    new PlanDraft(program, "m n@x").apply("b", "m | x", 0).then(ALL_REDUCE, "m").isAccepted();
  }

  /** A maximum over a part is none, and what is linear may not read it as an addend. */
  @Test
  void aMaximumThatTheMeaningReads() {
    String most = "reduce_max(x) {labels=[\"n\"]}\n    z: f32[m=4] = negate(y)";
    String program = program("\"m\", \"n\"", most, "m=4").replace("output y", "output z");
    new PlanDraft(program, "m n@x").apply("b", "m | x", 0).isRefused("operands must be no addends");
    new PlanDraft(program, "m@x n").apply("b", "m@x", 0).isAccepted();
  }

  private static PlanDraft ofSum(String statement) {
    String sum = "reduce_sum(x) {labels=[\"n\"]}\n    z: f32[m=4] = " + statement;
    String program = program("\"m\", \"n\"", sum, "m=4").replace("output y", "output z");
    return new PlanDraft(program, "m n@x").apply("b", "m | x", 0).then(ALL_REDUCE, "m");
  }

  /** A kernel that promises a label promises the addends of its sums, of floating numbers too. */
  @Test
  void addendsThatTheMeaningPasses() {
    ofSum("negate(y)").isAccepted();
    ofSum("add(y, y)").isAccepted();
    ofSum("multiply(y, y)").isRefused("must be summed over an axis once");
    ofSum("exp(y)").isRefused("operands must be no addends");
    ofSum("maximum(y, y)").isRefused("operands must be no addends");
  }

  /** What is whole is no addend: it would be added on each device. */
  @Test
  void aSumOfAnAddendAndWhatIsWhole() {
    String sum =
        "reduce_sum(x) {labels=[\"n\"]}\n    c: f32[m=4] = iota() {type=\"f32[m=4]\", label=\"m\"}\n"
            + "    z: f32[m=4] = add(y, c)";
    String program = program("\"m\", \"n\"", sum, "m=4").replace("output y", "output z");
    new PlanDraft(program, "m n@x").apply("b", "m | x", 0).isRefused("operands must be no addends");
  }

  /** The kernel makes the part of a result that others have, though all of it could be made. */
  @Test
  void aResultThatIsMadeOfNothingThatIsSplit() {
    String iota = "iota() {type=\"f32[n=6]\", label=\"n\"}";
    String program = program("\"n\"", iota, "n=6");
    new PlanDraft(program, "m n@x").apply("b", "n@x", 0).isAccepted();
    new PlanDraft(program, "m n@x").apply("b", "n", 0).isRefused("devices have [n@x=6], not");
    new PlanDraft(program, "m@x n").apply("b", "n", 0).isRefused("m@x=4 must be whole");
  }

  /** A running sum over a part begins anew. */
  @Test
  void aRunningSum() {
    String sum = "cumulative_sum(x) {label=\"n\", exclusive=false, reverse=false}";
    String program = program("\"m\", \"n\"", sum, "m=4 n=6");
    new PlanDraft(program, "m n@x").apply("b", "m n@x", 0).isRefused("n must be whole");
    new PlanDraft(program, "m@x n").apply("b", "m@x n", 0).isAccepted();
  }

  /** Indices that are made in a kernel are those of the part, which the kernel must know. */
  @Test
  void indicesThatAreMade() {
    String iota = "add(x, i)";
    String program =
        program("\"m\"", iota, "m=4 n=6")
            .replace("    y:", "    i: f32[m=4] = iota() {type=\"f32[m=4]\", label=\"m\"}\n    y:");
    new PlanDraft(program, "m@x n").apply("b", "m@x n", 0).isAccepted();
    new PlanDraft(program, "m n@x").apply("b", "m n@x", 0).isRefused("n@x=6 must be whole");
  }

  /** A kernel takes a chunk of each operand that has the label, never the whole of one. */
  @Test
  void operandsThatAreSplitOtherwise() {
    String program =
        """
        program p {
          input a: f32[m=4]
          input b: f32[m=4]
          c: f32[m=4] = composite(a, b) {name=test.c, splittable=["m"], decomposition=program c {
            input x: f32[m=4]
            input y: f32[m=4]
            z: f32[m=4] = add(x, y)
            output z
          }}
          output c
        }
        """;
    new PlanDraft(program, "m@x", "m@x").apply("c", "m@x", 0, 1).isAccepted();
    new PlanDraft(program, "m@x", "m@y").apply("c", "m@x", 0, 1).isRefused("m must be the same");
    new PlanDraft(program, "m@x", "m")
        .apply("c", "m@x", 0, 1)
        .isRefused("m=4 must be whole, or of [m]");
  }

  /** Whatever a kernel promises, the planner's plan is certified. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "'m'",
        "'n'",
        "'p'",
        "'m', 'n'",
        "'m', 'p'",
        "'n', 'p'",
        "'m', 'n', 'p'",
      })
  void thePlannersPlan(String splittable) {
    Program program = Program.parse(merge(splittable.replace('\'', '"')));
    Mesh mesh = Mesh.parse("x=2 y=2");
    for (String layout : List.of("m n@x", "m@x n", "m@x n@y", "m@y n@x", "m n@x.y")) {
      Program annotated = Annotations.of(Map.of("a", layout)).apply(program);
      ProgramPlan plan = ProgramPlan.of(annotated, mesh, _ -> true, PlanOptions.defaults());
      assertTrue(plan.certify().startsWith("certified"), plan::explain);
    }
  }
}
