package io.github.shardsum.cli.corpus;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code shardsum corpus}: pairs of sentences from the translations of programs. */
@Command(
    name = "corpus",
    description = "Gather pairs of English and other languages from files of translations.",
    synopsisSubcommandLabel = "make|report",
    subcommands = {CorpusMake.class, CorpusShow.class})
public final class CorpusCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public CorpusCommand() {}

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "corpus: must be one of make, report, got none");
  }
}
