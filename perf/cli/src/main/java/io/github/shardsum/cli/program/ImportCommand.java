package io.github.shardsum.cli.program;

import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.stablehlo.ImportedProgram;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum import}: StableHLO as a program. */
@Command(
    name = "import",
    description = {
      "%nPrint StableHLO text as a program, such as the text of a JAX function:"
          + " jax.jit(f).lower(x).as_text().",
      "%nEvery command that takes a program also takes such a text. The mesh that the text names is"
          + " written to standard error.%n"
    })
public final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FILE.mlir",
      description = "The file of the text, or - for standard input.")
  private Path file = Path.of("");

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.program",
      description = "Write the program to this file; without -o it is printed.")
  private Optional<Path> out = Optional.empty();

  @Override
  public Integer call() throws IOException {
    ImportedProgram imported = ProgramFile.imported(file);
    String text = imported.program() + System.lineSeparator();
    if (out.isPresent()) {
      TextFiles.write(out.get(), text);
    } else {
      PrintWriter output = spec.commandLine().getOut();
      output.print(text);
      output.flush();
    }
    imported.mesh().ifPresent(this::say);
    return 0;
  }

  private void say(Mesh mesh) {
    PrintWriter errors = spec.commandLine().getErr();
    errors.println("mesh: " + mesh.notation());
    errors.flush();
  }
}
