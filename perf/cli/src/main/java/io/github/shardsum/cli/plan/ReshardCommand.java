package io.github.shardsum.cli.plan;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum reshard}: the plan of a change of layout, or of many. */
@Command(
    name = "reshard",
    description = {
      "%nPlan the cheapest way from one layout of a value to another.",
      "%nWith --jobs, each line is an object"
          + " {\"id\":..,\"mesh\":\"x=2,y=2\",\"deviceOrder\":[..],\"sizes\":{\"a\":8,..},\"from\":\"..\",\"to\":\"..\",\"run\":true}."
          + " The members deviceOrder and run are optional. One object is printed for each job,"
          + " {\"id\":..,\"error\":\"..\"} if it has no plan.%n"
    })
public final class ReshardCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PlanSettings settings;

  @Parameters(
      arity = "0..2",
      paramLabel = "LAYOUT",
      description = "The layout before and the layout after, such as 'a@x b' 'a b@x'.")
  private List<String> layouts = List.of();

  @Option(
      names = "--picture",
      paramLabel = "FILE.svg",
      description = "Also write a picture of both layouts.")
  private Optional<Path> picture = Optional.empty();

  @Override
  public Integer call() throws IOException {
    if (settings.isReproducible()) {
      throw usageError(
          spec,
          "--reproducible: must be given with an equation or a program, got a reshard; leave it"
              + " out");
    }
    boolean jobs = settings.jobs().isPresent();
    if (jobs ? !layouts.isEmpty() || picture.isPresent() : layouts.size() != 2) {
      throw usageError(spec, "reshard: must have two layouts, or --jobs without a picture");
    }
    if (jobs) {
      return settings.runJobs(
          job -> new ReshardTarget(PlanJobs.text(job, "from"), PlanJobs.text(job, "to")));
    }
    ReshardTarget target = new ReshardTarget(layouts.getFirst(), layouts.getLast());
    if (picture.isPresent()) {
      OutputFile.checkText("--picture", picture.get());
      String drawn = settings.ofSizes(() -> target.picture(settings.request()));
      TextFiles.write(picture.get(), drawn);
    }
    return settings.print(target, spec.commandLine());
  }
}
