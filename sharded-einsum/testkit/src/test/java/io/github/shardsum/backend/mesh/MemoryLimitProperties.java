package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Random programs, some of whose values are annotated, within three quarters of what their cheapest
 * plan holds: the plan stays within it, is certified and gives the reference's bits; or the least
 * that was found is told, and a plan within that does.
 */
class MemoryLimitProperties {
  private static final int TRIES = TestDepth.cases(4, 6, 16);
  private static final PlanOptions OPTIONS = PlanOptions.defaults().withReplication();
  private static final Pattern LEAST = Pattern.compile("the least found needs (\\d+)");

  private record Limited(ProgramCase program, Mesh mesh) {}

  private static Generator<Limited> limited() {
    return choices -> {
      Mesh mesh = Layouts.meshes().generate(choices);
      ProgramCase drawn =
          Programs.withInputs(Programs.exact(DType.I64, 12), true).generate(choices);
      Map<String, String> texts = new TreeMap<>();
      for (Statement statement : drawn.program().statements()) {
        if (choices.nextInt(3) == 1) {
          Layout layout = Layouts.of(mesh, statement.result().type()).generate(choices);
          StringBuilder text = new StringBuilder();
          layout.term().axes().forEach(axis -> text.append(text.isEmpty() ? "" : " ").append(axis));
          texts.put(statement.result().name(), text.toString());
        }
      }
      Program program = Annotations.of(texts).apply(drawn.program());
      return new Limited(new ProgramCase(program, drawn.inputs()), mesh);
    };
  }

  private static ProgramPlan plan(Limited drawn, PlanOptions options) {
    ProgramPlan plan = ProgramPlan.of(drawn.program().program(), drawn.mesh(), _ -> false, options);
    plan.certify();
    return plan;
  }

  private static long reachable(Limited drawn, long limit) {
    try {
      plan(drawn, OPTIONS.withMemoryLimit(limit));
      return limit;
    } catch (PlanException refused) {
      Matcher least = LEAST.matcher(String.valueOf(refused.getMessage()));
      assertTrue(least.find(), refused.getMessage());
      return Long.parseLong(least.group(1));
    }
  }

  @Test
  void plansWithinALimitGiveTheReferencesBits() {
    Check.forAll(limited())
        .tries(TRIES)
        .seed(1)
        .holds(
            drawn -> {
              long peak = plan(drawn, OPTIONS).plan().peakBytes();
              long limit = reachable(drawn, peak - peak / 4);
              assertTrue(limit <= peak, limit + " of " + peak);
              ProgramPlan small = plan(drawn, OPTIONS.withMemoryLimit(limit));
              assertTrue(small.plan().peakBytes() <= limit, small.explain());
              try (Collectives collectives = Collectives.open(drawn.mesh())) {
                MeshBackend mesh = MeshBackend.of(collectives, Kernels.none(), OPTIONS);
                mesh.compile(
                        drawn.program().program(), CompileOptions.defaults().withMemoryLimit(limit))
                    .close();
                BackendCheck.equalsReference(new Planned(mesh, small), drawn.program());
              }
            });
  }
}
