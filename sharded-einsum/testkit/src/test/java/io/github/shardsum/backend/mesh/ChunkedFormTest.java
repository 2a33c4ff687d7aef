package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Choices;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Softmax, running sums and searches along a split label: devices combine what their chunks give,
 * whatever the sizes, ties, infinities and NaN, and the order of the devices.
 */
final class ChunkedFormTest {
  private static final int TRIES = TestDepth.cases(40, 200, 600);

  private static final List<Long> SIZES = List.of(12L, 29L, 1L, 2L, 3L, 4L, 5L, 7L, 13L, 40L);

  /** Few, so that there are ties, and what comparisons and sums are special for. */
  private static final List<Double> ELEMENTS =
      List.of(
          1.0,
          2.0,
          0.0,
          -0.0,
          3.0,
          -1.0,
          Double.NEGATIVE_INFINITY,
          1.0,
          2.0,
          Double.NaN,
          Double.POSITIVE_INFINITY);

  private static Generator<Laid> laid(List<DType> dtypes, int kinds, int first) {
    return choices -> {
      Mesh mesh = Layouts.meshes().generate(choices);
      DType dtype = choices.of(dtypes);
      ValueType type =
          ValueType.of(
              dtype,
              List.of("m", "n"),
              List.of(choices.of(List.of(2L, 1L, 5L)), choices.of(SIZES)));
      ProgramBuilder p = Program.builder("chunked");
      operation(p, p.input("x", type), choices, first + choices.nextInt(kinds));
      Program program = p.build();
      // Three cases in four have nothing special.
      int elements = choices.nextInt(4) == 3 && dtype.isFloating() ? ELEMENTS.size() : 6;
      double[] values = new double[Math.toIntExact(type.shape().elementCount())];
      for (int i = 0; i < values.length; i++) {
        values[i] = ELEMENTS.get(choices.nextInt(elements));
      }
      Tensor x = Tensor.of(values, type.shape().toArray()).convert(dtype);
      Map<String, Layout> layouts = Layouts.ofEveryValue(mesh, program).generate(choices);
      return new Laid(new ProgramCase(program, List.of(x)), mesh, layouts);
    };
  }

  private static void operation(ProgramBuilder p, Value x, Choices choices, int kind) {
    switch (kind) {
      case 0 -> p.output("result", p.softmax(x, "n"));
      case 1 ->
          p.output("result", p.cumulativeSum(x, "n", choices.nextBoolean(), choices.nextBoolean()));
      case 2 -> {
        long k = 1L + choices.nextInt(Math.toIntExact(Math.min(4, x.type().size("n"))));
        List<Value> top = p.topK(x, "n", k, "best");
        p.output("values", top.getFirst());
        p.output("indices", top.getLast());
      }
      default -> p.output("result", p.argMax(x, "n"));
    }
  }

  private static boolean isInChunks(Laid laid, ProgramPlan plan) {
    return !plan.program().equals(laid.program().program());
  }

