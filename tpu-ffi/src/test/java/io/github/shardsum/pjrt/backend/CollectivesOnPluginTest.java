package io.github.shardsum.pjrt.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.pjrt.CompiledCollective;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.RealPlugins;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.Edges;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.PlannedProgram;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import io.github.shardsum.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What XLA's partitioner made of layouts is read from the compiled program, on each plugin. */
@Tag("pjrt-plugin")
@ParameterizedClass
@MethodSource("io.github.shardsum.pjrt.RealPlugins#cpu")
class CollectivesOnPluginTest {
  private static final Mesh MESH = Mesh.parse("x=4,y=2");

  @Parameter Path library;

  private PjrtClient client;

  @BeforeEach
  void open() {
    client = RealPlugins.client(library, MESH.size());
  }

  @AfterEach
  void close() {
    client.close();
  }

  private List<CompiledCollective> collectives(Program program, Mesh mesh, Edges edges) {
    boolean shardy = client.plugin().takesShardy();
    StableHlo module =
        StableHlo.of(
            program,
            LoweringOptions.defaults()
                .withMesh(mesh)
                .withForm(shardy ? ShardingForm.SHARDY : ShardingForm.GSPMD)
                .withEdges(edges));
    PjrtCompileOptions options = PjrtCompileOptions.partitioned(mesh.size()).withShardy(shardy);
    try (PjrtLoadedExecutable loaded = client.compile(module.text(), options)) {
      return loaded.executable().collectives();
    }
  }

  private static Edges edges(List<String> inputs, List<String> outputs) {
    return new Edges(
        inputs.stream().map(Term::parse).toList(), outputs.stream().map(Term::parse).toList());
  }

  @Test
  void aSplitContractionIsAnAllReduceAmongTheDevicesThatSplitIt() {
    Program product =
        Program.parse(
            """
            program product {
              input a: f32[m=6 k=8]
              input b: f32[k=8 n=3]
              c = einsum(a, b) {equation="mk,kn->mn"}
              output c
            }
            """);
    Edges edges = edges(List.of("m k@x", "k@x n"), List.of("m n"));
    for (Mesh mesh : List.of(MESH, MESH.withDevices(7, 5, 3, 1, 6, 4, 2, 0))) {
      List<CompiledCollective> found = collectives(product, mesh, edges);
      assertEquals(1, found.size(), found::toString);
      CompiledCollective sum = found.getFirst();
      assertEquals("all-reduce", sum.op());
      assertEquals(4, sum.groupSize());
      assertEquals(OptionalLong.of(1), sum.times());
      // Twice three quarters of 18 numbers.
      assertEquals(108, sum.bytesReceived());
      TreeSet<Integer> all = new TreeSet<>();
      sum.groups().forEach(all::addAll);
      assertEquals(8, all.size());
    }
  }

  @Test
  void anAxisThatMovesBetweenLabelsIsAnAllToAll() {
    Program same = Program.parse("program same {\n input a: f32[a=8 b=12]\n output a\n}");
    List<CompiledCollective> found =
        collectives(same, MESH, edges(List.of("a@x b"), List.of("a b@x")));
    assertEquals(List.of("all-to-all"), found.stream().map(CompiledCollective::op).toList());
    // Three quarters of 24 numbers.
    assertEquals(72, found.getFirst().bytesReceived());
    List<CompiledCollective> none =
        collectives(same, MESH, edges(List.of("a@x b"), List.of("a@x b@y")));
    assertEquals(List.of(), none);
  }

  @Test
  void withThePlansLayoutsTheGradientOfTheLayerMovesWhatThePlanMoves() {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(8, 32, 8, 64, 128, options);
    Program layer = MoePrograms.layer(MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(1)));
    Program gradient =
        MoePrograms.gradient(
            Annotations.of(Map.of("inputs", "G@x.y", "dispatched", "E@x.y", "outputs", "G@x.y"))
                .apply(layer));
    Kernels kernels = MoePrograms.kernels();
    ProgramPlan plan =
        ProgramPlan.of(
            gradient, MESH, each -> kernels.kernel(each).isPresent(), PlanOptions.defaults());
    List<PlannedValue> outputs = plan.plan().outputs().stream().map(plan.plan()::value).toList();
    Edges edges = new Edges(terms(plan.plan().inputs()), terms(outputs));
    List<CompiledCollective> found = collectives(PlannedProgram.of(plan), MESH, edges);
    long moved = found.stream().filter(each -> each.op().equals("all-to-all")).count();
    assertEquals(4, moved, found::toString);
    long bytes = found.stream().mapToLong(CompiledCollective::bytesReceived).sum();
    long ours = plan.plan().elementsReceived() * Float.BYTES;
    // Sums of a few bytes, as the z-loss, may go another way.
    assertTrue(bytes <= ours + 1024, () -> bytes + " for " + ours + ": " + found);
  }

  private static List<Term> terms(List<PlannedValue> values) {
    return values.stream().map(value -> value.layout().term()).toList();
  }

  @Test
  void aLoopsCollectivesSayHowOften() {
    Program loop =
        Program.parse(
            """
            program loop {
              input a: f32[m=8]
              input w: f32[m=8 n=8]
              last = scan(a, w) {count=5, label="t", carried=1, sequences=0, body=program round {
                input v: f32[m=8]
                input u: f32[m=8 n=8]
                next = einsum(v, u) {equation="m,mn->n"}
                again = einsum(next) {equation="m->m"}
                output again
              }}
              output last
            }
            """);
    List<CompiledCollective> found =
        collectives(loop, MESH, edges(List.of("m@x", "m@x n"), List.of("m@x")));
    assertTrue(
        found.stream().anyMatch(each -> each.times().equals(OptionalLong.of(5))), found::toString);
  }
}
