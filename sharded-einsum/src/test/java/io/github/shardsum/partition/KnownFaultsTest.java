package io.github.shardsum.partition;

import static java.util.Locale.ROOT;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Faults that users found in other partitioners, each rebuilt as the plan that it would be here:
 * the checker refuses it, and accepts the plan without the fault.
 */
final class KnownFaultsTest {
  private static void accepts(PlanDraft plan) {
    plan.isAccepted();
  }

  private static void refuses(PlanDraft plan, String says) {
    plan.isRefused(says);
  }

  private static Action.AllReduce allReduce(String... axes) {
    return new Action.AllReduce(List.of(axes));
  }

  private static final String PRODUCT =
      """
      program product {
        input a: f32[m=6 k=8]
        input b: f32[k=8 n=5]
        c: f32[m=6 n=5] = einsum(a, b) {equation="m k, k n -> m n"}
        output c
      }
      """;

  /** XLA 40034: a missing all-reduce, so that gradients are one device's part of the sum. */
  @Test
  void aSumWithoutItsAllReduce() {
    accepts(
        new PlanDraft(PRODUCT, "m k@x", "k@x n")
            .apply("c", "m n | x", 0, 1)
            .then(allReduce("x"), "m n"));
    refuses(
        new PlanDraft(PRODUCT, "m k@x", "k@x n").apply("c", "m n", 0, 1),
        "devices have [m=6, n=5] | x, not [m=6, n=5]");
  }

  /** The rule of a merge reads as many dimensions as the merge's own operand has. */
  @Test
  void aStatementReadsAValueOfLowerRank() {
    String program =
        """
        program p {
          input a: f32[m=2 n=3]
          input b: f32[m=6]
          c = merge(a) {labels=["m", "n"], into="k"}
          output c
        }
        """;
    new PlanDraft(program, "m n", "m").apply("c", "k", 0).isAccepted();
    refuses(
        new PlanDraft(program, "m n", "m").apply("c", "k", 1), "must read a: f32[m=2 n=3], got b");
  }

  /** Though nothing reads its result, the step runs. */
  @Test
  void aCommunicationOverAnAxisOfAnotherSize() {
    Program program =
        Program.parse(
            """
            program p {
              input a: f32[i=24]
              r = manual(a) {axes=["x=2", "y=3"], in=["i@x"], out=["i@x"], body=program member {
                input b: f32[i=12]
                c = all_reduce(b) {axes=["y=3"], by=sum}
                output b
              }}
              output r
            }
            """);
    SpmdPlan plan =
        ProgramPlan.withLayouts(
                program, Mesh.parse("x=2 y=3"), Map.of(), PlanOptions.defaults().withReplication())
            .plan();
    String text = plan.toJson(PlanOptions.defaults());
    String step = "\"statement\":\"c: f32[i=12] = all_reduce(b) {axes=[\\\"%s=3\\\"]";
    String other = text.replace(String.format(ROOT, step, "y"), String.format(ROOT, step, "x"));
    assertNotEquals(text, other);
    String said =
        String.valueOf(
            assertThrows(IllegalStateException.class, () -> SpmdPlan.parse(other).certify(program))
                .getMessage());
    assertTrue(said.contains("axes must be of a region around it, got x=3"), said);
  }

  /** XLA 42481: an all-reduce over other axes than those of the sum. */
  @Test
  void anAllReduceOverOtherAxes() {
    PlanDraft product = new PlanDraft(PRODUCT, "m@y k@x", "k@x n").apply("c", "m@y n | x", 0, 1);
    refuses(product.then(allReduce("y"), "m@y n"), "must be addends over [y]");
    refuses(
        new PlanDraft(PRODUCT, "m k@x", "k@x n")
            .apply("c", "m n | x", 0, 1)
            .then(allReduce("x", "y"), "m n"),
        "must be addends over [x, y]");
  }

  /**
   * torchtitan 2106: what every device has whole is summed, so a gradient is so many times itself.
   */
  @Test
  void aSumOfWhatIsWhole() {
    refuses(
        new PlanDraft(PRODUCT, "m k", "k n").apply("c", "m n", 0, 1).then(allReduce("x"), "m n"),
        "must be addends over [x]");
  }

  /** DTensor 149768 and its like: an operation that is not linear reads a sum before it is one. */
  @Test
  void aPartialSumIsReadByWhatIsNotLinear() {
    String program = PRODUCT.replace("output c", "d: f32[m=6 n=5] = relu(c)\n  output d");
    refuses(
        new PlanDraft(program, "m k@x", "k@x n")
            .apply("c", "m n | x", 0, 1)
            .apply("d", "m n | x", 2)
            .then(allReduce("x"), "m n"),
        "operands must be no addends");
  }

  /** A bias that each device adds before the sum is counted once a device. */
  @Test
  void aBiasOnEveryDevice() {
    String program =
        PRODUCT
            .replace("input b", "input bias: f32[n=5]\n  input b")
            .replace("output c", "d: f32[m=6 n=5] = add(c, bias)\n  output d");
    refuses(
        new PlanDraft(program, "m k@x", "n", "k@x n")
            .apply("c", "m n | x", 0, 2)
            .apply("d", "m n | x", 3, 1)
            .then(allReduce("x"), "m n"),
        "operands must be no addends");
    accepts(
        new PlanDraft(program, "m k@x", "n", "k@x n")
            .apply("c", "m n | x", 0, 2)
            .then(allReduce("x"), "m n")
            .apply("d", "m n", 4, 1));
  }

