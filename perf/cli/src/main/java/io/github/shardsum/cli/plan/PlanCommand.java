package io.github.shardsum.cli.plan;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum plan}: the plan of a sharded einsum, or of many. */
@Command(
    name = "plan",
    description = {
      "%nPlan an einsum whose operands and result lie on a mesh: steps, what the busiest device"
          + " receives, FLOPs and memory of the largest, and why each step is there.",
      "%nOf --jobs, each line is an object {\"id\":..,\"mesh\":\"x=2,y=2\",\"deviceOrder\":[..],"
          + "\"sizes\":{\"m\":48,..},\"equation\":\"..\",\"run\":true}, deviceOrder and run"
          + " optional; for each one object is printed, {\"id\":..,\"error\":\"..\"} for one that"
          + " has no plan.%n"
    })
public final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PlanSettings settings;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "EQUATION",
      description = "The equation with its layouts, as 'm@x k@y, n@x k@y -> m@x n@y'.")
  private Optional<String> equation = Optional.empty();

  @Override
  public Integer call() throws IOException {
    if (settings.jobs().isPresent() == equation.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "plan: expected an equation or --jobs, got both or none");
    }
    if (settings.jobs().isPresent()) {
      new PlanJobs(
              settings,
              job -> new EinsumTarget(PlanJobs.text(job, "equation")),
              spec.commandLine().getOut())
          .run(settings.jobs().get());
      return 0;
    }
    return settings.print(new EinsumTarget(equation.get()), spec.commandLine().getOut());
  }
}
