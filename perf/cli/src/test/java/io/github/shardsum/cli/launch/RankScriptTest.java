package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RankScriptTest {
  private static final long PATIENCE_SECONDS = 20;

  @Test
  void aProgramThatEndsWellIsReportedSo() throws Exception {
    Process process = start("1", "true");
    assertTrue(RankScript.reports(errors(process)).getFirst().isWell());
    assertEquals(0, process.waitFor());
  }

  @Test
  void aStatusIsReportedByRankAndPassedOn() throws Exception {
    Process process = start("2", "exit 3");
    List<RankScript.Report> reports = RankScript.reports(errors(process));
    assertEquals(1, reports.size());
    assertEquals("2", reports.getFirst().rank());
    assertEquals("ended with status 3", reports.getFirst().how());
    assertEquals(3, process.waitFor());
  }

  @Test
  void aStatusBeyondAllSignalsIsAStatus() throws Exception {
    Process process = start("1", "exit 255");
    assertEquals("ended with status 255", RankScript.reports(errors(process)).getFirst().how());
    assertEquals(255, process.waitFor());
  }

  @Test
  void aSignalIsReportedByRank() throws Exception {
    Process process = start("1", "kill -9 $$");
    String errors = errors(process);
    assertTrue(errors.contains("rank 1 on "), errors);
    assertTrue(errors.contains("was ended by signal 9"), errors);
  }

  @Test
  void anEndThatMpirunAskedForIsPassedOnAndNotReported() throws Exception {
    Process process =
        start("1", "trap 'echo asked >&2; exit 0' TERM; echo up; while :; do sleep 0.1; done");
    assertEquals(
        "up\n", new String(process.getInputStream().readNBytes(3), StandardCharsets.UTF_8));
    process.toHandle().destroy();
    String errors = errors(process);
    assertTrue(errors.contains("asked"), errors);
    assertEquals(List.of(), RankScript.reports(errors));
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void aProgramReadsTheStandardInputOfItsRank() throws Exception {
    Process process = start("0", "cat");
    try (var input = process.outputWriter()) {
      input.write("a line\n");
    }
    assertEquals(
        "a line\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  /** MPICH leaves it open: a program that reads it would never end. */
  @Test
  void theStandardInputOfAnotherRankIsEmpty() throws Exception {
    Process process = start("1", "cat");
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
  }

  @Test
  void aProgramDoesNotOutliveItsKilledShell() throws Exception {
    Process process = start("1", "echo $$; exec sleep 60");
    long program =
        Long.parseLong(
            new String(process.getInputStream().readNBytes(1), StandardCharsets.UTF_8)
                + process.inputReader().readLine());
    ProcessHandle child = ProcessHandle.of(program).orElseThrow();
    process.destroyForcibly().waitFor();
    child.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertFalse(child.isAlive());
  }

  private static Process start(String rank, String program) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(RankScript.wrap(List.of("sh", "-c", program), false, Optional.empty()));
    builder.environment().put("OMPI_COMM_WORLD_RANK", rank);
    return builder.start();
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
