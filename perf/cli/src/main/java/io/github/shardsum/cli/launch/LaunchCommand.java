package io.github.shardsum.cli.launch;

import static io.github.shardsum.cli.common.UsageErrors.usageError;

import io.github.shardsum.cli.common.MeshOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code shardsum launch}: a program in several processes. */
@Command(
    name = "launch",
    customSynopsis = "shardsum launch -n N [--hosts FILE] [OPTION ...] COMMAND [ARGUMENT ...]",
    description = {
      "%nRun a command in N processes under MPI. Standard input is that of rank 0.",
      "%nThe command is the same as for one process: its collectives go over MPI, since"
          + " SHARDSUM_ENGINE is set to mpi. If a process fails, the others are"
          + " ended, and the last lines say what happened to each rank; the exit status is"
          + " then not 0.%n"
    },
    footerHeading = "%nEnvironment:%n",
    footer = {
      "  SHARDSUM_MPI_THREAD=waiting|own",
      "                            The thread that calls MPI: one that waits for its",
      "                              operation (default), or a separate thread of the",
      "                              engine, which takes longer. Passed on to every host.",
      "  SHARDSUM_ENGINE, SHARDSUM_MPI_LIBRARY",
      "                            Set for each process: mpi, and the library of mpirun",
      "                              or of --library. Other settings: docs/settings.md."
    })
public final class LaunchCommand implements Callable<Integer> {
  private static final int FAILED = 1;

  @Spec private CommandSpec spec;

  @Option(
      names = {"-n", "--processes"},
      required = true,
      paramLabel = "N",
      description = "Number of processes.")
  private int processes;

  @Option(
      names = "--hosts",
      paramLabel = "FILE",
      description =
          "File of the hosts to run on, one a line, as mpirun reads it (default: only this host).")
  private Optional<Path> hosts = Optional.empty();

  @Option(
      names = "--mpi",
      paramLabel = "auto|openmpi|mpich|FILE",
      defaultValue = "auto",
      description = "Kind of MPI, or the path of an mpirun (default: ${DEFAULT-VALUE}).")
  private String mpi = "auto";

  @Option(
      names = "--library",
      paramLabel = "FILE",
      description = "MPI library that the processes load (default: mpirun's).")
  private Optional<String> library = Optional.empty();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "End all processes after this time (default: never).")
  private Optional<Integer> timeout = Optional.empty();

  @Option(
      names = "--remote-shell",
      paramLabel = "FILE",
      description = "Program that runs a command on another host (default: ssh).")
  private Optional<String> remoteShell = Optional.empty();

  @Option(
      names = "--interface",
      paramLabel = "NAME",
      description = "Network interface between the hosts (default: MPI's choice).")
  private Optional<String> networkInterface = Optional.empty();

  @Option(
      names = "--dry-run",
      description = "Print the command that would run, as a line for a shell, without running it.")
  private boolean dryRun;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The command that each process runs, with its arguments.")
  private List<String> command = List.of();

  @Override
  public Integer call() throws IOException {
    check();
    Mpirun found = Mpirun.find(mpi, System.getenv());
    Mpirun mpirun = new Mpirun(found.file(), found.flavor(), library.orElse(found.library()));
    Launch launch = new Launch(mpirun, processes, hosts, remoteShell, networkInterface, command);
    List<String> arguments = new ArrayList<>(launch.arguments());
    boolean tied = isOnPath("setpriv");
    arguments.addAll(RankScript.wrap(command, tied, path()));
    if (tied) {
      arguments.addAll(0, List.of("setpriv", "--pdeathsig", "TERM", "--"));
    }
    Map<String, String> environment = new TreeMap<>(launch.environment());
    // Open MPI refuses to run as root without both; other MPIs ignore them.
    environment.put("OMPI_ALLOW_RUN_AS_ROOT", "1");
    environment.put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    if (dryRun) {
      spec.commandLine().getOut().println(ShellLine.of(environment, arguments));
      return 0;
    }
    return run(environment, arguments);
  }

  /**
   * On one host the caller's PATH is kept, since Open MPI puts its own folder first, which may have
   * another java.
   */
  private Optional<String> path() {
    return hosts.isEmpty() ? Optional.ofNullable(System.getenv("PATH")) : Optional.empty();
  }

  private int run(Map<String, String> environment, List<String> arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(arguments);
    builder.environment().putAll(environment);
    PrintWriter errors = spec.commandLine().getErr();
    MpirunSupervisor supervisor = new MpirunSupervisor(errors);
    Optional<Integer> status = supervisor.run(builder, timeout.map(Duration::ofSeconds));
    List<RankScript.Report> reports = supervisor.reports();
    if (status.isEmpty()) {
      errors.println("shardsum launch: ended after " + timeout.orElse(0) + " s (--timeout)");
    }
    if (!reports.isEmpty()) {
      errors.println(
          "shardsum launch: failed: "
              + reports.stream().map(Object::toString).collect(Collectors.joining("; ")));
    } else if (status.filter(code -> code != 0).isPresent()) {
      errors.println("shardsum launch: failed: mpirun ended with status " + status.get());
    }
    if (!reports.isEmpty() || status.filter(code -> code != 0).isPresent()) {
      // A rank that left MPI too early with status 0 is the reason why the others failed.
      supervisor
          .wellBefore()
          .forEach(report -> errors.println("shardsum launch: before that, " + report));
    }
    errors.flush();
    return status.filter(code -> code == 0 && reports.isEmpty()).orElse(FAILED);
  }

  private void check() throws IOException {
    // There may be at most as many processes as a run may have devices. With a million, mpirun
    // builds its tables for minutes.
    int most = MeshOptions.MOST_DEVICES;
    if (processes < 1 || processes > most) {
      throw usageError(spec, "--processes: must be 1 to " + most + ", got " + processes);
    }
    if (timeout.isPresent() && timeout.get() < 1) {
      throw usageError(spec, "--timeout: must be at least 1 second, got " + timeout.get());
    }
    String program = command.getFirst();
    if (hosts.isEmpty() && spec.root().subcommands().containsKey(program) && !isOnPath(program)) {
      throw usageError(
          spec, "COMMAND: must be a program, such as ./shardsum " + program + ", got " + program);
    }
    if (hosts.isPresent() && !Files.isReadable(hosts.get())) {
      throw Files.exists(hosts.get())
          ? new AccessDeniedException(hosts.get().toString())
          : new NoSuchFileException(hosts.get().toString());
    }
  }

  private static boolean isOnPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** A command as a line that a shell runs unchanged, with any characters in its words. */
  private static final class ShellLine {
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
}
