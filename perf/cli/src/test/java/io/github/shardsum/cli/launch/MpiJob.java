package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.testsupport.TestDepth;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Jobs of three processes under {@code ./shardsum launch}.
 *
 * @param folder for what they print
 */
record MpiJob(Path folder) {
  /** The source of tests on each MPI that is there; at the short depth on the first. */
  static final String EACH_MPI = "io.github.shardsum.cli.launch.MpiJob#mpis";

  /** The source of tests of what does not depend on the MPI. */
  static final String ONE_MPI = "io.github.shardsum.cli.launch.MpiJob#oneMpi";

  private static final int DEADLINE_SECONDS = 5;

  /** Six JVMs have to start and to end, on a machine that may be busy. */
  private static final int PATIENCE_SECONDS = 90;

  /** How long after the launcher a process may still be seen. */
  private static final int ORPHAN_SECONDS = 20;

  /** Output of a job, and its status. */
  record Outcome(int status, String out, String errors) {
    /** The number of places in its output. */
    long count(String pattern) {
      return Pattern.compile(pattern).matcher(out).results().count();
    }

    /** It has failed, and none of its processes is left. */
    void assertFailed() throws Exception {
      assertNotEquals(0, status, toString());
      for (MatchResult pid : Pattern.compile("pid (\\d+)\n").matcher(out).results().toList()) {
        // mpirun kills what is left and does not wait for its end.
        Optional<ProcessHandle> orphan = ProcessHandle.of(Long.parseLong(pid.group(1)));
        if (orphan.isPresent()) {
          orphan.get().onExit().get(ORPHAN_SECONDS, TimeUnit.SECONDS);
        }
      }
    }

    @Override
    public String toString() {
      return "status " + status + "\n" + out + "\n" + errors;
    }
  }

  static Stream<String> mpis() {
    List<String> found =
        Stream.of("openmpi", "mpich").filter(mpi -> find(mpi).isPresent()).toList();
    assumeTrue(
        !found.isEmpty(),
        "no mpirun: install Open MPI (apt-get install openmpi-bin) or MPICH (apt-get install mpich)");
    return found.stream().limit(TestDepth.cases(1, found.size(), found.size()));
  }

  static Stream<String> oneMpi() {
    return mpis().limit(1);
  }

  private static Optional<Mpirun> find(String mpi) {
    try {
      return Optional.of(Mpirun.find(mpi, System.getenv()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Runs {@link FaultyProgram}. */
  Outcome run(String mpi, String what, boolean checked) throws IOException, InterruptedException {
    List<String> command = java(FaultyProgram.class.getName(), classPath());
    command.addAll(List.of(what, Integer.toString(DEADLINE_SECONDS), Boolean.toString(checked)));
    return launch(mpi, command);
  }

  /** Runs a program without input. */
  Outcome launch(String mpi, List<String> program) throws IOException, InterruptedException {
    return launch(mpi, program, new File("/dev/null"));
  }

  Outcome launch(String mpi, List<String> program, File input)
      throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    Path errors = folder.resolve("errors");
    List<String> command = java("io.github.shardsum.cli.Main", classPath());
    command.addAll(List.of("launch", "-n", "3", "--mpi", mpi));
    command.addAll(List.of("--timeout", Integer.toString(PATIENCE_SECONDS)));
    command.addAll(program);
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(input))
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start();
    boolean ended = process.waitFor(PATIENCE_SECONDS + 30L, TimeUnit.SECONDS);
    process.destroyForcibly();
    String printed = Files.readString(errors);
    assertTrue(ended, printed);
    assertFalse(printed.contains("(--timeout)"), "a hang: " + printed);
    return new Outcome(process.waitFor(), Files.readString(out), printed);
  }

  /** The start of a command line that runs a class of the tests. */
  static List<String> java(String main, String classPath) {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            main));
  }

  /** Modules and tests as one class path: a program of a user need not be modular. */
  static String classPath() {
    return String.join(
        File.pathSeparator,
        Path.of("target", "test-classes").toAbsolutePath().toString(),
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path", ""));
  }
}
