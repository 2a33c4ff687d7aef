package io.github.shardsum.cli;

import static io.github.shardsum.measure.Texts.format;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.CommandSpec;

/** The commands of the top help, grouped by purpose. */
final class CommandGroups {
  /**
   * Some commands.
   *
   * @param title the purpose of the commands
   * @param commands their names, in the order of the help
   */
  record Group(String title, List<String> commands) {}

  static final List<Group> ALL =
      List.of(
          new Group(
              "Arrays and programs on this machine",
              List.of("einsum", "sample", "run", "gradient", "explain", "lower", "import", "java")),
          new Group(
              "Meshes of devices",
              List.of("plan", "reshard", "certify", "propagate", "auto", "topology", "simulate")),
          new Group(
              "Models",
              List.of("generate", "embed", "moe", "route", "corpus", "train", "translate")),
          new Group("Other engines, and many processes", List.of("tpu", "differ", "launch")),
          new Group("This installation", List.of("doctor", "bench", "completion", "man", "help")));

  private static final int WIDTH = 80;
  private static final int NAMES = 14;

  private CommandGroups() {}

  /** The list of commands for the help. */
  static String list(Help help) {
    StringBuilder text = new StringBuilder();
    for (Group group : ALL) {
      TextTable table =
          TextTable.forColumns(
              help.colorScheme(),
              new Column(NAMES, 2, Column.Overflow.SPAN),
              new Column(WIDTH - NAMES, 0, Column.Overflow.WRAP));
      Map<String, Help> known = help.subcommands();
      for (String name : group.commands()) {
        Help command = Objects.requireNonNull(known.get(name), name);
        table.addRowValues(name, about(command.commandSpec()));
      }
      text.append(format("%n%s:%n", group.title())).append(table);
    }
    return text.toString();
  }

  /** The first sentence of a command's description, without its full stop. */
  static String about(CommandSpec command) {
    String[] description = command.usageMessage().description();
    String first = description.length == 0 ? "" : description[0];
    String text = String.format(Locale.ROOT, first).strip();
    int end = text.indexOf(". ");
    String sentence = end < 0 ? text : text.substring(0, end);
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
