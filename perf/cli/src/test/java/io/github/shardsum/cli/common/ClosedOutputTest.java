package io.github.shardsum.cli.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.ClosedPipe;
import io.github.shardsum.cli.Main;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that answer lines, where nobody reads the answers on, as behind {@code | head -1}. */
class ClosedOutputTest {
  private static final int LINES = 100_000;

  /** Bytes; readers take some thousands at once. */
  private static final int LEAST_LEFT = LINES / 2;

  @ParameterizedTest
  @ValueSource(strings = {"einsum", "plan", "reshard", "route"})
  void jobsEndWithTheirReader(String command) throws IOException {
    InputStream standard = System.in;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (InputStream jobs =
        new ByteArrayInputStream("{}\n".repeat(LINES).getBytes(StandardCharsets.UTF_8))) {
      System.setIn(jobs);
      int status =
          Main.run(
              Main.commandLine(),
              new PrintStream(new ClosedPipe(), true, StandardCharsets.UTF_8),
              new PrintStream(err, true, StandardCharsets.UTF_8),
              command,
              "--jobs",
              "-");
      assertEquals(1, status);
      assertTrue(jobs.available() > LEAST_LEFT, "too many jobs were read");
      assertEquals(
          "shardsum: standard output: not all of it could be written",
          err.toString(StandardCharsets.UTF_8).strip());
    } finally {
      System.setIn(standard);
    }
  }
}
