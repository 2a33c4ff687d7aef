package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.common.OutputFile;
import io.github.shardsum.cli.common.TextFiles;
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

/** {@code scale}: plans and predictions of the paper's layer over devices. */
@Command(
    name = "scale",
    description = "Draw plans, certificates and utilisation at 2,048 to 99,840 devices.")
public final class ScaleFigureCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.svg", description = "The file of the picture.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    OutputFile.checkText("FILE.svg", file);
    List<ScaleFigure.Row> rows = ScaleFigure.rows(ScaleFigure.DEVICES);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(ScaleFigure.json(rows));
    } else {
      ScaleFigure.print(rows, out);
    }
    TextFiles.write(file, ScaleFigure.svg(rows));
    return 0;
  }
}
