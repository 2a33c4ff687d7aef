package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Movement;
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
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Slices, paddings, shifts, windows and concatenations along a split label: devices get what they
 * lack, no more, whatever the sizes, the parameters and the order of the devices.
 */
final class NeighboursTest {
  private static final int TRIES = TestDepth.cases(60, 300, 1_000);

  private static final List<Long> SIZES = List.of(7L, 12L, 0L, 1L, 2L, 3L, 4L, 5L, 13L);

  /** One operation, on values that are whole or split in any way. */
  private static Value operation(ProgramBuilder p, Choices choices, ValueType type) {
    Value x = p.input("x", type);
    long n = type.size("n");
    int most = Math.toIntExact(2 * n + 2);
    return switch (choices.nextInt(5)) {
      case 0 -> p.shift(x, "n", choices.nextInt(2 * most + 1) - most, 3);
      case 1 -> p.pad(x, "n", choices.nextInt(most), choices.nextInt(most), choices.nextInt(3), 3);
      case 2 -> {
        long from = choices.nextInt((int) n + 1);
        long to = from + choices.nextInt((int) (n - from) + 1);
        yield p.slice(x, "n", from, to, 1 + choices.nextInt(3));
      }
      case 3 ->
          p.window(
              x, "n", "w", 1 + choices.nextInt(3), 1 + choices.nextInt(3), 1 + choices.nextInt(3));
      default -> {
        List<Value> parts = new ArrayList<>(List.of(x));
        for (int i = choices.nextInt(3); i > 0; i--) {
          ValueType other = ValueType.of(type.dtype(), type.names(), sizes(choices, type));
          parts.add(p.input("x" + i, other));
        }
        yield p.concatenate("n", parts.toArray(Value[]::new));
      }
    };
  }

  private static List<Long> sizes(Choices choices, ValueType like) {
    return List.of(choices.of(SIZES), like.size("m"));
  }

  private static final Generator<Program> PROGRAMS =
      choices -> {
        DType dtype = choices.of(List.of(DType.F32, DType.I64, DType.BF16));
        List<Long> sizes = List.of(choices.of(SIZES), choices.of(List.of(3L, 1L, 5L, 0L)));
        ProgramBuilder p = Program.builder("neighbours");
        p.output("result", operation(p, choices, ValueType.of(dtype, List.of("n", "m"), sizes)));
        return p.build();
      };

  @Test
  void theReferencesBitsAndNoElementTooMany() {
    Set<String> exchanged = new TreeSet<>();
    Check.forAll(RandomLayoutsTest.laid(PROGRAMS, true))
        .tries(TRIES)
        .seed(TestDepth.seed(5))
        .holds(laid -> exchanged.addAll(check(laid)));
    Set<String> all = Set.of("concatenate", "pad", "shift", "slice", "window");
    assertEquals(TestDepth.current() == TestDepth.SHORT ? exchanged : all, exchanged);
    assertTrue(!exchanged.isEmpty(), "an exchange must occur");
  }

  /** The operations of which a device got something. */
  private static List<String> check(Laid laid) {
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            laid.program().program(),
            laid.mesh(),
            laid.layouts(),
            PlanOptions.defaults().withReplication());
    plan.certify();
    try (Collectives collectives = Collectives.open(laid.mesh())) {
      BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), plan), laid.program());
    }
    List<String> exchanged = new ArrayList<>();
    for (int i = 0; i < plan.plan().steps().size(); i++) {
      PlanStep step = plan.plan().steps().get(i);
      if (step.action() instanceof Action.Neighbour neighbour) {
        long lacking = lacking(plan.plan(), step);
        assertEquals(lacking, plan.plan().elementsReceived(i), plan::explain);
        assertEquals(lacking > 0, neighbour.isCollective(), plan::explain);
        if (lacking > 0) {
          exchanged.add(neighbour.op());
        }
      }
    }
    return exchanged;
  }

  /** Elements that the device with the largest lack receives, counted one by one. */
  private static long lacking(SpmdPlan plan, PlanStep step) {
    long most = 0;
    Movement operation = (Movement) ((Action.Neighbour) step.action()).statement().operation();
    for (int device = 0; device < plan.mesh().size(); device++) {
      Box made = box(step.result(), device);
      long offset = 0;
      long lacking = 0;
      for (int operand : step.operands()) {
        PlannedValue x = plan.value(operand);
        Box held = box(x, device);
        Set<Long> rows = read(operation, made, offset, x.shape().size(0));
        long[] range = {Long.MAX_VALUE, Long.MIN_VALUE};
        rows.forEach(
            row -> {
              range[0] = Math.min(range[0], row);
              range[1] = Math.max(range[1], row);
            });
        for (long row = range[0]; row <= range[1] && !rows.isEmpty(); row++) {
          boolean has = row >= held.start(0) && row < held.end(0);
          lacking += has ? 0 : largest(x);
        }
        offset += x.shape().size(0);
      }
      most = Math.max(most, lacking);
    }
    return most;
  }

  private static Box box(PlannedValue value, int device) {
    return value.layout().box(value.shape(), device);
  }

  private static long largest(PlannedValue x) {
    return x.layout().largestShape(x.shape()).size(1);
  }

  private static Set<Long> read(Movement operation, Box made, long offset, long size) {
    Set<Long> rows = new HashSet<>();
    for (long j = made.start(0); j < made.end(0); j++) {
      for (long i = 0; i < size; i++) {
        long from = i;
        long to = j;
        boolean reads =
            switch (operation) {
              case Movement.Shift shift -> to - shift.by() == from;
              case Movement.Pad pad -> pad.low() + from * (pad.interior() + 1) == to;
              case Movement.Slice slice -> slice.from() + to * slice.step() == from;
              case Movement.Concatenate _ -> to - offset == from;
              case Movement.Window window ->
                  from >= to * window.stride()
                      && from <= to * window.stride() + (window.size() - 1) * window.dilation();
              default -> throw new IllegalArgumentException(operation.toString());
            };
        if (reads) {
          rows.add(i);
        }
      }
    }
    return rows;
  }

  @Test
  void aHaloOfOneRowIsAllThatAShiftMoves() {
    Mesh mesh = Mesh.parse("x=4 y=2").withDevices(5, 2, 7, 0, 1, 4, 6, 3);
    Program program =
        Program.parse(
            """
            program shifted {
              input x: f32[n=1024 m=16]
              result = shift(x) {label="n", by=1, fill=0.0}
              output result
            }
            """);
    Layout layout = Layout.parse(mesh, "n@x m@y");
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program, mesh, Map.of("x", layout, "result", layout), PlanOptions.defaults());
    plan.certify();
    assertEquals(8, plan.plan().elementsReceived());
    assertEquals(1, plan.plan().steps().size());
    assertTrue(plan.explain().contains("shift with a halo of it over x"), plan::explain);
    assertTrue(
        plan.plan().toJson(PlanOptions.defaults()).contains("\"axes\":[\"x\"],\"exchanged\":[0]"));
    try (Collectives collectives = Collectives.open(mesh)) {
      BackendCheck.equalsReference(
          new Planned(MeshBackend.of(collectives), plan),
          new ProgramCase(program, List.of(Tensor.zeros(DType.F32, 1024, 16))));
    }
  }
}
