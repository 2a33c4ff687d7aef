package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.launch.MpiJob.Outcome;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A job of three processes ends when one of them hangs. */
@Tag("deep")
class StuckJobTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource(MpiJob.EACH_MPI)
  void aStuckProcessIsNamedByTheOthers(String mpi) throws Exception {
    assertNamesTheStuckOne(new MpiJob(folder).run(mpi, "stick", true));
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aStuckProcessIsNamedWithoutTheCheckToo(String mpi) throws Exception {
    assertNamesTheStuckOne(new MpiJob(folder).run(mpi, "stick", false));
  }

  private static void assertNamesTheStuckOne(Outcome outcome) throws Exception {
    outcome.assertFailed();
    String told = "caught CollectiveTimeoutException[^\\n]*\\n[^\\n]*rank 1 \\(";
    assertEquals(2, outcome.count(told), outcome.toString());
  }

  @ParameterizedTest
  @MethodSource(MpiJob.ONE_MPI)
  void aStoppedProcessIsNamedByTheOthersAndEnded(String mpi) throws Exception {
    Outcome outcome = new MpiJob(folder).run(mpi, "stop", true);
    outcome.assertFailed();
    assertTrue(outcome.out().contains("rank 1 ("), outcome.toString());
    assertTrue(outcome.out().contains("does not answer"), outcome.toString());
  }
}
