package io.github.shardsum.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MpirunSupervisorTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final StringWriter errors = new StringWriter();

  /** As MPICH's does of processes that have not yet joined. */
  @Test
  void anMpirunThatGoesOnAfterAProcessHasFailedIsEnded() throws IOException {
    MpirunSupervisor supervisor =
        new MpirunSupervisor(new PrintWriter(errors), Duration.ofMillis(1));
    ProcessBuilder goesOn =
        shell("echo '" + RankScript.MARK + "1 on here ended' >&2; exec sleep 600");
    Optional<Integer> status = supervisor.run(goesOn, Optional.of(LIMIT));
    assertTrue(status.isPresent(), "ended before the limit");
    assertNotEquals(0, status.get());
    assertEquals("[rank 1 on here ended]", supervisor.reports().toString());
  }

  @Test
  void anMpirunThatEndsWellHasItsStatus() throws IOException {
    MpirunSupervisor supervisor = new MpirunSupervisor(new PrintWriter(errors));
    ProcessBuilder well = shell("echo a word >&2");
    assertEquals(Optional.of(0), supervisor.run(well, Optional.of(LIMIT)));
    assertEquals(List.of(), supervisor.reports());
    assertEquals("a word", errors.toString().strip());
  }

  /** MPI has the others wait for it; whether they say so in time is theirs. */
  @Test
  void aProcessThatEndedWellBeforeAnotherFailedIsRemembered() throws IOException {
    MpirunSupervisor supervisor =
        new MpirunSupervisor(new PrintWriter(errors), Duration.ofMillis(1));
    ProcessBuilder script =
        shell(
            "printf 'a word "
                + RankScript.MARK
                + "1 on here ended with status 0\\n"
                + RankScript.MARK
                + "0 on here ended with status 1\\n"
                + RankScript.MARK
                + "2 on here ended with status 0\\n' >&2; exit 1");
    assertEquals(Optional.of(1), supervisor.run(script, Optional.of(LIMIT)));
    assertEquals("[rank 0 on here ended with status 1]", supervisor.reports().toString());
    assertEquals("[rank 1 on here ended with status 0]", supervisor.wellBefore().toString());
    assertEquals(
        List.of("a word "), errors.toString().lines().toList(), "the launch has the reports");
  }

  /** Three ranks that are refused the same file have one thing to say. */
  @Test
  void anErrorOfAllRanksIsPrintedOnce() throws IOException {
    MpirunSupervisor supervisor = new MpirunSupervisor(new PrintWriter(errors));
    String rank = "shardsum run: p.program: No such file\n  help: shardsum run --help\n\n";
    String lines = "a word\na word\n" + rank + rank + "shardsum run: another\n" + rank;
    ProcessBuilder script = shell("printf '" + lines.replace("\n", "\\n") + "' >&2; exit 1");
    assertEquals(Optional.of(1), supervisor.run(script, Optional.of(LIMIT)));
    assertEquals(
        List.of(
            "a word",
            "a word",
            "shardsum run: p.program: No such file",
            "  help: shardsum run --help",
            "",
            "shardsum run: another"),
        errors.toString().lines().toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"before", "while"})
  void aLauncherThatIsToldToEndEndsItsMpirunAndSaysNothing(String when) throws Exception {
    List<String> command = MpiJob.java(EndingLauncher.class.getName(), MpiJob.classPath());
    command.add(when);
    Process launcher = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, launcher.waitFor(), printed);
    assertEquals(
        List.of("returned"),
        printed.lines().filter(line -> !line.startsWith("WARNING")).toList(),
        printed);
  }

  private static ProcessBuilder shell(String script) {
    return new ProcessBuilder("sh", "-c", script);
  }
}
