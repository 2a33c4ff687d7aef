package io.github.shardsum.cli.program;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.PlannedStep;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.program.Value;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the steps of an executable as JSON. */
final class ExplainJson {
  private ExplainJson() {}

  /**
   * {@code {"program":..,"inputs":[{"name":..,"type":..}],"outputs":[..],"peakBytes":..,"flops":..,
   * "steps":[..]}}, one object for each step with the members of {@link PlannedStep}.
   */
  static String of(Executable executable) {
    ObjectNode answer = JsonAnswer.object().put("program", executable.program().name());
    values(answer.putArray("inputs"), executable.program().inputs());
    values(answer.putArray("outputs"), executable.program().outputs());
    answer.put("peakBytes", executable.peakBytes());
    String program = executable.program().name();
    // The FLOPs of a loop contain those of its body's steps.
    answer.put(
        "flops",
        executable.steps().stream()
            .filter(step -> step.program().equals(program))
            .mapToDouble(PlannedStep::flops)
            .sum());
    ArrayNode steps = answer.putArray("steps");
    for (PlannedStep step : executable.steps()) {
      ObjectNode node =
          steps
              .addObject()
              .put("program", step.program())
              .put("kernel", step.kernel())
              .put("detail", step.detail())
              .put("flops", step.flops())
              .put("bytes", step.bytes())
              .put("liveBytes", step.liveBytes());
      ArrayNode results = node.putArray("results");
      step.results().forEach(results::add);
    }
    return JsonAnswer.text(answer);
  }

  private static void values(ArrayNode list, List<Value> values) {
    for (Value value : values) {
      list.addObject().put("name", value.name()).put("type", value.type().toString());
    }
  }
}
