package io.github.shardsum.lab.compare;

import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs a comparison between two lines with the load; the status is 1 if a promise is missed. */
@Command
public final class ComparisonCommand implements Callable<Integer> {
  private final Comparison comparison;

  @Parameters(arity = "0..*", paramLabel = "ARGUMENT", description = "As in perf/lab/README.md.")
  private List<String> arguments = List.of();

  private ComparisonCommand(Comparison comparison) {
    this.comparison = comparison;
  }

  /**
   * A command.
   *
   * @param sides the sides of the comparison, in words
   */
  public static CommandLine of(Comparison comparison, String sides) {
    CommandLine line = new CommandLine(new ComparisonCommand(comparison));
    line.getCommandSpec().usageMessage().description(sides);
    return line.setUnmatchedOptionsArePositionalParams(true);
  }

  @Override
  public Integer call() throws IOException {
    printLoad();
    try {
      return comparison.compare(arguments) ? 0 : 1;
    } catch (MeasurementException failed) {
      throw new IOException(failed.why(), failed);
    } finally {
      printLoad();
    }
  }

  private static void printLoad() {
    print("load %.2f%n", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** Prints numbers in the same way in every locale. */
  static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }
}