  private static ProgramPlan plan(Laid laid) {
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            laid.program().program(),
            laid.mesh(),
            laid.layouts(),
            PlanOptions.defaults().withReplication());
    plan.certify();
    return plan;
  }

  @Test
  void sumsAndSearchesHaveTheReferencesBits() {
    Set<String> inChunks = new TreeSet<>();
    List<DType> dtypes = List.of(DType.F32, DType.I32, DType.I64, DType.BF16, DType.F64);
    Check.forAll(laid(dtypes, 3, 1))
        .tries(TRIES)
        .seed(TestDepth.seed(7))
        .holds(
            laid -> {
              ProgramPlan plan = plan(laid);
              try (Collectives collectives = Collectives.open(laid.mesh())) {
                BackendCheck.equalsReference(
                    new Planned(MeshBackend.of(collectives), plan), laid.program());
              }
              Operation operation = laid.program().program().statements().getFirst().operation();
              if (isInChunks(laid, plan)) {
                inChunks.add(operation.getClass().getSimpleName());
              }
            });
    Set<String> all = Set.of("CumulativeSum", "TopK", "ArgMax");
    assertEquals(TestDepth.current() == TestDepth.SHORT ? inChunks : all, inChunks);
    assertTrue(!inChunks.isEmpty(), "chunks must occur");
  }

  @Test
  void softmaxStaysWithinItsErrorBound() {
    int[] inChunks = new int[1];
    Check.forAll(laid(List.of(DType.F32, DType.F64), 1, 0))
        .tries(TRIES)
        .seed(TestDepth.seed(8))
        .holds(
            laid -> {
              ProgramPlan plan = plan(laid);
              try (Collectives collectives = Collectives.open(laid.mesh())) {
                BackendCheck.withinErrorBounds(
                    new Planned(MeshBackend.of(collectives), plan), laid.program());
              }
              inChunks[0] += isInChunks(laid, plan) ? 1 : 0;
            });
    assertTrue(inChunks[0] > TRIES / 40, inChunks[0] + " in chunks");
  }

  @Test
  void aSoftmaxOfBf16IsRoundedOnce() {
    Check.forAll(laid(List.of(DType.BF16), 1, 0))
        .tries(TRIES / 4)
        .seed(TestDepth.seed(9))
        .holds(
            laid -> {
              try (Collectives collectives = Collectives.open(laid.mesh());
                  Executable wanted = new ReferenceBackend().compile(laid.program().program());
                  Executable given =
                      new Planned(MeshBackend.of(collectives), plan(laid))
                          .compile(laid.program().program())) {
                double[] a = values(wanted, laid);
                double[] b = values(given, laid);
                for (int i = 0; i < a.length; i++) {
                  double rounding = Double.isNaN(a[i]) ? 1 : Math.max(a[i] * 0x1p-8, 0x1p-100);
                  assertEquals(a[i], b[i], rounding, "element " + i);
                }
              }
            });
  }

  private static double[] values(Executable executable, Laid laid) {
    return executable.run(laid.program().inputs()).getFirst().toDoubleArray();
  }

  private static ProgramPlan planned(String statement, String x, Map<String, String> layouts) {
    Program program =
        Program.parse(
            String.format(Locale.ROOT, "program one {\n  input x: %s\n  %s\n}", x, statement));
    Mesh mesh = Mesh.parse("x=4 y=2");
    Map<String, Layout> parsed = new TreeMap<>();
    layouts.forEach((name, layout) -> parsed.put(name, Layout.parse(mesh, layout)));
    ProgramPlan plan = ProgramPlan.withLayouts(program, mesh, parsed, PlanOptions.defaults());
    plan.certify();
    return plan;
  }

  @Test
  void aSoftmaxReducesAMaximumAndASum() {
    ProgramPlan plan =
        planned(
            "p = softmax(x) {label=\"n\"}\n  output p",
            "f32[m=8 n=1000]",
            Map.of("x", "m@y n@x", "p", "m@y n@x"));
    List<String> ops =
        plan.plan().steps().stream()
            .filter(step -> step.action().isCollective())
            .map(step -> step.action().op())
            .toList();
    assertEquals(List.of("all-reduce", "all-reduce"), ops, plan::explain);
    // Two all-reduces of four rows over four devices.
    assertEquals(2 * 2 * 3 * 4 / 4, plan.plan().elementsReceived(), plan::explain);
  }

  @Test
  void aRunningSumGathersTotals() {
    ProgramPlan plan =
        planned(
            "p = cumulative_sum(x) {label=\"n\", exclusive=false, reverse=false}\n  output p",
            "i64[n=1001 m=8]",
            Map.of("x", "n@x m@y", "p", "n@x m@y"));
    // Three totals of a row there, and three sums back: each device adds up the totals of one row.
    assertEquals(3 + 3, plan.plan().elementsReceived(), plan::explain);
  }

  @Test
  void aSearchGathersCandidates() {
    ProgramPlan plan =
        planned(
            "v, i = top_k(x) {label=\"n\", k=2, into=\"k\"}\n  output v, i",
            "f32[m=8 n=1001]",
            Map.of("x", "m@y n@x", "v", "m@y k", "i", "m@y k"));
    // Two candidates of four rows from three devices, and their indices.
    assertEquals(2 * 3 * 2 * 4, plan.plan().elementsReceived(), plan::explain);
  }
}
