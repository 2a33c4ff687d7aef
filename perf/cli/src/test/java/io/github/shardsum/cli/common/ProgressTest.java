package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressTest {
  private final StringWriter out = new StringWriter();

  private Progress progress(boolean terminal) {
    return new Progress(new PrintWriter(out), terminal, true);
  }

  @Test
  void plainLinesTellEachQuarter() {
    Progress progress = progress(false);
    progress.begin("work", 8);
    for (int i = 0; i < 8; i++) {
      progress.advance(1);
    }
    progress.end();
    assertEquals(
        "work ...\nwork: 25 %\nwork: 50 %\nwork: 75 %\n", out.toString().replace("\r\n", "\n"));
  }

  @Test
  void aTerminalGetsABarThatIsTakenAway() {
    Progress progress = progress(true);
    progress.begin("work", 8);
    assertTrue(out.toString().startsWith("\r[......"), out.toString());
    assertTrue(out.toString().contains("  0 %  work"), out.toString());
    progress.end();
    assertTrue(out.toString().endsWith("\r\u001b[K"), out.toString());
    assertFalse(out.toString().contains("\n"), out.toString());
  }

  @Test
  void aDumbTerminalGetsPlainLines() {
    System.setProperty("shardsum.terminal", "true");
    try {
      for (Map<String, String> environment : List.of(Map.of("TERM", "dumb"), Map.of("A", "b"))) {
        Progress progress = Progress.onStandardError(new PrintWriter(out), environment, true);
        progress.begin("work", 8);
        progress.end();
      }
      assertEquals("work ...\nwork ...\n", out.toString().replace("\r\n", "\n"));
    } finally {
      System.clearProperty("shardsum.terminal");
    }
  }

  @Test
  void moreThanAllIsNotSaid() {
    Progress progress = progress(true);
    progress.begin("work", 4);
    long begin = System.nanoTime();
    while (!out.toString().contains("100 %")) {
      progress.advance(9);
      assertTrue(System.nanoTime() - begin < 60_000_000_000L, out.toString());
    }
    assertFalse(out.toString().matches("(?s).*[2-9]\\d\\d %.*"), out.toString());
  }

  @Test
  void nothingToDoIsNoDivisionByZero() {
    for (boolean terminal : new boolean[] {true, false}) {
      Progress progress = progress(terminal);
      progress.begin("nothing", 0);
      progress.advance(0);
      progress.end();
    }
    assertTrue(out.toString().contains("nothing"));
  }

  @Test
  void aFileIsNoTerminal(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertFalse(Progress.isTerminal(file));
    assertFalse(Progress.isTerminal(folder.resolve("missing")));
  }

  @Test
  void theLauncherTellsOfTheTerminalThatItsFilterHides() {
    System.setProperty("shardsum.terminal", "true");
    try {
      Progress progress =
          Progress.onStandardError(new PrintWriter(out), Map.of("TERM", "xterm"), true);
      progress.begin("work", 8);
      assertTrue(out.toString().startsWith("\r["), out.toString());
      progress.end();
    } finally {
      System.clearProperty("shardsum.terminal");
    }
  }
}
