package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.launch.MpiJob.Outcome;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A job of three processes ends when one of them fails, with a message for its user. */
@Tag("deep")
class FailingJobTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aKilledProcessIsNamed(String mpi) throws Exception {
    assertNamesRankOne(new MpiJob(folder).run(mpi, "kill", true), "ended by signal 9");
  }

  /** The others then wait in MPI_Init, which knows no deadline. */
  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aProcessThatEndsWellBeforeItJoinsIsNamed(String mpi) throws Exception {
    assertNamesRankOne(new MpiJob(folder).run(mpi, "leave", true), "ended with status 0");
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void anExitIsNamed(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "exit", true);
    outcome.assertFailed();
    assertTrue(
        Pattern.compile("rank 1 on \\S+ ended with status 3|caught .*rank 1 .* has ended")
            .matcher(outcome.errors() + outcome.out())
            .find(),
        outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aHaltedProcessIsNamed(String mpi) throws Exception {
    assertNamesRankOne(new MpiJob(folder).run(mpi, "halt", true), "ended with status 3");
  }

  /** Its status does not tell that the others still wait for it. */
  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aProcessHaltedWithStatusZeroIsNamed(String mpi) throws Exception {
    assertNamesRankOne(new MpiJob(folder).run(mpi, "halt-well", true), "ended with status 0");
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aProcessThatIsToldToEndAmongItsCollectivesEnds(String mpi) throws Exception {
    // A signal that mpirun sends for the others' failures at the same moment hides the first one.
    Outcome outcome = new MpiJob(folder).run(mpi, "term", true);
    outcome.assertFailed();
    assertToldOfRankOne(outcome);
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void anExitOnAnotherThreadKeepsItsStatus(String mpi) throws Exception {
    assertEndsAmongCollectives(
        new MpiJob(folder).run(mpi, "exit-beside", true), "ended with status 3");
  }

  /** The others name it within the deadline, and the launcher tells its own status. */
  private static void assertEndsAmongCollectives(Outcome outcome, String how) throws Exception {
    assertNamesRankOne(outcome, how);
    assertToldOfRankOne(outcome);
  }

  private static void assertToldOfRankOne(Outcome outcome) {
    String told = "caught \\w+Exception: [^\\n]*rank 1 \\([^\\n]*(has ended before it|has failed)";
    assertEquals(2, outcome.count(told), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void anUncaughtExceptionIsNamedAndReachesTheOthers(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "throw", true);
    outcome.assertFailed();
    assertTrue(outcome.errors().contains("on purpose"), outcome.toString());
    assertTrue(
        Pattern.compile("caught .*rank 1 ").matcher(outcome.out()).find()
            || outcome.errors().contains("rank 1 on "),
        outcome.toString());
  }

  private static void assertNamesRankOne(Outcome outcome, String how) throws Exception {
    outcome.assertFailed();
    assertTrue(outcome.errors().contains("rank 1 on "), outcome.toString());
    assertTrue(outcome.errors().contains(how), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aMismatchIsAnErrorOnEveryProcess(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "dtype", true);
    outcome.assertFailed();
    assertEquals(3, outcome.count("caught CollectiveMismatchException"), outcome.toString());
    assertTrue(outcome.out().contains("f64"), outcome.toString());
    assertTrue(outcome.out().contains("FaultyProgram"), outcome.toString());
  }

  /** Who sent what and where in the program, for all that participants can differ in. */
  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void everyKindOfMismatchNamesWhoSentWhatAndWhere(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "mismatches", true);
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
          assertEquals(3, outcome.count(told), kind + " in " + outcome);
        });
  }
}
