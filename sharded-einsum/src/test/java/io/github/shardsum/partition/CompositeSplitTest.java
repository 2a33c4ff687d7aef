package io.github.shardsum.partition;

import org.junit.jupiter.api.Test;

/**
 * Composites that promise to be split along labels along which their meaning is not independent:
 * the checker goes by the decomposition, and by the promise only where it promises less.
 */
final class CompositeSplitTest {
  private static PlanDraft plan(
      String splittable, String statement, String type, String operand, String result) {
    String program =
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
        """
            .formatted(splittable, type, statement);
    return new PlanDraft(program, operand).apply("b", result, 0);
  }

  private static PlanDraft merge(String splittable, String operand, String result) {
    return plan(
        splittable, "merge(x) {labels=[\"m\", \"n\"], into=\"p\"}", "p=24", operand, result);
  }

  private static PlanDraft softmax(String splittable, String operand, String result) {
    return plan(splittable, "softmax(x) {label=\"n\"}", "m=4 n=6", operand, result);
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
    merge("\"m\"", "m@x n", "p@x").isRefused("p must be whole");
  }

  /** A label that the meaning reads whole. */
  @Test
  void aNormalisedLabel() {
    softmax("\"m\", \"n\"", "m n@x", "m n@x").isRefused("n must be whole");
    softmax("\"m\"", "m@x n", "m@x n").isAccepted();
    softmax("\"n\"", "m@x n", "m@x n").isRefused("m must be whole");
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
        .isRefused("m must be whole or split");
  }
}
