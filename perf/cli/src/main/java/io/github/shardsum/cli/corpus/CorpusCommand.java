package io.github.shardsum.cli.corpus;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.cli.common.ProgressOption;
import io.github.shardsum.cli.corpus.data.CorpusManifest;
import io.github.shardsum.cli.corpus.make.CorpusMaker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum corpus}: pairs of sentences from the translations of programs. */
@Command(
    name = "corpus",
    description = "Gather pairs of English and other languages from files of translations.",
    synopsisSubcommandLabel = "make|report",
    subcommands = {CorpusCommand.CorpusMake.class, CorpusCommand.CorpusShow.class})
public final class CorpusCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Made by picocli. */
  public CorpusCommand() {}

  @Override
  public void run() {
    throw usageError(spec, "corpus: must be one of make, report, got none");
  }

  /** {@code shardsum corpus report}: the counts of a corpus. */
  @Command(
      name = "report",
      description = "Print the languages and sources of a corpus, and what was dropped and why.")
  static final class CorpusShow implements Callable<Integer> {
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

  /** {@code shardsum corpus make}: reads translations, cleans them, and splits them. */
  @Command(
      name = "make",
      description = {
        "%nMake a corpus from files of translations: .mo, .po, .properties, .dtd, .ftl, .json"
            + " (MediaWiki, browser extensions), .pak, .tmx, .tsv.",
        "%nWrites training.tsv, held-out.tsv and manifest.json, and prints the report;"
            + " docs/corpus.md describes them.%n"
      })
  static final class CorpusMake implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--from",
        paramLabel = "FOLDER",
        arity = "1..*",
        required = true,
        description = "Folders of files; each is a source, with the folder's name.")
    private List<Path> from = List.of();

    @Option(
        names = "-o",
        paramLabel = "DIR",
        required = true,
        description = "The folder of the corpus; the name must be free.")
    private Path folder = Path.of("");

    @Option(names = "--json", description = "Print the manifest instead of tables.")
    private boolean json;

    @Mixin private ProgressOption progress = new ProgressOption();

    @Override
    public Integer call() throws IOException {
      PrintWriter err = spec.commandLine().getErr();
      AtomicLong read = new AtomicLong();
      CorpusManifest manifest;
      try (LongRun _ = progress.watch("files", read::get, 0)) {
        manifest =
            CorpusMaker.make(
                CorpusMaker.sources(from),
                folder,
                warning -> {
                  err.println("shardsum: " + warning);
                  err.flush();
                },
                read::incrementAndGet);
      }
      CorpusReport.print(manifest, json, spec.commandLine().getOut());
      return 0;
    }
  }
}
