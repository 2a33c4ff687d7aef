package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A value much larger than its operands never travels: the operands do, and it is made again. */
class MadeAgainTest {
  private static final int ROWS = 32;
  private static final int WORDS = 64;
  private static final int WIDTH = 8;

  /** A lookup in a table, and the table's gradient in parts of the vocabulary. */
  private static Program lookup(String hot) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
            program lookup {
              input ids: i32[B@x=%1$d]
              input table: f32[V=%2$d M=%3$d]
              input cotangent: f32[B@x=%1$d M=%3$d]
              %4$s
              rows = einsum(hot, table) {equation="B V, V M -> B M"}
              all = einsum(hot, cotangent) {equation="B V, B M -> V M"}
              gradient = annotate(all) {layout="V@x M"}
              output rows
              output gradient
            }
            """,
            ROWS,
            WORDS,
            WIDTH,
            hot));
  }

  private static final String ONE_HOT = "hot = one_hot(ids) {label=\"V\", size=64, dtype=f32}";

  private static final String COMPARISON =
      """
      places = iota {type="i32[V=64]", label="V"}
      same = eq(ids, places)
      hot = convert(same) {dtype=f32}
      """;

  private static long named(SpmdPlan plan, String name, boolean isMoved) {
    return plan.steps().stream()
        .filter(step -> step.result().name().equals(name))
        .filter(step -> step.action().isCollective() == isMoved)
        .count();
  }

  @ParameterizedTest
  @ValueSource(strings = {ONE_HOT, COMPARISON})
  void indicesTravelInsteadOfTheirOneHot(String hot) {
    Program program = lookup(hot);
    Mesh mesh = Mesh.parse("x=4");
    try (Collectives collectives = Collectives.open(mesh);
        MeshExecutable executable =
            MeshBackend.of(collectives, Kernels.none(), PlanOptions.defaults()).compile(program);
        Executable reference = new ReferenceBackend().compile(program)) {
      ProgramPlan plan = executable.plan();
      plan.certify();
      assertEquals(0, named(plan.plan(), "hot", true), plan::explain);
      assertEquals(0, named(plan.plan(), "same", true), plan::explain);
      assertEquals(0, named(plan.plan(), "places", true), plan::explain);
      assertEquals(plan.plan().price(PlanOptions.defaults()), plan.cost(), 1e-6);
      String json = plan.plan().toJson(PlanOptions.defaults());
      assertEquals(plan.plan().steps(), SpmdPlan.parse(json).steps());
      Random random = new Random(5);
      int[] ids = random.ints(ROWS, -1, WORDS + 1).toArray();
      List<Tensor> inputs =
          List.of(Tensor.of(ids, ROWS), whole(random, WORDS), whole(random, ROWS));
      List<Tensor> expected = reference.run(inputs);
      List<Tensor> actual = executable.run(inputs);
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i).toFloatArray(), actual.get(i).toFloatArray());
      }
    }
  }

  /** Whole numbers, whose sums are exact in any order. */
  private static Tensor whole(Random random, int rows) {
    float[] data = new float[rows * WIDTH];
    IntStream.range(0, data.length).forEach(i -> data[i] = random.nextInt(-99, 100));
    return Tensor.of(data, rows, WIDTH);
  }

  @Test
  void aOneHotIsMadeInBothLayoutsThatAreRead() {
    ProgramPlan plan =
        ProgramPlan.of(lookup(ONE_HOT), Mesh.parse("x=4"), _ -> false, PlanOptions.defaults());
    assertEquals(2, named(plan.plan(), "hot", false), plan::explain);
    // Three quarters of the indices and of the rows; no device receives a part of the table.
    assertEquals(24 + 24 * WIDTH, plan.plan().elementsReceived(), plan::explain);
  }

  /** Only the layout that is read is made, and a broadcast is no larger on the way. */
  @Test
  void aBroadcastIsMadeOnceInTheLayoutOfItsReader() {
    Program program =
        Program.parse(
            """
            program broadcast {
              input scale: f32[B@x=32]
              input y: f32[B=32 V@x=64]
              wide = einsum(scale) {equation="B -> B V", sizes=["V=64"]}
              z = multiply(wide, y)
              output z
            }
            """);
    ProgramPlan plan =
        ProgramPlan.of(program, Mesh.parse("x=4"), _ -> false, PlanOptions.defaults());
    plan.certify();
    assertEquals(plan.plan().price(PlanOptions.defaults()), plan.cost(), 1e-6);
    assertEquals(24, plan.plan().elementsReceived(), plan::explain);
    assertEquals(1, named(plan.plan(), "wide", false), plan::explain);
    assertEquals(
        1,
        plan.plan().steps().stream()
            .filter(step -> step.action() instanceof Action.AllGather)
            .count());
  }

  /** A broadcast as an invariant of a loop, in its body, and as an operand of a region. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        z = scan(y, wide) {count=2, label="t", carried=1, sequences=0, body=program round {
          input carried: f32[B=32 V@x=64]
          input w: f32[B=32 V@x=64]
          next = multiply(carried, w)
          output next
        }}
        """,
        """
        z = scan(y, scale) {count=2, label="t", carried=1, sequences=0, body=program round {
          input carried: f32[B=32 V@x=64]
          input s: f32[B=32]
          w = einsum(s) {equation="B -> B V", sizes=["V=64"]}
          next = multiply(carried, w)
          output next
        }}
        """,
        """
        z = manual(wide) {axes=["x=4"], in=["B V@x"], out=["B V@x"], body=program member {
          input part: f32[B=32 V=16]
          next = multiply(part, part)
          output next
        }}
        """
      })
  void aBroadcastIsMadeAgainForLoopsAndRegions(String z) {
    Program program =
        Program.parse(
            """
            program nested {
              input scale: f32[B@x=32]
              input y: f32[B=32 V@x=64]
              wide = einsum(scale) {equation="B -> B V", sizes=["V=64"]}
              ZZZ
              output z
            }
            """
                .replace("ZZZ", z));
    ProgramPlan plan =
        ProgramPlan.of(program, Mesh.parse("x=4"), _ -> false, PlanOptions.defaults());
    plan.certify();
    assertEquals(plan.plan().price(PlanOptions.defaults()), plan.cost(), 1e-6);
    assertEquals(24, plan.plan().elementsReceived(), plan::explain);
  }
}
