package io.github.shardsum.cli.program;

import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
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

  @Parameters(index = "0", paramLabel = "FILE.program", description = "The program's text.")
  private Path file = Path.of("");

  @Option(
      names = "--of",
      split = ",",
      paramLabel = "NAME",
      description = "Outputs to differentiate (default: all of a floating dtype).")
  private List<String> outputs = List.of();

  @Option(
      names = "--by",
      split = ",",
      paramLabel = "NAME",
      description = "Inputs to differentiate by (default: all of a floating dtype).")
  private List<String> inputs = List.of();

  @Option(names = "--values", description = "Give the outputs too, before the gradients.")
  private boolean values;

  @Override
  public Integer call() throws IOException {
    Program program = ProgramFile.read(file);
    List<String> of = ProgramFile.namesOr(outputs, program.outputs());
    List<String> by = ProgramFile.namesOr(inputs, program.inputs());
    PrintWriter out = spec.commandLine().getOut();
    out.print(
        values ? Gradients.valueAndGradient(program, of, by) : Gradients.gradient(program, of, by));
    out.flush();
    return 0;
  }
}
