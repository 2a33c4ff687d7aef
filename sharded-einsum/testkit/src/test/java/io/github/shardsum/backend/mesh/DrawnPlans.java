package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.testkit.RegionGenerator;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.regex.Pattern;

/**
 * Random programs of integers with manual regions, and gradients of such programs, planned with
 * windows, with collectives in flight and with sums that stay addends, on twelve devices. They have
 * the bits of the definitions of their operations.
 */
final class DrawnPlans {
  /** A feature of plans. */
  enum Kind {
    WINDOWS,
    WINDOWS_IN_A_REGION,
    REGION,
    STARTED,
    /** A statement that reads addends and makes addends. */
    ADDENDS
  }

  private static final List<MeshAxis> AXES = MeshAxis.parseAll("x=2 y=3 z=2");
  private static final Pattern WHOLE = Pattern.compile("(value|fill)=(-?\\d+)\\.0");
  private static final int OPERATIONS = 6;
  private static final int OPERATIONS_OF_GRADIENTS = 4;

  /** Each kind is in 7 of 100 plans or more. */
  private static final int MOST_MORE = 400;

  private final Map<Kind, Integer> seen = new EnumMap<>(Kind.class);

  private static Generator<Program> drawn(DType dtype, int operations) {
    return choices -> new RegionGenerator(choices, dtype, AXES, false, true).make(operations);
  }

  /** A program of integers. */
  static Program program(long seed) {
    return drawn(seed % 2 == 0 ? DType.I64 : DType.I32, OPERATIONS).of(seed);
  }

  /**
   * A gradient of integers: the statements of one of f64, of which every one but a division passes
   * wrapped numbers on as it would the exact ones.
   */
  static Program gradient(long seed) {
    Program program = drawn(DType.F64, OPERATIONS_OF_GRADIENTS).of(seed);
    Program gradient =
        Gradients.gradient(
            program, List.of("result"), program.inputs().stream().map(Value::name).toList());
    String text = gradient.toString().replace("f64", "i64");
    return Program.parse(WHOLE.matcher(text).replaceAll("$1=$2"));
  }

  /** Twelve devices, in half of the draws in another order. */
  static Mesh mesh(long seed) {
    Mesh mesh = Mesh.parse("z=2,x=2,y=3");
    Random random = new Random(seed);
    int[] devices = new int[mesh.size()];
    for (int i = 0; i < devices.length; i++) {
      int at = random.nextInt(i + 1);
      devices[i] = devices[at];
      devices[at] = i;
    }
    return random.nextBoolean() ? mesh.withDevices(devices) : mesh;
  }

  /** Checks a number of programs, and more until every kind was among their plans. */
  static void checkAll(LongFunction<Program> programs, long first, int count) {
    DrawnPlans plans = new DrawnPlans();
    Set<Kind> all = EnumSet.allOf(Kind.class);
    int most = count + MOST_MORE;
    for (int done = 0; done < count || (done < most && !plans.seen.keySet().equals(all)); done++) {
      plans.check(programs.apply(first + done), first + done);
    }
    assertEquals(all, plans.seen.keySet(), () -> "plans that have a kind: " + plans.seen);
  }

  /** A program with inputs and its plan. */
  record Drawn(ProgramCase program, ProgramPlan plan) {}

  /** A program with drawn inputs, planned with a drawn layout of every value. */
  static Drawn drawn(Program program, long seed) {
    Mesh mesh = mesh(seed);
    ProgramCase of = Programs.withInputs(_ -> program, true).of(seed);
    Map<String, Layout> layouts = Layouts.ofEveryValue(mesh, program).of(seed);
    PlanOptions options =
        PlanOptions.defaults()
            .withReplication()
            .withWindows(PlanOptions.Windows.ALWAYS)
            .withOverlap(seed % 3 != 0);
    return new Drawn(of, ProgramPlan.withLayouts(program, mesh, layouts, options));
  }

  /** Runs the plan of a program twice and compares all outputs. */
  private void check(Program program, long seed) {
    Drawn drawn = drawn(program, seed);
    ProgramPlan plan = drawn.plan();
    List<Tensor> inputs = drawn.program().inputs();
    plan.certify();
    String json = plan.plan().toJson(PlanOptions.defaults());
    assertEquals(plan.plan(), SpmdPlan.parse(json));
    for (Kind kind : Kind.values()) {
      if (has(plan.plan(), kind, false)) {
        seen.merge(kind, 1, Integer::sum);
      }
    }
    List<Tensor> expected = new ByDefinition().run(program, inputs);
    try (Collectives collectives = Collectives.open(plan.plan().mesh());
        MeshExecutable executable =
            MeshBackend.of(collectives).compile(plan, CompileOptions.defaults())) {
      for (int run = 0; run < 2; run++) {
        List<Tensor> given = executable.run(inputs);
        for (int i = 0; i < expected.size(); i++) {
          String output = program.outputs().get(i).name();
          assertArrayEquals(
              expected.get(i).toLongArray(),
              given.get(i).toLongArray(),
              () -> "seed " + seed + ", " + output + " of\n" + program + plan);
        }
      }
    }
  }

  private static boolean has(SpmdPlan plan, Kind kind, boolean isInside) {
    for (PlanStep step : plan.steps()) {
      boolean isHere =
          switch (step.action()) {
            case Action.Windows _ ->
                kind == Kind.WINDOWS || (isInside && kind == Kind.WINDOWS_IN_A_REGION);
            case Action.Start _ -> kind == Kind.STARTED;
            case Action.Apply _ ->
                kind == Kind.ADDENDS
                    && !step.result().layout().partial().isEmpty()
                    && step.operands().stream()
                        .anyMatch(operand -> !plan.value(operand).layout().partial().isEmpty());
            case Action.Loop loop -> {
              boolean isRegion = loop.statement().operation() instanceof Nested.Manual;
              yield (isRegion && kind == Kind.REGION)
                  || has(loop.body(), kind, isInside || isRegion);
            }
            default -> false;
          };
      if (isHere) {
        return true;
      }
    }
    return false;
  }
}
