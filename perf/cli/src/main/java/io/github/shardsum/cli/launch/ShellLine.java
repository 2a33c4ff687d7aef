package io.github.shardsum.cli.launch;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A command as a line that a shell runs unchanged, with any characters in its words. */
final class ShellLine {
  /** Words that every shell reads unchanged. */
  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  private ShellLine() {}

  /**
   * Writes a command as a line.
   *
   * @param environment variables to set in addition to the present ones
   * @param command the program and its arguments
   */
  static String of(Map<String, String> environment, List<String> command) {
    return Stream.of(
            Stream.of("env"),
            environment.entrySet().stream().map(set -> set.getKey() + "=" + set.getValue()),
            command.stream())
        .flatMap(words -> words)
        .map(ShellLine::quoted)
        .collect(Collectors.joining(" "));
  }

  /** A single quote ends the quoted text, is then escaped, and the quoted text begins again. */
  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
