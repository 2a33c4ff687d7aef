package io.github.shardsum.cli;

import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum man}: the manual pages. */
@Command(
    name = "man",
    description = {
      "Print the manual page of a command, for man -l -, or write all of them to a folder.",
      "%nAs in: shardsum man plan | man -l -, or: shardsum man --out ~/.local/share/man/man1%n"
    })
final class ManCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "COMMAND",
      description = "The command, such as plan or tpu-run; if it is absent, shardsum itself.")
  private Optional<String> command = Optional.empty();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description = "Write a file shardsum-COMMAND.1 for each command there.")
  private Optional<Path> out = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Map<String, CommandSpec> pages = new LinkedHashMap<>();
    collect(spec.root(), pages);
    if (out.isPresent()) {
      if (command.isPresent()) {
        throw new ParameterException(
            spec.commandLine(),
            "--out: must be the only argument, got " + command.get() + " beside it");
      }
      Files.createDirectories(out.get());
      for (Map.Entry<String, CommandSpec> page : pages.entrySet()) {
        TextFiles.write(out.get().resolve(page.getKey() + ".1"), ManPage.of(page.getValue()));
      }
      return 0;
    }
    String name = command.map(each -> "shardsum-" + each).orElse("shardsum");
    CommandSpec asked = pages.get(name);
    if (asked == null) {
      throw new ParameterException(
          spec.commandLine(),
          "command: must be a known one, got " + command.orElse("") + "; tpu run is tpu-run");
    }
    PrintWriter printer = spec.commandLine().getOut();
    printer.print(ManPage.of(asked));
    printer.flush();
    return 0;
  }

  private static void collect(CommandSpec from, Map<String, CommandSpec> pages) {
    pages.put(from.qualifiedName("-"), from);
    for (CommandLine each : from.subcommands().values()) {
      collect(each.getCommandSpec(), pages);
    }
  }
}
