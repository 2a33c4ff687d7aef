package io.github.shardsum.cli;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.auto.AutoCommand;
import io.github.shardsum.cli.bench.BenchCommand;
import io.github.shardsum.cli.common.FileErrors;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.cli.common.UsageErrors;
import io.github.shardsum.cli.corpus.CorpusCommand;
import io.github.shardsum.cli.differ.DifferCommand;
import io.github.shardsum.cli.einsum.EinsumCommand;
import io.github.shardsum.cli.einsum.SampleCommand;
import io.github.shardsum.cli.language.EmbedCommand;
import io.github.shardsum.cli.language.GenerateCommand;
import io.github.shardsum.cli.launch.LaunchCommand;
import io.github.shardsum.cli.moe.MoeCommand;
import io.github.shardsum.cli.moe.RouteCommand;
import io.github.shardsum.cli.plan.CertifyCommand;
import io.github.shardsum.cli.plan.PlanCommand;
import io.github.shardsum.cli.plan.PropagateCommand;
import io.github.shardsum.cli.plan.ReshardCommand;
import io.github.shardsum.cli.program.ExplainCommand;
import io.github.shardsum.cli.program.GradientCommand;
import io.github.shardsum.cli.program.ImportCommand;
import io.github.shardsum.cli.program.LowerCommand;
import io.github.shardsum.cli.program.RunCommand;
import io.github.shardsum.cli.simulate.SimulateCommand;
import io.github.shardsum.cli.topology.TopologyCommand;
import io.github.shardsum.cli.tpu.TpuCommand;
import io.github.shardsum.cli.train.TrainCommand;
import io.github.shardsum.cli.train.TranslateCommand;
import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.pjrt.PjrtException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code shardsum} command: the list of its subcommands, which do the work. */
@Command(
    name = "shardsum",
    description = "GShard for the JVM: einsum, programs and Mixture-of-Experts layers.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "",
    footer = {
      "%nExit status: " + Main.EXIT_STATUS,
      "%nSHARDSUM_JAVA_OPTS may hold more flags for the JVM, such as -Xmx8g;",
      "docs/settings.md has every setting."
    },
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    subcommands = {
      Doctor.class,
      JavaCommand.class,
      EinsumCommand.class,
      SampleCommand.class,
      RunCommand.class,
      GradientCommand.class,
      ExplainCommand.class,
      LowerCommand.class,
      ImportCommand.class,
      MoeCommand.class,
      RouteCommand.class,
      GenerateCommand.class,
      EmbedCommand.class,
      CorpusCommand.class,
      TrainCommand.class,
      TranslateCommand.class,
      PlanCommand.class,
      ReshardCommand.class,
      CertifyCommand.class,
      PropagateCommand.class,
      AutoCommand.class,
      DifferCommand.class,
      BenchCommand.class,
      LaunchCommand.class,
      TopologyCommand.class,
      SimulateCommand.class,
      TpuCommand.class,
      CompletionCommand.class,
      ManCommand.class,
      CommandLine.HelpCommand.class,
    })
public final class Main implements Runnable {
  static final String EXIT_STATUS =
      "0 done; 1 an input is bad, a run failed, or a check failed; 2 the command line is wrong or"
          + " the value of an option is refused.";

  /** The exit status for bad input or a failed run; picocli gives 2 for a wrong command line. */
  private static final int FAILED = 1;

  @Spec private CommandSpec spec;

  private Main() {}

  /**
   * Runs one command and ends the JVM with its status: 0 done, 1 failed, 2 wrong command line.
   *
   * @param args the command line after {@code shardsum}
   */
  public static void main(String[] args) {
    int status;
    try {
      status = run(commandLine(), System.out, System.err, args);
    } catch (Throwable defect) {
      System.err.println("shardsum: " + defect(defect));
      status = FAILED;
    }
    System.exit(status);
  }

