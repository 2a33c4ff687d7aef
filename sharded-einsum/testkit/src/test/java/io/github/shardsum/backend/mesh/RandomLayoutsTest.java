package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Axis;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The strongest test of the partitioner: random programs, with a random layout of every value on a
 * random mesh, give the bits of the reference. It needs no plan to be good, only to be right. Then
 * the same with a few values annotated and the rest propagated, and gradients.
 *
 * <p>{@code -Dshardsum.programs=N} tries N programs of each kind, {@code -Dshardsum.seed=S} begins
 * with another seed.
 */
class RandomLayoutsTest {
  private static final int TRIES =
      Integer.getInteger("shardsum.programs", TestDepth.cases(8, 16, 24));
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(1));
  private static final PlanOptions OPTIONS = PlanOptions.defaults().withReplication();

  /** A program with inputs, a mesh, and layouts of values. */
  record Laid(ProgramCase program, Mesh mesh, Map<String, Layout> layouts) {
    @Override
    public String toString() {
      List<String> inputs = program.inputs().stream().map(Tensor::toString).toList();
      return String.format(
          Locale.ROOT, "mesh %s\n%s%s\non %s", mesh, program.program(), layouts, inputs);
    }
  }

  static Generator<Laid> laid(Generator<Program> programs, boolean exact) {
    return laid(Programs.withInputs(programs, exact));
  }

  static Generator<Laid> laid(Generator<ProgramCase> cases) {
    return choices -> {
      Mesh mesh = Layouts.meshes().generate(choices);
      ProgramCase program = cases.generate(choices);
      return new Laid(
          program, mesh, Layouts.ofEveryValue(mesh, program.program()).generate(choices));
    };
  }

  /** With layouts of a quarter of the values, as annotations. */
  static Generator<Laid> annotated(Generator<ProgramCase> cases) {
    return choices -> {
      Mesh mesh = Layouts.meshes().generate(choices);
      ProgramCase drawn = cases.generate(choices);
      Map<String, Layout> layouts = new TreeMap<>();
      for (Statement statement : drawn.program().statements()) {
        for (Value result : statement.results()) {
          if (choices.nextInt(4) == 1) {
            layouts.put(result.name(), Layouts.of(mesh, result.type()).generate(choices));
          }
        }
      }
      return new Laid(drawn, mesh, layouts);
    };
  }

  /** Holds a property; where it fails it says which command fails so again. */
  private void holds(Generator<Laid> generator, Check.Property<Laid> property) {
    try {
      Check.forAll(generator).tries(TRIES).seed(SEED).holds(property);
    } catch (AssertionError failed) {
      Matcher seed = Pattern.compile("of seed (-?\\d+)").matcher(failed.getMessage());
      String command =
          String.format(
              Locale.ROOT,
              "mvn -pl sharded-einsum/testkit -am test -Dtest=RandomLayoutsTest#%s -Dsurefire.failIfNoSpecifiedTests=false -Dshardsum.programs=1 -Dshardsum.seed=%s",
              test,
              seed.find() ? seed.group(1) : SEED);
      throw new AssertionError("repeat by: " + command + "\n" + failed.getMessage(), failed);
    }
  }

  private String test = "";

  @BeforeEach
  void name(TestInfo info) {
    test = info.getTestMethod().orElseThrow().getName();
  }

  @Test
  void aFailureSaysWhichCommandRepeatsIt() {
    AssertionError failed =
        assertThrows(
            AssertionError.class,
            () ->
                holds(
                    laid(Programs.exact(DType.F32, 3), true),
                    laid -> assertTrue(laid.layouts().isEmpty(), "planted")));
    String repeat = "RandomLayoutsTest#aFailureSaysWhichCommandRepeatsIt";
    assertTrue(failed.getMessage().contains(repeat), failed.getMessage());
    assertTrue(failed.getMessage().contains("-Dshardsum.seed=" + SEED + "\n"), failed.getMessage());
  }

  /** Partial axes are not only drawn: plans keep sums undone over them. */
  @Test
  void plansKeepAddendsWhereALayoutSaysSo() {
    Generator<Laid> drawn = laid(Programs.exact(DType.F32, 20), true);
    long kept =
        LongStream.range(0, 200)
            .mapToObj(seed -> plan(drawn.of(seed)).plan().values())
            .filter(values -> values.stream().anyMatch(v -> !v.layout().partial().isEmpty()))
            .count();
    assertTrue(kept > 20, kept + " of 200 plans have addends");
  }

  static ProgramPlan plan(Laid laid) {
    ProgramPlan plan =
        ProgramPlan.withLayouts(laid.program().program(), laid.mesh(), laid.layouts(), OPTIONS);
    plan.certify();
    return plan;
  }

  private static void equalsReference(Laid laid) {
    try (Collectives collectives = Collectives.open(laid.mesh())) {
      MeshBackend mesh = MeshBackend.of(collectives);
      BackendCheck.equalsReference(new Planned(mesh, plan(laid)), laid.program());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32", "F64", "I32", "I64"})
  void everyLayoutOfEveryValueGivesTheReferencesBits(DType dtype) {
    holds(laid(Programs.exact(dtype, 20), true), RandomLayoutsTest::equalsReference);
  }

  @Test
  void realProgramsStayWithinTheirErrorBounds() {
    holds(
        laid(Programs.real(DType.F32, 15), false),
        laid -> {
          try (Collectives collectives = Collectives.open(laid.mesh())) {
            MeshBackend mesh = MeshBackend.of(collectives);
            BackendCheck.withinErrorBounds(new Planned(mesh, plan(laid)), laid.program());
          }
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "I64"})
  void annotatedProgramsGiveTheReferencesBits(DType dtype) {
    holds(
        annotated(Programs.withInputs(Programs.exact(dtype, 20), true)),
        laid -> {
          Program program = annotated(laid);
          try (Collectives collectives = Collectives.open(laid.mesh())) {
            MeshBackend mesh = certified(collectives, program);
            BackendCheck.equalsReference(mesh, new ProgramCase(program, laid.program().inputs()));
          }
        });
  }

  /** The program with its layouts as annotations. */
  static Program annotated(Laid laid) {
    Map<String, String> texts = new TreeMap<>();
    laid.layouts().forEach((name, layout) -> texts.put(name, spaced(layout)));
    return Annotations.of(texts).apply(laid.program().program());
  }

  /** A backend whose plan of a program is certified. */
  static MeshBackend certified(Collectives collectives, Program program) {
    MeshBackend mesh = MeshBackend.of(collectives, Kernels.none(), OPTIONS);
    try (MeshExecutable executable = mesh.compile(program)) {
      executable.plan().certify();
    }
    return mesh;
  }

  private static String spaced(Layout layout) {
    return String.join(" ", layout.term().axes().stream().map(Axis::toString).toList());
  }

  @Test
  void gradientsEqualTheReferences() {
    Generator<Program> gradients =
        Programs.smooth(10)
            .map(
                program ->
                    Gradients.gradient(
                        program,
                        List.of("result"),
                        program.inputs().stream().map(Value::name).toList()));
    holds(
        laid(gradients, false),
        laid -> {
          try (Collectives collectives = Collectives.open(laid.mesh());
              Executable wanted = new ReferenceBackend().compile(laid.program().program());
              Executable given =
                  new Planned(MeshBackend.of(collectives), plan(laid))
                      .compile(laid.program().program())) {
            List<Tensor> a = wanted.run(laid.program().inputs());
            List<Tensor> b = given.run(laid.program().inputs());
            for (int i = 0; i < a.size(); i++) {
              assertArrayEquals(a.get(i).toDoubleArray(), b.get(i).toDoubleArray(), 1e-9);
            }
          }
        });
  }
}
