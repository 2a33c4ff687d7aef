package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ManualOnMeshTest {
  private static final List<MeshAxis> AXES = MeshAxis.parseAll("x=2 y=3 z=2");

  private static Mesh mesh(long seed) {
    Mesh mesh = Mesh.parse("z=2,x=2,y=3");
    Random random = new Random(seed);
    int[] devices = new int[mesh.size()];
    for (int i = 0; i < devices.length; i++) {
      int at = random.nextInt(i + 1);
      devices[i] = devices[at];
      devices[at] = i;
    }
    return random.nextBoolean() ? mesh.withDevices(devices) : mesh;
  }

  private static void equalsReference(Mesh mesh, ProgramPlan plan, ProgramCase program) {
    plan.certify();
    assertEquals(plan.plan(), SpmdPlan.parse(plan.plan().toJson(PlanOptions.defaults())));
    try (Collectives collectives = Collectives.open(mesh)) {
      BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), plan), program);
    }
  }

  @Property(tries = 60)
  void regionsHaveTheBitsOfTheReference(@ForAll long seed) {
    Mesh mesh = mesh(seed);
    ProgramCase program =
        Programs.withInputs(Layouts.laid(mesh, Programs.regions(DType.I64, AXES, 8, false)), true)
            .of(seed);
    ProgramPlan plan = ProgramPlan.of(program.program(), mesh, _ -> false, PlanOptions.defaults());
    equalsReference(mesh, plan, program);
  }

  @Property(tries = 60)
  void regionsHaveThemInAnyLayouts(@ForAll long seed) {
    Mesh mesh = mesh(seed);
    ProgramCase program =
        Programs.withInputs(Programs.regions(DType.I32, AXES, 8, false), true).of(seed);
    Map<String, Layout> layouts = Layouts.ofEveryValue(mesh, program.program()).of(seed);
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program.program(), mesh, layouts, PlanOptions.defaults().withReplication());
    equalsReference(mesh, plan, program);
  }
}
