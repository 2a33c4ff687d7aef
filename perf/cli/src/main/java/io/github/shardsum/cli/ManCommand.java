package io.github.shardsum.cli;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.TextFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
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
        throw usageError(
            spec, "--out: must be the only argument, got " + command.get() + " beside it");
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
      throw usageError(
          spec, "command: must be a known one, got " + command.orElse("") + "; tpu run is tpu-run");
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

  /** A manual page in the macros of man, from picocli's model of a command. */
  private static final class ManPage {
    /** Columns that hold every synopsis. */
    private static final int WIDTH = 4096;

    private final StringBuilder page = new StringBuilder();

    private ManPage() {}

    static String of(CommandSpec command) {
      ManPage page = new ManPage();
      page.write(command);
      return page.page.toString();
    }

    private void write(CommandSpec command) {
      String name = command.qualifiedName("-");
      page.append(".TH \"")
          .append(name.toUpperCase(Locale.ROOT))
          .append("\" \"1\" \"\" \"shardsum ")
          .append(Version.ofThisJar())
          .append("\" \"Shardsum\"\n");
      section("NAME");
      text(name + " - " + CommandGroups.about(command));
      section("SYNOPSIS");
      // The reader of the page breaks lines, at blanks; picocli would break FILE.json after the
      // dot.
      command.usageMessage().width(WIDTH);
      Help help = new Help(command, Help.defaultColorScheme(Help.Ansi.OFF));
      help.fullSynopsis().lines().forEach(line -> text(line.replaceFirst("^Usage: ", "").strip()));
      section("DESCRIPTION");
      for (String paragraph : command.usageMessage().description()) {
        paragraph(paragraph);
      }
      if (!command.positionalParameters().isEmpty()) {
        section("ARGUMENTS");
        command.positionalParameters().forEach(this::argument);
      }
      section("OPTIONS");
      command.options().forEach(this::argument);
      if (!command.subcommands().isEmpty()) {
        section("COMMANDS");
        for (CommandLine each : command.subcommands().values()) {
          term(each.getCommandName(), CommandGroups.about(each.getCommandSpec()));
        }
      }
      section("EXIT STATUS");
      text(Main.EXIT_STATUS);
    }

    private void section(String title) {
      page.append(".SH ").append(title).append('\n');
    }

    private void argument(ArgSpec argument) {
      String term =
          argument instanceof OptionSpec option
              ? String.join(", ", List.of(option.names()))
                  + (option.arity().max() > 0 ? " " + option.paramLabel() : "")
              : argument.paramLabel();
      term(term, String.join(" ", argument.description()));
    }

    private void term(String term, String about) {
      page.append(".TP\n\\fB");
      escape(term);
      page.append("\\fR\n");
      text(String.format(Locale.ROOT, about).strip());
    }

    /**
     * Begins a paragraph. Descriptions mark its beginning by a blank line in picocli's notation.
     */
    private void paragraph(String text) {
      page.append(".PP\n");
      text(String.format(Locale.ROOT, text).strip());
    }

    private void text(String text) {
      for (String line : text.lines().toList()) {
        // A dot or a quote at the beginning would be a macro.
        page.append(line.startsWith(".") || line.startsWith("'") ? "\\&" : "");
        escape(line);
        page.append('\n');
      }
    }

    private void escape(String text) {
      page.append(text.replace("\\", "\\e").replace("-", "\\-"));
    }
  }
}
