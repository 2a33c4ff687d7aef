package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Lines of the launcher, which itself is run by CI. */
class LauncherTest {
  private static final Path LAUNCHER =
      Path.of(System.getProperty("basedir", "")).resolve("../../shardsum");

  /** A name of UTF-8 is not enough: where that locale is not installed the C library falls back. */
  @Test
  void aLocaleThatIsNotInstalledIsReplaced() throws Exception {
    assertEquals("C.UTF-8", chosen("xx_XX.UTF-8"));
    assertEquals("C.UTF-8", chosen("C"));
  }

  @Test
  void aLocaleThatHasTheCharactersStays() throws Exception {
    assertEquals("C.utf8", chosen("C.utf8"));
  }

  private static String chosen(String locale) throws IOException, InterruptedException {
    String line =
        Files.readAllLines(LAUNCHER).stream()
            .filter(text -> text.startsWith("case $(locale charmap"))
            .findFirst()
            .orElseThrow();
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", line + "\nprintf %s \"$LC_ALL\"");
    builder.environment().putAll(Map.of("LC_ALL", locale));
    Process bash = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String printed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, bash.waitFor());
    return printed;
  }
}
