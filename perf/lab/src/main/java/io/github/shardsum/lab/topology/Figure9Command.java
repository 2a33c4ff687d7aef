package io.github.shardsum.lab.topology;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code figure9}: the cost model against the GShard paper's figure 9. */
@Command(
    name = "figure9",
    description = "Fit the GShard paper's figure 9 and print the residual of every point.")
public final class Figure9Command implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Figure9Report.json());
    } else {
      Figure9Report.print(out);
    }
  }
}
