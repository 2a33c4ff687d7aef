package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.PlannedPrediction;
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

/** {@code holdout}: predictions against a table of measured steps. */
@Command(
    name = "holdout",
    description = "Compare predictions with a table of measured steps, and print their errors.")
public final class HoldoutCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE.tsv", description = "The table, a row for each step.")
  private Path table = Path.of("");

  @Option(
      names = "--device",
      paramLabel = "FILE.json",
      description = "A file that describes a kind of device.")
  private Optional<Path> device = Optional.empty();

  @Option(
      names = "--plans",
      description = "Predict by a plan where a row can be planned; takes seconds a row.")
  private boolean plans;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    ClosedForms formulas = new ClosedForms();
    StepModel scorer =
        plans
            ? (job, share) -> PlannedPrediction.of(job, share, true).prediction()
            : formulas::predict;
    Holdout scored =
        Holdout.of(
            MeasurementTable.read(table), formulas::predict, scorer, DeviceFamily.known(device));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(HoldoutReport.json(scored));
    } else {
      HoldoutReport.print(scored, out);
    }
    return 0;
  }
}
