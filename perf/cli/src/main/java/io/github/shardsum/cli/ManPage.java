package io.github.shardsum.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A manual page in the macros of man, from picocli's model of a command. */
final class ManPage {
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
    // The reader of the page breaks lines, at blanks; picocli would break FILE.json after the dot.
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

  /** Begins a paragraph. Descriptions mark its beginning by a blank line in picocli's notation. */
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
