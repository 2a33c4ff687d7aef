package io.github.shardsum.auto;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.ExpertPlans;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Layouts that are found, beside the layouts of the XLA and Shardy projects' own tests: the plan is
 * no dearer, of each product and of its gradient.
 */
final class AutoExpertPlansTest {
  private static final double ROUNDING = 1 + 1e-9;

  private static List<String[]> all() {
    List<String[]> all = new ArrayList<>(ExpertPlans.read("einsums.txt"));
    all.addAll(ExpertPlans.read("dots.txt"));
    return all;
  }

  /** Every so manieth, from one on that the rotation of the exhaustive depth chooses. */
  private static Stream<Case> share(int every) {
    List<Case> share = new ArrayList<>();
    List<String[]> all = all();
    int first = (int) Math.floorMod(TestDepth.seed(0), (long) every);
    for (int at = first; at < all.size(); at += every) {
      share.add(new Case(all.get(at)));
    }
    return share.stream();
  }

  @TestFactory
  Stream<DynamicTest> productsAreNoDearerThanInAnExpertsLayouts() {
    return share(TestDepth.cases(8, 4, 2))
        .map(each -> DynamicTest.dynamicTest(each.name, () -> compare(each)));
  }

  @TestFactory
  Stream<DynamicTest> gradientsAreNoDearerThanInAnExpertsLayouts() {
    return share(TestDepth.cases(16, 16, 8))
        .map(each -> DynamicTest.dynamicTest(each.name, () -> compare(each.gradient())));
  }

  private static void compare(Case of) {
    double byHand = of.byHand();
    FoundLayouts found = Auto.find(of.program, of.mesh, AutoOptions.defaults().withSeconds(0.2));
    assertTrue(
        found.price() <= byHand * ROUNDING,
        () -> found.annotations() + " at " + found.price() + ", by hand " + byHand);
    assertTrue(found.bound() <= byHand * ROUNDING, () -> "bound " + found.bound());
  }

  /** A product, without layouts and with those of an expert. */
  private static final class Case {
    final String name;
    final Mesh mesh;
    final Program program;
    private final Map<String, String> layouts;

    private Case(String name, Mesh mesh, Program program, Map<String, String> layouts) {
      this.name = name;
      this.mesh = mesh;
      this.program = program;
      this.layouts = layouts;
    }

    Case(String[] line) {
      this(line[0], Mesh.parse(line[1]), program(line), layouts(line));
    }

    private static Program program(String[] line) {
      Map<String, String> sizes = new TreeMap<>();
      for (String each : line[2].split(",", -1)) {
        sizes.put(each.split("=", -1)[0], each);
      }
      Equation equation = Equation.parse(line[3]);
      StringBuilder text = new StringBuilder("program product {\n");
      List<String> operands = new ArrayList<>();
      for (Term term : equation.operands()) {
        String name = "v" + operands.size();
        operands.add(name);
        List<String> labels = term.axes().stream().map(axis -> sized(sizes, axis.label())).toList();
        text.append("  input " + name + ": f32[" + String.join(" ", labels) + "]\n");
      }
      text.append("  y = einsum(" + String.join(", ", operands) + ") {equation=\"");
      text.append(equation.withoutLayout() + "\"}\n  output y\n}\n");
      return Program.parse(text.toString());
    }

    private static String sized(Map<String, String> sizes, String label) {
      return Objects.requireNonNull(sizes.get(label), label);
    }

    private static Map<String, String> layouts(String[] line) {
      Equation equation = Equation.parse(line[3]);
      Map<String, String> layouts = new TreeMap<>();
      for (Term term : equation.operands()) {
        layouts.put("v" + layouts.size(), term.spaced());
      }
      layouts.put("y", equation.output().spaced());
      return layouts;
    }

    /** With its gradient, in the same layouts; propagation gives the gradients theirs. */
    Case gradient() {
      List<String> by = program.inputs().stream().map(Value::name).toList();
      return new Case(name, mesh, Gradients.valueAndPullback(program, List.of("y"), by), layouts);
    }

    double byHand() {
      return ProgramPlan.of(
              Annotations.of(layouts).apply(program), mesh, _ -> false, PlanOptions.defaults())
          .plan()
          .price(PlanOptions.defaults());
    }
  }
}
