package io.github.shardsum.cli.common;

import io.github.shardsum.partition.PlanOptions;
import picocli.CommandLine.Option;

/** {@code --overlap} and {@code --windows} of commands that plan, a mixin. */
public final class OverlapOptions {
  /** The words of {@code --windows}. */
  private enum When {
    ALWAYS("always", PlanOptions.Windows.ALWAYS),
    NEVER("never", PlanOptions.Windows.NEVER),
    BY_PRICE("by-price", PlanOptions.Windows.BY_PRICE);

    private final String word;
    private final PlanOptions.Windows windows;

    When(String word, PlanOptions.Windows windows) {
      this.word = word;
      this.windows = windows;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  @Option(
      names = "--overlap",
      description =
          "Start collectives early, so that they overlap with computation, where that"
              + " takes less time and no more memory.")
  private boolean overlap;

  @Option(
      names = "--windows",
      paramLabel = "WHEN",
      description =
          "Compute einsums in windows, whose chunks travel during the computation, and"
              + " send rows of experts in pieces: always, never (the default) or by-price.")
  private When windows = When.NEVER;

  /** Whether an option has another value than its default; {@code --windows never} has not. */
  public boolean isGiven() {
    return overlap || windows != When.NEVER;
  }

  /**
   * Puts them into the options of a plan.
   *
   * @param options the others
   * @return a changed copy
   */
  public PlanOptions of(PlanOptions options) {
    return options.withOverlap(overlap).withWindows(windows.windows);
  }
}
