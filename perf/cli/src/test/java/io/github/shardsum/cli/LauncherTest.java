package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of the launcher, which itself is run by CI. */
class LauncherTest {
  private static final Path LAUNCHER =
      Path.of(System.getProperty("basedir", "")).resolve("../../shardsum");

  private static final Map<String, String> POSIX = Map.of("POSIXLY_CORRECT", "yes");

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

  /** Output of the launcher's function, and its status. */
  private static String watched(String command) throws IOException, InterruptedException {
    String text = Files.readString(LAUNCHER);
    String function = text.substring(text.indexOf("watched() {"), text.indexOf("line=("));
    Process bash =
        new ProcessBuilder(
                "bash", "-c", "set -euo pipefail\nulimit -c 0\n" + function + "watched " + command)
            .redirectErrorStream(true)
            .start();
    bash.getOutputStream().close();
    String printed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return bash.waitFor() + " " + printed;
  }

  @Test
  void aPluginThatAbortsIsSaid() throws Exception {
    assertTrue(watched("bash -c 'kill -ABRT $$'").contains("signal 6 (SIGABRT) ended the process"));
    assertTrue(watched("bash -c 'kill -ABRT $$'").startsWith("134 "));
    assertEquals("3 ", watched("bash -c 'exit 3'"));
    assertEquals("0 done\n", watched("echo done"));
  }

  @Test
  void aSignalGoesOnToWhatIsWatched() throws Exception {
    String ended =
        watched(
            "bash -c 'trap \"echo told; exit 5\" TERM; kill -TERM $PPID; sleep 60 >/dev/null 2>&1 & wait'");
    assertEquals("5 told\n", ended);
  }

  /** Without it a command would read a file of the JVM's as its input. */
  @Test
  void aClosedStandardInputIsEmpty() throws Exception {
    String line =
        Files.readAllLines(LAUNCHER).stream()
            .filter(text -> text.endsWith("exec </dev/null"))
            .findFirst()
            .orElse("");
    for (String[] input : new String[][] {{"<&-", ""}, {"<<<given", "given\n"}}) {
      String script = "set -euo pipefail\n" + line + "\ncat";
      for (Map<String, String> variables : List.of(Map.<String, String>of(), POSIX)) {
        ProcessBuilder builder =
            new ProcessBuilder("bash", "-c", "bash -c \"$0\" " + input[0], script);
        builder.environment().putAll(variables);
        Process bash = builder.start();
        assertEquals(
            input[1], new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(0, bash.waitFor());
      }
    }
  }

  /** A status of 0 promises that the whole help was printed. */
  @Test
  void aHelpThatCannotBePrintedIsAFailure(@TempDir Path folder) throws Exception {
    assertEquals("0 the help\n", help(folder, ""));
    String failed = help(folder, ">/dev/full");
    assertEquals("1 shardsum: standard output: not all of it could be written\n", failed);
  }

  /** Status and output of the launcher's lines that print the help which was kept. */
  private static String help(Path folder, String to) throws IOException, InterruptedException {
    String text = Files.readString(LAUNCHER);
    String fail = text.substring(text.indexOf("fail() {"), text.indexOf("is_built() {"));
    int begin = text.indexOf("if [[ $# == 1 && ($1 == --help");
    String lines = text.substring(begin, text.indexOf("options=()", begin));
    Path stamp = Files.writeString(folder.resolve("stamp"), "");
    for (String kind : List.of("plain", "coloured")) {
      Path kept = Files.writeString(folder.resolve("help." + kind), "the help\n");
      Files.setLastModifiedTime(kept, FileTime.fromMillis(System.currentTimeMillis() + 60_000));
    }
    String script =
        "set -euo pipefail\nhelp=" + folder + "/help stamp=" + stamp + "\n" + fail + lines;
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "bash -c \"$0\" sh --help " + to, script);
    List.of("SHARDSUM_JAVA_OPTS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE")
        .forEach(builder.environment()::remove);
    Process bash = builder.redirectErrorStream(true).start();
    String printed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return bash.waitFor() + " " + printed;
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