  /** A status of 0 promises that all output was written; a full disk may prevent this. */
  public static int run(CommandLine line, PrintStream out, PrintStream err, String... args) {
    // Numbers look the same in every locale, for programs that read them.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    line.setOut(new PrintWriter(out, true, out.charset()))
        .setErr(new PrintWriter(err, true, err.charset()));
    int status = execute(line, args);
    if (line.getOut().checkError()) {
      line.getErr().println("shardsum: standard output: not all of it could be written");
      return status == 0 ? FAILED : status;
    }
    return status;
  }

  private static int execute(CommandLine line, String... args) {
    try {
      return line.execute(args);
    } catch (StackOverflowError deep) {
      line.getErr()
          .println(
              "shardsum: an input is nested too deeply for the JVM's stack; for a larger one set"
                  + " SHARDSUM_JAVA_OPTS=-Xss64m");
      return FAILED;
    } catch (OutOfMemoryError memory) {
      line.getErr()
          .println(
              "shardsum: memory: not enough ("
                  + memory.getMessage()
                  + "); for a larger heap set SHARDSUM_JAVA_OPTS=-Xmx...");
      return FAILED;
    }
  }

  /** Returns the whole command line, with the settings that all commands share. */
  public static CommandLine commandLine() {
    CommandLine line = withErrors(new CommandLine(new Main()));
    // An equation may begin with "->", which is not an option.
    Objects.requireNonNull(line.getSubcommands().get("einsum"))
        .setUnmatchedOptionsArePositionalParams(true);
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, CommandGroups::list);
    // Arguments after the command to launch belong to that command.
    Objects.requireNonNull(line.getSubcommands().get("launch")).setStopAtPositional(true);
    return line;
  }

  /**
   * A command line that reports failures in one sentence, with an exit status as of {@code main}.
   */
  public static CommandLine withErrors(CommandLine line) {
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(new UsageErrors())
        .setExecutionExceptionHandler((failure, command, parsed) -> report(failure, command));
  }

  @Override
  public void run() {
    throw usageError(
        spec,
        "command: must be one of " + String.join(", ", spec.subcommands().keySet()) + ", got none");
  }

  /** A sentence about a defect. Its stack trace goes to a file, since users do not need it. */
  private static String defect(Throwable defect) {
    StringWriter trace = new StringWriter();
    defect.printStackTrace(new PrintWriter(trace, true));
    String where;
    try {
      Path file = Files.createTempFile("shardsum-defect-", ".txt");
      Files.writeString(file, trace.toString());
      where = "its trace is in " + file;
    } catch (IOException full) {
      where = "its trace could not be written: " + full.getMessage();
    }
    return "a defect of shardsum, not of your input: "
        + defect
        + "; "
        + where
        + ", please report it";
  }

  /** Reports a failure in one sentence, whether the input is to blame or a defect of ours. */
  private static int report(Exception failure, CommandLine command) {
    String name = command.getCommandSpec().qualifiedName();
    switch (failure) {
      // Main says this once for all commands.
      case FileSystemException file when ResultArrays.isStandardOutput(file) -> {}
      case FileSystemException file ->
          command.getErr().println(name + ": " + FileErrors.describe(file));
      case IllegalArgumentException bad when bad.getMessage() != null ->
          command.getErr().println(name + ": " + bad.getMessage());
      case CollectiveException failed ->
          command.getErr().println(name + ": " + failed.getMessage());
      case PjrtException refused -> command.getErr().println(name + ": " + refused.getMessage());
      case CompletionException wrapped when wrapped.getCause() instanceof PjrtException refused ->
          command.getErr().println(name + ": " + refused.getMessage());
      case UncheckedIOException io when io.getCause() instanceof FileSystemException file ->
          command.getErr().println(name + ": " + FileErrors.describe(file));
      case UncheckedIOException io -> command.getErr().println(name + ": " + io.getMessage());
      case IOException io when io.getClass() == IOException.class && io.getMessage() != null ->
          command.getErr().println(name + ": " + io.getMessage());
      case IOException io -> command.getErr().println(name + ": " + io);
      default -> command.getErr().println(name + ": " + defect(failure));
    }
    return FAILED;
  }
}
