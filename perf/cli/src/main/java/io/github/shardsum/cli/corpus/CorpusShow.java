package io.github.shardsum.cli.corpus;

import io.github.shardsum.cli.corpus.data.CorpusManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum corpus report}: the counts of a corpus. */
@Command(
    name = "report",
    description = "Print the languages and sources of a corpus, and what was dropped and why.")
final class CorpusShow implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The folder of the corpus.")
  private Path folder = Path.of("");

  @Option(names = "--json", description = "Print the manifest instead of tables.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    CorpusReport.print(CorpusManifest.read(folder), json, spec.commandLine().getOut());
    return 0;
  }
}
