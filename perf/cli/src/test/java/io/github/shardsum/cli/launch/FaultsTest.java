package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a job of three processes one of which fails, as its user sees it. */
class FaultsTest {
  private static final int DEADLINE_SECONDS = 5;

  /** Six JVMs have to start and to end, on a machine that may be busy. */
  private static final int PATIENCE_SECONDS = 90;

  /** How long after the launcher a process may still be seen. */
  private static final int ORPHAN_SECONDS = 20;

  @TempDir Path folder;

  /** What a job printed, and how it ended. */
  private record Outcome(int status, String out, String errors) {
    @Override
    public String toString() {
      return "status " + status + "\n" + out + "\n" + errors;
    }
  }

  private static Stream<String> mpis() {
    List<String> found =
        Stream.of("openmpi", "mpich").filter(mpi -> find(mpi).isPresent()).toList();
    assumeTrue(
        !found.isEmpty(),
        "no mpirun: install Open MPI (apt-get install openmpi-bin) or MPICH (apt-get install mpich)");
    return found.stream();
  }

  /** What does not depend on the MPI is shown on one. */
  private static Stream<String> oneMpi() {
    return mpis().limit(1);
  }

  private static Optional<Mpirun> find(String mpi) {
    try {
      return Optional.of(Mpirun.find(mpi, System.getenv()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aProgramThatEndsWellGivesItsResults(String mpi) throws Exception {
    Outcome outcome = run(mpi, "nothing", true);
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(6, count("sum 6\\.0", outcome.out()), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aProgramRunsOnAMeshOverTheJob(String mpi) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("layer.program"),
            """
            program layer {
              input x: f32[E=8 M=6]
              input wi: f32[E=8 M=6 H=4]
              hidden = einsum(x, wi) {equation="E M, E M H -> E H"}
              h = relu(hidden)
              output h
            }
            """);
    Path in = Files.createDirectories(folder.resolve("in"));
    Npy.write(in.resolve("x.npy"), numbers(8, 6));
    Npy.write(in.resolve("wi.npy"), numbers(8, 6, 4));
    List<String> start = java("io.github.shardsum.cli.Main", classPath());
    List<String> one = List.of("run", file.toString(), "--in", in.toString(), "-o");
    Path alone = folder.resolve("alone");
    assertEquals(0, Main.commandLine().execute(with(one, alone.toString()).toArray(String[]::new)));
    Path shared = folder.resolve("shared");
    List<String> job = with(with(start, one.toArray(String[]::new)), shared.toString());
    List<String> mesh = with(job, "--annotate", "h=E@x", "--mesh");
    Outcome outcome = launch(mpi, with(mesh, "x=6"));
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(-1, Files.mismatch(alone.resolve("h.npy"), shared.resolve("h.npy")));
    Outcome refused = launch(mpi, with(mesh, "x=4"));
    assertNotEquals(0, refused.status(), refused.toString());
    String words = "choose a number of processes that divides the devices";
    assertTrue(refused.errors().contains(words), refused.toString());
  }

  private static List<String> with(List<String> line, String... more) {
    return Stream.concat(line.stream(), Stream.of(more)).toList();
  }

  private static Tensor numbers(long... shape) {
    Tensor tensor = Tensor.zeros(DType.F32, shape);
    Tensor flat = tensor.reshape(tensor.shape().elementCount());
    for (long i = 0; i < flat.size(0); i++) {
      flat.set(i % 5 - 2, i);
    }
    return tensor;
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void programsAreLookedForWhereTheCallerDoes(String mpi) throws Exception {
    Outcome outcome = launch(mpi, List.of("sh", "-c", "echo \"found by $PATH\""));
    assertEquals(0, outcome.status(), outcome.toString());
    String wanted = Pattern.quote("found by " + System.getenv("PATH")) + "$";
    assertEquals(3, count("(?m)^" + wanted, outcome.out()), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("oneMpi")
  void aMeasuredTopologyIsPrintedOnce(String mpi) throws Exception {
    List<String> command = java("io.github.shardsum.cli.Main", classPath());
    command.addAll(List.of("topology", "this-machine", "-n", "3"));
    Outcome outcome = launch(mpi, command);
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals(1, count("processes: 3", outcome.out()), outcome.toString());
    assertEquals(1, count("mesh d=3, groups over d", outcome.out()), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aKilledProcessIsNamed(String mpi) throws Exception {
    assertNamesRankOne(run(mpi, "kill", true), "ended by signal 9");
  }

  /** The others then wait in MPI_Init, which knows no deadline. */
  @ParameterizedTest
  @MethodSource("mpis")
  void aProcessThatEndsWellBeforeItJoinsIsNamed(String mpi) throws Exception {
    assertNamesRankOne(run(mpi, "leave", true), "ended with status 0");
  }

  @ParameterizedTest
  @MethodSource("oneMpi")
  void anExitIsNamed(String mpi) throws Exception {
    Outcome outcome = run(mpi, "exit", true);
    assertFailed(outcome);
    assertTrue(
        Pattern.compile("rank 1 on \\S+ ended with status 3|caught .*rank 1 .* has ended")
            .matcher(outcome.errors() + outcome.out())
            .find(),
        outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("oneMpi")
  void aHaltedProcessIsNamed(String mpi) throws Exception {
    assertNamesRankOne(run(mpi, "halt", true), "ended with status 3");
  }

  /** Its status does not tell that the others still wait for it. */
  @ParameterizedTest
  @MethodSource("mpis")
  void aProcessHaltedWithStatusZeroIsNamed(String mpi) throws Exception {
    assertNamesRankOne(run(mpi, "halt-well", true), "ended with status 0");
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void standardInputIsThatOfRankZero(String mpi) throws Exception {
    Path words = Files.writeString(folder.resolve("words"), "a word\n");
    Outcome outcome = launch(mpi, List.of("cat"), words.toFile());
    assertEquals(0, outcome.status(), outcome.toString());
    assertEquals("a word\n", outcome.out());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aProcessThatIsToldToEndAmongItsCollectivesEnds(String mpi) throws Exception {
    // A signal that mpirun sends for the others' failures at the same moment hides the first one.
    Outcome outcome = run(mpi, "term", true);
    assertFailed(outcome);
    assertToldOfRankOne(outcome);
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void anExitOnAnotherThreadKeepsItsStatus(String mpi) throws Exception {
    assertEndsAmongCollectives(run(mpi, "exit-beside", true), "ended with status 3");
  }

  /** The others name it within the deadline, and the launcher tells its own status. */
  private static void assertEndsAmongCollectives(Outcome outcome, String how) throws Exception {
    assertNamesRankOne(outcome, how);
    assertToldOfRankOne(outcome);
  }

  private static void assertToldOfRankOne(Outcome outcome) {
    String told = "caught \\w+Exception: [^\\n]*rank 1 \\([^\\n]*(has ended before it|has failed)";
    assertEquals(2, count(told, outcome.out()), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void anUncaughtExceptionIsNamedAndReachesTheOthers(String mpi) throws Exception {
    Outcome outcome = run(mpi, "throw", true);
    assertFailed(outcome);
    assertTrue(outcome.errors().contains("on purpose"), outcome.toString());
    assertTrue(
        Pattern.compile("caught .*rank 1 ").matcher(outcome.out()).find()
            || outcome.errors().contains("rank 1 on "),
        outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aStuckProcessIsNamedByTheOthers(String mpi) throws Exception {
    assertNamesTheStuckOne(run(mpi, "stick", true));
  }

  @ParameterizedTest
  @MethodSource("oneMpi")
  void aStuckProcessIsNamedWithoutTheCheckToo(String mpi) throws Exception {
    assertNamesTheStuckOne(run(mpi, "stick", false));
  }

  private static void assertNamesRankOne(Outcome outcome, String how) throws Exception {
    assertFailed(outcome);
    assertTrue(outcome.errors().contains("rank 1 on "), outcome.toString());
    assertTrue(outcome.errors().contains(how), outcome.toString());
  }

  private static void assertNamesTheStuckOne(Outcome outcome) throws Exception {
    assertFailed(outcome);
    String told = "caught CollectiveTimeoutException[^\\n]*\\n[^\\n]*rank 1 \\(";
    assertEquals(2, count(told, outcome.out()), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("oneMpi")
  void aStoppedProcessIsNamedByTheOthersAndEnded(String mpi) throws Exception {
    Outcome outcome = run(mpi, "stop", true);
    assertFailed(outcome);
    assertTrue(outcome.out().contains("rank 1 ("), outcome.toString());
    assertTrue(outcome.out().contains("does not answer"), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource("mpis")
  void aMismatchIsAnErrorOnEveryProcess(String mpi) throws Exception {
    Outcome outcome = run(mpi, "dtype", true);
    assertFailed(outcome);
    assertEquals(3, count("caught CollectiveMismatchException", outcome.out()), outcome.toString());
    assertTrue(outcome.out().contains("f64"), outcome.toString());
    assertTrue(outcome.out().contains("FaultyProgram"), outcome.toString());
  }

  /** Who sent what and where in the program, for all that participants can differ in. */
  @ParameterizedTest
  @MethodSource("mpis")
  void everyKindOfMismatchNamesWhoSentWhatAndWhere(String mpi) throws Exception {
    Outcome outcome = run(mpi, "mismatches", true);
    assertEquals(0, outcome.status(), outcome.toString());
    Map<String, String> sent =
        Map.of(
            "kind", "all-gather dim 0 over x of f32 \\[40\\]",
            "count", "all-reduce SUM over x of f32 \\[41\\]",
            "dtype", "all-reduce SUM over x of f64 \\[40\\]",
            "operation", "all-reduce MAX over x of f32 \\[40\\]",
            "order", "broadcast from 0 over x of f32 \\[40\\]",
            "group", "all-reduce SUM over y of f32 \\[40\\]");
    sent.forEach(
        (kind, odd) -> {
          String who = "device [23] \\(process 1\\), call 0: " + odd;
          String where = ", at FaultyProgram\\$Mismatch\\.meet\\(FaultyProgram\\.java:\\d+\\)";
          String usual = "device 0 \\(process 0\\), call 0: all-reduce SUM over x of f32 \\[40\\]";
          String told =
              "caught "
                  + kind
                  + ": CollectiveMismatchException: [^\\n]*"
                  + who
                  + where
                  + "[^\\n]*"
                  + usual
                  + where;
          assertEquals(3, count(told, outcome.out()), kind + " in " + outcome);
        });
  }

  private static void assertFailed(Outcome outcome) throws Exception {
    assertNotEquals(0, outcome.status(), outcome.toString());
    for (MatchResult pid :
        Pattern.compile("pid (\\d+)\\n").matcher(outcome.out()).results().toList()) {
      // mpirun kills what is left and does not wait for its end.
      Optional<ProcessHandle> orphan = ProcessHandle.of(Long.parseLong(pid.group(1)));
      if (orphan.isPresent()) {
        orphan.get().onExit().get(ORPHAN_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  private static long count(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().count();
  }

  private Outcome run(String mpi, String what, boolean checked)
      throws IOException, InterruptedException {
    List<String> command = java(FaultyProgram.class.getName(), classPath());
    command.addAll(List.of(what, Integer.toString(DEADLINE_SECONDS), Boolean.toString(checked)));
    return launch(mpi, command);
  }

  private Outcome launch(String mpi, List<String> program)
      throws IOException, InterruptedException {
    return launch(mpi, program, new File("/dev/null"));
  }

  private Outcome launch(String mpi, List<String> program, File input)
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
