package io.github.shardsum.cli.plan;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.RepeatedOptions;
import io.github.shardsum.cli.program.NamedPrograms;
import io.github.shardsum.cli.program.ProgramFile;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum plan}: the plan of a sharded einsum, or of many. */
@Command(
    name = "plan",
    description = {
      "%nPlan an einsum whose operands and result lie on a mesh, or an annotated"
          + " program: steps, elements that the busiest device receives, FLOPs and memory of"
          + " the largest device, and the reason for each step.",
      "%nWith --jobs, each line is an object"
          + " {\"id\":..,\"mesh\":\"x=2,y=2\",\"deviceOrder\":[..],\"sizes\":{\"m\":48,..},\"equation\":\"..\",\"run\":true}."
          + " The members deviceOrder and run are optional. One object is printed for each job,"
          + " {\"id\":..,\"error\":\"..\"} if it has no plan.%n"
    })
public final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PlanSettings settings;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "EQUATION|FILE.program",
      description =
          "The equation with its layouts, such as 'm@x k@y, n@x k@y -> m@x n@y', or the file of a"
              + " program; StableHLO text is a FILE.mlir.")
  private Optional<String> equation = Optional.empty();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "A built-in model instead of a file: ${COMPLETION-CANDIDATES}, with the paper's widths"
              + " and annotations.")
  private Optional<NamedPrograms> model = Optional.empty();

  @Option(
      names = "--annotate",
      paramLabel = "NAME=LAYOUT",
      description = "Annotate a value of the program, as in dispatched=E@x; may be given again.")
  private Map<String, String> annotations = Map.of();

  @Option(
      names = "--what-if",
      paramLabel = "NAME=LAYOUT",
      description =
          "Also plan the program with this annotation, and print which steps are added, removed,"
              + " moved or change their price; may be given again.")
  private Map<String, String> whatIf = Map.of();

  @Override
  public Integer call() throws IOException {
    RepeatedOptions.refuse(spec, "--annotate");
    RepeatedOptions.refuse(spec, "--what-if");
    long given = Stream.of(settings.jobs(), equation, model).filter(Optional::isPresent).count();
    if (given != 1) {
      throw usageError(
          spec,
          "must be one of EQUATION, FILE.program, --model and --jobs, got "
              + (given == 0 ? "none" : "several"));
    }
    boolean isProgram = model.isPresent() || equation.filter(ProgramFile::isNamed).isPresent();
    if (isProgram && settings.checks(false).run()) {
      throw usageError(
          spec,
          "--run: must be given with an einsum; a program is run by shardsum run FILE.program"
              + " --mesh AXES");
    }
    if (model.isPresent()) {
      return print(model.get().program(settings.request().mesh()));
    }
    if (settings.jobs().isPresent()) {
      return settings.runJobs(job -> new EinsumTarget(PlanJobs.text(job, "equation")));
    }
    if (!isProgram && !(annotations.isEmpty() && whatIf.isEmpty())) {
      throw usageError(
          spec, "--annotate, --what-if: must be given with a program, got an equation");
    }
    return isProgram
        ? print(ProgramFile.read(Path.of(equation.get())))
        : settings.print(new EinsumTarget(equation.get()), spec.commandLine());
  }

  private int print(Program program) throws IOException {
    Program annotated = annotated("--annotate", annotations, program);
    if (whatIf.isEmpty()) {
      return settings.print(new ProgramTarget(annotated), spec.commandLine());
    }
    Map<String, String> with = new HashMap<>(annotations);
    with.putAll(whatIf);
    return settings.printBeside(
        new ProgramTarget(annotated),
        new ProgramTarget(annotated("--what-if", with, program)),
        spec.commandLine());
  }

  private Program annotated(String option, Map<String, String> by, Program program) {
    return by.isEmpty()
        ? program
        : MeshOptions.annotated(spec, option, by, program, settings.request().mesh());
  }

  /** A program to plan. */
  private record ProgramTarget(Program program) implements PlanTarget {
    @Override
    public PlanOutcome plan(PlanRequest request, PlanChecks checks) {
      if (!request.sizes().isEmpty()) {
        throw new PlanSizesException(
            "sizes: must be none, since a program has its own, got " + request.sizes());
      }
      ProgramPlan plan =
          ProgramPlan.of(program, request.mesh(), MoePrograms.kernels(), request.options());
      Optional<String> certificate =
          checks.certify() ? Optional.of(plan.certify()) : Optional.empty();
      return new PlanOutcome(
          "program " + program.name(),
          plan.plan(),
          request.options(),
          List.of(),
          certificate,
          checks.plugin().map(plugin -> PlanXlaComparison.of(program, plan.plan(), plugin)),
          Optional.empty());
    }
  }
}
