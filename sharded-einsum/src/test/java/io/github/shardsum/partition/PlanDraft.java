package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
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

  /** The program's statement of a value, on operands of the plan. */
  PlanDraft apply(String name, String layout, Integer... operands) {
    Statement statement =
        program.statements().stream()
            .filter(s -> s.result().name().equals(name))
            .findFirst()
            .orElseThrow();
    return step(new Action.Apply(statement), value(statement.result(), layout), List.of(operands));
  }

  /** A collective on the last value. */
  PlanDraft then(Action action, String layout) {
    PlannedValue result = values.getLast().in(Layout.parse(MESH, layout));
    return step(action, result, List.of(values.size() - 1));
  }

  private PlanDraft step(Action action, PlannedValue result, List<Integer> operands) {
    steps.add(new PlanStep(action, operands, result, Origin.of("by hand")));
    values.add(result);
    return this;
  }

  private String check() {
    return PlanChecker.check(
        new SpmdPlan(MESH, inputs, steps, List.of(values.size() - 1)), program, Map.of());
  }

  void isAccepted() {
    assertTrue(assertDoesNotThrow(this::check).startsWith("certified"));
  }

  void isRefused(String says) {
    String message = assertThrows(PlanRefusedException.class, this::check).getMessage();
    assertTrue(message.contains(says), message);
  }
}
