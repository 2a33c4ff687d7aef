package io.github.shardsum.cli.common;

import java.util.Map;
import java.util.function.LongSupplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --progress} of commands that may take long, a mixin. */
public final class ProgressOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--progress",
      description =
          "Report progress on standard error even if that is not a terminal, as a line from time to"
              + " time.")
  private boolean asked;

  /**
   * Watches one run, as {@link LongRun#start} does.
   *
   * @param what the name of the run, printed after the command's name; may be empty
   * @param done steps that are done, 0 if that is not known
   * @param total all steps, 0 if that is not known
   */
  public LongRun watch(String what, LongSupplier done, long total) {
    String name = spec.qualifiedName() + (what.isEmpty() ? "" : ": " + what);
    return LongRun.start(spec.commandLine().getErr(), asked, name, done, total);
  }

  /**
   * Watches jobs, as {@link LongRun#startJobs} does.
   *
   * @param done jobs that are answered
   */
  public LongRun watchJobs(LongSupplier done) {
    return LongRun.startJobs(spec.commandLine().getErr(), asked, spec.qualifiedName(), done);
  }

  /**
   * A bar of phases.
   *
   * @param environment the variables that describe the terminal
   */
  public Progress bar(Map<String, String> environment) {
    return Progress.onStandardError(spec.commandLine().getErr(), environment, asked);
  }
}
