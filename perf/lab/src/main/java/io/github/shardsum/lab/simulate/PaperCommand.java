package io.github.shardsum.lab.simulate;

import io.github.shardsum.cli.simulate.ClosedForms;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code paper}: the GShard paper's figures and ours. */
@Command(name = "paper", description = "Print the GShard paper's figures next to ours.")
public final class PaperCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    PaperReport.print(new ClosedForms()::predict, spec.commandLine().getOut());
  }
}
