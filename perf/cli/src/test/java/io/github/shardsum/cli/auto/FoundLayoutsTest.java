package io.github.shardsum.cli.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.auto.Auto;
import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.cli.program.NamedPrograms;
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
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testsupport.TestDepth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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

  /** Two products with an activation between them. */
  static final String FEED =
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
    return AutoOptions.defaults().withKernels(KERNELS).withSeconds(seconds);
  }

  private static double byHand(Program program, Mesh mesh, Map<String, String> annotations) {
    return ProgramPlan.of(
            Annotations.of(annotations).apply(program), mesh, KERNELS, PlanOptions.defaults())
        .plan()
        .price(PlanOptions.defaults());
  }

  private static void assertNoWorse(Program program, Mesh mesh, double byHand, double seconds) {
    FoundLayouts found = Auto.find(program, mesh, options(seconds));
    assertTrue(
        found.price() <= byHand * (1 + 1e-9),
        () -> found.annotations() + " at " + found.price() + ", by hand " + byHand);
    assertTrue(found.bound() <= byHand * (1 + 1e-9), () -> "bound " + found.bound());
    ProgramPlan again =
        ProgramPlan.of(
            Annotations.of(found.annotations()).apply(program),
            mesh,
            KERNELS,
            PlanOptions.defaults());
    assertEquals(found.plan().plan(), again.plan(), "the plan of the annotations");
    found.plan().certify();
  }

  private static Program layer(long groups, long tokens, long experts, long model, long hidden) {
    RouteOptions route = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(groups, tokens, experts, model, hidden, route);
    return MoePrograms.layer(MoeSpec.of(sizes, DType.F32, route, Randomness.seeded(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "x=8, dispatched=E@x outputs=G@x",
    "x=8, h=E@x",
    "x=4, h=E@x outputs=G@x",
    "x=8, h=E@x outputs=G@x_E"
  })
  void noWorseThanTheCoursesAnnotations(String mesh, String annotations) {
    Program program = Program.parse(EXPERTS);
    Map<String, String> byName = new TreeMap<>();
    for (String one : annotations.split(" ", -1)) {
      byName.put(one.split("=", 2)[0], one.split("=", 2)[1].replace('_', ' '));
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

  /** A product of an example; its layouts are also those of operands and of the result. */
  @Test
  void noWorseThanTheShardedEinsumOfAnExample() {
    Program dispatch =
        Program.parse(
            """
            program dispatch {
              input mask: f32[G=8 S=4 E=8 C=2]
              input tokens: f32[G=8 S=4 M=16]
              sent = einsum(mask, tokens) {equation="GSEC,GSM->EGCM"}
              output sent
            }
            """);
    Mesh mesh = Mesh.parse("x=8");
    Map<String, String> layouts = Map.of("mask", "G@x", "tokens", "G@x", "sent", "E@x");
    assertNoWorse(dispatch, mesh, byHand(dispatch, mesh, layouts), 1);
  }

  /** The programs of the pages on sharding and on tests. */
  @ParameterizedTest
  @CsvSource({"x=2, a=B H@x", "x=2, y=B@x"})
  void noWorseThanThePagesAnnotations(String mesh, String annotation) {
    Program layer =
        Program.parse(
            """
            program layer {
              input x: f32[B=12 M=6]
              input w: f32[M=6 H=10]
              input v: f32[H=10 M=6]
              h = einsum(x, w) {equation="B M, M H -> B H"}
              a = relu(h)
              y = einsum(a, v) {equation="B H, H M -> B M"}
              output y
            }
            """);
    Mesh on = Mesh.parse(mesh);
    String[] words = annotation.split("=", 2);
    assertNoWorse(layer, on, byHand(layer, on, Map.of(words[0], words[1])), 1);
  }

  /** An example with layouts by hand that no test here knows is a failure. */
  @Test
  void everyExampleWithLayoutsIsHere() throws IOException {
    Set<String> withLayouts = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("../../examples"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        if (Pattern.compile("[A-Za-z]@[a-z]").matcher(Files.readString(file)).find()) {
          withLayouts.add(file.getFileName().toString());
        }
      }
    }
    assertEquals(
        Set.of(
            "Example08ShardedEinsum.java",
            "Example09Propagation.java",
            "Example10MoeOnMesh.java",
            "Example11ManualMoe.java"),
        withLayouts);
  }

  /** Groups before and after the experts are split, and experts between. */
  @Test
  void noWorseThanTheManualRegionOfAnExample() {
    Mesh mesh = Mesh.parse("x=4");
    Program annotated = experts(true);
    double byHand = byHand(annotated, mesh, Map.of());
    assertNoWorse(experts(false), mesh, byHand, 1);
    List<String> by = List.of("x", "w");
    Program gradient = Gradients.valueAndPullback(annotated, List.of("outputs"), by);
    assertNoWorse(
        Gradients.valueAndPullback(experts(false), List.of("outputs"), by),
        mesh,
        byHand(gradient, mesh, Map.of()),
        1);
  }

  private static Program experts(boolean isAnnotated) {
    ProgramBuilder p = Program.builder("layer");
    Value x = p.input("x", isAnnotated ? "f32[G@x=8 S=16 M=8]" : "f32[G=8 S=16 M=8]");
    Value to = p.input("to", "i32[G=8 S=16]");
    Value w = p.input("w", "f32[E=8 M=8 H=16]");
    Value hot = p.oneHot(to, "E", 8, DType.F32);
    Value place = p.convert(p.einsum("GSE,GSE->GS", p.exclusiveSum(hot, "S"), hot), DType.I32);
    Value mask = p.einsum("GSE,GSC->GSEC", hot, p.oneHot(place, "C", 2, DType.F32));
    Value sent = p.einsum("GSEC,GSM->EGCM", mask, x);
    Value got = isAnnotated ? p.layout(sent, "E@x G C M") : sent;
    Value made = p.relu(p.einsum("EGCM,EMH->EGCH", got, w));
    Value back = isAnnotated ? p.layout(made, "E G@x C H") : made;
    p.output("outputs", p.einsum("GSEC,EGCH->GSH", mask, back));
    return p.build();
  }

  /** All models; the short depth has the layer instead of large ones, once for each mesh. */
  static List<Arguments> models() {
    List<Arguments> all = new ArrayList<>();
    all.add(Arguments.of(NamedPrograms.MOE, "x=8"));
    all.add(Arguments.of(NamedPrograms.MOE_GRADIENT, "x=2,y=4"));
    if (TestDepth.current() != TestDepth.SHORT) {
      all.add(Arguments.of(NamedPrograms.GSHARD_600B_BLOCK, "x=8"));
      all.add(Arguments.of(NamedPrograms.GSHARD_600B, "x=8"));
      all.add(Arguments.of(NamedPrograms.TRANSFORMER, "x=4,y=2"));
      assertEquals(
          EnumSet.allOf(NamedPrograms.class),
          EnumSet.copyOf(all.stream().map(each -> (NamedPrograms) each.get()[0]).toList()));
    }
    return all;
  }

  /** With few layers: equal ones get equal layouts. */
  private static Program program(NamedPrograms model, Mesh mesh) {
    return model == NamedPrograms.GSHARD_600B ? NamedPrograms.gshard(mesh, 2) : model.program(mesh);
  }

  @ParameterizedTest
  @MethodSource("models")
  void noWorseThanTheModelsAnnotations(NamedPrograms model, String mesh) {
    Mesh on = Mesh.parse(mesh);
    Program annotated = program(model, on);
    boolean isLarge = model != NamedPrograms.MOE && TestDepth.current() == TestDepth.SHORT;
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

  /** A chain of layers, each with a residual, with its gradient. */
  private static Program layers(int count) {
    ProgramBuilder p = Program.builder("layers");
    Value x = p.input("x", "f32[B=256 M=64]");
    for (int layer = 0; layer < count; layer++) {
      Value in = p.input("wi" + layer, "f32[M=64 H=128]");
      Value out = p.input("wo" + layer, "f32[H=128 M=64]");
      Value hidden = p.relu(p.einsum("BM,MH->BH", x, in));
      x = p.add(x, p.einsum("BH,HM->BM", hidden, out));
    }
    p.output("y", x);
    Program forward = p.build();
    List<String> by = forward.inputs().stream().map(Value::name).toList();
    return Gradients.valueAndPullback(forward, List.of("y"), by);
  }

  @Test
  void equalLayersShareTheirChoices() {
    Program step = layers(16);
    assertTrue(step.statements().size() > 120, () -> "got " + step.statements().size());
    Mesh mesh = Mesh.parse("x=8");
    Set<String> tokens = Set.of("x", "cotangent.y");
    FoundLayouts free = Auto.find(step, mesh, options(1).withSplit(tokens));
    double byHand = byHand(step, mesh, Map.of("x", "B@x", "cotangent.y", "B@x"));
    assertTrue(free.price() <= byHand * (1 + 1e-9), () -> free.price() + ", by hand " + byHand);
    assertTrue(free.bound() <= free.price(), () -> "bound " + free.bound());
    assertTrue(free.annotations().size() < 48, () -> "annotations " + free.annotations());
    for (String weight : List.of("wi", "wo")) {
      Set<String> layouts = new TreeSet<>();
      for (int layer = 0; layer < 16; layer++) {
        layouts.add(layout(free, weight + layer));
      }
      assertEquals(1, layouts.size(), () -> weight + " " + layouts);
    }
  }

  /** A layer of a Transformer, attention and feed-forward, with its gradient. */
  private static Program transformer() {
    ProgramBuilder p = Program.builder("transformer");
    Value x = p.input("x", "f32[B=32 S=16 M=128]");
    String heads = "f32[M=128 N=4 D=32]";
    Value query = p.einsum("BSM,MND->BSND", x, p.input("query", heads));
    Value key = p.einsum("BTM,MND->BTND", p.rename(x, "S", "T"), p.input("key", heads));
    Value value = p.einsum("BTM,MND->BTND", p.rename(x, "S", "T"), p.input("value", heads));
    Value scores = p.softmax(p.einsum("BSND,BTND->BNST", query, key), "T");
    Value mixed = p.einsum("BNST,BTND->BSND", scores, value);
    Value out = p.einsum("BSND,NDM->BSM", mixed, p.input("out", "f32[N=4 D=32 M=128]"));
    Value attended = p.add(x, out);
    Value hidden = p.relu(p.einsum("BSM,MH->BSH", attended, p.input("wi", "f32[M=128 H=512]")));
    Value made = p.einsum("BSH,HM->BSM", hidden, p.input("wo", "f32[H=512 M=128]"));
    p.output("y", p.add(attended, made));
    Program forward = p.build();
    List<String> by = forward.inputs().stream().map(Value::name).toList();
    return Gradients.valueAndPullback(forward, List.of("y"), by);
  }

  private static double weights(FoundLayouts found, Set<String> tokens) {
    return found.plan().plan().inputs().stream()
        .filter(input -> !tokens.contains(input.name()))
        .mapToDouble(PlannedValue::localElements)
        .sum();
  }

  @Tag("deep")
  @Test
  void aTransformerIsDataParallelFullyShardedOrBothAsMemoryAsksForIt() {
    Program step = transformer();
    Set<String> tokens = Set.of("x", "cotangent.y");
    double all = 4 * 128 * 128 + 2 * 128 * 512;
    Mesh mesh = Mesh.parse("x=2,y=4");
    AutoOptions options = options(1).withSplit(tokens);
    FoundLayouts free = Auto.find(step, mesh, options);
    double byHand = byHand(step, mesh, Map.of("x", "B@x.y", "cotangent.y", "B@x.y"));
    assertTrue(free.price() <= byHand * (1 + 1e-9), () -> free.price() + ", by hand " + byHand);
    assertEquals(all, weights(free, tokens), () -> free.annotations().toString());
    for (String input : tokens) {
      assertTrue(layout(free, input).startsWith("B@"), () -> input + " " + layout(free, input));
    }
    double before = all;
    boolean isDeep = TestDepth.current() == TestDepth.EXHAUSTIVE;
    for (double share : isDeep ? new double[] {0.85, 0.7} : new double[] {0.7}) {
      long limit = (long) (share * free.peakBytes());
      FoundLayouts tight =
          Auto.find(step, mesh, options.withPlan(PlanOptions.defaults().withMemoryLimit(limit)));
      assertTrue(tight.peakBytes() <= limit, () -> "peak " + tight.peakBytes());
      assertTrue(tight.price() >= free.price(), "less memory is not cheaper");
      double held = weights(tight, tokens);
      double most = before;
      assertTrue(held < most, () -> share + ": " + held + " of " + all + tight.annotations());
      before = held;
    }
  }
}
