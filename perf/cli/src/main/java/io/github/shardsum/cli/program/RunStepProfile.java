package io.github.shardsum.cli.program;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.StepTime;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The time of each step of a run. */
final class RunStepProfile {
  private static final int KERNEL = 14;

  private final List<StepTime> steps;
  private final String program;

  RunStepProfile(Executable executable) {
    this.steps = executable.profile();
    this.program = executable.program().name();
  }

  /** The total time; the time of a loop contains the steps of its body. */
  private double seconds() {
    return steps.stream()
            .filter(step -> step.program().equals(program))
            .mapToLong(StepTime::nanoseconds)
            .sum()
        / 1e9;
  }

  /** A line a step in the order of the plan. */
  String table() {
    if (steps.isEmpty()) {
      return "profile: this backend measures no steps\n";
    }
    double all = seconds();
    int width =
        Math.max(KERNEL, steps.stream().mapToInt(step -> step.kernel().length()).max().orElse(0));
    String columns = "%12s  %7s  %9s  %-" + width + "s  %s%n";
    StringBuilder table =
        new StringBuilder(
            String.format(
                Locale.ROOT, columns, "milliseconds", "share", "calls", "kernel", "what"));
    for (StepTime step : steps) {
      boolean inLoop = !step.program().equals(program);
      table.append(
          String.format(
              Locale.ROOT,
              columns,
              String.format(Locale.ROOT, "%.3f", step.nanoseconds() / 1e6),
              String.format(Locale.ROOT, "%.1f %%", all == 0 ? 0 : step.nanoseconds() / all / 1e7),
              step.calls(),
              step.kernel(),
              (inLoop ? "in " + step.program() + ": " : "")
                  + String.join(" ", step.results())
                  + "  "
                  + step.detail()));
    }
    return table.append(String.format(Locale.ROOT, "%12.3f  in all%n", all * 1e3)).toString();
  }

  /** An object a step. */
  void into(ArrayNode json) {
    for (StepTime step : steps) {
      ObjectNode each =
          json.addObject()
              .put("program", step.program())
              .put("kernel", step.kernel())
              .put("detail", step.detail())
              .put("calls", step.calls())
              .put("seconds", step.nanoseconds() / 1e9);
      ArrayNode results = each.putArray("results");
      step.results().forEach(results::add);
    }
  }
}
