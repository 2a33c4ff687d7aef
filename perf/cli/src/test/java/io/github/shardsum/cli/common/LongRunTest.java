package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class LongRunTest {
  private static final long SECOND = 1_000_000_000;

  private final StringWriter err = new StringWriter();

  private LongRun run(boolean terminal, long total) {
    return new LongRun(
        new PrintWriter(err), terminal, "shardsum run: p", () -> total == 0 ? 0 : 3, total);
  }

  @Test
  void aTerminalGetsALineThatIsTakenAway() {
    try (LongRun run = run(true, 8)) {
      run.tick(3, SECOND);
      assertEquals("", err.toString());
      run.tick(4, 2 * SECOND);
      assertEquals("\rshardsum run: p: 3 of 8 steps, 2 s\u001b[K", err.toString());
      err.getBuffer().setLength(0);
    }
    assertEquals("\r\u001b[K", err.toString());
  }

  @Test
  void aFileGetsALineNowAndThen() {
    try (LongRun run = run(false, 0)) {
      for (int tick = 1; tick <= 45; tick++) {
        run.tick(tick, tick * SECOND / 2);
      }
    }
    assertEquals(
        "shardsum run: p: 10 s\nshardsum run: p: 20 s\n", err.toString().replace("\r\n", "\n"));
  }

  @Test
  void jobsAreCountedWithoutATotal() {
    try (LongRun run = new LongRun(new PrintWriter(err), false, "shardsum plan", () -> 12, 0)) {
      run.tick(20, 10 * SECOND);
    }
    assertEquals("shardsum plan: 12 done, 10 s\n", err.toString().replace("\r\n", "\n"));
  }

  @Test
  void whatIsSoonDoneSaysNothing() {
    LongRun run = run(true, 8);
    run.tick(1, SECOND / 2);
    run.close();
    run.tick(9, 5 * SECOND);
    assertEquals("", err.toString());
  }
}
