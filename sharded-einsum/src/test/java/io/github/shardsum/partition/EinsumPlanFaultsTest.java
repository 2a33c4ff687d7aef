package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Plans of einsums by hand, with faults that random mutants of the planner's plans never have. */
final class EinsumPlanFaultsTest {
  private static final Mesh MESH = Mesh.parse("x=2 y=2");

  private final List<PlannedValue> inputs = new ArrayList<>();
  private final List<PlanStep> steps = new ArrayList<>();

  private static PlannedValue value(String layout, long... sizes) {
    return new PlannedValue("v", DType.F32, Shape.of(sizes), Layout.parse(MESH, layout));
  }

  private void input(String layout, long... sizes) {
    inputs.add(value(layout, sizes));
  }

  private void step(Action action, List<Integer> operands, String layout, long... sizes) {
    steps.add(new PlanStep(action, operands, value(layout, sizes), Origin.of("by hand")));
  }

  private void contract(String equation, List<Integer> operands, String layout, long... sizes) {
    Equation parsed = Equation.parse(equation);
    SpmdPlan before = new SpmdPlan(MESH, inputs, steps, List.of());
    List<Value> read = operands.stream().map(x -> of(before.value(x))).toList();
    Value made = of(value(layout, sizes));
    Map<String, Long> free = new HashMap<>();
    for (Axis axis : parsed.output().axes()) {
      if (parsed.operands().stream().noneMatch(term -> term.axes().contains(axis))) {
        free.put(axis.label(), made.type().size(axis.label()));
      }
    }
    Contraction.Einsum einsum = new Contraction.Einsum(parsed, read, DType.F32, free);
    step(new Action.Apply(new Statement(List.of(made), einsum)), operands, layout, sizes);
  }

  private static Value of(PlannedValue value) {
    Term labels = value.layout().term().withoutLayout();
    return new Value(value.name(), new ValueType(DType.F32, labels, value.shape()));
  }

  private String check(String equation) {
    int last = inputs.size() + steps.size() - 1;
    return new SpmdPlan(MESH, inputs, steps, List.of(last))
        .certify(Equation.parse(equation), DType.F32);
  }

  private void refuses(String equation, String says) {
    String message = assertThrows(IllegalStateException.class, () -> check(equation)).getMessage();
    assertTrue(message.contains(says), message);
  }

  /** A label that is made, and then summed over, counts every index once more. */
  @Test
  void aSumOverALabelThatWasMade() {
    input("m", 6);
    contract("m -> m z", List.of(0), "m z", 6, 4);
    contract("m z -> m", List.of(1), "m", 6);
    refuses("m -> m", "output 0");
  }

  /** A label that was summed over, and is then made again, is the sum at every index. */
  @Test
  void aLabelThatIsMadeAfterItsSum() {
    input("m k", 6, 8);
    contract("m k -> m", List.of(0), "m", 6);
    contract("m -> m k", List.of(1), "m k", 6, 8);
    refuses("m k -> m k", "output 0");
  }

  /** A label is summed over before the other operand that has it is there. */
  @Test
  void aSumBeforeAllAreMultiplied() {
    input("m k", 6, 8);
    input("k n", 8, 5);
    contract("m k -> m", List.of(0), "m", 6);
    contract("k n -> n", List.of(1), "n", 5);
    contract("m, n -> m n", List.of(2, 3), "m n", 6, 5);
    refuses("m k, k n -> m n", "output 0");
  }

  /** An operand that stands for its diagonal, but whose rows were added up. */
  @Test
  void aDiagonalThatIsNotTaken() {
    input("i@x i_2", 4, 4);
    contract("i j -> i", List.of(0), "i@x", 4);
    refuses("i@x i -> i@x", "output 0");
    steps.clear();
    contract("i i -> i", List.of(0), "i@x", 4);
    assertTrue(check("i@x i -> i@x").startsWith("certified"));
  }

  /** The one index of a dimension is on every device, or on one. */
  @Test
  void aSingleIndexThatOneOperandHasCut() {
    input("d@x", 1);
    input("d", 1);
    contract("d, d -> d", List.of(0, 1), "d@x", 1);
    refuses("d@x, d -> d@x", "d must be the same in all operands");
  }

  /** Blocks that change places keep their sizes. */
  @Test
  void aPermuteToAnotherShape() {
    input("m@x", 8);
    step(new Action.CollectivePermute(List.of("x", "y")), List.of(0), "m@y", 6);
    refuses("m@x -> m@y", "do not have");
  }

  /** An axis that is named twice is no group. */
  @Test
  void aGroupThatNamesAnAxisTwice() {
    input("m | x", 8);
    step(new Action.AllReduce(List.of("x", "x")), List.of(0), "m", 8);
    refuses("m | x -> m", "axes must be named once");
  }

  /** Names in plans must exist. */
  @Test
  void namesThatAreNotThere() {
    input("m@x", 8);
    step(new Action.AllGather("n", List.of("x")), List.of(0), "m", 8);
    refuses("m@x -> m", "step 0 (all-gather)");
    steps.clear();
    step(new Action.AllGather("m", List.of("z")), List.of(0), "m", 8);
    refuses("m@x -> m", "step 0 (all-gather)");
  }
}
