package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Check;
import io.github.shardsum.testkit.Choices;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testkit.Tensors;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sums in a fixed order: random programs on real data, whose exponents are far apart so that an
 * order shows, have the local backend's bits on every mesh and in every layout.
 */
class ReproducibleTest {
  private static final int TRIES =
      Integer.getInteger("shardsum.programs", TestDepth.cases(12, 40, 60));

  /** Numbers of either sign and of forty orders of two. */
  private static Generator<Tensor> spread(Value input) {
    if (!input.type().dtype().isFloating()) {
      return Tensors.integers(input.type().dtype(), input.type().shape());
    }
    return choices -> {
      double[] values = new double[(int) input.type().shape().elementCount()];
      Arrays.setAll(values, _ -> number(choices));
      long[] shape = input.type().shape().toArray();
      return Tensor.of(values, shape).convert(input.type().dtype());
    };
  }

  private static double number(Choices choices) {
    double number = Math.scalb(1.0 + choices.nextInt(1 << 10), choices.nextInt(40) - 40);
    return choices.nextBoolean() ? number : -number;
  }

  private static Generator<ProgramCase> cases(Generator<Program> programs) {
    return choices -> {
      Program program = programs.generate(choices);
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : program.inputs()) {
        inputs.add(spread(input).generate(choices));
      }
      return new ProgramCase(program, inputs);
    };
  }

  static List<long[]> bits(List<Tensor> results) {
    return results.stream()
        .map(each -> Arrays.stream(each.toDoubleArray()).mapToLong(Double::doubleToLongBits))
        .map(java.util.stream.LongStream::toArray)
        .toList();
  }

  private static List<Tensor> local(ProgramCase given, SumOrder sums, Workers workers) {
    LocalBackend backend = LocalBackend.of(workers, Kernels.none(), Runnable::run);
    try (Executable local =
        backend.compile(given.program(), CompileOptions.defaults().withSums(sums))) {
      return local.run(given.inputs());
    }
  }

  private static void equal(List<Tensor> expected, List<Tensor> got, Object plan) {
    List<long[]> wanted = bits(expected);
    List<long[]> given = bits(got);
    for (int i = 0; i < wanted.size(); i++) {
      int output = i;
      assertArrayEquals(wanted.get(i), given.get(i), () -> "output " + output + " of\n" + plan);
    }
  }

  record Laid(
      ProgramCase program, Mesh mesh, Map<String, Layout> layouts, int leaf, long annotations) {}

  static Generator<Laid> laid(Generator<Program> programs) {
    return choices -> {
      Mesh mesh = Layouts.meshes().generate(choices);
      ProgramCase program = cases(programs).generate(choices);
      Map<String, Layout> layouts = Layouts.ofEveryValue(mesh, program.program()).generate(choices);
      int leaf = choices.of(List.of(2, 4, 512));
      return new Laid(program, mesh, layouts, leaf, choices.nextInt(1 << 30));
    };
  }

  private static void hasTheLocalBits(Laid laid) {
    hasTheLocalBits(laid, true);
  }

  private static ProgramPlan hasTheLocalBits(Laid laid, boolean isCertified) {
    ProgramPlan plan = plan(laid, isCertified);
    List<Tensor> expected = onOneDevice(laid);
    try (Collectives collectives = Collectives.open(laid.mesh())) {
      hasTheBits(expected, laid, plan, collectives);
    }
    return plan;
  }

  private static ProgramPlan plan(Laid laid, boolean isCertified) {
    PlanOptions options =
        PlanOptions.defaults().withReplication().withSums(new SumOrder(laid.leaf()));
    ProgramPlan plan =
        ProgramPlan.withLayouts(laid.program().program(), laid.mesh(), laid.layouts(), options);
    if (isCertified) {
      plan.certify();
    }
    return plan;
  }

  /** What one thread computes, and four threads too. */
  static List<Tensor> onOneDevice(Laid laid) {
    SumOrder sums = new SumOrder(laid.leaf());
    List<Tensor> expected = local(laid.program(), sums, Workers.sequential());
    try (Workers four = Workers.of(4)) {
      equal(expected, local(laid.program(), sums, four), "four threads");
    }
    return expected;
  }

  /** Holds a program's run on a mesh to the bits of one device. */
  static void hasTheBits(
      List<Tensor> expected, Laid laid, boolean isCertified, Collectives collectives) {
    hasTheBits(expected, laid, plan(laid, isCertified), collectives);
  }

  private static void hasTheBits(
      List<Tensor> expected, Laid laid, ProgramPlan plan, Collectives collectives) {
    CompileOptions options = CompileOptions.defaults().withSums(new SumOrder(laid.leaf()));
    try (MeshExecutable mesh = MeshBackend.of(collectives).compile(plan, options)) {
      equal(expected, mesh.run(laid.program().inputs()), plan);
    }
  }

  /** Gradients of smooth programs. */
  static Generator<Program> gradients() {
    return Programs.smooth(10)
        .map(
            program ->
                Gradients.gradient(
                    program,
                    List.of("result"),
                    program.inputs().stream().map(Value::name).toList()));
  }

  /** Addends over two axes cannot be completed over one of them and keep the order of the sum. */
  @Test
  void addendsStayOverTheAxesThatAreAskedFor() {
    Program program =
        Program.parse(
            """
            program square {
              input x: f32[c=4 a=4]
              s = einsum(x, x) {equation="ca,ca->"}
              output x
            }
            """);
    Mesh mesh = Mesh.parse("x=3 z=2");
    Map<String, Layout> layouts =
        Map.of("x", Layout.parse(mesh, "c a@x"), "s", Layout.parse(mesh, "| x"));
    PlanOptions options = PlanOptions.defaults().withReplication().withSums(new SumOrder(2));
    ProgramPlan plan = ProgramPlan.withLayouts(program, mesh, layouts, options);
    plan.certify();
    assertTrue(plan.explain().contains("s [] as | x"), plan::explain);
  }

  /** Addends over two axes that a collective moves over others are joined in the same order. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ':',
      value = {
        "w=2 : all-gather         : d@z.y c@x e   : c e",
        "w=2 : all-gather         : d@y.z c@x e   : c e",
        "w=2 : all-to-all         : d@z.y c@x e   : c e@x",
        "w=2 : collective-permute : d@z.y c@x.w e : c@w.x e",
        "w=3 : exchange           : d@z.y c@x.w e : c@w.x e"
      })
  void addendsThatAreMovedKeepTheirOrder(String w, String move, String from, String to) {
    Program program =
        Program.parse(
            """
            program moved {
              input x: f32[d=8 c=4 e=4]
              s = reduce_sum(x) {labels=["d"]}
              r = negate(s)
              output r
            }
            """);
    Mesh mesh = Mesh.parse(w + " x=2 y=2 z=2");
    for (String result : List.of("c e", "c@z.y e", "c@y.z e")) {
      Map<String, Layout> layouts =
          Map.of(
              "x", Layout.parse(mesh, from),
              "s", Layout.parse(mesh, to + " | y z"),
              "r", Layout.parse(mesh, result));
      Laid laid = new Laid(cases(_ -> program).of(1), mesh, layouts, 2, 0);
      ProgramPlan plan = hasTheLocalBits(laid, true);
      boolean moves =
          plan.plan().steps().stream()
              .filter(step -> step.result().layout().partial().size() == 2)
              .anyMatch(step -> step.action().op().equals(move));
      assertTrue(moves, plan::explain);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F32", "F64"})
  void everyLayoutOfEveryValueGivesTheLocalBits(DType dtype) {
    Check.forAll(laid(Programs.real(dtype, 20)))
        .tries(TRIES)
        .seed(TestDepth.seed(3))
        .holds(ReproducibleTest::hasTheLocalBits);
  }

  @Test
  void gradientsHaveTheLocalBits() {
    // The checker takes two einsums of three operands in another order for one.
    Check.forAll(laid(gradients()))
        .tries(TRIES)
        .seed(TestDepth.seed(4))
        .holds(laid -> hasTheLocalBits(laid, false));
  }

  @Test
  void annotatedProgramsHaveTheLocalBits() {
    Generator<Laid> drawn = laid(Programs.real(DType.F32, 20));
    Check.forAll(drawn)
        .tries(TRIES)
        .seed(TestDepth.seed(5))
        .holds(
            laid -> {
              SumOrder sums = new SumOrder(laid.leaf());
              CompileOptions options = CompileOptions.defaults().withSums(sums);
              Program program =
                  Layouts.laid(laid.mesh(), _ -> laid.program().program()).of(laid.annotations());
              ProgramCase given = new ProgramCase(program, laid.program().inputs());
              List<Tensor> expected = local(given, sums, Workers.sequential());
              try (Collectives collectives = Collectives.open(laid.mesh());
                  MeshExecutable mesh =
                      MeshBackend.of(
                              collectives, Kernels.none(), PlanOptions.defaults().withReplication())
                          .compile(program, options)) {
                mesh.plan().certify();
                equal(expected, mesh.run(given.inputs()), mesh.plan());
              }
            });
  }

  /** A plan that was made without an order, said to keep one, against one device's bits. */
  private static boolean isRefused(Program annotated, String mesh, SumOrder sums) {
    Mesh devices = Mesh.parse(mesh);
    ProgramPlan any = ProgramPlan.of(annotated, devices, _ -> false, PlanOptions.defaults());
    ProgramPlan plan =
        new ProgramPlan(
            any.given(), any.layouts(), any.program(), any.plan().withSums(sums), any.cost());
    any.certify();
    try {
      plan.certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    ProgramCase given = cases(_ -> annotated).of(1);
    try (Collectives collectives = Collectives.open(devices);
        MeshExecutable executable =
            MeshBackend.of(collectives).compile(plan, CompileOptions.defaults().withSums(sums))) {
      equal(local(given, sums, Workers.sequential()), executable.run(given.inputs()), plan);
    }
    return false;
  }

  @ParameterizedTest
  @CsvSource({
    "x=4, k@x, 64, false",
    "x=4, k@x, 62, false",
    "x=4, k@x, 40, true",
    "x=4, k@x, 48, true",
    "x=3, k@x, 24, false",
    "x=3, k@x, 23, false",
    "x=3, k@x, 18, true",
    "x=5, k@x, 80, false",
    "x=2 y=2, k@x.y, 64, false",
    "x=2 y=2, k@y.x, 64, true",
    "x=2 y=3, k@x.y, 40, true",
    "x=2 y=2, k@x.y, 13, true",
    "x=8, k@x, 33, true"
  })
  void theCheckerRefusesPartsThatAreNoSubtrees(
      String mesh, String k, long size, boolean isRefused) {
    Program program =
        Annotations.of(Map.of("x", "m " + k, "w", k + " n")).apply(product(size, DType.F32));
    assertEquals(isRefused, isRefused(program, mesh, new SumOrder(4)));
  }

  /** Indices of the outer label are added when the sums of the inner one are complete. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"k@x l | false", "k l@x | true", "k@x l@y | true"})
  void theCheckerRefusesInnerLabels(String labels, boolean isRefused) {
    Program program =
        Program.parse(
            """
            program inner {
              input x: f64[m=2 k=8 l=16]
              y = reduce_sum(x) {labels=["k", "l"]}
              output y
            }
            """);
    Program annotated = Annotations.of(Map.of("x", "m " + labels)).apply(program);
    assertEquals(isRefused, isRefused(annotated, "x=2 y=2", new SumOrder(4)));
  }

  /** A product whose contracted label is split, by so many devices, into so many leaves of 4. */
  private static Program product(long k, DType dtype) {
    return Program.parse(
        String.join(
            "\n",
            "program product {",
            "  input x: " + dtype + "[m=3 k=" + k + "]",
            "  input w: " + dtype + "[k=" + k + " n=5]",
            "  y = einsum(x, w) {equation=\"m k, k n -> m n\"}",
            "  output y",
            "}"));
  }

  @ParameterizedTest
  @CsvSource({
    "32, 4", "32, 8", "29, 4", "12, 4", "10, 4", "24, 4", "24, 6", "48, 4", "20, 5", "16, 3",
    "40, 3", "7, 2"
  })
  void onlyWholeSubtreesAreSplit(long k, int devices) {
    SumOrder sums = new SumOrder(4);
    for (DType dtype : List.of(DType.BF16, DType.F32, DType.F64)) {
      Program program = Annotations.of(Map.of("x", "m k@x", "w", "k@x n")).apply(product(k, dtype));
      ProgramCase given = cases(_ -> program).of(1);
      long block = (k + devices - 1) / devices;
      boolean isWhole = block % 4 != 0 || Long.bitCount(block / 4) != 1;
      try (Collectives collectives = Collectives.open(Mesh.parse("x=" + devices));
          MeshExecutable mesh =
              MeshBackend.of(collectives)
                  .compile(program, CompileOptions.defaults().withSums(sums))) {
        boolean reduces =
            mesh.plan().plan().steps().stream()
                .anyMatch(step -> step.action() instanceof Action.AllReduce);
        if (isWhole) {
          assertFalse(reduces, mesh.plan().explain());
          assertTrue(
              mesh.plan().explain().contains("has no whole subtrees"), mesh.plan().explain());
        }
        assertTrue(mesh.plan().explain().contains("sums by a tree of leaves of 4"));
        mesh.plan().certify();
        equal(local(given, sums, Workers.sequential()), mesh.run(given.inputs()), mesh.plan());
      }
    }
  }

  /**
   * Over several axes the flat tree over members, in the order in which the label has the axes, is
   * the upper part of the sum's tree if their chunks leave no gaps.
   */
  @ParameterizedTest
  @CsvSource({
    "x=2 y=3, k@x.y, m n, 48, true",
    "x=2 y=3, k@y.x, m n, 48, true",
    "x=3 y=2, k@y.x, m@y.x n, 96, true",
    "x=3 y=2, k@y.x, m@x.y n, 96, true",
    "x=2 y=2 z=3, k@z.y.x, m n@x, 96, true",
    "x=2 y=2, k@x.y, m n, 20, false",
    "x=2 y=3, k@x.y, m n, 20, false"
  })
  void aLabelIsSplitOverSeveralAxes(
      String mesh, String k, String result, long size, boolean isSplit) {
    SumOrder sums = new SumOrder(4);
    Map<String, String> layouts = Map.of("x", "m " + k, "w", k + " n", "y", result);
    for (DType dtype : List.of(DType.BF16, DType.F32)) {
      Program program = Annotations.of(layouts).apply(product(size, dtype));
      ProgramCase given = cases(_ -> program).of(size);
      try (Collectives collectives = Collectives.open(Mesh.parse(mesh));
          MeshExecutable executable =
              MeshBackend.of(collectives)
                  .compile(program, CompileOptions.defaults().withSums(sums))) {
        ProgramPlan plan = executable.plan();
        plan.certify();
        PlanOptions options = PlanOptions.defaults().withSums(sums);
        assertEquals(plan.plan().price(options), plan.cost(), plan::explain);
        boolean reduces =
            plan.plan().steps().stream()
                .anyMatch(
                    step ->
                        step.action() instanceof Action.AllReduce
                            || step.action() instanceof Action.ReduceScatter);
        assertEquals(isSplit, reduces, plan.explain());
        equal(local(given, sums, Workers.sequential()), executable.run(given.inputs()), plan);
      }
    }
  }

  /** The order of the label's axes decides, not that of the mesh's. */
  @ParameterizedTest
  @CsvSource({
    "x=8 y=2, k l n, true",
    "x=8 y=2, k@y.x l n, false",
    "x=2 y=8, k l n, false",
    "x=2 y=8, k@y.x l n, false"
  })
  void aLabelIsSaidToBeWholeIfItIs(String mesh, String w, boolean isWhole) {
    Program program =
        Program.parse(
            """
            program product {
              input x: f32[m=3 k=9 l=2]
              input w: f32[k=9 l=2 n=5]
              y = einsum(x, w) {equation="m k l, k l n -> m n"}
              output y
            }
            """);
    Program annotated = Annotations.of(Map.of("x", "m k@y.x l", "w", w)).apply(program);
    PlanOptions options = PlanOptions.defaults().withSums(new SumOrder(4));
    ProgramPlan plan = ProgramPlan.of(annotated, Mesh.parse(mesh), _ -> false, options);
    plan.certify();
    boolean reduces =
        plan.plan().steps().stream().anyMatch(step -> step.action() instanceof Action.AllReduce);
    assertEquals(!isWhole, reduces, plan::explain);
    assertEquals(isWhole, plan.explain().contains("k is whole"), plan::explain);
  }

  /** The same data sees an order that is not kept. */
  @Test
  void withoutItTheBitsDiffer() {
    Program program =
        Annotations.of(Map.of("x", "m k@x", "w", "k@x n")).apply(product(4096, DType.F32));
    ProgramCase given = cases(_ -> program).of(1);
    List<Tensor> expected = local(given, SumOrder.FASTEST, Workers.sequential());
    try (Collectives collectives = Collectives.open(Mesh.parse("x=4"));
        MeshExecutable mesh = MeshBackend.of(collectives).compile(program)) {
      assertFalse(
          Arrays.equals(bits(expected).getFirst(), bits(mesh.run(given.inputs())).getFirst()));
    }
  }

  @Test
  void aBackendThatCannotKeepTheOrderSaysSo() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new ReferenceBackend()
                        .compile(
                            product(4, DType.F32), CompileOptions.defaults().withReproducible()))
            .getMessage();
    assertTrue(message.contains("the local and the mesh backend keep it"), message);
    assertEquals(SumOrder.TREE, CompileOptions.defaults().withReproducible().sums());
  }

  @Test
  void aPlanOfAnotherOrderIsRefused() {
    Program program = product(8, DType.F32);
    Mesh mesh = Mesh.parse("x=2");
    ProgramPlan plan = ProgramPlan.of(program, mesh, _ -> false, PlanOptions.defaults());
    try (Collectives collectives = Collectives.open(mesh)) {
      MeshBackend backend = MeshBackend.of(collectives);
      CompileOptions options = CompileOptions.defaults().withReproducible();
      assertThrows(IllegalArgumentException.class, () -> backend.compile(plan, options));
    }
  }
}
