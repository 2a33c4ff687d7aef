package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** An operand that every round of a loop reads in one layout is resharded once, before the loop. */
class LoopInvariantsTest {
  /** The weights lie split and are read whole, the tokens stay where they are. */
  private static Program layers(long rounds) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
        program layers {
          input tokens: i64[b@x=16 m=8]
          input weights: i64[m@x=8 h=8]
          last = scan(tokens, weights) {count=%d, label="t", carried=1, sequences=0, body=program layer {
            input h: i64[b=16 m=8]
            input w: i64[m=8 h=8]
            turned = einsum(h, w) {equation="b m, m h -> b h"}
            next = merge(turned) {labels=["h"], into="m"}
            output next
          }}
          output last
        }
        """,
            rounds));
  }

  private static ProgramPlan plan(Program program) {
    ProgramPlan plan = ProgramPlan.of(program, Mesh.of("x", 4), _ -> false, PlanOptions.defaults());
    plan.certify();
    return plan;
  }

  @Test
  void weightsAreGatheredOnceHoweverManyRoundsThereAre() {
    for (long rounds : new long[] {2, 3, 50, 1L << 40, Long.MAX_VALUE}) {
      SpmdPlan plan = plan(layers(rounds)).plan();
      assertEquals(
          List.of("all-gather", "loop"),
          plan.steps().stream().map(step -> step.action().op()).toList());
      assertEquals(3 * 2 * 8, plan.elementsReceived());
    }
  }

  /** A layout in the type of the body's input is a demand, so each round gathers the weights. */
  @Test
  void anInvariantHasTheLayoutThatTheBodyAsksFor() {
    Program asked =
        Program.parse(layers(2).toString().replace("w: i64[m=8 h=8]", "w: i64[m@x=8 h=8]"));
    assertEquals(2 * 3 * 2 * 8, plan(asked).plan().elementsReceived());
  }

  @Test
  void aRoundAloneIsPlannedAsItIs() {
    assertEquals(3 * 2 * 8, plan(layers(1)).plan().elementsReceived());
    assertEquals(0, plan(layers(0)).plan().elementsReceived());
  }

  @Test
  void resultsAreThoseOfTheReference() {
    Tensor tokens = numbers(16, 8);
    Tensor weights = numbers(8, 8);
    for (int rounds : new int[] {0, 1, 2, 3}) {
      Program program = layers(rounds);
      try (Collectives collectives = Collectives.open(Mesh.of("x", 4));
          Executable reference = new ReferenceBackend().compile(program);
          MeshExecutable sharded = MeshBackend.of(collectives).compile(program)) {
        long[] expected = reference.run(tokens, weights).getFirst().toLongArray();
        assertTrue(Arrays.stream(expected).anyMatch(value -> value != 0));
        // The second run finds the memory as the first left it.
        for (int run = 0; run < 2; run++) {
          assertArrayEquals(expected, sharded.run(tokens, weights).getFirst().toLongArray());
        }
      }
    }
  }

  private static Tensor numbers(long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] values = new double[count];
    Arrays.setAll(values, i -> i % 5 - 2);
    return Tensor.of(values, shape).convert(DType.I64);
  }
}
