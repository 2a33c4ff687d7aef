package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A JVM of its own that runs kernels in loops and prints what more rows allocate. */
final class KernelJvm {
  private static final Pattern GROWTH =
      Pattern.compile("(-?\\d+) bytes for (\\d+) rows more: (.*)");

  private KernelJvm() {}

  /** Lines that the program printed; it must end well. */
  static List<String> run(Path folder, Class<?> main, List<String> flags)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-Xbatch")); // compiles at once, so that no busy machine is late with it
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = process.waitFor();
    List<String> printed = Files.readAllLines(output);
    assertEquals(0, status, () -> String.join("\n", printed));
    return printed;
  }

  /** Returns how many loops there were, none of which allocates more for more rows. */
  static int assertNoneGrows(List<String> printed) {
    List<String> growing = new ArrayList<>();
    int measured = 0;
    for (String line : printed) {
      Matcher growth = GROWTH.matcher(line);
      if (growth.matches()) {
        measured++;
        long rows = Long.parseLong(growth.group(2));
        if (Long.parseLong(growth.group(1)) > Loop.BYTES_A_ROW * rows) {
          growing.add(line);
        }
      }
    }
    assertTrue(measured > 20, () -> String.join("\n", printed));
    assertEquals(List.of(), growing, "loops that allocate for every row");
    return measured;
  }
}
