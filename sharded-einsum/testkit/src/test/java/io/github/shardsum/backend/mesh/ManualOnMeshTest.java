package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.PropagationException;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.PlanAssert;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ManualOnMeshTest {
  private static final List<MeshAxis> AXES = MeshAxis.parseAll("x=2 y=3 z=2");

  private static void equalsReference(Mesh mesh, ProgramPlan plan, ProgramCase program) {
    plan.certify();
    assertEquals(plan.plan(), SpmdPlan.parse(plan.plan().toJson(PlanOptions.defaults())));
    try (Collectives collectives = Collectives.open(mesh)) {
      BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), plan), program);
    }
  }

  @Property(tries = 40)
  void regionsHaveTheBitsOfTheReference(@ForAll long seed) {
    Mesh mesh = DrawnPlans.mesh(seed);
    ProgramCase program =
        Programs.withInputs(Layouts.laid(mesh, Programs.regions(DType.I64, AXES, 8, false)), true)
            .of(seed);
    ProgramPlan plan = ProgramPlan.of(program.program(), mesh, _ -> false, PlanOptions.defaults());
    equalsReference(mesh, plan, program);
  }

  @Property(tries = 40)
  void regionsHaveThemInAnyLayouts(@ForAll long seed) {
    Mesh mesh = DrawnPlans.mesh(seed);
    ProgramCase program =
        Programs.withInputs(Programs.regions(DType.I32, AXES, 8, false), true).of(seed);
    Map<String, Layout> layouts = Layouts.ofEveryValue(mesh, program.program()).of(seed);
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program.program(), mesh, layouts, PlanOptions.defaults().withReplication());
    equalsReference(mesh, plan, program);
  }

  @Property(tries = 25)
  void gradientsOfRegionsHaveTheBitsOfTheReference(@ForAll long seed) {
    Mesh mesh = DrawnPlans.mesh(seed);
    // Of tanh of integers nothing is exact, so that there is none.
    Program program = Programs.regions(DType.F64, AXES, 4, false).of(seed);
    Program gradient =
        Gradients.gradient(
            program, List.of("result"), program.inputs().stream().map(Value::name).toList());
    ProgramCase drawn = Programs.withInputs(_ -> gradient, true).of(seed);
    ProgramPlan plan = ProgramPlan.of(gradient, mesh, _ -> false, PlanOptions.defaults());
    plan.certify();
    try (Collectives collectives = Collectives.open(mesh);
        Executable given = MeshBackend.of(collectives).compile(gradient);
        Executable expected = new ReferenceBackend().compile(gradient)) {
      List<Tensor> a = expected.run(drawn.inputs());
      List<Tensor> b = given.run(drawn.inputs());
      for (int i = 0; i < a.size(); i++) {
        double[] x = a.get(i).toDoubleArray();
        double[] y = b.get(i).toDoubleArray();
        for (int at = 0; at < x.length; at++) {
          // Sums of large numbers are not exact, and of members in another order.
          assertEquals(x[at], y[at], 1e-9 * (1 + Math.abs(x[at])), gradient::toString);
        }
      }
    }
  }

  private static Program product() {
    ProgramBuilder p = Program.builder("product");
    Value x = p.input("x", "f32[m=4 k=8]");
    Value w = p.input("w", "f32[k=8 n=6]");
    p.output(
        "y",
        p.manual(
                "x=2",
                List.of(x, w),
                List.of("m k@x", "k@x n"),
                List.of("m n"),
                (b, in) ->
                    List.of(
                        b.allReduce(
                            b.einsum("mk,kn->mn", in.get(0), b.layout(in.get(1), "k n@y")),
                            ReduceKind.SUM,
                            "x=2")))
            .getFirst());
    return p.build();
  }

  /** Inside of a region over x the other axis splits what is annotated, and nothing moves. */
  @Example
  void otherAxesAreAutomaticInARegion() {
    Mesh mesh = Mesh.parse("x=2 y=3");
    ProgramPlan plan =
        ProgramPlan.of(product(), mesh, _ -> false, PlanOptions.defaults().withReplication());
    String certificate = plan.certify();
    assertTrue(certificate.startsWith("certified"), certificate);
    PlanAssert.that(plan).communicates("all-reduce");
    String text = plan.explain();
    assertTrue(text.contains("region over x of"), text);
    assertTrue(text.contains("of each member:"), text);
    assertTrue(text.contains("as m n@y"), text);
  }

  @Example
  void aMeshWithoutTheAxesOfARegionIsRefused() {
    PropagationException refused =
        assertThrows(
            PropagationException.class,
            () ->
                ProgramPlan.of(
                    product(), Mesh.parse("x=4 y=3"), _ -> false, PlanOptions.defaults()));
    assertTrue(
        refused.getMessage().contains("axes must be of mesh \"x=4 y=3\", got x=2"),
        refused::getMessage);
  }

  /** A region's product costs seconds where the network says how long transfers take. */
  @Example
  void aRegionIsPricedAsTheProgramAroundIt() {
    Mesh mesh = Mesh.parse("x=2 y=3");
    Topology network = Topology.of("six", Interconnect.RING, Link.of(100, 1), 6);
    for (PlanOptions options :
        List.of(PlanOptions.defaults(), PlanOptions.defaults().withTopology(network))) {
      ProgramPlan plan = ProgramPlan.of(product(), mesh, _ -> false, options.withReplication());
      assertEquals(plan.plan().price(options), plan.cost(), 1e-9 * plan.cost(), plan::toString);
    }
  }
}
