package io.github.shardsum.cli.common;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options of NAME=VALUE, each name at most once. Picocli alone would keep the last of several
 * silently and accept an empty name.
 */
public final class RepeatedOptions {
  private RepeatedOptions() {}

  /**
   * Refuses a name that has several values, and an empty one or an empty value.
   *
   * @param spec the command, parsed
   * @param option an option of NAME=VALUE
   * @throws ParameterException if a name is given twice, or a name or a value is missing
   */
  public static void refuse(CommandSpec spec, String option) {
    OptionSpec found = spec.findOption(option);
    Map<String, String> given = new HashMap<>();
    for (String original : found.originalStringValues()) {
      List<String> pairs =
          found.splitRegex().isEmpty()
              ? List.of(original)
              : List.of(original.split(found.splitRegex()));
      for (String pair : pairs) {
        int sign = pair.indexOf('=');
        String name = pair.substring(0, Math.max(0, sign));
        if (name.isEmpty() || sign == pair.length() - 1) {
          throw usageError(spec, option + ": must be " + found.paramLabel() + ", got " + pair);
        }
        String before = given.put(name, pair);
        if (before != null) {
          throw usageError(
              spec, option + ": must have one value for each name, got " + before + " and " + pair);
        }
      }
    }
  }
}
