package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The error of a wrong command line in a few lines: the reason in the form of all messages, {@code
 * must be .., got ..}, a similar option if there is one, and where to find help.
 */
public final class UsageErrors implements CommandLine.IParameterExceptionHandler {
  /** Lines of an error; the suggestion and the help make them eight at most. */
  private static final int MOST_LINES = 5;

  private static final int MOST_SUGGESTIONS = 3;

  /** A similar word may differ in one of this many letters. */
  private static final int MOST_DIFFERENT = 3;

  /** A handler for all commands. */
  public UsageErrors() {}

  /**
   * An error of the command line.
   *
   * @param command the command
   * @param message the rule and what was given
   */
  public static ParameterException usageError(CommandSpec command, String message) {
    return new ParameterException(command.commandLine(), message);
  }

  @Override
  public int handleParseException(ParameterException parsed, String[] arguments) {
    CommandLine command = parsed.getCommandLine();
    // An unknown option is likelier to be the mistake than what is missing beside it.
    ParameterException failure =
        parsed instanceof MissingParameterException && !command.getUnmatchedArguments().isEmpty()
            ? new UnmatchedArgumentException(command, command.getUnmatchedArguments())
            : parsed;
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    List<String> reason = reason(failure).lines().toList();
    err.println(name + ": " + String.join(System.lineSeparator(), shortened(reason)));
    if (failure instanceof UnmatchedArgumentException unmatched) {
      List<String> similar =
          unmatched.getSuggestions().stream()
              .distinct()
              .filter(known -> isNear(known, unmatched.getUnmatched().getFirst()))
              .limit(MOST_SUGGESTIONS)
              .toList();
      if (!similar.isEmpty()) {
        err.println("similar: " + String.join(", ", similar));
      }
    }
    err.println("help: " + name + " --help");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Messages of picocli are rewritten; messages of commands are kept. */
  private static String reason(ParameterException failure) {
    return switch (failure) {
      case UnmatchedArgumentException unmatched -> unmatched(unmatched);
      case MissingParameterException missing when !missing.getMissing().isEmpty() ->
          missing(missing.getMissing());
      case OverwrittenOptionException again when again.getOverwritten() != null ->
          name(again.getOverwritten()) + ": must be given once, got it again";
      case ParameterException wrong
          when wrong.getArgSpec() != null && wrong.getArgSpec().converters().length > 0 ->
          // The messages of our own converters follow picocli's name of the option.
          name(wrong.getArgSpec())
              + String.valueOf(wrong.getMessage()).replaceFirst("^[^:]*: (bytes: )?", ": ");
      case ParameterException wrong when wrong.getArgSpec() != null && wrong.getValue() != null ->
          wrongValue(wrong.getArgSpec(), wrong.getValue());
      default ->
          // The exit status of picocli's help command.
          String.valueOf(failure.getMessage())
              .replaceFirst(
                  "^Unknown subcommand '(.*)'\\.", "command: must be a known one, got $1");
    };
  }

  private static String unmatched(UnmatchedArgumentException failure) {
    String first = failure.getUnmatched().stream().findFirst().orElse("");
    CommandSpec command = failure.getCommandLine().getCommandSpec();
    String what =
        failure.isUnknownOption()
            ? "option: must be a known one"
            : command.subcommands().isEmpty()
                ? "argument: must be one that " + command.name() + " takes"
                : "command: must be a known one";
    boolean isAxis = first.matches("\\w+=\\d+") && command.optionsMap().containsKey("--mesh");
    return what
        + ", got "
        + first
        + (isAxis ? "; commas separate the axes of --mesh, as in x=2,y=4" : "");
  }

  private static String missing(List<ArgSpec> missing) {
    return missing.stream().map(UsageErrors::described).collect(Collectors.joining(" and "))
        + ": must be given, got none";
  }

  private static String described(ArgSpec argument) {
    return argument instanceof OptionSpec option && option.arity().max() > 0
        ? option.longestName() + " " + option.paramLabel()
        : name(argument);
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  private static String wrongValue(ArgSpec argument, String value) {
    String quoted = Abbreviation.text(value);
    return format(
        "%s: must be %s, got %s",
        name(argument),
        expected(argument, element(argument)),
        // Quotes a value only if it is blank or has characters that must be escaped.
        value.isBlank() || quoted.length() != value.length() + 2 ? quoted : value);
  }

  private static Class<?> element(ArgSpec argument) {
    Class<?>[] types = argument.auxiliaryTypes();
    return types.length == 0 ? argument.type() : types[types.length - 1];
  }

  /** The choices as a user types them; picocli would list Java's constants. */
  private static String expected(ArgSpec argument, Class<?> type) {
    if (type.isEnum()) {
      return "one of "
          + Stream.of(type.getEnumConstants())
              .map(choice -> choice.toString().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", "));
    }
    String each = argument.splitRegex().isEmpty() ? "" : ", or several with commas between";
    if (argument.typeInfo().isMap()) {
      return "like " + argument.paramLabel() + each;
    }
    if (type == Integer.class || type == int.class) {
      return "a whole number below 2^31" + each;
    }
    if (type == Long.class || type == long.class) {
      return "a whole number below 2^63" + each;
    }
    if (type == Double.class || type == double.class) {
      return "a number" + each;
    }
    if (type == Pattern.class) {
      return "a regular expression";
    }
    return type == Path.class ? "the name of a file or folder" : "like " + argument.paramLabel();
  }

  /** Whether a word is the beginning of the other, or a third of its letters at most differ. */
  private static boolean isNear(String known, String typed) {
    String one = known.toLowerCase(Locale.ROOT).replaceFirst("^-+", "");
    String other = typed.toLowerCase(Locale.ROOT).replaceFirst("^-+", "").replaceFirst("=.*", "");
    boolean isBeginning = one.startsWith(other) || other.startsWith(one);
    return isBeginning
        || MOST_DIFFERENT * edits(one, other) <= Math.max(one.length(), other.length());
  }

  /** The least number of letters to add, take away or replace (Levenshtein, 1966). */
  private static int edits(String one, String other) {
    int[] before = IntStream.rangeClosed(0, other.length()).toArray();
    for (int i = 1; i <= one.length(); i++) {
      int[] now = new int[other.length() + 1];
      now[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = before[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
      }
      before = now;
    }
    return before[other.length()];
  }

  private static List<String> shortened(List<String> lines) {
    return lines.size() <= MOST_LINES
        ? lines
        : Stream.concat(lines.stream().limit(MOST_LINES - 1), Stream.of("...")).toList();
  }
}
