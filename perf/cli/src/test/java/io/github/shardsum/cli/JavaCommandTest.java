package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code shardsum java} as a process of its own. */
class JavaCommandTest {
  @TempDir Path folder;

  private Process start(String body) throws IOException {
    Path source = Files.writeString(folder.resolve("Program.java"), "void main() " + body);
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            Documentation.path(),
            Main.class.getName(),
            "java",
            source.toString())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** As a supervisor ends it: not by the terminal, whose signals reach the program itself. */
  @Test
  void aSignalEndsTheProgramToo() throws Exception {
    Process command =
        start(
            "throws Exception { IO.println(ProcessHandle.current().pid());"
                + " Thread.sleep(600_000); }");
    try (BufferedReader said = command.inputReader()) {
      ProcessHandle program = ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
      command.destroy();
      command.waitFor();
      try {
        program.onExit().get(60, TimeUnit.SECONDS);
        assertFalse(program.isAlive());
      } finally {
        program.destroyForcibly();
      }
    }
  }

  @Test
  void aFileThatIsNotThereIsSaid() throws IOException {
    Path missing = folder.resolve("Missing.java");
    assertRefused("no such file: " + missing, missing);
    Path directory = Files.createDirectory(folder.resolve("Folder.java"));
    assertRefused(directory + ": must be a file, got a folder", directory);
  }

  private static void assertRefused(String why, Path file) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Main.commandLine(),
            new PrintStream(OutputStream.nullOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            "java",
            file.toString());
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains(why), said);
    assertEquals(1, status);
  }

  @Test
  void theStatusIsTheProgramsOwn() throws Exception {
    Process command = start("{ System.exit(7); }");
    command.getInputStream().readAllBytes();
    assertEquals(7, command.waitFor());
  }
}
