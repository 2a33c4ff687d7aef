package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Windows of a padded value exchange what they read of the value once, and no more. */
final class PaddedWindowsTest {
  private static final int CASES = TestDepth.cases(40, 300, 1_000);
  private static final List<String> MESHES = List.of("x=4", "x=3", "x=2,y=2", "x=8", "x=5");
  private static final int FILL = -7;

  /**
   * Windows of a padded value.
   *
   * @param n size of the value's label
   * @param others size of its other label
   * @param low elements before it
   * @param high elements behind it
   * @param interior elements between two of it
   * @param size of a window
   * @param stride of windows
   * @param dilation of a window
   */
  private record Case(
      int n, int others, int low, int high, int interior, int size, int stride, int dilation) {
    static Case drawn(Random random) {
      return new Case(
          random.nextInt(20),
          1 + random.nextInt(3),
          random.nextInt(6),
          random.nextInt(6),
          random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0,
          1 + random.nextInt(5),
          1 + random.nextInt(3),
          1 + random.nextInt(2));
    }

    int padded() {
      return low + high + n + Math.max(0, n - 1) * interior;
    }

    int windows() {
      int reach = (size - 1) * dilation + 1;
      return padded() < reach ? 0 : (padded() - reach) / stride + 1;
    }

    /** The place of the value's element at a place of the padded value, or -1. */
    int source(int at) {
      int from = at - low;
      boolean isElement = from >= 0 && from % (interior + 1) == 0 && from / (interior + 1) < n;
      return isElement ? from / (interior + 1) : -1;
    }

    Program program() {
      ProgramBuilder p = Program.builder("convolution");
      Value x = p.input("x", "i32[n=" + n + " m=" + others + "]");
      Value padded = p.pad(x, "n", low, high, interior, FILL);
      p.output("w", p.window(padded, "n", "k", size, stride, dilation));
      return p.build();
    }
  }

  private static ProgramPlan plan(Case of, Mesh mesh) {
    String axes = "n@" + String.join(".", mesh.axisNames());
    Program program =
        Annotations.of(Map.of("x", axes + " m", "w", axes + " k m")).apply(of.program());
    return ProgramPlan.of(program, mesh, _ -> true, PlanOptions.defaults());
  }

  @Test
  void aSameConvolutionReceivesItsHaloOnce() {
    Case same = new Case(32, 16, 1, 1, 0, 3, 1, 1);
    ProgramPlan plan = plan(same, Mesh.parse("x=4"));
    assertEquals(1, plan.plan().steps().size(), plan::explain);
    assertEquals(2 * 16, plan.plan().elementsReceived(), plan::explain);
    assertTrue(plan.explain().contains("128 B"), plan::explain);
    assertEquals(plan.plan(), SpmdPlan.parse(plan.plan().toJson(PlanOptions.defaults())));
    assertEquals(1032, plan.cost(), "what is printed");
  }

  @Test
  void aPaddingThatIsReadElsewhereIsAStep() {
    ProgramBuilder p = Program.builder("both");
    Value padded = p.pad(p.input("x", "i32[n=32 m=2]"), "n", 1, 1, 0, FILL);
    p.output("p", padded);
    p.output("w", p.window(padded, "n", "k", 3, 1, 1));
    Program program = Annotations.of(Map.of("x", "n@x m", "w", "n@x k m")).apply(p.build());
    ProgramPlan plan =
        ProgramPlan.of(program, Mesh.parse("x=4"), _ -> true, PlanOptions.defaults());
    assertTrue(plan.certify().startsWith("certified"));
    assertTrue(
        plan.plan().steps().stream().anyMatch(step -> step.action().op().equals("pad")),
        plan::explain);
  }

  @Test
  void valuesAndBytesAreThoseOfTheDefinition() {
    Random random = new Random(11);
    int joined = 0;
    for (int i = 0; i < CASES; i++) {
      Case of = Case.drawn(random);
      Mesh mesh = Mesh.parse(MESHES.get(random.nextInt(MESHES.size())));
      ProgramPlan plan = plan(of, mesh);
      String what = of + " on " + mesh.notation() + "\n" + plan;
      assertTrue(plan.certify().startsWith("certified"), what);
      checkValues(of, plan, mesh, what);
      PlanStep step = plan.plan().steps().getFirst();
      if (plan.plan().steps().size() == 1 && step.action() instanceof Action.Neighbour) {
        assertEquals(received(of, mesh), plan.plan().elementsReceived(), what);
        joined++;
      }
    }
    assertTrue(joined > CASES / 3, joined + " of " + CASES + " were one step");
  }

  private static void checkValues(Case of, ProgramPlan plan, Mesh mesh, String what) {
    Tensor x = Tensor.zeros(DType.I32, plan.program().inputs().getFirst().type().shape());
    for (int row = 0; row < of.n(); row++) {
      for (int column = 0; column < of.others(); column++) {
        x.set(10 * row + column, row, column);
      }
    }
    Tensor made;
    try (Collectives collectives = Collectives.open(mesh)) {
      made =
          MeshBackend.of(collectives)
              .compile(plan, CompileOptions.defaults())
              .run(List.of(x))
              .getFirst();
    }
    assertEquals(of.windows(), made.shape().size(0), what);
    for (int window = 0; window < of.windows(); window++) {
      for (int k = 0; k < of.size(); k++) {
        int source = of.source(window * of.stride() + k * of.dilation());
        for (int column = 0; column < of.others(); column++) {
          long expected = source < 0 ? FILL : 10L * source + column;
          assertEquals(expected, made.getLong(window, k, column), what);
        }
      }
    }
  }

  /** Elements that the device receives which lacks the most, counted one by one. */
  private static long received(Case of, Mesh mesh) {
    List<Integer> sizes = mesh.axes().stream().map(axis -> axis.size()).toList();
    Cut held = Cut.chunks(of.n(), sizes);
    Cut made = Cut.chunks(of.windows(), sizes);
    long most = 0;
    for (int part = 0; part < mesh.size(); part++) {
      int first = Integer.MAX_VALUE;
      int last = -1;
      long begin = made.start(part) * of.stride();
      long end = (made.end(part) - 1) * of.stride() + (of.size() - 1L) * of.dilation();
      for (long at = begin; made.start(part) < made.end(part) && at <= end; at++) {
        int source = of.source((int) at);
        first = source < 0 ? first : Math.min(first, source);
        last = Math.max(last, source);
      }
      long lacking = 0;
      for (int row = first; row <= last; row++) {
        lacking += row >= held.start(part) && row < held.end(part) ? 0 : of.others();
      }
      most = Math.max(most, lacking);
    }
    return most;
  }
}
