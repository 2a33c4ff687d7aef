package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action.Ring;
import io.github.shardsum.partition.Action.Share;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Link;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Einsums in windows by hand, on the configured engine: {@code .ci/mpi} runs them in several
 * processes, where chunks travel.
 */
class WindowsTest {
  private static final Origin ORIGIN = new Origin("a test", Optional.empty());
  private static final List<Ring> FORWARD = List.of(new Ring(1, Share.ALL));
  private static final List<Ring> BACKWARD = List.of(new Ring(-1, Share.ALL));
  private static final List<Ring> BOTH =
      List.of(new Ring(1, Share.LARGER_HALF), new Ring(-1, Share.SMALLER_HALF));
  private static final List<Ring> BOTH_TURNED =
      List.of(new Ring(-1, Share.LARGER_HALF), new Ring(1, Share.SMALLER_HALF));

  /** Halves of sums in one direction, and in both. */
  private static final List<Ring> HALVES = List.of(new Ring(1, Share.ALL), new Ring(1, Share.ALL));

  private static final List<Ring> APART = List.of(new Ring(1, Share.ALL), new Ring(-1, Share.ALL));

  /**
   * An einsum in windows.
   *
   * @param mesh its notation
   * @param equation of two operands
   * @param layouts of operands and result
   * @param operand the one that is gathered; -1 for a scatter
   * @param label the label
   * @param axes the last of its axes
   */
  record Case(
      String mesh,
      String equation,
      List<String> layouts,
      int operand,
      String label,
      List<String> axes) {}

  static List<Case> cases() {
    String product = "a m, m n -> a n";
    return List.of(
        // A label of one operand and the result.
        new Case("x=3", product, List.of("a@x m", "m n", "a n"), 0, "a", List.of("x")),
        new Case("x=4", product, List.of("a m", "m n@x", "a n"), 1, "n", List.of("x")),
        // A batch label, of which the other operand has all.
        new Case(
            "x=3",
            "b a m, b m n -> b a n",
            List.of("b@x a m", "b m n", "b a n"),
            0,
            "b",
            List.of("x")),
        // A label that is summed over, with another label of the result split.
        new Case("x=4", product, List.of("a m@x", "m n@x", "a n@x"), 0, "m", List.of("x")),
        new Case("x=2", product, List.of("a@x m", "m@x n", "a@x n"), 1, "m", List.of("x")),
        // Scattered along either label of the result.
        new Case("x=3", product, List.of("a m@x", "m@x n", "a@x n"), -1, "a", List.of("x")),
        new Case("x=4", product, List.of("a m@x", "m@x n", "a n@x"), -1, "n", List.of("x")),
        // Several axes, chunks of chunks, devices in another order.
        new Case("x=2 y=3", product, List.of("a@x.y m", "m n", "a@x n"), 0, "a", List.of("y")),
        new Case("x=3 y=2", product, List.of("a@y.x m", "m n", "a n"), 0, "a", List.of("y", "x")),
        new Case("x=2 y=2", product, List.of("a@y m@x", "m@x n", "a@y.x n"), -1, "a", List.of("x")),
        new Case(
            "x=2 y=2",
            product,
            List.of("a m@x.y", "m@x.y n", "a n@y.x"),
            -1,
            "n",
            List.of("y", "x")));
  }

  static Mesh mesh(Case of) {
    Mesh mesh = Mesh.parse(of.mesh());
    int[] order = new int[mesh.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = (i * (order.length - 1) + 1) % order.length;
    }
    return mesh.withDevices(order);
  }

