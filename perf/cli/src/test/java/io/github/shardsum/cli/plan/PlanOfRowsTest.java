package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.cli.Main;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dropless layer is planned by commands as it runs: with the rows of tokens that travel. */
class PlanOfRowsTest {
  private static final Map<String, String> LAYOUTS =
      Map.of("inputs", "G@x S M", "outputs", "G@x S M", "wi", "E@x M H", "wo", "E@x H M");

  @TempDir private Path folder;

  private static Program layer(Map<String, String> layouts) {
    RouteOptions route = RouteOptions.parse("top2 second=all capacity=load");
    MoeSizes sizes = MoeSizes.of(8, 64, 8, 64, 128, route);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F32, route, Randomness.seeded(0)).withActivation(Activation.GELU);
    return Annotations.of(layouts).apply(MoePrograms.raggedLayer(spec));
  }

  /** The plan that a backend would run. */
  private static ProgramPlan planned(Program program, Mesh mesh) {
    try (Collectives collectives = Collectives.open(mesh)) {
      return MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults())
          .plan(program);
    }
  }

  @Test
  void theTableIsThatOfTheRun() throws IOException {
    Program program = Program.parse(MoePrograms.gradient(layer(LAYOUTS)).toString());
    Path file = folder.resolve("layer.program");
    Files.writeString(file, program.toString());
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute("plan", "--mesh", "x=4", file.toString());
    assertEquals(0, status, err.toString());
    ProgramPlan plan = planned(program, Mesh.parse("x=4"));
    String table = "program " + program.name() + "\n" + plan.explain();
    assertEquals(table.strip(), out.toString().strip());
    assertTrue(plan.plan().raggedBound() > 0, table);
  }

  /** Searches price rows too, and their bound is below every plan with them. */
  @Test
  void theSearchForAnnotationsEndsWithThePlanOfTheRun() {
    Program bare = layer(Map.of("inputs", "G@x S M", "outputs", "G@x S M"));
    Mesh mesh = Mesh.parse("x=4");
    AutoOptions options =
        AutoOptions.defaults().withKernels(MoePrograms.kernels()).withSeconds(0.5);
    FoundLayouts found = Auto.find(bare, mesh, options);
    found.plan().certify();
    Program laid = Annotations.of(found.annotations()).apply(bare);
    assertEquals(planned(laid, mesh).explain(), found.plan().explain());
    double byHand = planned(layer(LAYOUTS), mesh).plan().price(PlanOptions.defaults());
    assertTrue(found.bound() <= byHand, () -> found.bound() + " <= " + byHand);
    assertTrue(found.price() <= byHand, () -> found.price() + " <= " + byHand);
  }
}
