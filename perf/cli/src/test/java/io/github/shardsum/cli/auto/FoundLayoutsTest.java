package io.github.shardsum.cli.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.cli.program.Models;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Annotations that are found, beside those that are written by hand in this repository. */
class FoundLayoutsTest {
  private static final Kernels KERNELS = MoePrograms.kernels();

  /** Of the course and of an example. */
  private static final String EXPERTS =
      """
      program layer {
        input dispatched: f32[E=8 G=8 C=4 M=16]
        input wi: f32[E=8 M=16 H=32]
        input wo: f32[E=8 H=32 M=16]
        hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
        h = relu(hidden)
        outputs = einsum(h, wo) {equation="E G C H, E H M -> G E C M"}
        output outputs
      }
      """;

  private static final String FEED =
      """
      program feed {
        input x: f32[B=512 M=256]
        input w1: f32[M=256 H=1024]
        input w2: f32[H=1024 N=256]
        h = einsum(x, w1) {equation="BM,MH->BH"}
        r = relu(h)
        y = einsum(r, w2) {equation="BH,HN->BN"}
        output y
      }
      """;

  private static AutoOptions options(double seconds) {
    return AutoOptions.defaults().withKernels(FoundLayoutsTest::isKernel).withSeconds(seconds);
  }

  private static double byHand(Program program, Mesh mesh, Map<String, String> annotations) {
    return ProgramPlan.of(
            Annotations.of(annotations).apply(program),
            mesh,
            FoundLayoutsTest::isKernel,
            PlanOptions.defaults())
        .plan()
        .price(PlanOptions.defaults());
  }

  private static void assertNoWorse(Program program, Mesh mesh, double byHand, double seconds) {
    FoundLayouts found = Auto.find(program, mesh, options(seconds));
    assertTrue(
        found.price() <= byHand * (1 + 1e-9),
        () -> found.annotations() + " at " + found.price() + ", by hand " + byHand);
    assertTrue(found.bound() <= byHand * (1 + 1e-9), () -> "bound " + found.bound());
    found.plan().certify();
  }

  private static Program layer(long groups, long tokens, long experts, long model, long hidden) {
    RouteOptions route = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(groups, tokens, experts, model, hidden, route);
    return MoePrograms.layer(MoeSpec.of(sizes, DType.F32, route, Randomness.seeded(0)));
  }

  private static boolean isKernel(Composite composite) {
    return KERNELS.kernel(composite).isPresent();
  }

  @ParameterizedTest
  @CsvSource({"x=8, dispatched=E@x outputs=G@x", "x=8, h=E@x", "x=4, h=E@x outputs=G@x"})
  void noWorseThanTheCoursesAnnotations(String mesh, String annotations) {
    Program program = Program.parse(EXPERTS);
    Map<String, String> byName = new TreeMap<>();
    for (String one : annotations.split(" ", -1)) {
      byName.put(one.split("=", 2)[0], one.split("=", 2)[1]);
    }
    Mesh on = Mesh.parse(mesh);
    assertNoWorse(program, on, byHand(program, on, byName), 1);
  }

  @Test
  void noWorseThanTheExamplesLayer() {
    Program layer = layer(8, 16, 8, 8, 32);
    Mesh mesh = Mesh.parse("x=8");
    Map<String, String> paper = Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");
    assertNoWorse(layer, mesh, byHand(layer, mesh, paper), 1);
  }

  @ParameterizedTest
  @CsvSource({"MOE, x=8", "MOE_GRADIENT, x=8", "MOE_GRADIENT, 'x=2,y=4'", "GSHARD_600B_BLOCK, x=8"})
  void noWorseThanTheModelsAnnotations(Models model, String mesh) {
    Mesh on = Mesh.parse(mesh);
    Program annotated = model.program(on);
    boolean isLarge = model != Models.MOE && TestDepth.current() == TestDepth.SHORT;
    // The short depth has the layer alone, whose search takes a second.
    Program program = isLarge ? layer(8, 64, 8, 32, 64) : Annotations.none(annotated);
    double byHand =
        isLarge
            ? byHand(program, on, Map.of("inputs", "G@" + axes(on), "dispatched", "E@" + axes(on)))
            : byHand(annotated, on, Map.of());
    assertNoWorse(program, on, byHand, isLarge ? 1 : 5);
  }

  private static String axes(Mesh mesh) {
    return String.join(".", mesh.axisNames());
  }