  /** A program of the einsum alone; the label has a size, others are 4, 5, 3 and 2. */
  private static Program program(Case of, long size, DType dtype) {
    String[] sides = of.equation().split(" -> ", -1);
    String[] terms = sides[0].split(", ", -1);
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
            program p {
              input u: %s[%s]
              input v: %s[%s]
              r = einsum(u, v) {equation="%s"}
              output r
            }
            """,
            dtype,
            sized(terms[0], of.label(), size),
            dtype,
            sized(terms[1], of.label(), size),
            of.equation()));
  }

  private static String sized(String term, String label, long size) {
    Map<String, Long> sizes = Map.of("a", 4L, "m", 5L, "n", 3L, "b", 2L);
    List<String> all = new ArrayList<>();
    for (String each : term.split(" ", -1)) {
      all.add(each + "=" + (each.equals(label) ? size : sizes.get(each)));
    }
    return String.join(" ", all);
  }

  private static PlannedValue value(Mesh mesh, String name, ValueType type, String layout) {
    return new PlannedValue(name, type.dtype(), type.shape(), Layout.parse(mesh, layout));
  }

  private static SpmdPlan plan(Case of, Program program, List<Ring> rings) {
    return plan(
        of,
        program,
        new Action.Windows(
            program.statements().getFirst(), of.operand(), of.label(), of.axes(), rings));
  }

  private static SpmdPlan plan(Case of, Program program, Action action) {
    Mesh mesh = mesh(of);
    Statement statement = program.statements().getFirst();
    return new SpmdPlan(
        mesh,
        List.of(
            value(mesh, "u", program.inputs().get(0).type(), of.layouts().get(0)),
            value(mesh, "v", program.inputs().get(1).type(), of.layouts().get(1))),
        List.of(
            new PlanStep(
                action,
                List.of(0, 1),
                value(mesh, "r", statement.result().type(), of.layouts().get(2)),
                ORIGIN)),
        List.of(2));
  }

  private static List<List<Ring>> rings(Case of) {
    return of.operand() < 0
        ? List.of(HALVES, APART)
        : List.of(FORWARD, BACKWARD, BOTH, BOTH_TURNED);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void windowsGiveTheEinsum(Case of) {
    try (Collectives collectives = Collectives.open(mesh(of))) {
      check(of, collectives);
    }
  }

  /** All sizes, dtypes and rings on an engine, in this process or with others. */
  static void check(Case of, Collectives collectives) {
    int p = collectives.mesh().size(of.axes());
    for (long size : new TreeSet<>(List.of(0L, 1L, p - 1L, (long) p, p + 1L, 2L * p - 1))) {
      for (DType dtype : List.of(DType.F32, DType.BF16, DType.I32, DType.BOOL)) {
        for (List<Ring> rings : rings(of)) {
          Program program = program(of, size, dtype);
          SpmdPlan plan = plan(of, program, rings);
          plan.certify(program);
          assertEquals(plan.steps(), SpmdPlan.parse(plan.toJson(PlanOptions.defaults())).steps());
          check(plan, of, dtype, collectives, size + " " + dtype + " " + rings);
        }
      }
    }
  }

  private static void check(
      SpmdPlan plan, Case of, DType dtype, Collectives collectives, String what) {
    RandomSharding random = new RandomSharding(what.hashCode());
    List<Tensor> wholes = new ArrayList<>();
    List<ShardedTensor> shards = new ArrayList<>();
    for (PlannedValue input : plan.inputs()) {
      RandomSharding.Value value = random.value(input.layout(), input.shape(), dtype, dtype, 3);
      wholes.add(value.whole());
      shards.add(RandomSharding.on(collectives.devices(), value.shards()));
    }
    Tensor[] operands = wholes.toArray(Tensor[]::new);
    Tensor expected =
        Einsum.compile(
                of.equation(),
                EinsumOptions.defaults().withDtype(dtype),
                OperandSpec.like(operands))
            .run(operands);
    SpmdRunner runner = new SpmdRunner(plan, collectives);
    for (int run = 0; run < 2; run++) {
      Tensor whole = Reshard.gather(runner.run(shards).getFirst(), collectives);
      assertTrue(RandomSharding.isEqual(expected, whole), () -> what + "\n" + plan);
    }
    // A region of nothing has one element.
    boolean isEmpty = plan.inputs().stream().anyMatch(x -> x.shape().elementCount() == 0);
    if (collectives.processes() == collectives.mesh().size() && !isEmpty) {
      holdsWhatIsPlanned(plan, collectives, runner.keptBytes(1), what);
    }
    if (collectives.processes() == 1 && !isEmpty) {
      assertEquals(sums(plan, of, dtype), runner.keptBytes(1), () -> what + "\n" + plan);
    }
  }

  /**
   * Bytes that windows hold in one process, which reads every chunk where it lies: nothing, or the
   * f32 sums of a bf16 that rounds add to, one for each different part of the result.
   */
  private static long sums(SpmdPlan plan, Case of, DType dtype) {
    boolean adds = of.operand() < 0 || !of.equation().split(" -> ", -1)[1].contains(of.label());
    if (dtype != DType.BF16 || !adds) {
      return 0;
    }
    PlannedValue result = plan.value(2);
    Map<List<Integer>, Long> parts = new HashMap<>();
    for (int device = 0; device < plan.mesh().size(); device++) {
      List<Integer> part = new ArrayList<>();
      for (int dim = 0; dim < result.shape().rank(); dim++) {
        part.add(result.layout().part(dim, device));
      }
      long elements = result.layout().localShape(result.shape(), device).elementCount();
      parts.put(part, (elements * Float.BYTES + 63) / 64 * 64);
    }
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * A process of one device allocates what the plan says, to the byte on the device that has the
   * first chunk of every label, and no more elsewhere. The operands' chunks come by messages, so
   * the rings' buffers are there.
   */
  private static void holdsWhatIsPlanned(
      SpmdPlan plan, Collectives collectives, long kept, String what) {
    int device = collectives.devices().getFirst();
    long held = kept;
    for (PlannedValue input : plan.inputs()) {
      held += bytes(input, device);
    }
    for (int output : plan.outputs()) {
      held += (bytes(plan.value(output), device) + 63) / 64 * 64;
    }
    long allocated = held;
    boolean isFirst =
        plan.mesh().axisNames().stream()
            .allMatch(axis -> plan.mesh().coordinate(device, axis) == 0);
    assertTrue(
        isFirst ? allocated == plan.peakBytes() : allocated <= plan.peakBytes(),
        () -> what + ": allocated " + allocated + "\n" + plan);
  }

  private static long bytes(PlannedValue value, int device) {
    long elements = value.layout().localShape(value.shape(), device).elementCount();
    return elements * value.dtype().byteSize();
  }

  /** A chunk of 256 ones and three of a single one: rounded each round some sums would be 256. */
  @Test
  void sumsOfBf16AreRoundedOnce() {
    Program program =
        Program.parse(
            """
            program p {
              input u: bf16[a=4 m=1024]
              input v: bf16[m=1024 n=4]
              r = einsum(u, v) {equation="a m, m n -> a n"}
              output r
            }
            """);
    Tensor ones = Tensor.full(DType.BF16, 1, 4, 1024);
    Tensor few = Tensor.zeros(DType.BF16, 1024, 4);
    for (int row = 0; row < 1024; row++) {
      for (int n = 0; n < 4 && (row < 256 || row % 256 == 0); n++) {
        few.set(1.0, row, n);
      }
    }
    for (Case of : cases()) {
      boolean isSum = of.operand() < 0 || of.label().equals("m");
      for (List<Ring> rings : rings(of)) {
        if (isSum && of.mesh().equals("x=4")) {
          SpmdPlan plan = plan(of, program, rings);
          try (Collectives collectives = Collectives.open(plan.mesh())) {
            List<ShardedTensor> inputs =
                List.of(
                    ShardedTensor.of(ones, plan.inputs().get(0).layout(), collectives.devices()),
                    ShardedTensor.of(few, plan.inputs().get(1).layout(), collectives.devices()));
            Tensor sum =
                Reshard.gather(
                    new SpmdRunner(plan, collectives).run(inputs).getFirst(), collectives);
            // 259 is between 258 and 260.
            for (int a = 0; a < 4; a++) {
              for (int n = 0; n < 4; n++) {
                assertEquals(260, sum.getDouble(a, n), plan::toString);
              }
            }
          }
        }
      }
    }
  }

  /** Of five chunks and one's own a device holds three: its own and two on their way. */
  @Test
  void thePeakIsTheOperandTheResultAndTwoChunks() {
    Case of =
        new Case("x=5", "a m, m n -> a n", List.of("a@x m", "m n", "a n"), 0, "a", List.of("x"));
    Program program =
        Program.parse(
            """
            program p {
              input u: f32[a=80 m=16]
              input v: f32[m=16 n=32]
              r = einsum(u, v) {equation="a m, m n -> a n"}
              output r
            }
            """);
    long chunk = 4L * 16 * 16;
    long others = 4L * (16 * 32 + 80 * 32);
    assertEquals(others + 3 * chunk, plan(of, program, FORWARD).peakBytes());
    assertEquals(others + 5 * chunk, plan(of, program, BOTH).peakBytes());
    SpmdPlan windows = plan(of, program, FORWARD);
    SpmdPlan gathered = gathered(windows, program, 0);
    assertEquals(others + 6 * chunk, gathered.peakBytes());
    assertEquals(gathered.elementsReceived(), windows.elementsReceived());
    assertEquals(gathered.flops(), windows.flops());
  }

  /**
   * Of eight chunks of a gathered operand windows hold three. Where the other operand and the
   * result are three chunks together, the peak is 12 chunks without windows and 6 with them.
   */
  @Test
  void thePeakHalvesExactly() {
    Case of =
        new Case("x=8", "a m, m n -> a n", List.of("a m", "m n@x", "a n"), 1, "n", List.of("x"));
    Program program =
        Program.parse(
            """
            program p {
              input u: f32[a=24 m=128]
              input v: f32[m=128 n=128]
              r = einsum(u, v) {equation="a m, m n -> a n"}
              output r
            }
            """);
    long chunk = 4L * 128 * 16;
    assertEquals(3 * chunk, 4L * (24 * 128 + 24 * 128));
    SpmdPlan windows = plan(of, program, FORWARD);
    assertEquals(6 * chunk, windows.peakBytes());
    assertEquals(12 * chunk, gathered(windows, program, 1).peakBytes());
  }

  /** The plan with the gather of an operand before the einsum. */
  private static SpmdPlan gathered(SpmdPlan windows, Program program, int operand) {
    PlannedValue chunk = windows.inputs().get(operand);
    Action.Windows action = (Action.Windows) windows.steps().getFirst().action();
    List<Integer> operands = operand == 0 ? List.of(2, 1) : List.of(0, 2);
    return new SpmdPlan(
        windows.mesh(),
        windows.inputs(),
        List.of(
            new PlanStep(
                new Action.AllGather(action.label(), action.axes()),
                List.of(operand),
                chunk.in(chunk.layout().whole()),
                ORIGIN),
            new PlanStep(
                new Action.Apply(program.statements().getFirst()),
                operands,
                windows.value(2),
                ORIGIN)),
        List.of(3));
  }

  /** Faults of windows, each of which would compute another value or leave devices waiting. */
  enum Fault {
    RING_DROPPED,
    BOTH_THE_LARGER_HALF,
    BOTH_ONE_WAY,
    STEP_TWO,
    ANOTHER_LABEL,
    ANOTHER_OPERAND,
    AXES_REORDERED,
    AXES_NOT_THE_LAST,
    SCATTER_FOR_GATHER,
    RESULT_PARTIAL,
    ANOTHER_STATEMENT;

    SpmdPlan of(Case of, Program program, List<Ring> rings) {
      Statement statement = program.statements().getFirst();
      boolean scatters = of.operand() < 0;
      return switch (this) {
        case RING_DROPPED -> plan(of, program, rings.subList(0, rings.size() - 1));
        case BOTH_THE_LARGER_HALF ->
            plan(
                of,
                program,
                List.of(new Ring(1, Share.LARGER_HALF), new Ring(-1, Share.LARGER_HALF)));
        case BOTH_ONE_WAY ->
            plan(
                of,
                program,
                List.of(new Ring(1, Share.LARGER_HALF), new Ring(1, Share.SMALLER_HALF)));
        case STEP_TWO ->
            plan(
                of,
                program,
                rings.stream().map(ring -> new Ring(2 * ring.step(), ring.share())).toList());
        case ANOTHER_LABEL ->
            plan(
                of,
                program,
                new Action.Windows(
                    statement,
                    of.operand(),
                    of.label().equals("a") ? (scatters ? "n" : "m") : "a",
                    of.axes(),
                    rings));
        case ANOTHER_OPERAND ->
            plan(
                of,
                program,
                new Action.Windows(
                    statement, scatters ? 0 : 1 - of.operand(), of.label(), of.axes(), rings));
        case AXES_REORDERED -> {
          List<String> axes = new ArrayList<>(of.axes().reversed());
          if (axes.size() == 1) {
            axes.add(of.axes().getFirst());
          }
          yield plan(
              of, program, new Action.Windows(statement, of.operand(), of.label(), axes, rings));
        }
        case AXES_NOT_THE_LAST ->
            plan(
                of,
                program,
                new Action.Windows(statement, of.operand(), of.label(), List.of(), rings));
        case SCATTER_FOR_GATHER ->
            plan(
                of,
                program,
                new Action.Windows(
                    statement,
                    scatters ? 0 : -1,
                    of.label(),
                    of.axes(),
                    scatters ? FORWARD : HALVES));
        case RESULT_PARTIAL -> {
          SpmdPlan whole = plan(of, program, rings);
          PlannedValue result = whole.value(2);
          Layout layout =
              Layout.parse(
                  whole.mesh(),
                  result.layout().whole().term() + " | " + String.join(" ", of.axes()));
          yield new SpmdPlan(
              whole.mesh(),
              whole.inputs(),
              List.of(
                  new PlanStep(
                      whole.steps().getFirst().action(), List.of(0, 1), result.in(layout), ORIGIN)),
              List.of(2));
        }
        case ANOTHER_STATEMENT -> {
          Program other =
              Program.parse("program p {\n  input u: f32[a=6]\n  r = relu(u)\n  output r\n}\n");
          yield plan(
              of,
              program,
              new Action.Windows(
                  other.statements().getFirst(), of.operand(), of.label(), of.axes(), rings));
        }
      };
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void windowsWithAFaultAreRefused(Fault fault) {
    for (Case of : cases()) {
      for (List<Ring> rings : rings(of)) {
        boolean isBoth = rings.size() > 1;
        if (fault == Fault.RING_DROPPED && !isBoth) {
          continue;
        }
        Program program = program(of, 7, DType.F32);
        plan(of, program, rings).certify(program);
        SpmdPlan mutant;
        try {
          mutant = fault.of(of, program, rings);
        } catch (IllegalArgumentException notAPlan) {
          continue;
        }
        assertThrows(
            IllegalStateException.class, () -> mutant.certify(program), () -> fault + " " + of);
      }
    }
  }

  /** Devices that hold the same would sum in orders of their own. */
  @Test
  void aSummedLabelOfWhichAllDevicesHoldTheResultIsRefused() {
    Case of =
        new Case("x=4", "a m, m n -> a n", List.of("a m@x", "m n", "a n"), 0, "m", List.of("x"));
    Program program = program(of, 8, DType.F32);
    assertThrows(IllegalStateException.class, () -> plan(of, program, FORWARD).certify(program));
  }

  /** Addends of bf16 travel as f32, whose price and bytes they have. */
  @Test
  void scatteredSumsOfBf16HaveThePriceOfF32() {
    Topology network = Topology.of("four", Interconnect.RING, Link.of(1, 1), 4);
    PlanOptions options = PlanOptions.defaults().withTopology(network);
    List<String> layouts = List.of("a m@x", "m@x n", "a@x n");
    Case of = new Case("x=4", "a m, m n -> a n", layouts, -1, "a", List.of("x"));
    SpmdPlan f32 = plan(of, program(of, 8, DType.F32), APART);
    SpmdPlan bf16 = plan(of, program(of, 8, DType.BF16), APART);
    assertEquals(f32.price(options), bf16.price(options));
    assertEquals(bytes(f32), bytes(bf16));
    for (int i = 0; i < bf16.steps().size(); i++) {
      assertEquals(f32.bytesReceived(i), bf16.bytesReceived(i), "step " + i);
    }
  }

  private static String bytes(SpmdPlan plan) {
    Matcher received =
        Pattern.compile("\"bytesReceived\":(\\d+)").matcher(plan.toJson(PlanOptions.defaults()));
    assertTrue(received.find(), () -> plan.toJson(PlanOptions.defaults()));
    return received.group(1);
  }
}
