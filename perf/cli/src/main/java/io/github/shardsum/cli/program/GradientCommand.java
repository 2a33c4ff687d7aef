package io.github.shardsum.cli.program;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.program.Gradients;
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

/** {@code shardsum gradient}: the gradient of a program, which is a program. */
@Command(
    name = "gradient",
    description = {
      "%nPrint the gradient of a program as a program.",
      "%nFor a scalar output it is the gradient of the output; every other output adds"
          + " an input cotangent.NAME. Each input to differentiate by gives an output"
          + " gradient.NAME.%n"
    })
public final class GradientCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE.program", description = "The file of the program.")
  private Path file = Path.of("");

  @Option(
      names = "--of",
      split = ",",
      paramLabel = "NAME",
      description = "Outputs to differentiate (default: all with a floating dtype).")
  private List<String> outputs = List.of();

  @Option(
      names = "--by",
      split = ",",
      paramLabel = "NAME",
      description = "Inputs to differentiate by (default: all with a floating dtype).")
  private List<String> inputs = List.of();

  @Option(
      names = "--values",
      description = "The new program also returns the outputs, before the gradients.")
  private boolean values;

  @Override
  public Integer call() throws IOException {
    Program program = ProgramFile.read(file);
    List<String> of = names("--of", outputs, program.outputs());
    List<String> by = names("--by", inputs, program.inputs());
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        values ? Gradients.valueAndGradient(program, of, by) : Gradients.gradient(program, of, by));
    out.flush();
    return 0;
  }

  /** The given names, or the names of all floating values. */
  private List<String> names(String option, List<String> given, List<Value> values) {
    if (given.isEmpty()) {
      return values.stream()
          .filter(value -> value.type().dtype().isFloating())
          .map(Value::name)
          .toList();
    }
    List<String> known = values.stream().map(Value::name).toList();
    if (!known.containsAll(given) || Set.copyOf(given).size() < given.size()) {
      throw usageError(spec, option + ": must be different names of " + known + ", got " + given);
    }
    values.stream()
        .filter(value -> given.contains(value.name()) && !value.type().dtype().isFloating())
        .findFirst()
        .ifPresent(
            value -> {
              throw usageError(spec, option + ": must be of a floating dtype, got " + value);
            });
    return given;
  }
}
