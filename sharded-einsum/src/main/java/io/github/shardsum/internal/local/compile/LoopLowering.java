package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.LocalProfile;
import io.github.shardsum.internal.local.run.LocalRunContext;
import io.github.shardsum.internal.local.run.LocalStep;
import io.github.shardsum.internal.local.run.LocalView;
import io.github.shardsum.internal.local.run.LocalWorkspace;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lowers a loop: its body is a separate plan that runs on slices; carried values alternate between
 * two buffers.
 */
final class LoopLowering {
  private final StatementLowering lowering;
  private final CompositeCode.Finder composites;

  LoopLowering(StatementLowering lowering, CompositeCode.Finder composites) {
    this.lowering = lowering;
    this.composites = composites;
  }

  /**
   * A loop with the places of its values.
   *
   * @param nested number of the body's plan
   * @param state two places for each carried value
   */
  private record Rounds(
      Scan loop, int nested, LocalPlan body, int[] operands, int[][] state, int[] results) {}

  void lower(Scan loop, Statement statement) {
    LocalPlan body =
        LocalCompiler.plan(
            loop.body(), composites, java.util.Set.of(), lowering.workers(), lowering.sums());
    int nested = lowering.nest(body);
    int[] operands = loop.operands().stream().mapToInt(lowering::dense).toArray();
    int carried = loop.carried().size();
    int[][] state = new int[carried][2];
    List<Integer> reads = new ArrayList<>(StatementLowering.list(operands));
    for (int i = 0; i < carried; i++) {
      for (int side = 0; side < 2; side++) {
        ValueType type = loop.carried().get(i).type().withoutLayout();
        String name = statement.results().get(i).name() + (side == 0 ? ".even" : ".odd");
        state[i][side] =
            lowering.put(
                new Value(name, type),
                ValueMemory.Dense.of(
                    lowering.buffer(type.dtype(), type.shape()), type.dtype(), type.shape()));
        reads.add(state[i][side]);
      }
    }
    int[] results = statement.results().stream().mapToInt(lowering::define).toArray();
    Rounds rounds = new Rounds(loop, nested, body, operands, state, results);
    double flops = loop.count() * body.steps().stream().mapToDouble(LocalStep::flops).sum();
    lowering.step(
        "loop",
        loop.count() + " rounds of " + loop.body().name(),
        reads,
        StatementLowering.list(results),
        flops,
        frame -> run(frame, rounds));
  }

  private static void run(LocalRunContext frame, Rounds rounds) {
    Scan loop = rounds.loop();
    int carried = loop.carried().size();
    int sequences = carried + loop.sequences().size();
    for (int i = 0; i < carried; i++) {
      frame.tensor(rounds.state()[i][0]).assign(frame.tensor(rounds.operands()[i]));
    }
    LocalWorkspace workspace = frame.workspace().nested(rounds.nested());
    Optional<LocalProfile> profile = frame.profile().map(all -> all.nested(rounds.nested()));
    for (int round = 0; round < loop.count(); round++) {
      long index = loop.reverse() ? loop.count() - 1 - round : round;
      List<Tensor> inputs = new ArrayList<>();
      for (int i = 0; i < rounds.operands().length; i++) {
        Tensor operand = frame.tensor(rounds.operands()[i]);
        inputs.add(
            i < carried
                ? frame.tensor(rounds.state()[i][round % 2])
                : i < sequences ? slice(operand, index) : operand);
      }
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < rounds.results().length; i++) {
        outputs.add(
            i < carried
                ? frame.tensor(rounds.state()[i][1 - round % 2])
                : slice(frame.tensor(rounds.results()[i]), index));
      }
      rounds.body().run(workspace, frame.workers(), inputs, outputs, profile);
    }
    for (int i = 0; i < carried; i++) {
      int side = (int) (loop.count() % 2);
      frame.tensor(rounds.results()[i]).assign(frame.tensor(rounds.state()[i][side]));
    }
  }

  private static Tensor slice(Tensor stacked, long index) {
    return LocalView.select(index).apply(LocalView.of(stacked)).over(stacked);
  }
}
