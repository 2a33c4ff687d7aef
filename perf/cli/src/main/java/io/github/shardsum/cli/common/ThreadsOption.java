package io.github.shardsum.cli.common;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.exec.Workers;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --threads N}, a mixin. */
public final class ThreadsOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads; results do not depend on it (default: all processors).")
  private Optional<Integer> threads = Optional.empty();

  /**
   * Returns the number of threads.
   *
   * @throws ParameterException if the number is less than 1 or too large for {@link Workers}
   */
  public int count() {
    int count = threads.orElse(Runtime.getRuntime().availableProcessors());
    if (count < 1) {
      throw usageError(spec, "--threads: must be at least 1, got " + count);
    }
    return count;
  }

  /** Starts that many workers. */
  public Workers workers() {
    return Workers.of(count());
  }
}
