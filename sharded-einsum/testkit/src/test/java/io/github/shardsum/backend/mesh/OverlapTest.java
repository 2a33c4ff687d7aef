package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.PlanAssert;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import io.github.shardsum.topology.Computing;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Collectives that go on behind what devices compute: same bits, no more memory, less waiting. */
final class OverlapTest {
  private static final long FIRST = TestDepth.seed(0);
  private static final int STARTED = TestDepth.cases(15, 25, 25);
  private static final int WINDOWED = TestDepth.cases(5, 8, 8);
  private static final PlanOptions BLOCKING = PlanOptions.defaults().withReplication();

  private static ProgramPlan plan(Laid laid, PlanOptions options) {
    return ProgramPlan.withLayouts(laid.program().program(), laid.mesh(), laid.layouts(), options);
  }

  private static boolean starts(SpmdPlan plan) {
    return plan.steps().stream()
        .map(PlanStep::action)
        .anyMatch(
            action ->
                action instanceof Action.Start
                    || (action instanceof Action.Loop loop && starts(loop.body())));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "I32", "BF16"})
  void randomPlansWithOverlapAreRightAndHoldNoMore(DType dtype) {
    Generator<Laid> drawn = RandomLayoutsTest.laid(Programs.exact(dtype, 12), true);
    int started = 0;
    for (long seed = FIRST; started < STARTED; seed++) {
      long draws = seed - FIRST;
      assertTrue(draws < 100L * STARTED, started + " plans of " + draws + " programs");
      Laid laid = drawn.of(seed);
      ProgramPlan blocking = plan(laid, BLOCKING);
      ProgramPlan plan = plan(laid, BLOCKING.withOverlap(true));
      if (!starts(plan.plan())) {
        assertEquals(blocking.plan(), plan.plan());
        continue;
      }
      started++;
      plan.certify();
      assertTrue(plan.plan().peakBytes() <= blocking.plan().peakBytes(), plan::toString);
      assertEquals(blocking.plan().elementsReceived(), plan.plan().elementsReceived());
      assertEquals(
          plan.plan().steps(), SpmdPlan.parse(plan.plan().toJson(PlanOptions.defaults())).steps());
      try (Collectives collectives = Collectives.open(laid.mesh())) {
        BackendCheck.equalsReference(
            new Planned(MeshBackend.of(collectives, Kernels.none(), BLOCKING), plan),
            laid.program());
      }
    }
  }

  private static final Program TWO_PRODUCTS =
      Program.parse(
          """
          program two {
            input x: f32[s=512 m=64]
            input w: f32[m=64 h=512]
            input v: f32[h=512 n=16]
            y = einsum(x, w) {equation="s m, m h -> s h"}
            r = relu(y)
            z = einsum(r, v) {equation="s h, h n -> s n"}
            output z
          }
          """);

  private static ProgramPlan twoProducts(PlanOptions options) {
    return twoProducts(TWO_PRODUCTS, options);
  }

  private static ProgramPlan twoProducts(Program program, PlanOptions options) {
    Mesh mesh = Mesh.parse("x=4");
    return ProgramPlan.withLayouts(
        program,
        mesh,
        Map.of(
            "x", Layout.parse(mesh, "s@x m"),
            "v", Layout.parse(mesh, "h@x n"),
            "y", Layout.parse(mesh, "s@x h"),
            "r", Layout.parse(mesh, "s@x h"),
            "z", Layout.parse(mesh, "s@x n")),
        options.withReplication());
  }

  private static List<String> ops(ProgramPlan plan) {
    List<String> ops = new ArrayList<>();
    plan.plan().steps().forEach(step -> ops.add(step.action().op()));
    return ops;
  }

  /** The gather of v behind x w: 6,144 elements and 1,000 for a collective, beside 20,971. */
  @Test
  void aGatherGoesOnBehindTheProductBeforeItsReader() {
    ProgramPlan plan = twoProducts(PlanOptions.defaults().withOverlap(true));
    assertEquals(List.of("start", "einsum", "relu", "await", "einsum"), ops(plan));
    plan.certify();
    PlanAssert.that(plan).exposesAtMost(0, PlanOptions.defaults());
    // 128 * 64 * 512 and 128 * 512 * 16 multiply-adds, 200 of which are an element.
    assertEquals(20_971.52 + 5_242.88, plan.cost(), 0.01);
    String table = plan.explain();
    assertTrue(table.contains("start all-gather h over x"), table);
    assertTrue(table.contains("begin   exposed"), table);
    String page = plan.plan().toHtml("two", PlanOptions.defaults(), List.of());
    assertTrue(page.contains(">compute</text>") && page.contains(">over x</text>"), page);
    assertFalse(page.contains("of it exposed"), page);
  }

  /** The gather of a wider v: 49,152 elements and 1,000, which the product hides in part. */
  @Test
  void aWaitWithNothingToComputeIsExposed() {
    Program wide = Program.parse(TWO_PRODUCTS.toString().replace("n=16", "n=128"));
    ProgramPlan plan = twoProducts(wide, PlanOptions.defaults().withOverlap(true));
    assertEquals(List.of("start", "einsum", "relu", "await", "einsum"), ops(plan));
    double exposed = 49_152 + 1_000 - 20_971.52;
    PlanAssert.that(plan).exposesAtMost(exposed + 0.01, PlanOptions.defaults());
    assertThrows(
        AssertionError.class,
        () -> PlanAssert.that(plan).exposesAtMost(exposed - 1, PlanOptions.defaults()));
    String page = plan.plan().toHtml("two", PlanOptions.defaults(), List.of());
    Pattern title = Pattern.compile("<title>[^<]*await[^<]* of it exposed</title>");
    assertTrue(title.matcher(page).find(), page);
  }

  /** With links that take all of the devices' time nothing can be hidden. */
  @Test
  void nothingIsStartedWhereTransfersTakeTheCores() {
    Topology network = Topology.of("four", Interconnect.RING, Link.of(1, 1), 4);
    PlanOptions options = PlanOptions.defaults().withOverlap(true);
    ProgramPlan free = twoProducts(options.withTopology(network));
    assertTrue(starts(free.plan()), free::toString);
    ProgramPlan taken = twoProducts(options.withTopology(network.withOverlap(0)));
    assertTrue(!starts(taken.plan()), taken::toString);
    assertThrows(IllegalArgumentException.class, () -> network.withOverlap(1.5));
  }

  private static boolean hasWindows(SpmdPlan plan) {
    return plan.steps().stream()
        .map(PlanStep::action)
        .anyMatch(
            action ->
                action instanceof Action.Windows
                    || (action instanceof Action.Loop loop && hasWindows(loop.body())));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "I32", "BF16"})
  void randomPlansWithWindowsAreRight(DType dtype) {
    Generator<Laid> drawn = RandomLayoutsTest.laid(Programs.exact(dtype, 12), true);
    PlanOptions always = BLOCKING.withWindows(PlanOptions.Windows.ALWAYS);
    int windowed = 0;
    for (long seed = FIRST; windowed < WINDOWED; seed++) {
      long draws = seed - FIRST;
      assertTrue(draws < 100L * WINDOWED, windowed + " plans of " + draws + " programs");
      Laid laid = drawn.of(seed);
      ProgramPlan plan = plan(laid, always.withOverlap(seed % 2 == 0));
      if (!hasWindows(plan.plan())) {
        continue;
      }
      windowed++;
      plan.certify();
      assertEquals(
          plan.plan().steps(), SpmdPlan.parse(plan.plan().toJson(PlanOptions.defaults())).steps());
      try (Collectives collectives = Collectives.open(laid.mesh())) {
        BackendCheck.equalsReference(
            new Planned(MeshBackend.of(collectives, Kernels.none(), BLOCKING), plan),
            laid.program());
      }
    }
  }

  private static final Program PRODUCT =
      Program.parse(
          """
          program one {
            input x: f32[s@x=1024 m=256]
            input w: f32[m=256 h@x=1024]
            y = einsum(x, w) {equation="s m, m h -> s h"}
            out = annotate(y) {layout="s@x h"}
            output out
          }
          """);

  private static ProgramPlan product(PlanOptions options) {
    return ProgramPlan.of(PRODUCT, Mesh.parse("x=4"), _ -> false, options);
  }

  @Test
  void windowsAreChosenWhereTheyAreCheaper() {
    Topology fast = Topology.of("four", Interconnect.RING, Link.of(100, 1), 4);
    PlanOptions byPrice = PlanOptions.defaults().withWindows(PlanOptions.Windows.BY_PRICE);
    ProgramPlan chosen = product(byPrice.withTopology(fast));
    ProgramPlan whole = product(PlanOptions.defaults().withTopology(fast));
    chosen.certify();
    assertTrue(hasWindows(chosen.plan()), chosen::toString);
    assertTrue(chosen.cost() < whole.cost(), () -> chosen + "\n" + whole);
    assertTrue(!hasWindows(whole.plan()), whole::toString);
    // Transfers that take the cores gain nothing, and a product that adds is slower.
    Topology taking = fast.withOverlap(0);
    ProgramPlan taken = product(byPrice.withTopology(taking));
    assertTrue(!hasWindows(taken.plan()), taken::toString);
    // In one process windows transfer nothing, between processes as much as without.
    Computing shared = new Computing(1e11, true);
    assertTrue(hasWindows(product(byPrice.withTopology(taking.withComputing(shared))).plan()));
    Computing apart = new Computing(1e11, false);
    assertTrue(!hasWindows(product(byPrice.withTopology(taking.withComputing(apart))).plan()));
    // Without a topology only what is large.
    assertTrue(!hasWindows(product(byPrice).plan()));
    // Either way names the other and its price.
    assertEquals(
        new Origin.Alternative("all-gather, then einsum", whole.cost(), true),
        runnerUp(chosen, true));
    // A table of elements names the other without its price, which is in seconds.
    String timed = chosen.plan().explain(byPrice.withTopology(fast)).replaceAll("\\s+", " ");
    assertTrue(timed.contains("instead all-gather, then einsum at "), timed);
    String elements = chosen.explain().replaceAll("\\s+", " ");
    assertTrue(elements.contains("instead all-gather, then einsum "), elements);
    assertTrue(!elements.contains("instead all-gather, then einsum at "), elements);
    ProgramPlan windows =
        product(
            PlanOptions.defaults().withTopology(taking).withWindows(PlanOptions.Windows.ALWAYS));
    Origin.Alternative lost = runnerUp(taken, false);
    assertEquals("all-gather and einsum in windows", lost.description());
    assertEquals(windows.cost(), lost.cost(), 1e-9 * lost.cost());
    assertTrue(taken.cost() <= lost.cost(), taken::explain);
    assertTrue(
        taken
            .explain()
            .replaceAll("\\s+", " ")
            .contains("instead all-gather and einsum in windows"),
        taken::explain);
  }

  /** An einsum split as m@x is cheaper than windows with the all-to-all of x that they need. */
  @Test
  void theRunnerUpIsNotInWindowsIfTheirReshardsAreDearer() {
    Program program =
        Program.parse(
            """
            program one {
              input x: f32[s=4096 m@x=1024]
              input w: f32[m=1024 h=1024]
              y = einsum(x, w) {equation="s m, m h -> s h"}
              out = annotate(y) {layout="s@x h"}
              output out
            }
            """);
    Topology taking = Topology.of("four", Interconnect.RING, Link.of(10, 1), 4).withOverlap(0);
    PlanOptions whole = PlanOptions.defaults().withTopology(taking);
    Mesh mesh = Mesh.parse("x=4");
    ProgramPlan windows =
        ProgramPlan.of(program, mesh, _ -> false, whole.withWindows(PlanOptions.Windows.ALWAYS));
    Origin.Alternative other = runnerUp(ProgramPlan.of(program, mesh, _ -> false, whole), false);
    assertEquals("split as m@x", other.description());
    assertTrue(hasWindows(windows.plan()), windows::toString);
    assertTrue(other.cost() < windows.cost(), windows::explain);
    ProgramPlan priced =
        ProgramPlan.of(program, mesh, _ -> false, whole.withWindows(PlanOptions.Windows.BY_PRICE));
    assertTrue(!hasWindows(priced.plan()), priced::toString);
    assertEquals(other, runnerUp(priced, false));
  }

  /** The other way that is named at an einsum, in windows or whole. */
  private static Origin.Alternative runnerUp(ProgramPlan plan, boolean inWindows) {
    return plan.plan().steps().stream()
        .filter(
            step ->
                inWindows
                    ? step.action() instanceof Action.Windows
                    : step.action() instanceof Action.Apply)
        .findFirst()
        .flatMap(step -> step.origin().runnerUp())
        .orElseThrow();
  }

  /** A limit that the gathered operand exceeds: windows come before an einsum in parts. */
  @Test
  void aMemoryLimitIsMetByWindows() {
    PlanOptions byPrice = PlanOptions.defaults().withWindows(PlanOptions.Windows.BY_PRICE);
    long whole = product(PlanOptions.defaults()).plan().peakBytes();
    long chunk = 4L * 256 * 256;
    ProgramPlan plan = product(byPrice.withMemoryLimit(whole - chunk));
    plan.certify();
    assertTrue(hasWindows(plan.plan()), plan::toString);
    assertTrue(plan.plan().peakBytes() <= whole - chunk, plan::toString);
    assertTrue(
        plan.plan().steps().stream().noneMatch(step -> step.action() instanceof Action.Loop),
        plan::toString);
  }

  /** A label of the result alone, of whose five indices devices have three and two. */
  @Test
  void windowsMakeALabelThatOnlyTheResultHas() {
    Mesh mesh = Mesh.parse("x=2 y=2");
    ProgramBuilder p = Program.builder("made");
    Value u = p.input("u", "i32[a=4 m=3]");
    Value v = p.input("v", "i32[m=3 n=2]");
    p.output("r", p.einsum(Equation.parse("a m, m n -> a n c"), List.of(u, v), Map.of("c", 5L)));
    ProgramCase program = Programs.withInputs(_ -> p.build(), true).of(1);
    PlanOptions always = BLOCKING.withWindows(PlanOptions.Windows.ALWAYS);
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program.program(),
            mesh,
            Map.of("u", Layout.parse(mesh, "a@x m"), "r", Layout.parse(mesh, "a n c@y")),
            always);
    assertTrue(hasWindows(plan.plan()), plan::toString);
    plan.certify();
    try (Collectives collectives = Collectives.open(mesh)) {
      BackendCheck.equalsReference(
          new Planned(MeshBackend.of(collectives, Kernels.none(), BLOCKING), plan), program);
    }
  }

  @Test
  void windowsAreThereWithinALimitThatIsKeptWithoutThem() {
    PlanOptions always = PlanOptions.defaults().withWindows(PlanOptions.Windows.ALWAYS);
    ProgramPlan plan = product(always.withMemoryLimit(1L << 30));
    plan.certify();
    assertEquals(product(always).plan(), plan.plan());
    assertTrue(hasWindows(plan.plan()), plan::toString);
    Topology fast = Topology.of("four", Interconnect.RING, Link.of(100, 1), 4);
    PlanOptions byPrice =
        PlanOptions.defaults().withWindows(PlanOptions.Windows.BY_PRICE).withTopology(fast);
    ProgramPlan priced = product(byPrice.withMemoryLimit(1L << 30));
    assertEquals(product(byPrice).plan(), priced.plan());
    assertTrue(hasWindows(priced.plan()), priced::toString);
  }

  private static ProgramPlan sums(PlanOptions options) {
    Mesh mesh = Mesh.parse("x=4");
    Program program =
        Program.parse(
            """
            program sums {
              input u: bf16[a=64 m=8]
              input v: bf16[m=8 n=1024]
              r = einsum(u, v) {equation="a m, m n -> a n"}
              output r
            }
            """);
    return ProgramPlan.withLayouts(
        program,
        mesh,
        Map.of(
            "u", Layout.parse(mesh, "a m@x"),
            "v", Layout.parse(mesh, "m n@x"),
            "r", Layout.parse(mesh, "a n@x")),
        options.withReplication());
  }

  /** The sum of a small operand's windows is f32 beside the result, which exceeds the limit. */
  @Test
  void windowsThatHoldMoreThanALimitAreLeftOut() {
    PlanOptions always = PlanOptions.defaults().withWindows(PlanOptions.Windows.ALWAYS);
    ProgramPlan whole = sums(PlanOptions.defaults());
    ProgramPlan windows = sums(always);
    long peak = whole.plan().peakBytes();
    assertTrue(hasWindows(windows.plan()), windows::toString);
    assertTrue(windows.plan().peakBytes() > peak, () -> windows + "\n" + whole);
    assertEquals(whole.plan(), sums(always.withMemoryLimit(peak)).plan());
    assertEquals(windows.plan(), sums(always.withMemoryLimit(windows.plan().peakBytes())).plan());
  }
}
