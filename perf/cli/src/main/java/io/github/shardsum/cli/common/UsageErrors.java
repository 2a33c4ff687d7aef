package io.github.shardsum.cli.common;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** A wrong command line in a few lines: the reason, what was perhaps meant, and where help is. */
public final class UsageErrors implements CommandLine.IParameterExceptionHandler {
  /** With those of the suggestion and of the help at most eight. */
  private static final int MOST_LINES = 5;

  private static final int MOST_SUGGESTIONS = 3;

  /** A handler for all commands. */
  public UsageErrors() {}

  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    List<String> reason = reason(failure).lines().toList();
    err.println(name + ": " + String.join(System.lineSeparator(), shortened(reason)));
    if (failure instanceof UnmatchedArgumentException unmatched) {
      List<String> similar =
          unmatched.getSuggestions().stream().distinct().limit(MOST_SUGGESTIONS).toList();
      if (!similar.isEmpty()) {
        err.println("similar: " + String.join(", ", similar));
      }
    }
    err.println("help: " + name + " --help");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Of a choice the names as they are typed, where picocli lists Java's constants. */
  private static String reason(ParameterException failure) {
    if (failure.getArgSpec() instanceof OptionSpec option && option.type().isEnum()) {
      String names =
          Stream.of(option.type().getEnumConstants())
              .map(choice -> choice.toString().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", "));
      return String.format(
          Locale.ROOT,
          "%s: must be one of %s, got %s",
          option.longestName(),
          names,
          failure.getValue());
    }
    return String.valueOf(failure.getMessage());
  }

  private static List<String> shortened(List<String> lines) {
    return lines.size() <= MOST_LINES
        ? lines
        : Stream.concat(lines.stream().limit(MOST_LINES - 1), Stream.of("...")).toList();
  }
}
