package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code .ci/mpi jobs}, with a launcher and a Maven that only write down that they ran. */
class CiMpiTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");

  @TempDir Path folder;

  @BeforeEach
  void aTreeOfItsOwn() throws IOException {
    for (String script : List.of(".ci/mpi", "build/find-jdk.sh")) {
      Files.createDirectories(folder.resolve(script).getParent());
      Files.copy(ROOT.resolve(script), folder.resolve(script));
    }
    Files.createDirectories(reports());
    Files.writeString(folder.resolve("collectives/target/test.classpath"), "x.jar");
    program("bin/mvn", "echo mvn");
    // Of the launcher's words the run's name stands after the folder of reports.
    program(
        "shardsum",
        "words=$*; echo \"${words##*surefire-reports-mpi }\"; [[ $words != *' openmpi-2 '* ]]");
  }

  private Path reports() {
    return folder.resolve("collectives/target/surefire-reports-mpi");
  }

  private void program(String name, String line) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n(" + line + ") >>" + folder.resolve("log"));
    assertTrue(file.toFile().setExecutable(true));
  }

  /** The exit status; the log has a line for each program that ran. */
  private int jobs(String pattern) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", folder.resolve(".ci/mpi").toString(), "jobs", pattern)
            .redirectErrorStream(true);
    String path = folder.resolve("bin") + ":" + System.getenv("PATH");
    builder.environment().put("PATH", path);
    builder.environment().put("JAVA25_HOME", System.getProperty("java.home"));
    Process bash = builder.start();
    bash.getInputStream().transferTo(OutputStream.nullOutputStream());
    return bash.waitFor();
  }

  @Test
  void anUnknownNameIsRefusedBeforeAnythingIsBuiltOrDeleted() throws Exception {
    assertEquals(2, jobs("no-such"));
    assertTrue(Files.notExists(folder.resolve("log")));
    assertTrue(Files.isDirectory(reports()));
  }

  @Test
  void aJobThatFailsEndsNoOtherJob() throws Exception {
    assertEquals(1, jobs("openmpi-[23]"));
    List<String> ran =
        Files.readAllLines(folder.resolve("log")).stream()
            .map(line -> line.split(" ", 2)[0])
            .toList();
    assertEquals(List.of("mvn", "openmpi-2", "openmpi-3"), ran);
    assertEquals(0, jobs("openmpi-3"));
  }
}
