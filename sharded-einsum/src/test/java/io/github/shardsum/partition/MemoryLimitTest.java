package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.backend.mesh.MeshExecutable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A memory limit makes the planner look for another plan; the error says the least limit that is
 * possible.
 */
class MemoryLimitTest {
  private static final Mesh MESH = Mesh.of("x", 4);

  /** Weights lie split and tokens too, so that a layer gathers its weights. */
  private static final Program GATHERED =
      Program.parse(
          """
          program gathered {
            input tokens: i64[b@x=512 m=64]
            input first: i64[m@x=64 h=256]
            input second: i64[h@x=256 o=32]
            hidden = einsum(tokens, first) {equation="b m, m h -> b h"}
            result = einsum(hidden, second) {equation="b h, h o -> b o"}
            output result
          }
          """);

  /** The first value is read last. */
  private static final Program KEPT =
      Program.parse(
          """
          program kept {
            input x: i64[a@x=256]
            input y: i64[b=64]
            wide = einsum(x, y) {equation="a, b -> a b"}
            total = reduce_sum(wide) {labels=["a", "b"]}
            scaled = multiply(x, total)
            again = einsum(scaled, y) {equation="a, b -> a b"}
            least = reduce_min(again) {labels=["a", "b"]}
            result = add(wide, least)
            output result
          }
          """);

  private static final Pattern LEAST = Pattern.compile("the least found needs (\\d+)");

  private static ProgramPlan plan(Program program, PlanOptions options) {
    ProgramPlan plan = ProgramPlan.of(program, MESH, _ -> false, options);
    plan.certify();
    return plan;
  }

  private static long least(Program program) {
    PlanException refused =
        assertThrows(
            PlanException.class, () -> plan(program, PlanOptions.defaults().withMemoryLimit(1)));
    Matcher least = LEAST.matcher(String.valueOf(refused.getMessage()));
    assertTrue(least.find(), refused.getMessage());
    return Long.parseLong(least.group(1));
  }

  private static void isEqual(Program program, long limit) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
      Arrays.setAll(values, i -> i % 7 - 3);
      inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
    }
    try (Collectives collectives = Collectives.open(MESH);
        Executable reference = new ReferenceBackend().compile(program);
        MeshExecutable sharded =
            MeshBackend.of(collectives)
                .compile(program, CompileOptions.defaults().withMemoryLimit(limit))) {
      sharded.plan().certify();
      assertTrue(sharded.peakBytes() <= limit, sharded.explain());
      assertArrayEquals(
          reference.run(inputs).getFirst().toLongArray(),
          sharded.run(inputs).getFirst().toLongArray());
    }
  }

  @Test
  void gathersArePartedBeforeAProgramIsRefused() {
    long peak = plan(GATHERED, PlanOptions.defaults()).plan().peakBytes();
    long least = least(GATHERED);
    assertTrue(least < peak, least + " of " + peak);
    ProgramPlan small = plan(GATHERED, PlanOptions.defaults().withMemoryLimit(least));
    assertTrue(small.plan().peakBytes() <= least, small.explain());
    assertTrue(
        small.plan().steps().stream().anyMatch(step -> step.action() instanceof Action.Loop),
        small.explain());
    isEqual(GATHERED, least);
    isEqual(GATHERED, (least + peak) / 2);
  }

  @Test
  void valuesAreComputedAgain() {
    long peak = plan(KEPT, PlanOptions.defaults()).plan().peakBytes();
    long least = least(KEPT);
    assertTrue(least <= peak, least + " of " + peak);
    isEqual(KEPT, least);
  }

  @Test
  void aLimitThatTheCheapestPlanKeepsChangesNothing() {
    ProgramPlan free = plan(GATHERED, PlanOptions.defaults());
    PlanOptions enough = PlanOptions.defaults().withMemoryLimit(free.plan().peakBytes());
    assertEquals(free, plan(GATHERED, enough));
  }

  @Test
  void theLeastOfAnEinsumThatIsRefusedCanBeAskedFor() {
    int refused = 0;
    for (long seed = 0; seed < RandomSharding.cases(60, 2_000); seed++) {
      RandomEinsum drawn = new RandomEinsum(seed);
      PlanException error;
      try {
        if (drawn.plan(PlanOptions.defaults()).plan().peakBytes() == 0) {
          continue;
        }
        error =
            assertThrows(
                PlanException.class, () -> drawn.plan(PlanOptions.defaults().withMemoryLimit(0)));
      } catch (PlanException _) {
        continue;
      }
      Matcher least = LEAST.matcher(String.valueOf(error.getMessage()));
      assertTrue(least.find(), error.getMessage());
      PlanOptions options = PlanOptions.defaults().withMemoryLimit(Long.parseLong(least.group(1)));
      assertTrue(drawn.plan(options).plan().peakBytes() <= options.memoryLimit().getAsLong());
      refused++;
    }
    assertTrue(refused > 0, "no einsum was refused");
  }

  @Test
  void aReshardStaysWithinTheLimitOrSaysTheLeast() {
    Mesh mesh = Mesh.parse("x=2 y=3");
    Layout from = Layout.parse(mesh, "a@x.y b");
    Layout to = Layout.parse(mesh, "a b@y.x");
    Shape shape = Shape.of(5, 5);
    PlanException error =
        assertThrows(
            PlanException.class,
            () ->
                ReshardPlan.of(
                    from, to, shape, DType.F32, PlanOptions.defaults().withMemoryLimit(1)));
    Matcher least = LEAST.matcher(String.valueOf(error.getMessage()));
    assertTrue(least.find(), error.getMessage());
    long free =
        ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults()).plan().peakBytes();
    for (long limit : new long[] {Long.parseLong(least.group(1)), free}) {
      PlanOptions options = PlanOptions.defaults().withMemoryLimit(limit);
      assertTrue(ReshardPlan.of(from, to, shape, DType.F32, options).plan().peakBytes() <= limit);
    }
  }
}
