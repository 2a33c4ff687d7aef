package io.github.shardsum.cli.common;

import io.github.shardsum.partition.PlanOptions;
import picocli.CommandLine.Option;

/** {@code --overlap} and {@code --windows} of commands that plan programs, a mixin. */
public final class OverlapOptions {
  private static final String NEVER = "never";

  @Option(
      names = "--overlap",
      description =
          "Start collectives of a program early, so that they overlap with"
              + " computation, if that is shorter and needs no more memory.")
  private boolean overlap;

  @Option(
      names = "--windows",
      paramLabel = "WHEN",
      description =
          "Compute einsums of a program in windows, whose chunks travel meanwhile, and send rows of"
              + " experts in pieces: always, never (the default) or by-price.")
  private String windows = NEVER;

  /** For picocli. */
  public OverlapOptions() {}

  /** Whether any of them was given. */
  public boolean isGiven() {
    return overlap || !windows.equals(NEVER);
  }

  /**
   * Puts them into the options of a plan.
   *
   * @param options the others
   * @return a changed copy
   * @throws IllegalArgumentException if {@code --windows} has another word
   */
  public PlanOptions of(PlanOptions options) {
    return options.withOverlap(overlap).withWindows(windows());
  }

  private PlanOptions.Windows windows() {
    return switch (windows) {
      case "always" -> PlanOptions.Windows.ALWAYS;
      case NEVER -> PlanOptions.Windows.NEVER;
      case "by-price" -> PlanOptions.Windows.BY_PRICE;
      default ->
          throw new IllegalArgumentException(
              "--windows: expected always, never or by-price, got " + windows);
    };
  }
}