  @Test
  void thePapersLayoutsOfTheLayerAreFoundWhereExpertsDoNotFit() {
    Program layer = layer(8, 2048, 8, 1024, 8192);
    PlanOptions limit = PlanOptions.defaults().withMemoryLimit(400_000_000);
    FoundLayouts found =
        Auto.find(layer, Mesh.parse("x=8"), options(2).withPlan(limit).withSplit(Set.of("inputs")));
    assertEquals(Map.of("inputs", "G@x", "dispatched", "E@x"), found.annotations());
    assertTrue(found.peakBytes() <= 400_000_000, () -> "peak " + found.peakBytes());
    assertTrue(found.gap() < 0.03, () -> "gap " + found.gap());
  }

  @Test
  void thePapersLayoutsOfItsGradientAreFound() {
    Program layer = MoePrograms.gradient(layer(8, 256, 8, 128, 1024));
    Set<String> tokens = Set.of("inputs", "cotangent.outputs");
    Mesh mesh = Mesh.parse("x=8");
    FoundLayouts found = Auto.find(layer, mesh, options(4).withSplit(tokens));
    Map<String, String> paper = Map.of("inputs", "G@x", "dispatched", "E@x", "outputs", "G@x");
    assertTrue(
        found.price() <= byHand(layer, mesh, paper) * (1 + 1e-9),
        () -> found.annotations() + " at " + found.price());
    found
        .plan()
        .plan()
        .inputs()
        .forEach(
            input -> {
              String label = tokens.contains(input.name()) ? "G@x" : "E@x";
              boolean isWeight = List.of("wi", "wo").contains(input.name());
              assertTrue(
                  !(isWeight || tokens.contains(input.name()))
                      || input.layout().toString().contains(label),
                  input::toString);
            });
  }

  @Test
  void columnAndRowAreFoundOnAModelAxis() {
    Program feed = Annotations.of(Map.of("x", "B M", "y", "B N")).apply(Program.parse(FEED));
    AutoOptions options = options(2).withSplit(Set.of("w1", "w2"));
    FoundLayouts found = Auto.find(feed, Mesh.parse("x=4"), options);
    assertEquals("M H@x", layout(found, "w1"));
    assertEquals("H@x N", layout(found, "w2"));
    assertEquals(0, found.gap(), 0.01);
  }

  private static String layout(FoundLayouts found, String input) {
    return found.plan().plan().inputs().stream()
        .filter(value -> value.name().equals(input))
        .findFirst()
        .orElseThrow()
        .layout()
        .toString();
  }

  @Test
  void dataParallelWithoutALimitAndShardedWeightsWithOne() {
    Program feed = Program.parse(FEED);
    Mesh mesh = Mesh.parse("x=8");
    AutoOptions options = options(2).withSplit(Set.of("x"));
    FoundLayouts free = Auto.find(feed, mesh, options);
    assertEquals("B@x M", layout(free, "x"));
    assertEquals("M H", layout(free, "w1"));
    assertEquals("H N", layout(free, "w2"));
    assertEquals(0, free.gap());
    // Less than the weights alone.
    long limit = 2_000_000;
    FoundLayouts tight =
        Auto.find(feed, mesh, options.withPlan(PlanOptions.defaults().withMemoryLimit(limit)));
    assertTrue(tight.peakBytes() <= limit, () -> "peak " + tight.peakBytes());
    assertTrue(
        layout(tight, "w1").contains("@x") || layout(tight, "w2").contains("@x"),
        () -> layout(tight, "w1") + ", " + layout(tight, "w2"));
    assertTrue(tight.price() >= free.price(), "less memory is not cheaper");
    assertTrue(tight.bound() <= tight.price(), () -> "bound " + tight.bound());
  }

  @Test
  void aTrainingStepIsDataParallel() {
    Program feed = Program.parse(FEED.replace("B=512", "B=4096"));
    List<String> by = feed.inputs().stream().map(Value::name).toList();
    Program step = Gradients.valueAndPullback(feed, List.of("y"), by);
    FoundLayouts found =
        Auto.find(step, Mesh.parse("x=8"), options(2).withSplit(Set.of("x", "cotangent.y")));
    assertEquals("B@x M", layout(found, "x"));
    assertEquals("M H", layout(found, "w1"));
    assertEquals("H N", layout(found, "w2"));
    assertTrue(found.gap() < 0.2, () -> "gap " + found.gap());
  }

  @Test
  void lessMemoryIsSoughtStepByStep() {
    AutoOptions options = options(0.5).withSplit(Set.of("x"));
    List<FoundLayouts> all = Auto.pareto(Program.parse(FEED), Mesh.parse("x=8"), options);
    assertTrue(all.size() > 1, () -> "got " + all.size());
    for (int i = 1; i < all.size(); i++) {
      assertTrue(all.get(i).peakBytes() < all.get(i - 1).peakBytes(), "peaks must fall");
      assertTrue(all.get(i).price() >= all.get(i - 1).price(), "prices must not fall");
    }
  }
}
