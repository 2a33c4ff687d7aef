package io.github.shardsum.internal.certify;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is in flight is awaited once, under its own name, and nobody touches it before. */
final class InFlightRuleTest {
  private static final Mesh MESH = Mesh.parse("x=2 y=2");
  private static final Action GATHER = new Action.AllGather("m", List.of("x"));
  private static final Action START = new Action.Start(GATHER);
  private static final Action AWAIT = new Action.Await();

  /** A plan on one input, step after step. */
  private static final class Steps {
    private final List<PlannedValue> inputs = new ArrayList<>();
    private final List<PlanStep> steps = new ArrayList<>();

    Steps() {
      inputs.add(value("a", DType.F32, "m@x", 8));
    }

    Steps then(Action action, int operand) {
      return then(action, operand, value("a", DType.F32, "m", 8));
    }

    Steps then(Action action, int operand, PlannedValue result) {
      steps.add(new PlanStep(action, List.of(operand), result, Origin.of("by hand")));
      return this;
    }

    private void follow(int output) {
      SpmdPlan plan = new SpmdPlan(MESH, inputs, steps, List.of(output), SumOrder.FASTEST);
      InFlightRule flights = new InFlightRule(plan);
      for (int i = 0; i < steps.size(); i++) {
        flights.follow(steps.get(i), i + 1);
      }
      flights.end();
    }

    void isAccepted(int output) {
      assertDoesNotThrow(() -> follow(output));
    }

    void isRefused(int output, String why) {
      String said = assertThrows(PlanRefusedException.class, () -> follow(output)).getMessage();
      assertTrue(said.contains(why), said);
    }
  }

  private static PlannedValue value(String name, DType dtype, String layout, long... shape) {
    return new PlannedValue(name, dtype, Shape.of(shape), Layout.parse(MESH, layout));
  }

  @Test
  void aStartAndItsAwait() {
    new Steps().then(START, 0).then(AWAIT, 1).isAccepted(2);
    new Steps().then(START, 0).then(GATHER, 0).then(AWAIT, 1).isAccepted(3);
    new Steps().then(START, 0).then(START, 0).then(AWAIT, 2).then(AWAIT, 1).isAccepted(4);
  }

  @Test
  void whatIsInFlightIsNotRead() {
    new Steps().then(START, 0).then(GATHER, 1).then(AWAIT, 1).isRefused(3, "is in flight");
    new Steps().then(START, 0).then(START, 1).then(AWAIT, 1).isRefused(3, "is in flight");
    new Steps()
        .then(START, 0)
        .then(AWAIT, 1)
        .then(GATHER, 1)
        .isRefused(3, "the result of the await of %1");
  }

  @Test
  void anAwaitIsOfAStart() {
    new Steps().then(AWAIT, 0).isRefused(1, "must await a value in flight, got %0");
    new Steps().then(START, 0).then(AWAIT, 1).then(AWAIT, 1).isRefused(3, "in flight, got %1");
    new Steps().then(START, 0).then(AWAIT, 1).then(AWAIT, 2).isRefused(3, "in flight, got %2");
  }

  @Test
  void everyStartIsAwaited() {
    new Steps().then(START, 0).isRefused(0, "got in flight [1]");
    new Steps().then(START, 0).isRefused(1, "got in flight [1]");
    new Steps().then(START, 0).then(AWAIT, 1).isRefused(1, "outputs must be awaited, got %1");
  }

  @Test
  void twoAreInFlightAtMost() {
    new Steps()
        .then(START, 0)
        .then(START, 0)
        .then(START, 0)
        .isRefused(0, "at most 2 must be in flight, got [1, 2, 3]");
    new Steps()
        .then(START, 0)
        .then(START, 0)
        .then(AWAIT, 1)
        .then(START, 0)
        .then(AWAIT, 2)
        .then(AWAIT, 4)
        .isAccepted(6);
  }

  @Test
  void aCollectiveOfABlockIsStarted() {
    List<String> x = List.of("x");
    for (Action moves :
        List.of(
            new Action.AllReduce(x),
            new Action.ReduceScatter("m", x),
            new Action.AllGather("m", x))) {
      new Steps().then(new Action.Start(moves), 0).then(AWAIT, 1).isAccepted(2);
    }
    for (Action stays :
        List.of(new Action.Slice("m", x), AWAIT, START, new Action.AllReduce(List.of()))) {
      new Steps()
          .then(new Action.Start(stays), 0)
          .then(AWAIT, 1)
          .isRefused(2, "must start a collective of one block");
    }
  }

  @Test
  void anAwaitGivesWhatWasStarted() {
    for (PlannedValue other :
        List.of(
            value("b", DType.F32, "m", 8),
            value("a", DType.F32, "m@y", 8),
            value("a", DType.F32, "m", 9),
            value("a", DType.F64, "m", 8),
            value("a", DType.I32, "m", 8))) {
      new Steps().then(START, 0).then(AWAIT, 1, other).isRefused(2, "must give the started value");
    }
    // A complete sum of bf16 travels as f32 and is rounded at the end, and nothing else is.
    new Steps().then(START, 0).then(AWAIT, 1, value("a", DType.BF16, "m", 8)).isAccepted(2);
    PlannedValue wide = value("a", DType.F64, "m", 8);
    new Steps()
        .then(START, 0, wide)
        .then(AWAIT, 1, value("a", DType.BF16, "m", 8))
        .isRefused(2, "must give the started value");
  }

  /** Devices are in a loop together, so that they would start in different orders. */
  @Test
  void nothingIsInFlightAtALoop() {
    Program program =
        Program.parse(
            """
            program loop {
              input a: f32[m=8]
              r = scan(a) {count=2, label="t", carried=1, sequences=0, body=program round {
                input v: f32[m=8]
                w = relu(v)
                output w
              }}
              output r
            }
            """);
    Statement scan = program.statements().getFirst();
    Statement relu = ((Nested.Scan) scan.operation()).body().statements().getFirst();
    PlannedValue in = value("v", DType.F32, "m", 8);
    SpmdPlan body =
        new SpmdPlan(
            MESH,
            List.of(in),
            List.of(
                new PlanStep(
                    new Action.Apply(relu),
                    List.of(0),
                    value("w", DType.F32, "m", 8),
                    Origin.of("by hand"))),
            List.of(1),
            SumOrder.FASTEST);
    Action loop = new Action.Loop(scan, body);
    new Steps().then(START, 0).then(AWAIT, 1).then(loop, 2).isAccepted(3);
    new Steps()
        .then(GATHER, 0)
        .then(START, 0)
        .then(loop, 1)
        .then(AWAIT, 2)
        .isRefused(4, "nothing must be in flight, got [2]");
  }

  /** Parts of a composite communicate themselves, as a loop's body may. */
  @Test
  void nothingIsInFlightAtTheParts() {
    Program program =
        Program.parse(
            """
            program parts {
              input a: f32[m=8]
              r = composite(a) {name=test.relu, splittable=["m"], decomposition=program meaning {
                input v: f32[m=8]
                w = relu(v)
                output w
              }}
              output r
            }
            """);
    Action parts =
        new Action.Partitioned(
            program.statements().getFirst(), new CompositeParts(List.of(), List.of()));
    new Steps().then(START, 0).then(AWAIT, 1).then(parts, 2).isAccepted(3);
    new Steps()
        .then(GATHER, 0)
        .then(START, 0)
        .then(parts, 1)
        .then(AWAIT, 2)
        .isRefused(4, "nothing must be in flight, got [2]");
  }
}
