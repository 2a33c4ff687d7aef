package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Places along a split label are those of the whole: where others' shards have gone wrong. */
final class SplitLabelsTest {
  private static final PlanOptions OPTIONS = PlanOptions.defaults().withReplication();
  private static final Mesh MESH = Mesh.parse("x=2 y=3");

  private static ProgramPlan plan(Program program, Mesh mesh, Map<String, Layout> layouts) {
    ProgramPlan plan = ProgramPlan.withLayouts(program, mesh, layouts, OPTIONS);
    plan.certify();
    return plan;
  }

  /** Each axis on any label or none, and in both orders where they are on one. */
  private static Set<Layout> layouts(List<String> labels) {
    Set<Layout> layouts = new LinkedHashSet<>();
    for (List<String> order : List.of(List.of("x", "y"), List.of("y", "x"))) {
      for (int first = -1; first < labels.size(); first++) {
        for (int second = -1; second < labels.size(); second++) {
          List<Axis> axes = new ArrayList<>();
          for (int dim = 0; dim < labels.size(); dim++) {
            List<String> on = new ArrayList<>();
            if (first == dim) {
              on.add(order.getFirst());
            }
            if (second == dim) {
              on.add(order.getLast());
            }
            axes.add(new Axis(labels.get(dim), on));
          }
          layouts.add(new Layout(MESH, new Term(axes, List.of())));
        }
      }
    }
    return layouts;
  }

  /** A reshape changes no order, so a value of indices stays one. */
  @Test
  void everySplitAndMergeInEveryLayoutKeepsTheOrder() {
    List<Integer> sizes =
        switch (TestDepth.current()) {
          case SHORT -> List.of(6);
          case FULL -> List.of(24);
          case EXHAUSTIVE -> List.of(7, 12, 18);
        };
    try (Collectives collectives = Collectives.open(MESH)) {
      MeshBackend backend = MeshBackend.of(collectives);
      for (int size : sizes) {
        for (int outer = 1; outer <= size; outer++) {
          if (size % outer == 0) {
            reshape(backend, size, outer);
          }
        }
      }
    }
  }

  private static void reshape(MeshBackend backend, int size, int outer) {
    ProgramBuilder splits = Program.builder("splits");
    Value whole = splits.input("x", String.format(Locale.ROOT, "i64[n=%d]", size));
    splits.output("y", splits.split(whole, "n", "a", outer, "b"));
    Program split = splits.build();
    ProgramBuilder merges = Program.builder("merges");
    Value parts =
        merges.input("x", String.format(Locale.ROOT, "i64[a=%d b=%d]", outer, size / outer));
    merges.output("y", merges.merge(parts, "n", "a", "b"));
    Program merge = merges.build();
    long[] places = LongStream.range(0, size).toArray();
    for (Layout one : layouts(List.of("n"))) {
      for (Layout two : layouts(List.of("a", "b"))) {
        run(backend, split, Map.of("x", one, "y", two), Tensor.of(places, size));
        run(backend, merge, Map.of("x", two, "y", one), Tensor.of(places, outer, size / outer));
      }
    }
  }

  private static void run(
      MeshBackend backend, Program program, Map<String, Layout> layouts, Tensor x) {
    ProgramPlan plan = plan(program, MESH, layouts);
    try (Executable executable = backend.compile(plan, CompileOptions.defaults())) {
      assertArrayEquals(
          x.toLongArray(),
          executable.run(List.of(x)).getFirst().toLongArray(),
          () -> program + "\n" + plan);
    }
  }

  @Test
  void aRunningSumOfAMillionTermsIsWithinAnUlp() {
    Random random = new Random(1);
    float[] terms = new float[1_000_000];
    for (int i = 0; i < terms.length; i++) {
      terms[i] = random.nextFloat() - 0.25f;
    }
    Tensor x = Tensor.of(terms, terms.length);
    Mesh mesh = Mesh.of("x", 7);
    Layout layout = Layout.parse(mesh, "n@x");
    for (boolean isReverse : new boolean[] {false, true}) {
      ProgramBuilder p = Program.builder("running");
      p.output("y", p.cumulativeSum(p.input("x", "f32[n=1000000]"), "n", isReverse, isReverse));
      Program program = p.build();
      ProgramPlan plan = plan(program, mesh, Map.of("x", layout, "y", layout));
      // The totals of the other chunks, not the terms.
      assertEquals(6, plan.plan().elementsReceived(), plan::explain);
      try (Collectives collectives = Collectives.open(mesh);
          Executable whole = new ReferenceBackend().compile(program);
          Executable split = MeshBackend.of(collectives).compile(plan, CompileOptions.defaults())) {
        float[] a = whole.run(List.of(x)).getFirst().toFloatArray();
        float[] b = split.run(List.of(x)).getFirst().toFloatArray();
        for (int i = 0; i < a.length; i++) {
          assertEquals(a[i], b[i], Math.ulp(a[i]), "term " + i);
        }
      }
    }
  }

  /** An index less the start of a shard must not wrap into it. */
  @Test
  void indicesBeyondALabelAreInNoShardOfIt() {
    ProgramBuilder p = Program.builder("hot");
    Value indices = p.input("x", "i32[m=9]");
    p.output("y", p.oneHot(indices, "E", 5, DType.I64));
    Program program = p.build();
    int[] ends = {
      Integer.MIN_VALUE,
      Integer.MIN_VALUE + 1,
      -1,
      0,
      2,
      4,
      5,
      Integer.MAX_VALUE - 1,
      Integer.MAX_VALUE
    };
    ProgramCase drawn = new ProgramCase(program, List.of(Tensor.of(ends, ends.length)));
    try (Collectives collectives = Collectives.open(MESH)) {
      for (Layout layout : layouts(List.of("m", "E"))) {
        Layout x = new Layout(MESH, new Term(List.of(layout.term().axis(0)), List.of()));
        ProgramPlan plan = plan(program, MESH, Map.of("x", x, "y", layout));
        BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), plan), drawn);
      }
    }
  }

  @Test
  void aPlanDoesNotDependOnTheOrderOfTheDevices() {
    Generator<Laid> laid = RandomLayoutsTest.laid(Programs.exact(DType.F32, 12), true);
    for (int seed = 0; seed < TestDepth.cases(20, 60, 200); seed++) {
      Laid drawn = laid.of(seed);
      Mesh ordered = Mesh.of(drawn.mesh().axes());
      assertEquals(steps(drawn, drawn.mesh()), steps(drawn, ordered), drawn.toString());
    }
  }

  private static String steps(Laid drawn, Mesh mesh) {
    Map<String, Layout> layouts = new TreeMap<>(drawn.layouts());
    UnaryOperator<Layout> on = layout -> new Layout(mesh, layout.term());
    layouts.replaceAll((_, layout) -> on.apply(layout));
    String json = plan(drawn.program().program(), mesh, layouts).plan().toJson(OPTIONS);
    return json.replaceAll("\"deviceOrder\":\\[[^]]*],?", "");
  }
}
