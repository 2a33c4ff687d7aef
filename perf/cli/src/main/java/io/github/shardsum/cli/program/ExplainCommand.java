package io.github.shardsum.cli.program;

import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.PlannedStep;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.OptionValue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code shardsum explain}: the steps of a program on this machine. */
@Command(
    name = "explain",
    description = {
      "%nPrint what will run: each step with its kernel, shapes, FLOPs and bytes, and the memory"
          + " in use at that step. Nothing is run.%n"
    })
public final class ExplainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.program", description = "The file of the program.")
  private Path file = Path.of("");

  @Option(
      names = "--rematerialize",
      split = ",",
      paramLabel = "NAME",
      description =
          "Values to compute again before their late uses, instead of keeping them in memory.")
  private List<String> rematerialized = List.of();

  @Option(names = "--json", description = "Print the steps as JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Program program = ProgramFile.read(file);
    PrintWriter out = spec.commandLine().getOut();
    try (Workers workers = Workers.sequential();
        Executable executable = compiled(program, workers)) {
      if (json) {
        out.println(ExplainJson.of(executable));
      } else {
        program.inputs().forEach(input -> out.println("input  " + input));
        program.outputs().forEach(output -> out.println("output " + output));
        out.print(executable.explain());
      }
    }
    out.flush();
    return 0;
  }

  private Executable compiled(Program program, Workers workers) {
    // The pass refuses values that cannot be computed again; other failures are the program's
    // fault.
    Set<String> names = Set.copyOf(rematerialized);
    Program _ = OptionValue.of(spec, "--rematerialize", () -> Passes.rematerialize(program, names));
    return LocalBackend.of(workers, MoePrograms.kernels())
        .compile(program, CompileOptions.defaults().rematerialize(names.toArray(String[]::new)));
  }

  /** Writes the steps of an executable as JSON. */
  private static final class ExplainJson {
    private ExplainJson() {}

    /**
     * {@code
     * {"program":..,"inputs":[{"name":..,"type":..}],"outputs":[..],"peakBytes":..,"flops":..,
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
      answer.set("steps", JsonAnswer.tree(executable.steps()));
      return JsonAnswer.text(answer);
    }

    private static void values(ArrayNode list, List<Value> values) {
      for (Value value : values) {
        list.addObject().put("name", value.name()).put("type", value.type().toString());
      }
    }
  }
}
