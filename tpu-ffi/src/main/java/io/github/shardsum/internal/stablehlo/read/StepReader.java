package io.github.shardsum.internal.stablehlo.read;

import java.util.List;
import java.util.Set;

/** Adds the steps of a body to a program. */
final class StepReader {
  private StepReader() {}

  /** Reads the steps of which a result is needed. */
  static void readAll(ProgramScope scope, List<SsaStep> steps, Set<SsaValue> needed) {
    for (SsaStep step : steps) {
      boolean wanted =
          step.results().stream().anyMatch(each -> needed.contains(each) && !scope.knows(each));
      if (wanted) {
        read(scope, step);
      }
    }
  }

  private static void read(ProgramScope scope, SsaStep step) {
    try {
      if (!PointwiseReader.read(scope, step)) {
        readOther(scope, step);
      }
    } catch (IllegalArgumentException bad) {
      String message = String.valueOf(bad.getMessage());
      // An error in a loop names its own line already.
      throw message.startsWith("line ") ? bad : step.operation().error(message);
    }
  }

  private static void readOther(ProgramScope scope, SsaStep step) {
    switch (step.name()) {
      case "stablehlo.constant" -> SourceReader.constant(scope, step);
      case "stablehlo.iota" -> SourceReader.iota(scope, step);
      case "stablehlo.convert" -> PointwiseReader.convert(scope, step);
      case "stablehlo.broadcast_in_dim" -> MovementReader.broadcast(scope, step);
      case "stablehlo.transpose" -> MovementReader.transpose(scope, step);
      case "stablehlo.reshape" -> MovementReader.reshape(scope, step);
      case "stablehlo.slice" -> MovementReader.slice(scope, step);
      case "stablehlo.pad" -> MovementReader.pad(scope, step);
      case "stablehlo.concatenate" -> MovementReader.concatenate(scope, step);
      case "stablehlo.reverse" -> MovementReader.reverse(scope, step);
      case "stablehlo.dot_general" -> ContractionReader.product(scope, step);
      case "stablehlo.reduce" -> ContractionReader.reduce(scope, step);
      case "stablehlo.reduce_window" -> ContractionReader.reduceWindow(scope, step);
      case "stablehlo.gather" -> IndexReader.gather(scope, step);
      case "stablehlo.scatter" -> IndexReader.scatter(scope, step);
      case "stablehlo.dynamic_slice" -> IndexReader.dynamicSlice(scope, step);
      case "stablehlo.dynamic_update_slice" -> IndexReader.dynamicUpdate(scope, step);
      case "stablehlo.sort" -> SelectionReader.sort(scope, step);
      case "chlo.top_k" -> SelectionReader.topK(scope, step);
      case "stablehlo.while" -> LoopReader.read(scope, step);
      case "stablehlo.case", "stablehlo.if" -> BranchReader.read(scope, step);
      case "sdy.sharding_constraint" -> ShardingReader.constraint(scope, step);
      case "stablehlo.optimization_barrier" -> {
        for (int i = 0; i < step.results().size(); i++) {
          scope.put(step.results().get(i), scope.view(step.operand(i)));
        }
      }
      case "stablehlo.custom_call" ->
          throw step.operation()
              .error("must not be a custom call, got " + step.operation().word("callee"));
      default -> throw step.operation().error("this operation is not read");
    }
  }
}
