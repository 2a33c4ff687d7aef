package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.ProgramPlanning;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What kernels hold counts where collectives go on behind what devices compute. */
final class OverlapMemoryTest {
  private static final Mesh MESH = Mesh.parse("x=4");

  /** A gather, behind which a product and a composite could run while its operand is held. */
  private static Program program() {
    ProgramBuilder meaning = Program.builder("meaning");
    meaning.output("m", meaning.relu(meaning.input("v", "f32[i=8]")));
    ProgramBuilder p = Program.builder("kernel");
    Value x = p.input("x", "f32[s@x=1024 m=64]");
    Value w = p.input("w", "f32[m=64 h=64]");
    Value u = p.input("u", "f32[m=64 n=16]");
    Value z = p.input("z", "f32[i=8]");
    Value all = p.layout(p.layout(p.einsum("sm,mh->sh", x, w), "s@x h"), "s h");
    p.output("y", p.einsum("sm,mn->sn", x, u));
    p.output("fused", p.composite("fused", meaning.build(), z).getFirst());
    p.output("all", p.layout(p.relu(all), "s h"));
    return p.build();
  }

  private static CompositeCode.Finder kernels(long scratch) {
    return _ -> Optional.of(new CompositeCode((_, _, _) -> {}, 0, _ -> scratch));
  }

  private static ProgramPlan plan(long scratch, boolean overlap) {
    return ProgramPlanning.plan(
        program(),
        MESH,
        kernels(scratch),
        PlanOptions.defaults().withReplication().withOverlap(overlap));
  }

  @Test
  void nothingIsInFlightWhereAKernelHoldsTheMost() {
    assertNotEquals(plan(0, false).plan(), plan(0, true).plan());
    for (long scratch : new long[] {0, 1L << 20}) {
      ProgramPlan blocking = plan(scratch, false);
      ProgramPlan plan = plan(scratch, true);
      plan.certify();
      long peak = DeviceMemory.of(blocking.plan(), kernels(scratch)).peakBytes();
      long held = DeviceMemory.of(plan.plan(), kernels(scratch)).peakBytes();
      assertTrue(held <= peak, () -> held + " > " + peak + "\n" + blocking + plan);
    }
  }

  /** Behind collectives, the largest stage of this program splits in two. */
  @Test
  void aLimitThatTheOverlappedPlanKeepsIsEnough() {
    Program program =
        Program.parse(
            """
            program windows {
              input x: f32[a=4 c=8 b=8]
              turned = einsum(x) {equation="a c b -> c b a"}
              pairs = window(turned) {label="a", window="f", size=2, stride=2, dilation=2}
              split = annotate(pairs) {layout="c b@x a f"}
              squares = multiply(split, split)
              other = einsum(turned) {equation="d c a -> c d a"}
              weights = annotate(other) {layout="c@x d a"}
              sums = einsum(x, weights) {equation="a c b, c d a -> d b a"}
              scaled = multiply(sums, x)
              back = einsum(squares) {equation="c b a f -> f c a b"}
              output scaled, back
            }
            """);
    PlanOptions options = PlanOptions.defaults().withOverlap(true);
    CompositeCode.Finder none = _ -> Optional.empty();
    ProgramPlan free = ProgramPlanning.plan(program, Mesh.parse("x=7"), none, options);
    PlanOptions limited = options.withMemoryLimit(free.plan().peakBytes());
    assertEquals(free, ProgramPlanning.plan(program, Mesh.parse("x=7"), none, limited));
    assertNotEquals(
        free.plan().peakBytes(),
        ProgramPlanning.plan(program, Mesh.parse("x=7"), none, options.withOverlap(false))
            .plan()
            .peakBytes());
  }
}
