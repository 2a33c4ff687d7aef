package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The peak of a plan is the most of its steps, and no more than what a run allocates. */
class PeakBytesTest {
  private static final int TRIES = TestDepth.cases(40, 80, 200);

  @Test
  void thePeakIsTheMostOfTheSteps() {
    Check.forAll(Programs.withInputs(Programs.exact(DType.I64, 12), true))
        .tries(TRIES)
        .seed(TestDepth.seed(2))
        .holds(
            drawn -> {
              Mesh mesh = Mesh.parse("x=2 y=3");
              SpmdPlan plan = RandomPlans.randomlyLaid(drawn.program(), mesh).plan();
              long inputs = bytes(plan, plan.inputs());
              long most = plan.heldBytes().isEmpty() ? inputs : Collections.max(plan.heldBytes());
              assertEquals(most, plan.peakBytes(), plan::explain);
              assertEquals(plan.steps().size(), plan.heldBytes().size());
            });
  }

  /** On one device the first run allocates its outputs and what the executable keeps. */
  @Test
  void aRunOnOneDeviceAllocatesThePeak() {
    Check.forAll(Programs.withInputs(Programs.exact(DType.I64, 12), true))
        .tries(TRIES)
        .seed(TestDepth.seed(3))
        .holds(
            drawn -> {
              Program program = drawn.program();
              Mesh mesh = Mesh.parse("x=1");
              ProgramPlan plan = ProgramPlan.of(program, mesh, _ -> false, RandomPlans.OPTIONS);
              try (Collectives collectives = Collectives.open(mesh);
                  MeshExecutable executable =
                      MeshBackend.of(collectives, Kernels.none(), RandomPlans.OPTIONS)
                          .compile(plan, CompileOptions.defaults())) {
                long given = bytes(plan.plan(), plan.plan().inputs());
                long made =
                    bytes(
                        plan.plan(),
                        plan.plan().outputs().stream()
                            .filter(output -> output >= plan.plan().inputs().size())
                            .distinct()
                            .map(plan.plan()::value)
                            .toList());
                long allocated = given + made + executable.keptBytes(1);
                String what = plan.explain() + "\nallocated " + allocated;
                assertTrue(plan.plan().peakBytes() <= allocated, what);
                boolean oneLocalProgram =
                    plan.plan().steps().stream()
                        .allMatch(step -> step.action() instanceof Action.Apply);
                if (oneLocalProgram) {
                  assertEquals(allocated, plan.plan().peakBytes(), what);
                }
              }
            });
  }

  /** Bytes of values on the first device, each from a cache line on where the plan places it. */
  private static long bytes(SpmdPlan plan, List<PlannedValue> values) {
    long sum = 0;
    for (PlannedValue value : values) {
      long bytes = value.localElements() * value.dtype().byteSize();
      sum += plan.inputs().contains(value) ? bytes : (bytes + 63) / 64 * 64;
    }
    return sum;
  }
}
