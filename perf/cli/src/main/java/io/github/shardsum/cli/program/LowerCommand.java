package io.github.shardsum.cli.program;

import io.github.shardsum.cli.common.MeshOptions;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum lower}: a program as StableHLO. */
@Command(
    name = "lower",
    description = {
      "%nPrint a program as StableHLO text. This needs no plugin, and every plugin runs the text,"
          + " for example by shardsum tpu run.",
      "%nWith --mesh the text has the layouts of the program, by which XLA partitions it.%n"
    })
public final class LowerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "FILE.program",
      description = "The file of the program, or - for standard input.")
  private Path file = Path.of("");

  @Mixin private MeshOptions meshes = new MeshOptions();

  @Option(
      names = "--form",
      paramLabel = "FORM",
      description =
          "How layouts are written: shardy, or gspmd for plugins below PJRT API 0.70 (default:"
              + " ${DEFAULT-VALUE}).")
  private ShardingForm form = ShardingForm.SHARDY;

  @Option(
      names = "--full-precision",
      description =
          "Request full precision for products of f32, which a TPU otherwise rounds to bf16.")
  private boolean fullPrecision;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.mlir",
      description = "Write the text to this file; without -o the text is printed.")
  private Optional<Path> out = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Optional<Mesh> mesh = meshes.mesh();
    Program program = meshes.annotated(ProgramFile.read(file));
    LoweringOptions options = LoweringOptions.defaults().withForm(form);
    if (mesh.isPresent()) {
      options = options.withMesh(mesh.get());
    }
    if (fullPrecision) {
      options = options.withFullPrecision();
    }
    String text = StableHlo.of(program, options).text();
    if (out.isPresent()) {
      TextFiles.write(out.get(), text);
    } else {
      PrintWriter output = spec.commandLine().getOut();
      output.print(text);
      output.flush();
    }
    return 0;
  }
}
