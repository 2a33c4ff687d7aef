package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks the values in flight at each step of a plan. Each value in flight has exactly one reader,
 * a later await in the same plan; a start belongs to a collective that moves one block. At most two
 * values are in flight together, and none at the end or while a loop, windows or the parts of a
 * composite run. So all devices issue starts in the order of the list, and nothing in flight is
 * read or written.
 */
final class InFlightRule {
  /** The number of collectives that the engine can run at the same time, by its contract. */
  private static final int MOST = 2;

  private final SpmdPlan plan;
  private final Set<Integer> flying = new LinkedHashSet<>();
  private final Set<Integer> landed = new HashSet<>();

  InFlightRule(SpmdPlan plan) {
    this.plan = plan;
  }

  /** Follows one step. */
  void follow(PlanStep step, int result) {
    if (step.action() instanceof Action.Await) {
      land(step);
    } else {
      for (int operand : step.operands()) {
        require(!flying.contains(operand), "must not read %%%s, which is in flight", operand);
        require(!landed.contains(operand), "must read the result of the await of %%%s", operand);
      }
    }
    switch (step.action()) {
      case Action.Start(Action collective) -> {
        boolean may = step.operands().size() == 1 && step.results().size() == 1;
        require(
            may && moves(collective), "must start a collective of one block, got %s", collective);
        flying.add(result);
        require(flying.size() <= MOST, "at most %s must be in flight, got %s", MOST, flying);
      }
      case Action.Loop _, Action.Windows _, Action.Partitioned _ ->
          require(flying.isEmpty(), "nothing must be in flight, got %s", flying);
      default -> {}
    }
  }

  private static boolean moves(Action collective) {
    return switch (collective) {
      case Action.AllGather _, Action.AllToAll _, Action.ReduceScatter _ -> true;
      case Action.CollectivePermute _ -> true;
      case Action.AllReduce(List<String> axes, ReduceKind _) -> !axes.isEmpty();
      default -> false;
    };
  }

  /** An await gives the value in flight, under the same name; a complete sum of bf16 is rounded. */
  private void land(PlanStep step) {
    boolean single = step.operands().size() == 1 && step.results().size() == 1;
    int flight = step.operands().getFirst();
    require(single && flying.remove(flight), "must await a value in flight, got %%%s", flight);
    landed.add(flight);
    PlannedValue began = plan.value(flight);
    PlannedValue ends = step.result();
    boolean rounds = began.dtype() == DType.F32 && ends.dtype() == DType.BF16;
    boolean isSame =
        began.name().equals(ends.name())
            && began.shape().equals(ends.shape())
            && began.layout().equals(ends.layout())
            && (began.dtype() == ends.dtype() || rounds);
    require(isSame, "must give the started value, %s, got %s", began, ends);
  }

  /** Checks that nothing is in flight at the end, and that no output is a value in flight. */
  void end() {
    require(flying.isEmpty(), "plan: everything started must be awaited, got in flight %s", flying);
    for (int output : plan.outputs()) {
      require(!landed.contains(output), "plan: outputs must be awaited, got %%%s", output);
    }
  }
}
