package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A plan of a program by hand, on the mesh {@code x=2 y=2}, for the checker. */
final class PlanDraft {
  private static final Mesh MESH = Mesh.parse("x=2 y=2");

  private final Program program;
  private final List<PlannedValue> inputs = new ArrayList<>();
  private final List<PlanStep> steps = new ArrayList<>();
  private final List<PlannedValue> values = new ArrayList<>();

  PlanDraft(String program, String... layouts) {
    this.program = Program.parse(program);
    for (int i = 0; i < layouts.length; i++) {
      inputs.add(value(this.program.inputs().get(i), layouts[i]));
    }
    values.addAll(inputs);
  }

  private static PlannedValue value(Value value, String layout) {
    return new PlannedValue(
        value.name(), value.type().dtype(), value.type().shape(), Layout.parse(MESH, layout));
  }

  private Statement statement(String name) {
    return program.statements().stream()
        .filter(s -> s.result().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The program's statement of a value, on operands of the plan. */
  PlanDraft apply(String name, String layout, Integer... operands) {
    Statement statement = statement(name);
    return step(new Action.Apply(statement), value(statement.result(), layout), List.of(operands));
  }

  /** The last value is stored in another dtype. */
  PlanDraft stored(DType dtype) {
    PlannedValue last = values.removeLast();
    PlannedValue other = new PlannedValue(last.name(), dtype, last.shape(), last.layout());
    if (steps.isEmpty()) {
      inputs.set(inputs.size() - 1, other);
    } else {
      PlanStep step = steps.removeLast();
      steps.add(new PlanStep(step.action(), step.operands(), other, step.origin()));
    }
    values.add(other);
    return this;
  }

  /** The program's loop of one result, with a body of one statement of one operand. */
  PlanDraft loop(String name, String input, String output, String layout, int operand) {
    Statement statement = statement(name);
    Program body = ((Nested.Scan) statement.operation()).body();
    SpmdPlan round =
        new SpmdPlan(
            MESH,
            List.of(value(body.inputs().getFirst(), input)),
            List.of(
                new PlanStep(
                    new Action.Apply(body.statements().getFirst()),
                    List.of(0),
                    value(body.outputs().getFirst(), output),
                    Origin.of("by hand"))),
            List.of(1));
    return step(
        new Action.Loop(statement, round), value(statement.result(), layout), List.of(operand));
  }

  /** A collective on the last value. */
  PlanDraft then(Action action, String layout) {
    PlannedValue result = values.getLast().in(Layout.parse(MESH, layout));
    return step(action, result, List.of(values.size() - 1));
  }

  /** A collective on the last value, with a result of another shape. */
  PlanDraft thenOf(Action action, String layout, long... shape) {
    PlannedValue last = values.getLast();
    PlannedValue result =
        new PlannedValue(last.name(), last.dtype(), Shape.of(shape), Layout.parse(MESH, layout));
    return step(action, result, List.of(values.size() - 1));
  }

  private PlanDraft step(Action action, PlannedValue result, List<Integer> operands) {
    steps.add(new PlanStep(action, operands, result, Origin.of("by hand")));
    values.add(result);
    return this;
  }

  private String check() {
    return checkOutputs(1);
  }

  /** With the last value as each of the outputs. */
  private String checkOutputs(int outputs) {
    List<Integer> last = Collections.nCopies(outputs, values.size() - 1);
    return PlanChecker.check(new SpmdPlan(MESH, inputs, steps, last), program, Map.of());
  }

  void isRefusedWithOutputs(int outputs, String says) {
    String message =
        assertThrows(PlanRefusedException.class, () -> checkOutputs(outputs)).getMessage();
    assertTrue(message.contains(says), message);
  }

  void isAccepted() {
    assertTrue(assertDoesNotThrow(this::check).startsWith("certified"));
  }

  void isRefused(String says) {
    String message = assertThrows(PlanRefusedException.class, this::check).getMessage();
    assertTrue(message.contains(says), message);
  }
}