  /** XLA 49122: a slice whose bounds are taken, and clamped, on each shard. */
  @Test
  void aSliceOnEachShard() {
    String program =
        """
        program cut {
          input a: f32[m=8]
          b: f32[m=4] = slice(a) {label="m", from=2, to=6, step=1}
          output b
        }
        """;
    refuses(new PlanDraft(program, "m@x").apply("b", "m@x", 0), "m must be whole in an operand");
    accepts(
        new PlanDraft(program, "m@x")
            .then(new Action.AllGather("m", List.of("x")), "m")
            .apply("b", "m", 1)
            .then(new Action.Slice("m", List.of("x")), "m@x"));
  }

  /** XLA 49118, JAX 39301: parts that are put together on each shard. */
  @Test
  void aConcatenationOnEachShard() {
    String program =
        """
        program join {
          input a: f32[m=4]
          input b: f32[m=4]
          c: f32[m=8] = concatenate(a, b) {label="m"}
          output c
        }
        """;
    refuses(
        new PlanDraft(program, "m@x", "m@x").apply("c", "m@x", 0, 1),
        "m must be whole in an operand");
  }

  /** JAX 21403: a running sum that begins anew on each shard. */
  @Test
  void aRunningSumOnEachShard() {
    String program =
        """
        program scan {
          input a: f32[m=8]
          b: f32[m=8] = cumulative_sum(a) {label="m", exclusive=false, reverse=false}
          output b
        }
        """;
    refuses(new PlanDraft(program, "m@x").apply("b", "m@x", 0), "m must be whole in an operand");
  }

  /**
   * JAX 35896, DTensor 168058: each device makes indices, or draws numbers, as if it were the
   * first.
   */
  @Test
  void indicesThatBeginAnewOnEachDevice() {
    String program =
        """
        program count {
          a: i32[m=8] = iota() {type="i32[m=8]", label="m"}
          output a
        }
        """;
    accepts(new PlanDraft(program).apply("a", "m@x"));
    PlanDraft whole = new PlanDraft(program).apply("a", "m@x");
    refuses(whole.then(new Action.CollectivePermute(List.of("x", "y")), "m"), "do not have [m=8]");
    PlanDraft otherwise = new PlanDraft(program).apply("a", "m@x");
    refuses(
        otherwise.then(new Action.AllGather("m", List.of("y")), "m"), "must be the last of m@x=8");
  }

  /** PyTorch 168134: chunks of a reshaped value that lie interleaved. */
  @Test
  void aReshapeThatInterleavesChunks() {
    String program =
        """
        program reshape {
          input a: f32[m=4 n=6]
          b: f32[p=24] = merge(a) {labels=["m", "n"], into="p"}
          output b
        }
        """;
    accepts(new PlanDraft(program, "m@x n").apply("b", "p@x", 0));
    refuses(new PlanDraft(program, "m n@x").apply("b", "p@x", 0), "must be one interval");
  }

  /** Of five rows one device has three, of thirty elements each has fifteen. */
  @Test
  void aReshapeOfUnevenChunks() {
    String program =
        """
        program reshape {
          input a: f32[m=5 n=6]
          b: f32[p=30] = merge(a) {labels=["m", "n"], into="p"}
          output b
        }
        """;
    accepts(new PlanDraft(program, "m n").apply("b", "p", 0));
    refuses(new PlanDraft(program, "m@x n").apply("b", "p@x", 0), "must be one interval");
  }

  /** A plan gives what is asked for and nothing else. */
  @Test
  void aPlanWithMoreOutputsOrFewerInputs() {
    PlanDraft product = new PlanDraft(PRODUCT, "m k", "k n").apply("c", "m n", 0, 1);
    accepts(product);
    product.isRefusedWithOutputs(2, "must have 2 inputs and 1 outputs");
    refuses(
        new PlanDraft(PRODUCT, "m k").apply("c", "m n", 0, 0), "must have 2 inputs and 1 outputs");
  }

  /** A maximum over devices that is taken as a sum. */
  @Test
  void aMaximumThatIsSummed() {
    String program =
        """
        program most {
          input a: f32[m=8]
          b: f32[] = reduce_max(a) {labels=["m"]}
          output b
        }
        """;
    accepts(
        new PlanDraft(program, "m@x")
            .apply("b", "| x", 0)
            .then(new Action.AllReduce(List.of("x"), ReduceKind.MAX), ""));
    refuses(
        new PlanDraft(program, "m@x").apply("b", "| x", 0).then(allReduce("x"), ""),
        "must be a MAX");
  }

  /** DTensor 172932: blocks that change places along axes that do not hold them. */
  @Test
  void aPermuteOverTooFewDevices() {
    String program = "program same {\n  input a: f32[m=4 n=4]\n  output a\n}\n";
    accepts(
        new PlanDraft(program, "m@x n@y")
            .then(new Action.CollectivePermute(List.of("x", "y")), "m@y n@x"));
    refuses(
        new PlanDraft(program, "m@x n@y")
            .then(new Action.CollectivePermute(List.of("x")), "m@y n@x"),
        "devices along [x] do not have [m@y=4, n@x=4]");
    refuses(
        new PlanDraft(program, "m@x n@y")
            .thenOf(new Action.CollectivePermute(List.of("x", "y")), "m@y n@x", 8, 4),
        "do not have [m@y=8, n@x=4]");
    refuses(
        new PlanDraft(PRODUCT, "m k@x", "k@x n")
            .apply("c", "m n | x", 0, 1)
            .then(new Action.CollectivePermute(List.of("x")), "m n | x"),
        "devices along [x] do not have");
  }
}
