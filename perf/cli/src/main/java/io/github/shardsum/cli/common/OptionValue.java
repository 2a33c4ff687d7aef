package io.github.shardsum.cli.common;

import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Values of options that a library reads. A value that it refuses is a wrong command line, with
 * exit status 2; a file or a program that it refuses is a bad input, with exit status 1.
 */
public final class OptionValue {
  private OptionValue() {}

  /**
   * Reads the value of an option.
   *
   * @param spec the command
   * @param option the option's name, {@code --mesh}
   * @param read reads the value, and throws {@link IllegalArgumentException} to refuse it
   * @return the value
   * @throws ParameterException if the value is refused; the message begins with the option's name
   */
  public static <T> T of(CommandSpec spec, String option, Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException refused) {
      String message = String.valueOf(refused.getMessage());
      String own = option.substring(2) + ":";
      throw new ParameterException(
          spec.commandLine(),
          message.startsWith(option)
              ? message
              : message.startsWith(own) ? "--" + message : option + ": " + message,
          refused);
    }
  }
}
